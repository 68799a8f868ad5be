/* SPDX-License-Identifier: MIT
 * test_csv_dialects.c - tables as people export them: what is read, what is said, what is refused.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "support/starve.h"
#include "tables/csv.h"

static char notes[2000];

static void hear(void *arg, kr_log_level level, const char *line) {
    (void)arg;
    if (level != KR_LOG_NOTE) return;
    snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s%s", *notes ? "; " : "", line);
}

static kr_team *team;

static int start(void **state) {
    (void)state;
    return kr_team_create(1, hear, NULL, &team, NULL);
}

static int stop(void **state) {
    (void)state;
    kr_team_destroy(team);
    return 0;
}

/* "date 2020-01-01 00:00:00..2020-01-02 00:00:00 | a 1..2 | b 3..4": first and last of each. */
static void print_table(const kr_table *t, char *text, size_t size) {
    char first[KR_DATETIME_TEXT], last[KR_DATETIME_TEXT];
    size_t n = 0;
    text[0] = '\0';
    if (t->timestamps) {
        n = (size_t)snprintf(text, size, "%s %s..%s%s%s", t->date_name,
                             kr__datetime_text(t->timestamps[0], first),
                             kr__datetime_text(t->timestamps[t->n_rows - 1], last),
                             t->zone ? " " : "", t->zone ? t->zone : "");
    }
    for (int64_t c = 0; c < t->n_columns && n < size; c++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s %.17g..%.17g", n ? " | " : "", t->names[c],
                              t->values[c], t->values[(t->n_rows - 1) * t->n_columns + c]);
    }
}

/* Text, what is read, what is said behind "t: read as: ", of turned tables with "t (turned)". NULL:
 * an error, and its sentence. */
typedef struct example {
    const char *text, *table, *note;
} example;

static void check(const example *e, const kr_csv_options *given) {
    kr_csv_options options = *given;
    char got[2000];
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    notes[0] = '\0';
    options.team = team;
    options.keeps_gaps = true;
    kr_status status =
        kr__csv_read_bytes("t", (const uint8_t *)e->text, strlen(e->text), &options, &t, &err);
    if (!e->table) {
        if (status == KR_OK) fail_msg("%sis read", e->text);
        if (strcmp(err.text, e->note) != 0) fail_msg("%s\n%s\n%s", e->text, err.text, e->note);
        return;
    }
    if (status != KR_OK) fail_msg("%s%s", e->text, err.text);
    print_table(t, got, sizeof got);
    if (strcmp(got, e->table) != 0) fail_msg("%s\n%s\n%s", e->text, got, e->table);
    static const char *const starts[] = {"t: read as: ", "t (turned): read as: "};
    const char *said = notes;
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(starts[i]);
        if (strncmp(notes, starts[i], n) == 0) said = notes + n;
    }
    if (strcmp(said, e->note) != 0) fail_msg("%s\n%s\n%s", e->text, said, e->note);
    kr__table_destroy(t);
}

#define D1 "2020-01-01 00:00:00"
#define D2 "2020-01-02 00:00:00"
#define D3 "2020-01-03 00:00:00"

