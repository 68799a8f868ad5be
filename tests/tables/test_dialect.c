/* SPDX-License-Identifier: MIT
 * test_dialect.c - what stands above a table, delimiter, header, units. */
#include "tables/dialect.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is decided, as text: delimiter, first name or -, line above the rows, other decisions. */
static kr_status decide(const char *text, const kr__given *given, const kr__reading *before,
                        char got[200], kr_error *err) {
    kr_arena arena = {NULL};
    kr__reading reading;
    kr__csv_sample sample;
    kr__csv_field *header = NULL;
    kr__csv_scan s = {"t", text, text + strlen(text), 1, ',', err};
    kr__csv_skip_blank_lines(&s);
    kr__reading_init(&reading);
    kr_status status = kr__dialect_find_lines(&s, given, before, &reading);
    int64_t n = 1;
    for (const char *c = s.at; c < s.end && *c != '\n'; c++) n += *c == s.delimiter;
    if (status == KR_OK) status = kr__csv_sample_take(&s, n, false, NULL, &arena, &sample);
    if (status == KR_OK) {
        status = kr__dialect_find_header(given, before, &sample, &header, &reading, err);
    }
    if (status == KR_OK) {
        char line[160];
        snprintf(got, 200, "%c%s%.*s: %s", s.delimiter == '\t' ? 'T' : s.delimiter,
                 header ? " " : " -", header ? (int)header->size : 0, header ? header->text : "",
                 kr__reading_line(&reading, line, sizeof line));
    }
    kr__arena_deinit(&arena);
    return status;
}