static const example examples[] = {
    /* Nothing is said of what is plain. */
    {"date,a\n2020-01-01,1\n2020-01-02,2.5\n", "date " D1 ".." D2 " | a 1..2.5", ""},
    {"\xef\xbb\xbf"
     "date,a\r\n2020-01-01,1\r\n2020-01-02,\r\n",
     "date " D1 ".." D2 " | a 1..nan", ""},
    {"\xef\xbb\xbf\xef\xbb\xbf"
     "date,\xef\xbb\xbf"
     "a\n2020-01-01,1\n2020-01-02,2\n",
     "date " D1 ".." D2 " | a 1..2", ""},
    {"a,id\n1,5\n2,7\n3,9\n", "a 1..3 | id 5..9", ""},
    /* Numbers. */
    {"date;a;b\n2020-01-01;1.477,57;147\n2020-01-02;979,82;1.197\n",
     "date " D1 ".." D2 " | a 1477.5699999999999..979.82000000000005 | b 147..1197",
     "semicolons, decimal comma, thousands by points"},
    {"date;a\n2020-01-01;1 234,5\n2020-01-02;2\n", "date " D1 ".." D2 " | a 1234.5..2",
     "semicolons, decimal comma, thousands by blanks"},
    {"date,a\n2020-01-01,\"1,234\"\n2020-01-02,2.5\n", "date " D1 ".." D2 " | a 1234..2.5",
     "thousands by commas"},
    {"date,a,b\n2020-01-01,\"1,5\",1\n2020-01-02,2,\"3,25\"\n",
     "date " D1 ".." D2 " | a 1.5..2 | b 1..3.25", "decimal comma"},
    {"date,a\n2020-01-01,\"12,34,567\"\n2020-01-02,\"1,234\"\n",
     "date " D1 ".." D2 " | a 1234567..1234", "thousands by commas"},
    {"date,a\n2020-01-01,1'234.5\n2020-01-02,2\n", "date " D1 ".." D2 " | a 1234.5..2",
     "thousands by apostrophes"},
    {"date;a\n2020-01-01;1.234\n2020-01-02;5.678\n", NULL,
     "t:2: column \"a\": \"1.234\" may be 1.234 or 1234, and no other number decides; say which "
     "with "
     "`decimal` point or comma"},
    {"date,a\n2020-01-01,\"1,234\"\n2020-01-02,\"5,678\"\n", NULL,
     "t:2: column \"a\": \"1,234\" may be 1.234 or 1234, and no other number decides; say which "
     "with "
     "`decimal` point or comma"},
    {"date,a\n2020-01-01,1.234\n2020-01-02,5.678\n",
     "date " D1 ".." D2 " | a 1.234..5.6779999999999999", ""},
    {"date,a\n2020-01-01,1.5\n2020-01-02,2.5\n2020-01-03,\"1,5\"\n", NULL,
     "t:4: column \"a\": \"1,5\" is not a number as the others are written: decimal point, nothing "
     "between thousands; `decimal` and `thousands` say otherwise"},
    {"date;a\n2020-01-01;1,5\n2020-01-02;2,5\n2020-01-03;1.5\n", NULL,
     "t:4: column \"a\": \"1.5\" is not a number as the others are written: decimal comma, nothing "
     "between thousands; `decimal` and `thousands` say otherwise"},
    {"date,a\n2020-01-01,$5\n2020-01-02,-$1.50\n", "date " D1 ".." D2 " | a 5..-1.5",
     "amounts in $: a"},
    {"date,a\n2020-01-01,$5\n2020-01-02,EUR 6\n", NULL,
     "t:3: column \"a\": \"EUR 6\" is in another currency or unit than the numbers before it"},
    {"date,a,b\n2020-01-01,5 kWh,$5\n2020-01-02,6 kWh,$6\n",
     "date " D1 ".." D2 " | a 5..6 | b 5..6", "amounts in kWh: a, amounts in $: b"},
    {"date,a,b\n2020-01-01,5m,1\n2020-01-02,1h,2\n", "date " D1 ".." D2 " | b 1..2",
     "left out as text: a"},
    {"date,a\n2020-01-01,5 kWh\n2020-01-02,6 MWh\n2020-01-03,6\n", NULL,
     "t:3: column \"a\": \"6 MWh\" is in another currency or unit than the numbers before it"},
    {"date,a\n2020-01-01,5%\n2020-01-02,6 %\n", "date " D1 ".." D2 " | a 5..6",
     "percent, not divided by 100: a"},
    {"date,a\n2020-01-01,5%\n2020-01-02,6\n", NULL,
     "t:2: column \"a\": \"5%\" has a percent sign, and other numbers of the column have none; "
     "write "
     "all of them the same way"},
    {"date,a\n2020-01-01,(5.5)\n2020-01-02,6-\n", "date " D1 ".." D2 " | a -5.5..-6",
     "negatives by parentheses or a minus behind"},
    {"date,a\n2020-01-01,-\n2020-01-02,6\n", "date " D1 ".." D2 " | a nan..6", ""},
    {"date,a,b\n2020-01-01,?,#DIV/0!\n2020-01-02,6,7\n",
     "date " D1 ".." D2 " | a nan..6 | b nan..7", ""},
    {"date,a\n2020-01-01,0x10\n2020-01-02,0x11\n", NULL,
     "t:2: column \"a\": \"0x10\" is a number in base 16; write it in decimal digits"},
    /* Text around. */
    {"sep=;\ndate;a\n2020-01-01;1\n2020-01-02;2\n", "date " D1 ".." D2 " | a 1..2",
     "semicolons, a sep= line"},
    {"# x\ndate\ta\n2020-01-01\t1\n2020-01-02\t\n", "date " D1 ".." D2 " | a 1..nan",
     "tabs, 1 comment line at the start"},
    {"Sales, in the shop\n\ndate;a\n2020-01-01;1\n2020-01-02;2\n", "date " D1 ".." D2 " | a 1..2",
     "semicolons, 1 line above the header left out"},
    {"date,power (kW)\n,kW\n2020-01-01,1\n2020-01-02,2\n", "date " D1 ".." D2 " | power (kW) 1..2",
     "row of units left out"},
    {"date,\"wind\nspeed\"\n2020-01-01,1\n2020-01-02,2\n", "date " D1 ".." D2 " | wind speed 1..2",
     ""},
    {"date,a,note\n2020-01-01,1,\"x\ny\"\n2020-01-02,z,\"\"\n", NULL,
     "t:4: column \"a\": \"z\" is not a number; if it stands for a gap, list it with `missing`"},
    {"date,M\xfc\n2020-01-01,1\n2020-01-02,2\n", "date " D1 ".." D2 " | M\xc3\xbc 1..2",
     "Windows-1252"},
    {"date,a\r2020-01-01,1\r2020-01-02,2\r", "date " D1 ".." D2 " | a 1..2",
     "lines that end in CR"},
    {"2020-01-01,1,5\n2020-01-02,2,6\n", "date " D1 ".." D2 " | c1 1..2 | c2 5..6",
     "no header (names c1, c2, ..)"},
    {"1.5,2020-01-01,5\n2,2020-01-02,6\n", "date " D1 ".." D2 " | c1 1.5..2 | c2 5..6",
     "no header (names c1, c2, ..)"},
    /* Dates. */
    {"date,a\n13.01.2020,1\n14.01.2020,2\n",
     "date 2020-01-13 00:00:00..2020-01-14 00:00:00 | a 1..2", "day-first dates"},
    {"date,a\n01/13/2020,1\n01/14/2020,2\n",
     "date 2020-01-13 00:00:00..2020-01-14 00:00:00 | a 1..2", "month-first dates"},
    {"date,a\n01/11/2019,1\n01/12/2019,2\n01/01/2020,3\n",
     "date 2019-11-01 00:00:00..2020-01-01 00:00:00 | a 1..3",
     "day-first dates (only so are their steps even)"},
    {"date,a\n01/02/2019,1\n02/02/2019,2\n03/02/2019,3\n", NULL,
     "t:2: column \"date\": \"01/02/2019\" may be 2019-02-01 or 2019-01-02, and no other row "
     "decides; "
     "say which with `date_format` dmy or mdy"},
    {"date,a\n01.02.2019,1\n02.02.2019,2\n03.02.2019,3\n",
     "date 2019-02-01 00:00:00..2019-02-03 00:00:00 | a 1..3", "day-first dates"},
    {"date,a\n02.13.2019,1\n02.14.2019,2\n",
     "date 2019-02-13 00:00:00..2019-02-14 00:00:00 | a 1..2", "month-first dates"},
    {"date,a\n13.01.20,1\n14.01.20,2\n", "date 2020-01-13 00:00:00..2020-01-14 00:00:00 | a 1..2",
     "day-first dates, years of two digits are 1969 to 2068"},
    {"date,a\n13.01.2020,1\n2020-01-14,2\n14.01.2020,2\n15.01.2020,3\n", NULL,
     "t:3: column \"date\": \"2020-01-14\" is not a date by `date_format` dmy, by which all dates "
     "of "
     "the file are read"},
    {"when,a\n2020-01-01T00:00Z,1\n2020-01-02T00:00Z,2\n", "when " D1 ".." D2 " +00:00 | a 1..2",
     ""},
    {"date,a\n2020-01-01 01:00+02:00,1\n2020-01-01 01:00+01:00,2\n",
     "date 2020-01-01 00:00:00..2020-01-01 01:00:00 +01:00 | a 1..2",
     "several offsets from UTC: all dates on the clock of +01:00"},
    {"date,a\n2020-01-01 01:00+02:00,1\n2020-01-01 01:00,2\n", NULL,
     "t:3: column \"date\": \"2020-01-01 01:00\" lacks the offset from UTC that the dates before "
     "it "
     "have; give all of them one, or none"},
    {"date,a\n2020-01-01 01:00,1\n2020-01-01 01:00Z,2\n", NULL,
     "t:3: column \"date\": \"2020-01-01 01:00Z\" has an offset from UTC, which the dates before "
     "it "
     "lack; give all of them one, or none"},
    {"date,a\n0001-01-01 00:00+02:00,1\n0001-01-02 00:00+00:00,2\n", NULL,
     "t: row 1 is outside the years 1 to 9999 on the clock of +00:00"},
    {"date,a\n1577836800,1\n1577923200,2\n", "date " D1 ".." D2 " | a 1..2", "seconds since 1970"},
    {"x,a\n1577836800,1\n1577923200,2\n1578009600,3\n", "x " D1 ".." D3 " | a 1..3",
     "seconds since 1970"},
    {"a,x\n1,1577836800\n2,1577923200\n5,1578009600\n", "a 1..5 | x 1577836800..1578009600", ""},
    {"x,a\n1577836800,1\n1577923200,2\n1577923100,3\n", "x 1577836800..1577923100 | a 1..3", ""},
    {"timestamp,a\n43831,1\n43832,2\n", "timestamp " D1 ".." D2 " | a 1..2",
     "days as Excel counts them"},
    {"load,a\n43831,1\n43833,2\n43834,2\n", "load 43831..43834 | a 1..2", ""},
    {"invoice,a\n2020001,1\n2020002,2\n2020003,2\n", "invoice 2020001..2020003 | a 1..2", ""},
    {"order,a\n737791,1\n737792,2\n737793,2\n", "order 737791..737793 | a 1..2", ""},
    {"datenum,a\n737791,1\n737792,2\n", "datenum " D1 ".." D2 " | a 1..2",
     "days as MATLAB counts them"},
    {"year,a\n2020,1\n2021,2\n", "year " D1 "..2021-01-01 00:00:00 | a 1..2", "years"},
    {"year,a\n2020,1\n2015,2\n2018,2\n2016,1\n", "year 2020..2016 | a 1..1", ""},
    {"load,a\n2020,1\n2021,2\n2023,2\n", "load 2020..2023 | a 1..2", ""},
    {"Date,Time,a\n2020-01-01,00:00,1\n2020-01-01,12:30,2\n",
     "Date " D1 "..2020-01-01 12:30:00 | a 1..2", "time of day from Time"},
    {"Date,Time,a\n2020-01-01,00:00,1\n2020-01-01,25:30,2\n2020-01-01,12:30,2\n", NULL,
     "t:3: column \"Time\": \"25:30\" is not a time of day; write it as 09:30 or 09:30:00"},
    {"date,end,a\n2020-01-01,2020-01-05,1\n2020-01-02,2020-01-06,2\n",
     "date " D1 ".." D2 " | a 1..2", "left out as further dates: end"},
    {"date,day,a\n2020-01-05,2020-01-01,1\n2020-01-05,2020-01-02,2\n2020-01-05,2020-01-03,2\n",
     "day " D1 ".." D3 " | a 1..2", "left out as further dates: date"},
    {"n,year,month,day,hour,a\n1,2020,1,1,22,5\n2,2020,1,1,23,6\n3,2020,1,2,0,7\n",
     "year 2020-01-01 22:00:00.." D2 " | n 1..3 | a 5..7", "dates from year, month, day, hour"},
    {"Year,DOY,a\n2019,365,5\n2020,1,6\n", "Year 2019-12-31 00:00:00.." D1 " | a 5..6",
     "dates from Year, DOY"},
    {"Year,Month,a\n2019,12,5\n2020,1,6\n", "Year 2019-12-01 00:00:00.." D1 " | a 5..6",
     "dates from Year, Month"},
    {"year,month,day,a\n2019,2,28,1\n2019,2,29,2\n", NULL,
     "t:3: has a day that its month or year lacks"},
    {"year,month,a\n2019,1,1\n2019,2,1\n2019,13,2\n2019,4,1\n", NULL,
     "t:4: column \"month\": \"13\" is no month, which is read from this column"},
    {"date,month,a\n2020-01-01,1,5\n2020-01-02,1,6\n", "date " D1 ".." D2 " | month 1..1 | a 5..6",
     ""},
    {"year,day,a\n2020,600,5\n2021,700,6\n",
     "year " D1 "..2021-01-01 00:00:00 | day 600..700 | a 5..6", "years"},
    {"Date,Hour,a\n01/01/2020,23,1\n01/01/2020,24,2\n01/02/2020,1,2\n01/02/2020,2,2\n",
     "Date 2020-01-01 23:00:00..2020-01-02 02:00:00 | a 1..2",
     "month-first dates (only so are their steps even), time of day from Hour"},
    {"date,hour,a\n2020-01-01,12,1\n2020-01-02,13,2\n",
     "date " D1 ".." D2 " | hour 12..13 | a 1..2", ""},
    {"<DATE>,<TIME>,a\n20200101,93000,1\n20200101,100000,2\n",
     "<DATE> 2020-01-01 09:30:00..2020-01-01 10:00:00 | a 1..2",
     "dates as YYYYMMDD, time of day from <TIME>"},
    {"date,a\n2020-01-01 00:00 - 2020-01-02 00:00,1\n2020-01-02 00:00 - 2020-01-03 00:00,2\n",
     "date " D1 ".." D2 " | a 1..2", "intervals by their start"},
    {"when,a\n2020-01-01 10:00 CST,1\n2020-01-02 10:00 CST,2\n", "a 1..2",
     "left out as text: when"},
    {"date,a\n2020-01-01 10:00 CST,1\n2020-01-02 10:00 CST,2\n", NULL,
     "t:2: column \"date\": \"2020-01-01 10:00 CST\" ends with the name of a time zone that is not "
     "known or means several; write its offset, such as +01:00, or give a `date_format` with the "
     "name in it, "
     "such "
     "as \"%Y-%m-%d %H:%M:%S CST\""},
    {"open,close,a\n1577836800,1577923199,1\n1577923200,1578009599,2\n1578009600,1578095999,3\n",
     "open " D1 ".." D3 " | a 1..3", "seconds since 1970, left out as further dates: close"},
    {"Country,Year,a\nA,2018,1\nA,2019,2\nA,2020,1\nA,2021,2\nB,2018,1\nB,2019,2\nB,2020,1\n",
     "Year 2018-01-01 00:00:00.." D1 " | a 1..1", "years, left out as text: Country"},
    /* Columns. */
    {",date,a\n0,2020-01-01,1\n1,2020-01-02,2\n2,2020-01-03,3\n", "date " D1 ".." D3 " | a 1..3",
     "left out as numbers of rows: (no name)"},
    {"id,date,a\n7,2020-01-01,1\n8,2020-01-02,2\n9,2020-01-03,3\n", "date " D1 ".." D3 " | a 1..3",
     "left out as numbers of rows: id"},
    {"id,date,a\n7,2020-01-01,1\n8,2020-01-02,2\n8,2020-01-03,3\n",
     "date " D1 ".." D3 " | id 7..8 | a 1..3", ""},
    {"id\n1\n2\n3\n", "id 1..3", ""},
    {"date,on,a\n2020-01-01,yes,1\n2020-01-02,No,2\n", "date " D1 ".." D2 " | on 1..0 | a 1..2",
     "yes and no as 1 and 0: on"},
    {"date,b,a\n2020-01-01,True,1\n2020-01-02,,2\n", "date " D1 ".." D2 " | b 1..nan | a 1..2",
     "yes and no as 1 and 0: b"},
    {"date,who,a\n2020-01-01,Ann,1\n2020-01-02,Bob,2\n", "date " D1 ".." D2 " | a 1..2",
     "left out as text: who"},
    {"date,who,a\n2020-01-01,Ann,1\n2020-01-02,Ann,2\n", "date " D1 ".." D2 " | a 1..2",
     "left out, the same text in all rows: who"},
    {"date,a,\n2020-01-01,1,\n2020-01-02,2,\n", "date " D1 ".." D2 " | a 1..2",
     "left out as empty: (no name)"},
    {"date,who\n2020-01-01,Ann\n2020-01-02,Bob\n", NULL,
     "t:1: has no column of numbers (left out as text: who)"},
    {"date,a\n2020-01-01,1\n2020-01-02,abc\n", NULL,
     "t:3: column \"a\": \"abc\" is not a number; if it stands for a gap, list it with `missing`"},
    /* The end. */
    {"date,a\n2020-01-01,1\n2020-01-02,2\nTotal,3\n", "date " D1 ".." D2 " | a 1..2",
     "1 line at the end left out (Total)"},
    {"date;a\n01.01.2020;1\n13.01.2020;2\nSumme:;3\n\n;\n",
     "date " D1 "..2020-01-13 00:00:00 | a 1..2",
     "semicolons, day-first dates, 1 line at the end left out (Summe:)"},
    {"date,a\n2020-01-01,1\n2020-01-02,2\nGrand total,3\nAverage,1.5\n",
     "date " D1 ".." D2 " | a 1..2", "2 lines at the end left out (Grand total)"},
    {"date,a,b\n2020-01-01,1,5\n2020-01-02,2,\n,3,5\n", "date " D1 ".." D2 " | a 1..2 | b 5..nan",
     "1 line at the end left out (sums)"},
    {"date,a\n2020-01-01,1\n2020-01-02,2\n,4\n", NULL,
     "t:4: column \"date\": \"\" is not a date; write it as 2016-07-01 00:00:00 or 2016/7/1 0:00"},
    {"date,a\n2020-01-01,1\nTotal,1\n2020-01-02,2\n", NULL,
     "t:3: column \"date\": \"Total\" is not a date; write it as 2016-07-01 00:00:00 or 2016/7/1 "
     "0:00"},
    {"date,a\n2020-01-01,1\n2020-01-02,2\nTotally,3\n", NULL,
     "t:4: column \"date\": \"Totally\" is not a date; write it as 2016-07-01 00:00:00 or 2016/7/1 "
     "0:00"},
    {"date,a\n2020-01-01,1\n2020-01-02,2\n\nSource: the bank\nCopyright (c), no rights\n",
     "date " D1 ".." D2 " | a 1..2", "2 lines at the end left out (Source: the bank)"},
    {"date,a\n2020-01-01,1\n2020-01-02,2\n2020-0\n", NULL,
     "t:4: column \"date\": \"2020-0\" is not a date; write it as 2016-07-01 00:00:00 or 2016/7/1 "
     "0:00"},
    {"date,a\n2020-01-01,1\nSource: the bank\n2020-01-02,2\n", NULL,
     "t:3: column \"date\": \"Source: the bank\" is not a date; write it as 2016-07-01 00:00:00 or "
     "2016/7/1 0:00"},
    {"date;a\n13.01.2020;1,5\n14.01.2020;2,5-\n*;1,0-\n",
     "date 2020-01-13 00:00:00..2020-01-14 00:00:00 | a 1.5..-2.5",
     "semicolons, decimal comma, day-first dates, negatives by parentheses or a minus behind, 1 "
     "line "
     "at the end left out (*)"},
    {"date,a\n2020-01-01,1\n\xef\xbb\xbf"
     "date,a\n2020-01-02,2\n",
     "date " D1 ".." D2 " | a 1..2", "1 repeated header left out"},
    {"  date        a     b\n2020-01-01  1.5     3  \r\n2020-01-02 22.5    -4\n",
     "date " D1 ".." D2 " | a 1.5..22.5 | b 3..-4", "blanks"},
    {"date time a\n2020-01-01 00:00 1\n2020-01-01 12:00 \"2\"\n",
     "date " D1 "..2020-01-01 12:00:00 | a 1..2", "blanks, time of day from time"},
    {"date   a   b\n2020-01-01 1   3\n2020-01-02     4\n2020-01-03 1   3\n2020-01-04 1   "
     "3\n2020-01-05 1   3\n",
     NULL, "t:3: has 2 fields where the header has 3; every row needs the same number"},
    {"wind speed\n5\n6\n", "wind speed 5..6", ""},
    {"date;a\n2020-01-01;1;\n2020-01-02;2;\n", "date " D1 ".." D2 " | a 1..2", "semicolons"},
    {"date,a\n2020-01-01,1,5\n2020-01-02,2,5\n", NULL,
     "t:2: has 3 fields where the header has 2; every row needs the same number"},
    {"date|a\n----|---\n2020-01-01|1\n2020-01-02|2\n----|---\n", "date " D1 ".." D2 " | a 1..2",
     "vertical bars"},
    {"date,a\n2020-01-01,5\n2020-01-02,<1\n2020-01-03,6\n", NULL,
     "t:3: column \"a\": \"<1\" is a bound, not a number; write a number, or list it with "
     "`missing` to make it a gap"},
    {"date,a\n2020-01-01,1\n2020-01-02,2\n,\n,\n", "date " D1 ".." D2 " | a 1..2", ""},
};

static void as_people_write_them(void **state) {
    (void)state;
    const kr_csv_options options = {.keeps_gaps = true};
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) check(&examples[i], &options);
}

/* Rows that are to be in time: what looks like dates must be some. */
/* Of a large file rows in the middle and at the end tell what the first ones leave open. */
static void later_rows_tell_as_well(void **state) {
    (void)state;
    enum { ROWS = 60000, ROW = 12 };
    static char text[ROWS * ROW + 8];
    static const struct {
        int first, end; /* rows that tell */
        bool is_told;
    } places[] = {{25000, 36000, true}, {45000, ROWS, true}, {0, 0, false}};
    for (size_t k = 0; k < sizeof places / sizeof places[0]; k++) {
        size_t n = (size_t)sprintf(text, "a;b\n");
        for (int i = 0; i < ROWS; i++) {
            bool tells = i >= places[k].first && i < places[k].end;
            n += (size_t)sprintf(text + n, "%s;1\n", tells ? "0,5" : "1,234");
        }
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        const kr_csv_options options = {.keeps_gaps = true};
        kr_status status = kr__csv_read_bytes("t", (const uint8_t *)text, n, &options, &t, &err);
        if ((status == KR_OK) != places[k].is_told) fail_msg("%d: %s", (int)k, err.text);
        if (status != KR_OK) continue;
        assert_true(t->n_rows == ROWS && t->values[0] == 1.234);
        kr__table_destroy(t);
    }
}

static void dates_are_wanted(void **state) {
    (void)state;
    static const example refused[] = {
        {"Week,a\nKW 01/2020,1\nKW 02/2020,2\nKW 03/2020,3\n", NULL,
         "t:2: column \"Week\": \"KW 01/2020\" looks like a date of no known format; say with "
         "`date_format` how it is written, by a pattern such as \"%d.%m.%Y %H:%M\"; take the "
         "column "
         "out if rows need no dates"},
        {"x,a\n1960w1,1\n1960w2,2\n1960w3,3\n", NULL,
         "t:2: column \"x\": \"1960w1\" looks like a date of no known format; say with "
         "`date_format` how it is written, by a pattern such as \"%d.%m.%Y %H:%M\"; take the "
         "column "
         "out if rows need no dates"},
        {"elapsed,a\n23:00:00,1\n24:00:00,2\n25:00:00,3\n", NULL,
         "t:2: column \"elapsed\": \"23:00:00\" is a time without a day, and no column has its "
         "date; write the day before it; take the column out if rows need no dates"},
    };
    static const example read[] = {
        {"item,a\nSKU-001,1\nSKU-002,2\nSKU-003,3\n", "a 1..3", "left out as text: item"},
        {"2019,2020,2021,2022\n1,2,3,4\n5,2,3,4\n", "2019 1..5 | 2020 2..2 | 2021 3..3 | 2022 4..4",
         ""},
        {"date,2019,2020,2021,2022\n2020-01-01,1,2,3,4\n2020-01-02,1,2,3,4\n",
         "date " D1 ".." D2 " | 2019 1..1 | 2020 2..2 | 2021 3..3 | 2022 4..4", ""},
    };
    const kr_csv_options options = {.asks_for_series = true};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) check(&refused[i], &options);
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) check(&read[i], &options);
    static const char *const columns[] = {"a"};
    const kr_csv_options chosen = {.asks_for_series = true, .columns = columns, .n_columns = 1};
    check(&(example){refused[0].text, "a 1..3", ""}, &chosen);
}