static const struct {
    const char *text, *want;
} tables[] = {
    {"date,a\n2020-01-01,1\n2020-01-02,2\n", ", date: "},
    {"a\n1\n2\n", ", a: "},
    {"date;a\n2020-01-01;1,5\n2020-01-02;2,5\n", "; date: semicolons"},
    {"date\ta\n2020-01-01\t1\n2020-01-02\t2\n", "T date: tabs"},
    {"date|a\n2020-01-01|1\n2020-01-02|2\n", "| date: vertical bars"},
    /* Every line has two fields by either: the one whose cells are something is right. */
    {"Datum;Wert, EUR\n01.01.2021;1,5\n02.01.2021;2,5\n", "; Datum: semicolons"},
    {"01.01.2021;1,5\n02.01.2021;2,5\n", "; -: semicolons, no header (names c1, c2, ..)"},
    {"date,a,x;y\n2020-01-01,1,u;2\n2020-01-02,2,w;3\n", ", date: "},
    {"date;a;x|y\n2020-01-01;1;u|2\n2020-01-02;2;w|3\n", "; date: semicolons"},
    {"\"a;b\",\"c;d\"\n1,2\n3,4\n", ", a;b: "},
    /* Ragged rows stay ragged. */
    {"date,a,b\n2020-01-01,1,2\n2020-01-02,1\n", ", date: "},
    {"date;a;b\n2020-01-01;1;2\n2020-01-02;1\n", "; date: semicolons"},
    {"sep=;\ndate;a\n2020-01-01;1\n", "; date: semicolons, a sep= line"},
    {"sep=,\r\ndate,a\r\n2020-01-01,1\r\n", ", date: a sep= line"},
    {"\"sep=|\"\ndate|a\n2020-01-01|1\n", "| date: vertical bars, a sep= line"},
    {"sep=^\ndate^a\n2020-01-01^1\n", "^ date: \"^\", a sep= line"},
    {"sep=\n1\n2\n", ", sep=: "},
    {"# exported 2023\ndate,a\n2020-01-01,1\n", ", date: 1 comment line at the start"},
    {"# one, two\n% three\n// four\ndate,a\n2020-01-01,1\n",
     ", date: 3 comment lines at the start"},
    {"# date,a\n2020-01-01,1\n2020-01-02,2\n", ", date: header behind #"},
    {"# x\n#date;a\n2020-01-01;1\n",
     "; date: semicolons, 1 comment line at the start, header "
     "behind #"},
    {"Sales report\n\ndate,a\n2020-01-01,1\n2020-01-02,2\n",
     ", date: 1 line above the header left out"},
    {"Sales report\nfrom the shop\ndate;a\n2020-01-01;1,5\n2020-01-02;2,5\n",
     "; date: semicolons, 2 lines above the header left out"},
    {"Security,SPX,\nStart,01/02/2020,\nPeriod,D,\n\nDate,PX,VOL\n01/02/2020,5,6\n01/03/2020,5,6\n",
     ", Date: 3 lines above the header left out"},
    {"[Header]\nVersion\t5.97\n[Data]\nR.Time (min)\tIntensity\n0.5\t1\n1\t2\n1.5\t3\n",
     "T R.Time (min): tabs, 3 lines above the header left out"},
    {"Trends\n\nWeek,Ski\n2020-01-05,<1\n2020-01-12,5\n2020-01-19,6\n",
     ", Trends: "}, /* "<1" is not as the others: refused later */
    {"Trends\n\nWeek,Ski\n2020-01-05,4\n2020-01-12,<1\n2020-01-19,6\n",
     ", Week: 1 line above the header left out"},
    /* Rows below a line of names that is repeated, or of units, are no titles. */
    {",date,power\na,b,kW\n0,2020-01-01,1\n1,2020-01-02,1\n2,2020-01-02,1\n",
     ", : row of units left out"},
    {"2020-01-01,1\n2020-01-02,1\ndate,a\n2020-01-03,2\n2020-01-04,3\n",
     ", -: no header (names c1, c2, ..)"},
    /* Tables that are drawn. */
    {" ts | v\n----+---\n 2020-01-01 | 1\n 2020-01-02 | 2\n", "| ts: vertical bars"},
    {"+---+---+\n| d | v |\n+---+---+\n| 2020-01-01 | 1 |\n| 2020-01-02 | 2 |\n+---+---+\n",
     "| : vertical bars"},
    {"a\n1,2\n3,4\n", ", a: "}, /* no title: 1 and 2 are no names */
    /* Header or none. */
    {"2020-01-01,1\n2020-01-02,2\n", ", -: no header (names c1, c2, ..)"},
    {"2020-01-01,1\ndate,a\n2020-01-02,2\n2020-01-03,3\n", ", -: no header (names c1, c2, ..)"},
    {"1.5,2.5\n3.5,4.5\n", ", -: no header (names c1, c2, ..)"},
    {"2020-01-01,,x\n2020-01-02,2,y\n2020-01-03,3,x\n", ", -: no header (names c1, c2, ..)"},
    {"0,1,2\n5,6,7\n8,9,10\n", ", 0: "},
    {",0,1\n0,5,6\n1,7,8\n", ", : "},
    {"date,0,1\n2020-01-01,5,6\n", ", date: "},
    {"2019,2020,2021\n5,6,7\n8,9,10\n", ", 2019: "},
    {"5,6\n7,8\n9,10\n", ", -: no header (names c1, c2, ..)"},
    {"2019-01,2019-02\n5,6\n7,8\n", ", 2019-01: "},
    {"shop,2019,2021\nA,6,7\nA,9,10\nB,9,10\n", ", shop: "},
    {"A,1.5\nA,2.5\nB,3.5\nB,1\n", ", -: no header (names c1, c2, ..)"},
    {"a,b\nx,y\nz,w\n", ", a: "},
    {"date,OT\n", ", date: "},
    {"1,2\n", ", 1: "},
    /* Units. */
    {"date,power,speed\n,kW,m/s\n2020-01-01,1,2\n2020-01-02,1,2\n",
     ", date: row of units left out"},
    {"date,power\n[UTC],kW\n2020-01-01,1\n2020-01-02,1\n", ", date: row of units left out"},
    {"date,power\n2020-01-01,kW\n2020-01-02,1\n2020-01-03,1\n", ", date: "},
    {"date,power\n,kW\n2020-01-01,1\n", ", date: "}, /* one row cannot tell */
};