/* ---- time from left to right ---------------------------------------------------------------- */

#define TURNED "turned, for its columns are dates and its rows series"

/* As statistical offices write them. */
static void time_runs_to_the_right(void **state) {
    (void)state;
    static const example read[] = {
        {"geo,2019-01,2019-02,2019-03,2019-04\nDE,1,2,3,4\nFR,5,6,7,8\n",
         "date 2019-01-01 00:00:00..2019-04-01 00:00:00 | DE 1..4 | FR 5..8",
         TURNED ", months, year first"},
        {"geo;2019;2020;2021;2022;\n\"D \"\"E\"\"\";1,5;2;3;4;\nFR;:;6;7;8,25;\n",
         "date 2019-01-01 00:00:00..2022-01-01 00:00:00 | D \"E\" 1.5..4 | FR nan..8.25",
         "semicolons, " TURNED ", decimal comma, years"},
        /* Titles above it, remarks below, columns that tell no row from another. */
        {"Data Source,Indicators\n\nUpdated,2023-07-25\n\n"
         "Name,Code,Item,2019,2020,2021,2022,\nDE,DEU,GDP,1,2,3,4,\nDE,DEU,CPI,5,6,7,8,\n"
         "FR,FRA,GDP,,,,,\nFR,FRA,CPI,9,8,7,6,\nSource: the bank\n",
         "date 2019-01-01 00:00:00..2022-01-01 00:00:00 | DE GDP 1..4 | DE CPI 5..8 | FR CPI 9..6",
         "2 lines above the header left out, " TURNED ", 2 rows without values left out, years"},
        {"Item,2019 [YR2019],2020 [YR2020],2021 [YR2021],2022 [YR2022]\nGDP,1,2,3,4\n",
         "date 2019-01-01 00:00:00..2022-01-01 00:00:00 | GDP 1..4", TURNED ", years"},
        /* Of trading days; a sum behind them; newest first. */
        {"item,2020-01-02,2020-01-03,2020-01-06,2020-01-07,Total\nDE,1,2,3,4,10\n"
         "Source: the bank\n",
         "date 2020-01-02 00:00:00..2020-01-07 00:00:00 | DE 1..4",
         TURNED ", 1 column behind the dates left out, 1 row without values left out"},
        {"item,2020-01-04,2020-01-03,2020-01-02,2020-01-01\nDE,1,2,3,4\n",
         "date 2020-01-04 00:00:00..2020-01-01 00:00:00 | DE 1..4", TURNED},
        /* Without words; a first value alone; blanks are no value and no part of a name. */
        {"2019-01,2019-02,2019-03,2019-04\n1,2,3,4\n",
         "date 2019-01-01 00:00:00..2019-04-01 00:00:00 | value 1..4",
         TURNED ", months, year first"},
        {"geo,2019-01,2019-02,2019-03,2019-04\n DE ,1, ,,\nFR, , , , \nIT,,2,3, 4 \n",
         "date 2019-01-01 00:00:00..2019-04-01 00:00:00 | DE 1..nan | IT nan..4",
         TURNED ", 1 row without values left out, months, year first"},
        /* Three are too few, and years that leave one out are none. */
        {"item,2019-01,2019-02,2019-03\nDE,1,2,3\n", "2019-01 1..1 | 2019-02 2..2 | 2019-03 3..3",
         "left out as text: item"},
        {"item,2019,2020,2021,2023\nDE,1,2,3,x\n", "2019 1..1 | 2020 2..2 | 2021 3..3",
         "left out as text: item, 2023"}};
    static const example refused[] = {
        {"geo,2019,2020,2021,2022\nDE,1,2,3,4\nFR,1,2,3\n", NULL,
         "t:3: has 4 fields where the header has 5"},
        {"geo,2019,2020,2021,2022\nDE,,,,\n", NULL,
         "t: its columns are dates and its rows series, and no row has a value"},
        {"geo,2019,2020,2021,2022\nA,1,2,3,4\nB,1,2,x,4\nC,1,2,3,4\nD,1,2,3,4\nE,1,2,3,4\n", NULL,
         "t (turned):4: column \"B\": \"x\" is not a number; if it stands for a gap, list it with "
         "`missing`"},
    };
    const kr_csv_options options = {.is_in_time = true, .keeps_gaps = true};
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) check(&read[i], &options);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) check(&refused[i], &options);
    /* Points have no time. */
    const kr_csv_options points = {.keeps_gaps = true};
    check(&(example){"geo,2019,2020,2021,2022\nDE,1,2,3,4\n",
                     "2019 1..1 | 2020 2..2 | 2021 3..3 | 2022 4..4", "left out as text: geo"},
          &points);
}

#define TO_NOV "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov"
#define MONTHS TO_NOV ",Dec"
#define OF_MONTHS                                                                                  \
    "Jan 1..1 | Feb 2..2 | Mar 3..3 | Apr 4..4 | May 5..5 | Jun 6..6 | Jul 7..7 | Aug 8..8 | Sep " \
    "9..9 | Oct 10..10 | Nov 11..11"
#define GERMAN "Jan;Feb;M\xc3\xa4rz;April;Mai;Juni;Juli;Aug.;Sept.;Okt;Nov;Dez"

/* As climatologists write them. Months to come are no gaps. */
static void a_row_is_a_year_of_months(void **state) {
    (void)state;
    static const example read[] = {
        {"Global Means\nYear," MONTHS ",J-D,DJF\n2019,1,2,3,4,5,6,7,8,9,10,11,12,6.5,***\n"
         "2020,2,***,3,4,5,6,7,***,***,***,***,***,***,2\n",
         "date 2019-01-01 00:00:00..2020-07-01 00:00:00 | value 1..7",
         "1 line above the header left out, turned, for a row is a year of months, 2 columns "
         "behind "
         "the dates left out, months, year first"},
        {"Jahr;" GERMAN
         ";\n2019;1,5;2;3;4;5;6;7;8;9;10;11;12;\n2020;1;2;3;4;5;6;7;8;9;10;11;0,5;\n",
         "date 2019-01-01 00:00:00..2020-12-01 00:00:00 | value 1.5..0.5",
         "semicolons, turned, for a row is a year of months, decimal comma, months, year first"},
        /* The newest year first; one that lacks months at its end. */
        {"Year," MONTHS
         "\n2020,1,2,,,,,,,,,,\n2019,1,2,3,4,5,6,7,8,9,10,11,\n2018,1,2,3,4,5,6,7,8,9,"
         "10,11,12\n",
         "date 2020-01-01 00:00:00..2018-12-01 00:00:00 | value 1..12",
         "turned, for a row is a year of months, months, year first"},
        /* A month is missing; they stand behind another column; others stand in their places. */
        {"Year," TO_NOV "\n2019,1,2,3,4,5,6,7,8,9,10,11\n",
         "Year 2019-01-01 00:00:00..2019-01-01 00:00:00 | " OF_MONTHS, "years"},
        {"x,Year," MONTHS
         "\na,2019,1,2,3,4,5,6,7,8,9,10,11,12\nb,2020,1,2,3,4,5,6,7,8,9,10,11,12\n",
         "Year 2019-01-01 00:00:00..2020-01-01 00:00:00 | " OF_MONTHS " | Dec 12..12",
         "years, left out as text: x"},
        {"Year," TO_NOV ",Sum\n2019,1,2,3,4,5,6,7,8,9,10,11,66\n",
         "Year 2019-01-01 00:00:00..2019-01-01 00:00:00 | " OF_MONTHS " | Sum 66..66", "years"},
        {"Year," TO_NOV ",Dec x\n2019,1,2,3,4,5,6,7,8,9,10,11,12\n",
         "Year 2019-01-01 00:00:00..2019-01-01 00:00:00 | " OF_MONTHS " | Dec x 12..12", "years"},
        {"x," MONTHS
         ",Year\na,1,2,3,4,5,6,7,8,9,10,11,12,2019\nb,1,2,3,4,5,6,7,8,9,10,11,12,2020\n",
         "Year 2019-01-01 00:00:00..2020-01-01 00:00:00 | " OF_MONTHS " | Dec 12..12",
         "years, left out as text: x"},
        {"Year,Dec," TO_NOV "\n2019,12,1,2,3,4,5,6,7,8,9,10,11\n",
         "Year 2019-01-01 00:00:00..2019-01-01 00:00:00 | Dec 12..12 | " OF_MONTHS, "years"},
    };
    const kr_csv_options options = {.is_in_time = true, .keeps_gaps = true};
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) check(&read[i], &options);
}

#define COUNTS "d_1,d_2,d_3,d_4,d_5,d_6,d_7,d_8,d_9,d_10"

/* Rows without dates may be steps or series; those with a name each are refused. */
static void rows_that_have_names(void **state) {
    (void)state;
    static const example refused = {
        "id,item," COUNTS "\nA,x,1,2,3,4,5,6,7,8,9,10\nB,x,1,2,3,4,5,6,7,8,9,10\n", NULL,
        "t: columns \"d_1\" to \"d_10\" count, and column \"id\" names each row, as where rows are "
        "series from left to right; turn the table, or leave that column out with `drop_columns` "
        "if "
        "its rows follow one another in time"};
    static const char *const read[] = {
        "id," COUNTS "\nA,1,2,3,4,5,6,7,8,9,10\nA,1,2,3,4,5,6,7,8,9,10\n", /* one name twice */
        "id,d_2,d_3,d_4,d_5,d_6,d_7,d_8,d_9,d_10\nA,1,2,3,4,5,6,7,8,9\nB,1,2,3,4,5,6,7,8,9\n",
        /* A name without a number counts nothing. */
        "id,d_,d_1,d_2,d_3,d_4,d_5,d_6,d_7,d_8,d_9\nA,1,2,3,4,5,6,7,8,9,10\n"
        "B,1,2,3,4,5,6,7,8,9,10\n",
        "id,d_,d_0,d_1,d_2,d_3,d_4,d_5,d_6,d_7,d_8\nA,1,2,3,4,5,6,7,8,9,10\n"
        "B,1,2,3,4,5,6,7,8,9,10\n",
        "id," COUNTS ",e_11\nA,1,2,3,4,5,6,7,8,9,10,1\nB,1,2,3,4,5,6,7,8,9,10,1\n",
    };
    static const char *const columns[] = {"id"};
    kr_csv_options options = {.asks_for_series = true, .team = team};
    check(&refused, &options);
    check(&(example){"id,item," COUNTS "\n", NULL, "t: has a header but no rows"}, &options);
    for (int i = 0; i < 7; i++) {
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        const char *text = i < 5 ? read[i] : refused.text;
        if (i == 5) options.columns = columns, options.n_columns = 1, options.leaves_out = true;
        if (i == 6) options = (kr_csv_options){.is_in_time = true}; /* info tells what it sees */
        if (kr__csv_read_bytes("t", (const uint8_t *)text, strlen(text), &options, &t, &err)) {
            fail_msg("%s%s", text, err.text);
        }
        assert_true(t->n_rows == 2);
        kr__table_destroy(t);
    }
}

/* What offices say of a number stands behind it; letters that say something else do not. */
static void marks_behind_numbers(void **state) {
    (void)state;
    static const example read[] = {
        {"a,b\n1,5\n2 p,6\n3,7 be\n", "a 1..3 | b 5..7", "2 marks behind numbers left out (p)"},
        {"a;b\n1,5;5\n2,5*;6\n3,5 **;7\n", "a 1.5..3.5 | b 5..7",
         "semicolons, decimal comma, 2 marks behind numbers left out (*)"},
        {"a,b\n1,5\n: p,6\n3,7\n", "a 1..3 | b 5..7", ""},
        {"a,b\n1,5\n\"1,234 e\",6\n\"2,345,678\",7\n", "a 1..2345678 | b 5..7",
         "thousands by commas, 1 mark behind numbers left out (e)"},
    };
    static const char *const refused[] = {"2p", "2 x", "2 bepp", "2****", "p", "2 P", "a p"};
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) check(&read[i], &(kr_csv_options){0});
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char text[60];
        kr_table *t = NULL;
        size_t n = (size_t)sprintf(text, "a,b\n1,5\n%s,6\n3,7\n4,7\n5,7\n", refused[i]);
        kr_status status = kr__csv_read_bytes("t", (const uint8_t *)text, n, NULL, &t, NULL);
        if (status != KR_FORMAT) fail_msg("%s", refused[i]);
    }
}

/* ---- numbers that stand for gaps ------------------------------------------------------------ */