static void dialects(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char got[200] = "";
        kr_error err = {.text = ""};
        const kr__given given = {.delimiter = NULL};
        if (decide(tables[i].text, &given, NULL, got, &err)) fail_msg("%s", err.text);
        if (strcmp(got, tables[i].want) != 0) fail_msg("%s%s", tables[i].text, got);
    }
}

/* Four of five lines, the header counted, must have as many fields as most; else a comma in the
 * header is what divides it. */
static void a_few_lines_may_be_ragged(void **state) {
    (void)state;
    static const struct {
        int n_lines, n_regular;
        char delimiter;
    } cases[] = {{10, 8, ';'},   {10, 7, ','},   {5, 4, ';'},  {5, 3, ','},
                 {100, 80, ';'}, {100, 79, ','}, {11, 9, ';'}, {11, 8, ','}};
    const kr__given given = {.delimiter = NULL};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[2000] = "date;a, b\n", got[200] = "";
        kr_error err = {.text = ""};
        for (int k = 1; k < cases[i].n_lines; k++) {
            const char *end = k < cases[i].n_regular ? "" : ";9;9";
            sprintf(text + strlen(text), "2020-01-01;%d%s\n", k, end);
        }
        if (decide(text, &given, NULL, got, &err)) fail_msg("%zu: %s", i, err.text);
        if (got[0] != cases[i].delimiter) fail_msg("%zu: %s", i, got);
    }
}

static void what_is_given_holds(void **state) {
    (void)state;
    static const struct {
        const char *text, *delimiter, *header, *want;
    } cases[] = {
        {"a;b,c\n1;2,3\n", "semicolon", NULL, "; a: semicolons"},
        {"a;b,c\n1;2,3\n", ",", NULL, ", a;b: "},
        {"a b\n1 2\n", "blank", NULL, "  a: blanks"},
        {"a^b\n1^2\n", "^", NULL, "^ a: \"^\""},
        {"sep=;\na,b\n1,2\n", "comma", NULL, ", a: a sep= line"},
        {"5,6\n7,8\n", NULL, "yes", ", 5: "},
        {"a,b\nx,y\n", NULL, "no", ", -: no header (names c1, c2, ..)"},
        {"a,b\nx,y\n", NULL, "auto", ", a: "},
    };
    char got[200];
    kr_error err;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const kr__given given = {.delimiter = cases[i].delimiter, .header = cases[i].header};
        assert_int_equal(decide(cases[i].text, &given, NULL, got, NULL), KR_OK);
        assert_string_equal(got, cases[i].want);
    }
    static const char *const wrong[] = {"commas", "\"", ".", "5", "\n", ";;"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const kr__given given = {.delimiter = wrong[i]};
        assert_int_equal(decide("a,b\n1,2\n", &given, NULL, got, &err), KR_USAGE);
        assert_non_null(strstr(err.text, "use comma, semicolon, tab, pipe, blank"));
    }
    const kr__given given = {.header = "maybe"};
    assert_int_equal(decide("a,b\n1,2\n", &given, NULL, got, &err), KR_USAGE);
    assert_int_equal(decide("# a\n#b\n", &(kr__given){.header = NULL}, NULL, got, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "t: has only comments; a line of column names and rows are needed");
}

/* Where the file decides nothing, what held before does. */
static void an_earlier_reading_settles(void **state) {
    (void)state;
    char got[200];
    kr__reading before;
    kr__reading_init(&before);
    before.has_header = false;
    before.delimiter = ';';
    const kr__given given = {.delimiter = NULL};
    assert_int_equal(decide("x\ny\n", &given, &before, got, NULL), KR_OK);
    assert_string_equal(got, "; -: semicolons, no header (names c1, c2, ..)");
    assert_int_equal(decide("date,a\n2020-01-01,1\n", &given, &before, got, NULL), KR_OK);
    assert_string_equal(got, ", date: ");
}

/* ---- readings as text --------------------------------------------------------------------- */

static void readings_come_back(void **state) {
    (void)state;
    kr_arena arena = {NULL};
    char *words[] = {"snow\tand ice", "back\\slash", "new\nline"};
    kr__column columns[] = {
        {.name = "When\t\"x\"\n", .role = KR__ROLE_DATE},
        {.name = "v", .role = KR__ROLE_NUMBER},
        {.name = "power", .role = KR__ROLE_NUMBER, .unit = "kWh"},
        {.name = "share", .role = KR__ROLE_PERCENT},
        {.name = "weather=x", .role = KR__ROLE_CATEGORY, .categories = words, .n_categories = 3}};
    kr__reading r, back;
    kr__reading_init(&r);
    r.delimiter = '\t';
    r.has_header = false;
    r.numbers = (kr__number_format){',', '.'};
    r.date_format = (kr__date_format){KR__DATE_PATTERN, "%d %b = %Y"};
    r.has_zone = true;
    r.offset = -330;
    r.columns = columns;
    r.n_columns = 5;
    char *text = kr__reading_text(&r, &arena);
    assert_non_null(text);
    assert_int_equal(kr__reading_parse(text, &arena, &back, NULL), KR_OK);
    assert_int_equal(back.delimiter, '\t');
    assert_false(back.has_header);
    assert_int_equal(back.numbers.decimal, ',');
    assert_int_equal(back.numbers.thousands, '.');
    assert_string_equal(back.date_format.pattern, "%d %b = %Y");
    assert_true(back.has_zone);
    assert_int_equal(back.offset, -330);
    assert_int_equal(back.n_columns, 4);
    assert_string_equal(kr__reading_find(&back, "power")->unit, "kWh");
    assert_non_null(kr__reading_find(&back, "When\t\"x\"\n"));
    assert_null(kr__reading_find(&back, "v"));
    const kr__column *c = kr__reading_find(&back, "weather=x");
    assert_int_equal(c->n_categories, 3);
    for (int i = 0; i < 3; i++) assert_string_equal(c->categories[i], words[i]);
    char *again = kr__reading_text(&back, &arena);
    assert_string_equal(again, text);
    static const char *const damaged[] = {
        "x",           "x=1\n",          "header=maybe\n", "date_format=?\n",
        "delimiter=;", "timezone=CET\n", "index=a\tb\n",   "decimal=!\n"};
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        assert_int_not_equal(kr__reading_parse(damaged[i], &arena, &back, NULL), KR_OK);
    }
    kr__arena_deinit(&arena);
}