static void numbers_for_gaps(void **state) {
    (void)state;
    static const struct {
        const char *cells[12];
        const char *want; /* gaps as . */
        const char *missing, *note;
    } cases[] = {
        {{"1", "-999", "3", "-999"}, "1 . 3 .", NULL, "gaps written as -999: a"},
        {{"-20.5", "-999.9", "3", "-999.9"}, "-20.5 . 3 .", NULL, "gaps written as -999.9: a"},
        {{"9999.9", "35.5", "9999.9", "40"}, ". 35.5 . 40", NULL, "gaps written as 9999.9: a"},
        {{"-99999", "0", "-99999", "1e3"}, ". 0 . 1000", NULL, "gaps written as -99999: a"},
        {{"1", "-999", "3", "4"}, "1 -999 3 4", NULL, ""},             /* once */
        {{"-999", "-300", "3", "-999"}, "-999 -300 3 -999", NULL, ""}, /* not far */
        {{"-998", "-998", "3", "4"}, "-998 -998 3 4", NULL, ""},
        {{"-99", "-99", "3", "4"}, "-99 -99 3 4", NULL, ""},
        {{"999", "999", "3", "4"}, "999 999 3 4", NULL, ""},
        {{"99.99", "99.99", "9.99", "4.5"}, "99.99 99.99 9.99 4.5", NULL, ""}, /* prices */
        {{"-999", "-999", "-999", "-999"}, "-999 -999 -999 -999", NULL, ""},   /* all */
        {{"1", "-999", "3", "-999"}, "1 -999 3 -999", "no", ""},
        {{"1", "-7", "x", "X"}, "1 . . .", "x, -7", "gaps written as -7: a"},
        {{"1", "-7.0", "3", "4"}, "1 . 3 4", "-7", "gaps written as -7: a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[400] = "date,a\n", got[400] = "";
        kr_table *t = NULL;
        const kr_csv_options options = {
            .team = team, .keeps_gaps = true, .given = {.missing = cases[i].missing}};
        notes[0] = '\0';
        for (int k = 0; cases[i].cells[k]; k++) {
            sprintf(text + strlen(text), "2020-01-%02d,%s\n", k + 1, cases[i].cells[k]);
        }
        kr_error err = {.text = ""};
        if (kr__csv_read_bytes("t", (const uint8_t *)text, strlen(text), &options, &t, &err)) {
            fail_msg("%s", err.text);
        }
        for (int64_t k = 0; k < t->n_rows; k++) {
            const char *blank = k ? " " : "";
            if (isnan(t->values[k])) {
                sprintf(got + strlen(got), "%s.", blank);
            } else {
                sprintf(got + strlen(got), "%s%g", blank, t->values[k]);
            }
        }
        assert_string_equal(got, cases[i].want);
        assert_string_equal(*notes ? notes + strlen("t: read as: ") : "", cases[i].note);
        kr__table_destroy(t);
    }
}

/* What a column had stands for gaps in the next file, too, however seldom; 99.99 does beside what
 * is sure; who keeps no gaps is told. */
static void numbers_for_gaps_of_a_table(void **state) {
    (void)state;
    static const char first[] =
        "date,a,b\n2020-01-01,9999.9,99.99\n2020-01-02,9999.9,99.99\n"
        "2020-01-03,35,0.5\n2020-01-04,36,1\n";
    kr_table *t = NULL;
    kr_arena arena = {NULL};
    kr_error err = {.text = ""};
    kr_csv_options options = {.team = team, .keeps_gaps = true};
    notes[0] = '\0';
    assert_int_equal(
        kr__csv_read_bytes("t", (const uint8_t *)first, sizeof first - 1, &options, &t, NULL),
        KR_OK);
    assert_string_equal(notes, "t: read as: gaps written as 9999.9: a, gaps written as 99.99: b");
    assert_true(isnan(t->values[0]) && isnan(t->values[1]) && t->values[4] == 35);
    options.given.reading = kr__reading_text(t->reading, &arena);
    check(&(example){"date,a,b\n2020-01-01,9999.9,5\n2020-01-02,5,99.99\n",
                     "date " D1 ".." D2 " | a nan..5 | b 5..nan",
                     "gaps written as 9999.9: a, gaps written as 99.99: b"},
          &options);
    kr__table_destroy(t);
    kr__arena_deinit(&arena);
    options = (kr_csv_options){.keeps_gaps = false};
    assert_int_equal(
        kr__csv_read_bytes("t", (const uint8_t *)first, sizeof first - 1, &options, &t, &err),
        KR_FORMAT);
    assert_string_equal(err.text,
                        "t: row 1: column \"a\": 9999.9 stands for a gap, of 4 in the file; fill "
                        "them in first (krait run, fit and predict: `gaps` linear), or keep the "
                        "number with `missing` no");
}

/* Are all numbers of column a that are `value` read as gaps, where the others are so large? b: a
 * column beside it, which has sure ones or none. */
static bool are_gaps(const char *value, double other, bool is_sure_beside) {
    char text[400];
    kr_table *t = NULL;
    const kr_csv_options options = {.team = team, .keeps_gaps = true};
    const char *b = is_sure_beside ? "-9999" : "2";
    int n = sprintf(text,
                    "date,a,b\n2020-01-01,%s,%s\n2020-01-02,%s,%s\n2020-01-03,%g,1\n"
                    "2020-01-04,%g,3\n",
                    value, b, value, b, other, other * 0.9);
    notes[0] = '\0';
    assert_int_equal(kr__csv_read_bytes("t", (const uint8_t *)text, (size_t)n, &options, &t, NULL),
                     KR_OK);
    bool are = isnan(t->values[0]) && isnan(t->values[2]);
    assert_true(are || t->values[0] == strtod(value, NULL));
    assert_int_equal(isnan(t->values[1]), is_sure_beside);
    kr__table_destroy(t);
    return are;
}

/* Three to eight nines below 0, one of them before the point; above it four and more with at most
 * one digit behind the point, and with two where another column is sure. None that the other
 * numbers of the column come near. */
static void numbers_of_nines(void **state) {
    (void)state;
    static const struct {
        const char *nines, *rule; /* above and below 0: + gaps, ? beside what is sure, - never */
    } cases[] = {{"999", "-+"},      {"99.9", "-+"},     {"9.99", "-+"},   {"0.999", "--"},
                 {"9999", "++"},     {"999.9", "++"},    {"99.99", "?+"},  {"9.999", "-+"},
                 {"99999", "++"},    {"9999.9", "++"},   {"999.99", "?+"}, {"99.999", "-+"},
                 {"99999999", "++"}, {"999999999", "--"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int is_below = 0; is_below < 2; is_below++) {
            for (int is_sure = 0; is_sure < 2; is_sure++) {
                char value[16];
                sprintf(value, "%s%s", is_below ? "-" : "", cases[i].nines);
                double size = strtod(value, NULL), way = is_below ? -0.1 : 0.1;
                char rule = cases[i].rule[is_below];
                bool want = rule == '+' || (rule == '?' && is_sure);
                if (are_gaps(value, way, is_sure) != want) fail_msg("%s, %d", value, is_sure);
                assert_false(are_gaps(value, size / 2, is_sure));
            }
        }
    }
}

static void columns_without_values(void **state) {
    (void)state;
    char text[600] = "date,a,b\n";
    for (int i = 1; i <= 12; i++) sprintf(text + strlen(text), "2020-01-%02d,NA,%d\n", i, i);
    kr_csv_options options = {.keeps_gaps = true};
    check(&(example){text, "date " D1 "..2020-01-12 00:00:00 | b 1..12", "left out as empty: a"},
          &options);
    static const char *const both[] = {"a", "b"};
    options.columns = both;
    options.n_columns = 2;
    check(&(example){text, "date " D1 "..2020-01-12 00:00:00 | a nan..nan | b 1..12", ""},
          &options);
}

/* ---- what is given ------------------------------------------------------------------------- */

static void decisions_are_given(void **state) {
    (void)state;
    static const struct {
        kr_csv_options options;
        example e;
    } cases[] = {
        {{.given = {.decimal = "point"}},
         {"date;a\n2020-01-01;1.234\n2020-01-02;5.5\n", "date " D1 ".." D2 " | a 1.234..5.5",
          "semicolons"}},
        {{.given = {.decimal = "comma"}},
         {"date;a\n2020-01-01;1.234\n2020-01-02;5\n", "date " D1 ".." D2 " | a 1234..5",
          "semicolons, decimal comma, thousands by points"}},
        {{.given = {.thousands = "none"}},
         {"date;a\n2020-01-01;1,250\n2020-01-02;5\n", "date " D1 ".." D2 " | a 1.25..5",
          "semicolons, decimal comma"}},
        {{.given = {.thousands = "comma"}},
         {"date,a\n2020-01-01,\"1,234\"\n2020-01-02,5\n", "date " D1 ".." D2 " | a 1234..5",
          "thousands by commas"}},
        {{.given = {.date_format = "mdy"}},
         {"date,a\n01/01/2020,1\n01/02/2020,2\n", "date " D1 ".." D2 " | a 1..2",
          "month-first dates"}},
        {{.given = {.date_format = "%d|%m|%Y"}},
         {"x,when,a\n5,01|01|2020,1\n6,02|01|2020,2\n", "when " D1 ".." D2 " | x 5..6 | a 1..2",
          "dates as %d|%m|%Y"}},
        {{.given = {.date_format = "epoch_s"}, .date_column = "x"},
         {"a,x\n1,1577836800\n2,1577923200\n", "x " D1 ".." D2 " | a 1..2", "seconds since 1970"}},
        {{.given = {.date_format = "mdy"}},
         {"date,a\n13/01/2020,1\n14/01/2020,2\n", NULL,
          "t:2: column \"date\": \"13/01/2020\" is not a date by `date_format` mdy, by which all "
          "dates "
          "of the file are read"}},
        {{.given = {.timezone = "+01:00"}},
         {"date,a\n1577833200,1\n1577919600,2\n", "date " D1 ".." D2 " +01:00 | a 1..2",
          "seconds since 1970"}},
        {{.given = {.timezone = "UTC"}},
         {"date,a\n2020-01-01 01:00+01:00,1\n2020-01-02 01:00+01:00,2\n",
          "date " D1 ".." D2 " +00:00 | a 1..2", ""}},
        {{.given = {.timezone = "CET"}},
         {"date,a\n2020-01-01,1\n2020-01-02,2\n", NULL,
          "`timezone` CET: use UTC or an offset from it, such as +01:00"}},
        {{.given = {.header = "no"}, .date_column = "c2"},
         {"1,2020-01-01,5\n2,2020-01-02,6\n", "date " D1 ".." D2 " | c1 1..2 | c2 5..6",
          "no header (names c1, c2, ..)"}},
        {{.given = {.header = "yes"}}, {"5,6\n7,8\n9,10\n", "5 7..9 | 6 8..10", ""}},
        {{.given = {.categories = "no"}},
         {"date,a,w\n2020-01-01,1,x\n2020-01-02,2,y\n", NULL,
          "`categories`: unknown value \"no\"; use onehot or off"}},
        {{.is_plain = true},
         {"date,id\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n", "date " D1 ".." D3 " | id 1..3",
          ""}},
        {{.is_plain = true},
         {"date;a\n2020-01-01;1\n", NULL,
          "t:2: column \"date;a\": \"2020-01-01;1\" is not a number"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i].e, &cases[i].options);
}

/* ---- words ------------------------------------------------------------------------------ */

static void print_words(char *text, int n_rows, const char *words) {
    strcpy(text, "date,w,a\n");
    for (int i = 0; i < n_rows; i++) {
        char word[8] = "";
        if (words[i % (int)strlen(words)] != '.') word[0] = words[i % (int)strlen(words)];
        sprintf(text + strlen(text), "2020-01-%02d,%s,%d\n", i + 1, word, i);
    }
}

static void columns_of_words(void **state) {
    (void)state;
    char text[2000];
    kr_csv_options options = {.keeps_gaps = true};
#define DATES "date 2020-01-01 00:00:00..2020-01-30 00:00:00 | "
    print_words(text, 30, "xxy");
    check(&(example){text, DATES "w=x 1..0 | w=y 0..1 | a 0..29", "a column for each word of w"},
          &options);
    options.given.categories = "off";
    check(&(example){text, DATES "a 0..29", "left out as text: w"}, &options);
    options.given.categories = NULL;
    print_words(text, 30, "xyxz.");
    check(&(example){text, DATES "w=x 1..nan | w=y 0..nan | w=z 0..nan | a 0..29",
                     "a column for each word of w"},
          &options);
    print_words(text, 30, "xyzw"); /* 4 words need 40 rows */
    check(&(example){text, DATES "a 0..29", "left out as text: w"}, &options);
    check(
        &(example){"w=x,w\n1,x\n2,x\n3,x\n4,x\n5,x\n6,x\n7,x\n8,x\n9,y\n1,y\n1,y\n1,y\n1,y\n1,y\n"
                   "1,y\n1,y\n1,y\n1,y\n1,y\n2,y\n",
                   "w=x 1..2 | w=x.1 1..0 | w=y 0..1",
                   "t:1: columns share a name, so that \"w=x\" (column 2) is called \"w=x.1\"; t: "
                   "read as: a column for each word of w"},
        &options);
    /* Words that are asked for have columns, whether the file has them or not. */
    static const char *const wanted[] = {"a", "w=x", "w=q"};
    options.columns = wanted;
    options.n_columns = 3;
    check(&(example){"date,w,a\n2020-01-01,x,1\n2020-01-02,q,2\n",
                     "date " D1 ".." D2 " | w=x 1..0 | w=q 0..1 | a 1..2",
                     "a column for each word of w"},
          &options);
    check(
        &(example){"date,w,a\n2020-01-01,x,1\n2020-01-02,p,2\n",
                   "date " D1 ".." D2 " | w=x 1..0 | w=q 0..0 | a 1..2",
                   "a column for each word of w; t: column \"w\": \"p\" is none of the words that "
                   "it had before; 1 row has 0 in all of its columns"},
        &options);
    options.columns = &wanted[1]; /* one alone */
    options.n_columns = 1;
    check(&(example){"date,w,a\n2020-01-01,x,1\n2020-01-02,x,2\n", "date " D1 ".." D2 " | w=x 1..1",
                     "a column for each word of w"},
          &options);
    static const char *const dropped[] = {"w=x"};
    options = (kr_csv_options){.columns = dropped, .n_columns = 1, .leaves_out = true};
    print_words(text, 30, "xxy");
    check(&(example){text, DATES "w=y 0..1 | a 0..29", "a column for each word of w"}, &options);
}

/* ---- the next file ------------------------------------------------------------------------ */

static void the_next_file_is_read_the_same_way(void **state) {
    (void)state;
    static const char first[] =
        "date;w;p;i;a\n"
        "13.01.2020;yes;5%;1;1.234,5\n"
        "14.01.2020;no;6%;2;2,5\n"
        "15.01.2020;no;6%;3;3,5\n";
    static const struct {
        const char *text, *table, *note;
    } next[] = {
        /* Neither day or month nor 1.234 would be decided by these rows alone. */
        {"date;w;p;i;a\n01.02.2020;yes;7%;4;1.234\n",
         "date 2020-02-01 00:00:00..2020-02-01 00:00:00 | w 1..1 | p 7..7 | i 4..4 | a 1234..1234",
         "semicolons, decimal comma, thousands by points, day-first dates, percent, not divided by "
         "100: p, yes and no as 1 and 0: w"},
        {"date;w;p;i;a\n01.02.2020;maybe;7%;4;1.234\n", NULL,
         "t:2: column \"w\": \"maybe\" is neither yes nor no, as the column's other cells are"},
        {"date;w;p;i;a\n01.02.2020;no;7;4;1.234\n", NULL,
         "t:2: column \"p\": \"7\" has no percent sign, and the column is in percent; write all of "
         "them the same way"},
    };
    kr_table *t = NULL;
    kr_arena arena = {NULL};
    assert_int_equal(
        kr__csv_read_bytes("t", (const uint8_t *)first, sizeof first - 1, NULL, &t, NULL), KR_OK);
    char *reading = kr__reading_text(t->reading, &arena);
    assert_non_null(reading);
    const kr_csv_options options = {.given = {.reading = reading}};
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
        check(&(example){next[i].text, next[i].table, next[i].note}, &options);
    }
    kr__table_destroy(t);
    kr__arena_deinit(&arena);
}

/* ---- files as they came ------------------------------------------------------------------- */

static const struct {
    const char *file;
    int64_t n_rows;
    const char *table, *note; /* table begins with this */
} files[] = {
    {"excel_de", 800,
     "Datum 2021-01-01 00:00:00..2023-03-11 00:00:00 | Umsatz (\xe2\x82\xac) "
     "1477.5699999999999..1979.8199999999999 | Kunden 147..197",
     "semicolons, decimal comma, thousands by points, day-first dates"},
    {"excel_de1252", 800,
     "Datum 2021-01-01 00:00:00..2023-03-11 00:00:00 | Umsatz (\xe2\x82\xac) "
     "1477.5699999999999..1979.8199999999999 | Kunden 147..197",
     "Windows-1252, semicolons, decimal comma, day-first dates"},
    {"semicolon_decimal_comma", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..",
     "semicolons, decimal comma"},
    {"tabs", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..", "tabs"},
    {"sep_line", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..", "a sep= line"},
    {"utf16", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..", "UTF-16"},
    {"newline_in_name", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | wind speed 0..118.5", ""},
    {"comment_first", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..",
     "1 comment line at the start"},
    {"thousands", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | v 0..118.5",
     "thousands by commas"},
    {"currency", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223",
     "amounts in $: OT"},
    {"percent", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | v 0..118.5",
     "percent, not divided by 100: v"},
    {"booleans", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | v 0..0",
     "yes and no as 1 and 0: v"},
    {"no_header", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | c1 1000..1017.223 | c2 0..118.5",
     "no header (names c1, c2, ..)"},
    {"duplicate_names", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | v 0..118.5 | v.1 "
     "5000..5079",
     ":1: columns share a name, so that \"v\" (column 4) is called \"v.1\""},
    {"pandas_index", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | v 0..118.5",
     "left out as numbers of rows: (no name)"},
    {"footer_total", 80,
     "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223 | v 0..118.5",
     "1 line at the end left out (Total)"},
    {"category", 1000,
     "date 2021-01-01 00:00:00..2023-09-27 00:00:00 | weather=snow 1..0 | weather=cloud 0..0 | "
     "weather=rain 0..0 | weather=sun 0..1 | promo 0..0 | sales 504.93000000000001..505.75",
     "yes and no as 1 and 0: promo, a column for each word of weather"},
    {"day_first", 80, "date 2023-12-01 00:00:00..2024-02-18 00:00:00 | OT 0..", "day-first dates"},
    {"day_first_ambiguous", 80, "date 2023-12-01 00:00:00..2024-02-18 00:00:00 | OT 0..",
     "day-first dates"},
    {"month_first", 80, "date 2023-12-01 00:00:00..2024-02-18 00:00:00 | OT 0..",
     "month-first dates"},
    {"month_names", 80, "date 2023-12-01 00:00:00..2024-02-18 00:00:00 | OT 0..",
     "day-first dates"},
    {"am_pm", 80, "date 2023-12-01 00:00:00..2023-12-04 07:00:00 | OT 0..", ""},
    {"yyyymmdd", 80, "date 2023-12-01 00:00:00..2024-02-18 00:00:00 | OT 0..", "dates as YYYYMMDD"},
    {"yyyymm", 80, "date 2013-01-01 00:00:00..2019-08-01 00:00:00 | OT 0..", "months, year first"},
    {"years", 80, "date 1930-01-01 00:00:00..2009-01-01 00:00:00 | OT 0..", "years"},
    {"epoch_seconds", 80, "date 2024-01-01 00:00:00..2024-01-04 07:00:00 | OT 0..",
     "seconds since 1970"},
    {"epoch_milliseconds", 80, "date 2024-01-01 00:00:00..2024-01-04 07:00:00 | OT 0..",
     "milliseconds since 1970"},
    {"date_time_cols", 2000, "Date 2023-01-01 00:00:00..2023-03-25 07:00:00 | kW 49.81",
     "day-first dates, time of day from Time"},
    {"two_date_columns", 80, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1000..1017.223",
     "left out as further dates: end"},
    {"offsets_autumn", 326, "date 2023-10-19 23:00:00..2023-11-02 12:00:00 +01:00 | OT 0..",
     "several offsets from UTC: all dates on the clock of +01:00"},
    {"offsets_spring", 324, "date 2023-03-20 01:00:00..2023-04-02 12:00:00 +02:00 | OT 0..",
     "several offsets from UTC: all dates on the clock of +02:00"},
    {"past_year_9999", 61, "date 9999-11-01 00:00:00..9999-12-31 00:00:00 | OT 0..", ""},
    {"monthly60", 60, "month 2019-01-01 00:00:00..2023-12-01 00:00:00 | passengers 101..204",
     "months, year first"},
    {"stock_us", 1200,
     "Date 2019-01-01 00:00:00..2023-08-07 00:00:00 | Open 100.98..61.170000000000002 | Close "
     "101.40000000000001..61.409999999999997 | Volume 1789892..1565427",
     "thousands by commas, month-first dates"},
};

/* Steps of offsets_autumn are an hour, over the change of the clock as well. */
static void check_steps(const kr_table *t) {
    for (int64_t i = 1; i < t->n_rows; i++) {
        assert_true(t->timestamps[i] - t->timestamps[i - 1] == KR__HOUR);
    }
}

static void files_as_they_came(void **state) {
    (void)state;
    const kr_csv_options options = {.team = team, .keeps_gaps = true};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[600], prefix[620], got[2000];
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        notes[0] = '\0';
        snprintf(path, sizeof path, KR_TABLES_DIR "/%s.csv", files[i].file);
        if (kr__csv_read(path, &options, &t, &err) != KR_OK) fail_msg("%s", err.text);
        print_table(t, got, sizeof got);
        assert_int_equal(t->n_rows, files[i].n_rows);
        if (strncmp(got, files[i].table, strlen(files[i].table)) != 0) {
            fail_msg("%s:\n%s\n%s", files[i].file, got, files[i].table);
        }
        size_t n = (size_t)snprintf(prefix, sizeof prefix, "%s: read as: ", path);
        const char *said = strncmp(notes, prefix, n) == 0 ? notes + n : notes;
        if (strncmp(files[i].note, ":1", 2) == 0) said += strlen(path);
        assert_string_equal(said, files[i].note);
        if (strncmp(files[i].file, "offsets", 7) == 0) check_steps(t);
        kr__table_destroy(t);
    }
}

static void panels_as_they_came(void **state) {
    (void)state;
    static const struct {
        const char *file, *id, *names;
    } panels[] = {{"nixtla", "unique_id", "y"}, {"sales_long", "store", "sales,price"}};
    for (int i = 0; i < 2; i++) {
        char path[600], names[100] = "";
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        const kr_csv_options options = {.team = team, .id_column = panels[i].id};
        snprintf(path, sizeof path, KR_TABLES_DIR "/%s.csv", panels[i].file);
        if (kr__csv_read(path, &options, &t, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(t->n_ids, 5);
        assert_string_equal(t->id_names[0], "Berlin");
        for (int64_t c = 0; c < t->n_columns; c++) {
            sprintf(names + strlen(names), "%s%s", c ? "," : "", t->names[c]);
        }
        assert_string_equal(names, panels[i].names);
        kr__table_destroy(t);
        /* Whoever reads series is told which column has their names. */
        const kr_csv_options unnamed = {.asks_for_series = true};
        assert_int_equal(kr__csv_read(path, &unnamed, &t, &err), KR_USAGE);
        snprintf(names, sizeof names, "column \"%s\" seems to tell their series apart",
                 panels[i].id);
        assert_non_null(strstr(err.text, names));
    }
}

/* As rows of a series, in order of time. */
static void order_as_it_came(void **state) {
    (void)state;
    static const struct {
        const char *file, *repeats, *table, *note; /* table NULL: refused */
    } cases[] = {
        {"newest_first", NULL,
         "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT 1.7222999999999999..0",
         "newest row first (turned)"},
        {"shuffled", NULL, "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT",
         "42 rows older than the one before (sorted)"},
        {"repeated_rows", NULL, NULL,
         "rows 1 and 2 are both of 2023-01-01 00:00:00 and differ; say with `repeats` first, last, "
         "mean or sum what holds"},
        {"repeated_dates", NULL, NULL,
         "rows 40 and 41 are both of 2023-02-09 00:00:00 and differ; say with `repeats` first, "
         "last, "
         "mean or sum what holds"},
        {"repeated_dates", "mean", "date 2023-01-01 00:00:00..2023-03-21 00:00:00 | OT",
         "1 row of repeated dates settled"},
        {"autumn_without_offsets", NULL, "date 2023-10-19 23:00:00..2023-11-02 12:00:00 | OT",
         "an hour that comes twice in autumn: all dates on the last row's clock"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[600], got[2000];
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        const kr_csv_options options = {
            .team = team, .order = KR__ORDER_STRICT, .given = {.repeats = cases[i].repeats}};
        notes[0] = '\0';
        snprintf(path, sizeof path, KR_TABLES_DIR "/%s.csv", cases[i].file);
        kr_status status = kr__csv_read(path, &options, &t, &err);
        assert_int_equal(status == KR_OK, cases[i].table != NULL);
        const char *said = cases[i].table ? notes : err.text;
        assert_string_equal(said + strlen(path) + (cases[i].table ? 11 : 2), cases[i].note);
        if (status != KR_OK) continue;
        print_table(t, got, sizeof got);
        assert_int_equal(strncmp(got, cases[i].table, strlen(cases[i].table)), 0);
        for (int64_t k = 1; k < t->n_rows; k++)
            assert_true(t->timestamps[k] > t->timestamps[k - 1]);
        kr__table_destroy(t);
    }
}

static void hexadecimal_is_refused_by_name(void **state) {
    (void)state;
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr__csv_read(KR_TABLES_DIR "/hex.csv", NULL, &t, &err), KR_FORMAT);
    assert_string_equal(err.text + strlen(KR_TABLES_DIR),
                        "/hex.csv:82: column \"OT\": \"0x10\" is a number in base 16; write it in "
                        "decimal digits");
}

/* A name less than the rows have cells: row names, as R writes them, or rows that do not fit. */
static void first_column_without_a_name(void **state) {
    (void)state;
    static const struct {
        const char *text, *want; /* or what is said */
    } cases[] = {
        {"a\tb\n1\t5\t6\n2\t7\t8\n3\t9\t0\n", "a 5..9 | b 6..0"},
        {"a;b\nx;5;6\ny;7;8\n", "a 5..7 | b 6..8"},
        {"a;b\n 1 ;5;6\n 2 ;7;8\n 3 ;9;0\n", "a 5..9 | b 6..0"},
        {"a;b\n1;5; \n2;7; \n", "a 1..2 | b 5..7"},
        {"a\tb\n2020-01-01\t5\t6\n2020-01-02\t7\t8\n",
         " 2020-01-01 00:00:00..2020-01-02 00:00:00 | a 5..7 | b 6..8"},
        {"a;b\n1;5;\n2;7;\n", "a 1..2 | b 5..7"},
        {"a,b\n1,5,6\n2,7,8\n",
         "t:2: has 3 fields where the header has 2; every row needs the same number"},
        {"a;b\n0.5;5;6\n0.25;7;8\n",
         "t:2: has 3 fields where the header has 2; every row needs the same number"},
        {"a;b\n1;5;6\n2;7\n",
         "t:2: has 3 fields where the header has 2; every row needs the same number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char got[2000];
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        const kr_csv_options options = {.order = KR__ORDER_STRICT};
        kr_status status = kr__csv_read_bytes("t", (const uint8_t *)cases[i].text,
                                              strlen(cases[i].text), &options, &t, &err);
        if (status == KR_OK) print_table(t, got, sizeof got);
        assert_string_equal(status == KR_OK ? got : err.text, cases[i].want);
        if (status == KR_OK) kr__table_destroy(t);
    }
}

static void nothing_to_settle_without_dates(void **state) {
    (void)state;
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    const kr_csv_options options = {.order = KR__ORDER_STRICT, .given = {.repeats = "mean"}};
    const char *text = "a,b\n4,5\n1,7\n";
    assert_int_equal(
        kr__csv_read_bytes("t", (const uint8_t *)text, strlen(text), &options, &t, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "t: has no dates, so that no rows are of one date; leave "
                        "`repeats` mean out, or name the dates with `date_column`");
}

/* ---- memory ----------------------------------------------------------------------------- */

static kr_status read_text_in_time(void *arg, kr_error *err) {
    const kr_csv_options options = {.keeps_gaps = true, .is_in_time = true};
    kr_table *t = NULL;
    kr_status status =
        kr__csv_read_bytes("t", (const uint8_t *)arg, strlen(arg), &options, &t, err);
    assert_int_equal(status == KR_OK, t != NULL);
    kr__table_destroy(t);
    return status;
}

static void fail_every_allocation(const char *text) {
    kr_starve("a text", read_text_in_time, (char *)(uintptr_t)text);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    char text[2000];
    print_words(text, 30, "xxy.");
    memcpy(text, "DATE", 4);
    fail_every_allocation(text);
    fail_every_allocation("geo,item,2019,2020,2021,2022\nDE,a,1,2,3,4\nDE,b,5,6,7,8\n");
    fail_every_allocation("Year," MONTHS "\n2019,1,2,3,4,5,6,7,8,9,10,11,12\n");
}

/* Seconds since the start are no series: equal steps, but for the last digit, in the first column.
 */
static void elapsed_time_is_left_out(void **state) {
    (void)state;
    static const struct {
        const char *head, *cell;
        double step;
        bool is_left_out;
    } cases[] = {
        {"t,v", "%.2f,5", 0.02, true},     {"Time (s),v", "%.3f,5", 1. / 3, true},
        {"elapsed,v", "%.1f,5", 60, true}, {"dose,v", "%.2f,5", 0.02, false},
        {"v,t", "5,%.2f", 0.02, false},    {"t,v", "%.2f,5", -0.02, false},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        for (int n = 19; n < 22; n++) {
            for (int is_bent = 0; is_bent < 2; is_bent++) {
                char text[1000];
                size_t size = (size_t)sprintf(text, "%s\n", cases[k].head);
                for (int i = 0; i < n; i++) {
                    double bend = is_bent && i == 7 ? 0.4 * cases[k].step : 0;
                    size += (size_t)sprintf(text + size, cases[k].cell, i * cases[k].step + bend);
                    size += (size_t)sprintf(text + size, "\n");
                }
                kr_table *t = NULL;
                const uint8_t *bytes = (const uint8_t *)text;
                assert_int_equal(kr__csv_read_bytes("t", bytes, size, NULL, &t, NULL), KR_OK);
                bool is_out = cases[k].is_left_out && n >= 20 && !is_bent;
                if (t->n_columns != (is_out ? 1 : 2)) fail_msg("%s, %d rows", cases[k].head, n);
                kr__table_destroy(t);
            }
        }
    }
}

/* Whatever it is called, beside dates. */
static void a_first_column_that_counts(void **state) {
    (void)state;
    for (int has_dates = 0; has_dates < 2; has_dates++) {
        char text[1200];
        size_t n = (size_t)sprintf(text, "serial%s,v\n", has_dates ? ",date" : "");
        for (int i = 0; i < 25; i++) {
            n += (size_t)sprintf(text + n, has_dates ? "%d,2024-01-%02d,5\n" : "%d,5\n", 100 + i,
                                 i + 1);
        }
        kr_table *t = NULL;
        assert_int_equal(kr__csv_read_bytes("t", (const uint8_t *)text, n, NULL, &t, NULL), KR_OK);
        assert_int_equal(t->n_columns, 1);
        assert_string_equal(t->names[0], "v");
        kr__table_destroy(t);
    }
}

/* Where it begins again for each series; only where it is alone it stays, or where it is needed. */
static void a_column_that_counts_without_dates(void **state) {
    (void)state;
    char text[1200];
    static const char *const needed[] = {"t"};
    kr_csv_options options = {.id_column = "store"};
    size_t n = (size_t)sprintf(text, "store,t,v\n");
    for (int i = 0; i < 24; i++) n += (size_t)sprintf(text + n, "s%d,%d,5\n", i / 12, 1 + i % 12);
    check(&(example){text, "v 5..5", "a series for each store, left out as numbers of rows: t"},
          &options);
    options = (kr_csv_options){.id_column = NULL};
    n = (size_t)sprintf(text, "t,v\n");
    for (int i = 0; i < 24; i++) n += (size_t)sprintf(text + n, "%d,%d\n", i, i / 5);
    check(&(example){text, "v 0..4", "left out as numbers of rows: t"}, &options);
    options = (kr_csv_options){.needed = needed, .n_needed = 1};
    check(&(example){text, "t 0..23 | v 0..4", ""}, &options);
    options = (kr_csv_options){.id_column = NULL};
    check(&(example){strchr(text, '\n') + 1, "c2 0..4",
                     "no header (names c1, c2, ..), left out as numbers of rows: c1"},
          &options);
    n = (size_t)sprintf(text, "t\n");
    for (int i = 0; i < 24; i++) n += (size_t)sprintf(text + n, "%d\n", i);
    check(&(example){text, "t 0..23", ""}, &options);
}

/* Files that were put one behind the other: their headers name no series. */
static void a_repeated_header_is_no_series(void **state) {
    (void)state;
    static const char text[] = "id,v\na,1\na,2\nid,v\nb,3\nb,4\n";
    const kr_csv_options options = {.id_column = "id"};
    kr_table *t = NULL;
    assert_int_equal(
        kr__csv_read_bytes("t.csv", (const uint8_t *)text, strlen(text), &options, &t, NULL),
        KR_OK);
    assert_int_equal(t->n_rows, 4);
    assert_int_equal(t->n_ids, 2);
    assert_string_equal(t->id_names[1], "b");
    assert_int_equal(t->ids[3], 1);
    kr__table_destroy(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_people_write_them),
        cmocka_unit_test(later_rows_tell_as_well),
        cmocka_unit_test(dates_are_wanted),
        cmocka_unit_test(marks_behind_numbers),
        cmocka_unit_test(time_runs_to_the_right),
        cmocka_unit_test(a_row_is_a_year_of_months),
        cmocka_unit_test(rows_that_have_names),
        cmocka_unit_test(numbers_for_gaps),
        cmocka_unit_test(numbers_for_gaps_of_a_table),
        cmocka_unit_test(numbers_of_nines),
        cmocka_unit_test(columns_without_values),
        cmocka_unit_test(decisions_are_given),
        cmocka_unit_test(columns_of_words),
        cmocka_unit_test(the_next_file_is_read_the_same_way),
        cmocka_unit_test(files_as_they_came),
        cmocka_unit_test(panels_as_they_came),
        cmocka_unit_test(order_as_it_came),
        cmocka_unit_test(a_first_column_that_counts),
        cmocka_unit_test(elapsed_time_is_left_out),
        cmocka_unit_test(a_column_that_counts_without_dates),
        cmocka_unit_test(a_repeated_header_is_no_series),
        cmocka_unit_test(hexadecimal_is_refused_by_name),
        cmocka_unit_test(first_column_without_a_name),
        cmocka_unit_test(nothing_to_settle_without_dates),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