/* What is plain of a column has no line. */
static void a_column_has_lines_of_its_own(void **state) {
    (void)state;
    static const struct {
        kr__column column;
        const char *lines;
    } cases[] = {{{.name = "v", .role = KR__ROLE_NUMBER}, ""},
                 {{.name = "share", .role = KR__ROLE_PERCENT}, "percent=share\n"},
                 {{.name = "power", .role = KR__ROLE_NUMBER, .unit = "k\tWh"},
                  "number=power\nunit=k\\tWh\n"},
                 {{.name = "t", .role = KR__ROLE_NUMBER, .has_stand_in = true, .stand_in = -99.5},
                  "number=t\nstand_in=-99.5\n"},
                 {{.name = "t", .role = KR__ROLE_PERCENT, .has_stand_in = true, .unit = "C"},
                  "percent=t\nstand_in=0.0\nunit=C\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_arena arena = {NULL};
        kr__column column = cases[i].column;
        kr__reading r;
        kr__reading_init(&r);
        const char *plain = kr__reading_text(&r, &arena);
        r.columns = &column;
        r.n_columns = 1;
        const char *text = kr__reading_text(&r, &arena);
        assert_non_null(plain);
        assert_non_null(text);
        assert_memory_equal(text, plain, strlen(plain));
        assert_string_equal(text + strlen(plain), cases[i].lines);
        kr__arena_deinit(&arena);
    }
}

/* What the next table writes otherwise is said; what both leave out is not. */
static void changes_are_said(void **state) {
    (void)state;
    static const struct {
        kr__column old, now;
        const char *want;
    } cases[] = {
        {{.name = "a", .role = KR__ROLE_NUMBER}, {.name = "a", .role = KR__ROLE_NUMBER}, ""},
        {{.name = "a", .role = KR__ROLE_BOOLEAN},
         {.name = "a", .role = KR__ROLE_NUMBER},
         "a is number, not boolean"},
        {{.name = "a", .role = KR__ROLE_BOOLEAN}, {.name = "b", .role = KR__ROLE_NUMBER}, ""},
        {{.name = "a", .role = KR__ROLE_BOOLEAN},
         {.name = "a", .role = KR__ROLE_NUMBER, .is_unwanted = true},
         ""},
        {{.name = "a", .role = KR__ROLE_NUMBER, .unit = "kWh"},
         {.name = "a", .role = KR__ROLE_NUMBER},
         "a without kWh"},
        {{.name = "a", .role = KR__ROLE_NUMBER, .unit = "kWh"},
         {.name = "a", .role = KR__ROLE_NUMBER, .unit = "kWh"},
         ""},
        {{.name = "a", .role = KR__ROLE_NUMBER, .unit = "kWh"},
         {.name = "a", .role = KR__ROLE_PERCENT},
         "a without kWh, a is percent, not number"},
        {{.name = "a", .role = KR__ROLE_INDEX}, {.name = "a", .role = KR__ROLE_EMPTY}, ""},
        {{.name = "a", .role = KR__ROLE_SERIES},
         {.name = "a", .role = KR__ROLE_INDEX},
         "a is index, not series"},
        {{.name = "a", .role = KR__ROLE_INDEX},
         {.name = "a", .role = KR__ROLE_NUMBER},
         "a is number, not index"}};
    char text[200];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr__column before = cases[i].old, after = cases[i].now;
        kr__reading old, now;
        kr__reading_init(&old);
        kr__reading_init(&now);
        old.columns = &before;
        now.columns = &after;
        old.n_columns = now.n_columns = 1;
        assert_string_equal(kr__reading_changes(&old, &now, text, sizeof text), cases[i].want);
    }
}

static void settings_of_numbers(void **state) {
    (void)state;
    static const struct {
        const char *decimal, *thousands, *want;
    } cases[] = {{"comma", "point", ",."},  {",", ".", ",."},
                 {"point", "comma", ".,"},  {".", "none", ".0"},
                 {"point", "blank", ". "},  {"comma", "apostrophe", ",'"},
                 {NULL, "'", "0'"},         {"", "", "00"},
                 {"comma", "comma", NULL},  {"x", NULL, NULL},
                 {NULL, "semicolon", NULL}, {"none", NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const kr__given given = {.decimal = cases[i].decimal, .thousands = cases[i].thousands};
        kr__number_format f = {0, 0};
        bool has_thousands;
        kr_status status = kr__given_numbers(&given, &f, &has_thousands, NULL);
        assert_int_equal(status, cases[i].want ? KR_OK : KR_USAGE);
        if (!cases[i].want) continue;
        assert_int_equal(f.decimal ? f.decimal : '0', cases[i].want[0]);
        assert_int_equal(f.thousands ? f.thousands : '0', cases[i].want[1]);
    }
    int32_t offset;
    char text[KR__ZONE_TEXT];
    assert_true(kr__zone_parse("+05:30", &offset) && offset == 330);
    assert_true(kr__zone_parse("-0130", &offset) && offset == -90);
    assert_string_equal(kr__zone_text(offset, text), "-01:30");
    assert_true(kr__zone_parse("UTC", &offset) && offset == 0);
    assert_false(kr__zone_parse("CET", &offset) || kr__zone_parse("+24:00", &offset) ||
                 kr__zone_parse("+1:00", &offset) || kr__zone_parse("+01.00", &offset));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(dialects),
                                       cmocka_unit_test(a_few_lines_may_be_ragged),
                                       cmocka_unit_test(what_is_given_holds),
                                       cmocka_unit_test(an_earlier_reading_settles),
                                       cmocka_unit_test(readings_come_back),
                                       cmocka_unit_test(a_column_has_lines_of_its_own),
                                       cmocka_unit_test(changes_are_said),
                                       cmocka_unit_test(settings_of_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
