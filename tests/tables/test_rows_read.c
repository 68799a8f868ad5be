/* SPDX-License-Identifier: MIT
 * test_rows_read.c - rows out of every kind of file. */
#define _GNU_SOURCE
#include <dirent.h>
#include <kr/files.h>
#include <kr/rows.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "core/platform.h"
#include "support/starve.h"

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/krait-rows-XXXXXX");
    return mkdtemp(folder) ? chdir(folder) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[96];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return chdir("/") == 0 ? system(command) : -1;
}

static void write_text(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static const int64_t HOUR = KR__HOUR;

/* ---- readers ---------------------------------------------------------------------------- */

static kr_rows_options make_options(void) {
    return (kr_rows_options){.size = sizeof(kr_rows_options)};
}

static kr_rows *read_or_fail(const char *path, const kr_rows_options *options) {
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    if (kr_rows_read(path, options, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    return rows;
}

static void refuse_file(const char *path, const kr_rows_options *options, kr_status status,
                        const char *sentence) {
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    kr_status got = kr_rows_read(path, options, &rows, &err);
    assert_string_equal(err.text, sentence);
    assert_int_equal(got, status);
    assert_null(rows);
}

static const char table_text[] =
    "date,a,note,b\n"
    "2020-01-01 00:00,1,x,10\n"
    "2020-01-01 01:00,2,y,20\n"
    "2020-01-01 02:00,3,z,30\n";

static void csv_of_one_series(void **state) {
    (void)state;
    static const char *const note[] = {" note"}, *const a[] = {"a"};
    write_text("t.csv", table_text);
    if (system("gzip -k -f t.csv") != 0) fail();
    kr_rows_options options = make_options();
    options.columns = note;
    options.n_columns = 1;
    options.leaves_out = true;
    for (int is_packed = 0; is_packed < 2; is_packed++) {
        kr_rows *rows = read_or_fail(is_packed ? "t.csv.gz" : "t.csv", &options);
        assert_string_equal(kr_rows_name(rows), is_packed ? "t.csv.gz" : "t.csv");
        assert_int_equal(kr_rows_count(rows), 3);
        assert_int_equal(kr_rows_column_count(rows), 2);
        assert_true(kr_rows_values(rows)[5] == 30);
        assert_true(kr_rows_dates(rows)[1] - kr_rows_dates(rows)[0] == HOUR);
        assert_string_equal(kr_rows_date_name(rows), "date");
        assert_int_equal(kr_rows_series_count(rows), 1);
        assert_null(kr_rows_series(rows, 0));
        assert_int_equal(kr_rows_unread_count(rows), 1);
        assert_string_equal(kr_rows_unread(rows, 0), "note");
        kr_rows_destroy(rows);
    }
    options.columns = a;
    options.leaves_out = false;
    kr_rows *rows = read_or_fail("t.csv", &options);
    assert_int_equal(kr_rows_column_count(rows), 1);
    assert_string_equal(kr_rows_column(rows, 0), "a");
    kr_rows_destroy(rows);
    /* Text is left out, but not if it was asked for. */
    rows = read_or_fail("t.csv", NULL);
    assert_int_equal(kr_rows_column_count(rows), 2);
    assert_string_equal(kr_rows_unread(rows, 0), "note");
    kr_rows_destroy(rows);
    options.columns = note;
    refuse_file("t.csv", &options, KR_FORMAT,
                "t.csv:2: column \"note\": \"x\" is not a number; if it stands for a gap, list it "
                "with `missing`");
    /* A path that nobody knows is a CSV file, too. */
    write_text("t.txt", "a,b\n1,2\n");
    rows = read_or_fail("t.txt", NULL);
    assert_null(kr_rows_dates(rows));
    kr_rows_destroy(rows);
}

static void csv_of_several_series(void **state) {
    (void)state;
    write_text("ids.csv",
               "date,shop,v\n2020-01-01,x,1\n2020-01-01,y,10\n2020-01-02,x,2\n"
               "2020-01-02,y,20\n2020-01-03,x,3\n");
    kr_rows_options options = make_options();
    options.id_column = "shop";
    kr_rows *rows = read_or_fail("ids.csv", &options);
    assert_int_equal(kr_rows_series_count(rows), 2);
    assert_string_equal(kr_rows_series(rows, 0), "x");
    assert_int_equal(kr_rows_series_start(rows, 1), 3);
    static const double expected[5] = {1, 2, 3, 10, 20};
    for (int i = 0; i < 5; i++) assert_true(kr_rows_values(rows)[i] == expected[i]);
    assert_true(kr_rows_dates(rows)[3] == kr_rows_dates(rows)[0]);
    kr_rows_destroy(rows);
}

static void folder_of_csv_files(void **state) {
    (void)state;
    assert_int_equal(kr__make_folders("shops", NULL), KR_OK);
    write_text("shops/x.csv", "date,v,w\n2020-01-01,1,2\n2020-01-02,3,4\n");
    write_text("shops/y.csv", "date,w,v\n2020-01-05,6,5\n");
    kr_rows *rows = read_or_fail("shops", NULL);
    assert_int_equal(kr_rows_series_count(rows), 2);
    assert_string_equal(kr_rows_series(rows, 1), "y");
    for (int i = 0; i < 6; i++) assert_true(kr_rows_values(rows)[i] == i + 1);
    assert_true(kr_rows_dates(rows)[2] - kr_rows_dates(rows)[0] == 4 * 24 * HOUR);
    kr_rows_destroy(rows);
    /* Told apart by a column, it cannot be a folder. */
    kr_rows_options options = make_options();
    options.reader = "folder";
    options.id_column = "shop";
    refuse_file("shops", &options, KR_USAGE,
                "shops: is read by folder, which has no id_column; leave it out");
    options.reader = NULL;
    refuse_file("shops", &options, KR_IO, "shops: is a folder; name a file in it");
}

static void clocks_of_a_folder_are_one(void **state) {
    (void)state;
    static const char with[] = "date,a\n2020-01-01 00:00+01:00,1\n2020-01-01 01:00+01:00,2\n",
                      without[] = "date,a\n2020-01-01 00:00,1\n2020-01-01 01:00,2\n";
    assert_int_equal(kr__make_folders("clocks", NULL), KR_OK);
    write_text("clocks/a.csv", with);
    write_text("clocks/b.csv", without);
    refuse_file("clocks", NULL, KR_FORMAT,
                "clocks/b.csv: its dates have no offset from UTC, and those of a.csv are on that "
                "of +01:00; name one clock for all of them with `timezone`");
    write_text("clocks/a.csv", without);
    write_text("clocks/b.csv", with);
    refuse_file("clocks", NULL, KR_FORMAT,
                "clocks/b.csv: its dates are on the clock of +01:00, and those of a.csv have none; "
                "name one clock for all of them with `timezone`");
}

static void lines_of_m4(void **state) {
    (void)state;
    assert_int_equal(kr__make_folders("m4", NULL), KR_OK);
    write_text("m4/Daily-train.csv", "V1,V2,V3\nD1,1,2\nD2,10,20,30\n");
    write_text("m4/Daily-test.csv", "V1,V2,V3\nD2,40\nD1,3,4\n");
    kr_rows_options options = make_options();
    options.pattern = "Daily";
    kr_rows *rows = read_or_fail("m4", &options);
    static const double expected[8] = {1, 2, 3, 4, 10, 20, 30, 40};
    assert_int_equal(kr_rows_count(rows), 8);
    for (int i = 0; i < 8; i++) assert_true(kr_rows_values(rows)[i] == expected[i]);
    assert_string_equal(kr_rows_series(rows, 1), "D2");
    assert_int_equal(kr_rows_series_start(rows, 1), 4);
    assert_string_equal(kr_rows_column(rows, 0), "value");
    assert_null(kr_rows_dates(rows));
    kr_rows_destroy(rows);
    options.date_column = "date";
    refuse_file("m4", &options, KR_USAGE,
                "m4: is read by m4, which has no date_column; leave it out");
}

/* M4's file alone is many series; a table whose rows run down in time is none. */
static void a_row_for_each_series(void **state) {
    (void)state;
    write_text("Hourly.csv", "\"V1\",\"V2\",\"V3\",\"V4\"\n\"H1\",\"5\",6,,\nH2,1.5,,3\n");
    kr_rows_options options = make_options();
    options.keeps_gaps = true;
    options.id_column = ""; /* as krait fit asks */
    kr_rows *rows = read_or_fail("Hourly.csv", &options);
    assert_int_equal(kr_rows_series_count(rows), 2);
    assert_int_equal(kr_rows_count(rows), 5);
    assert_int_equal(kr_rows_series_start(rows, 1), 2);
    assert_string_equal(kr_rows_series(rows, 1), "H2");
    assert_string_equal(kr_rows_column(rows, 0), "value");
    assert_true(kr_rows_values(rows)[1] == 6 && kr_rows_values(rows)[4] == 3);
    assert_true(isnan(kr_rows_values(rows)[3]));
    kr_rows_destroy(rows);
    options.keeps_gaps = false;
    refuse_file("Hourly.csv", &options, KR_FORMAT,
                "Hourly.csv:3: value 2 is a gap (empty or NaN), but values follow it; fill it with "
                "`gaps` linear, ffill or model");
    options.last = 1;
    refuse_file("Hourly.csv", &options, KR_USAGE,
                "Hourly.csv: is read by ragged, which has no last; leave it out");
    write_text("twice.csv", "id,1,2\r\na,1,2\r\n\r\nb,1,2"); /* no end of the last line */
    rows = read_or_fail("twice.csv", NULL);
    assert_int_equal(kr_rows_series_count(rows), 2);
    kr_rows_destroy(rows);
    /* Dates, repeated words, numbers, columns with names of their own, one line, a column of ids
     * that was asked for. */
    static const char *const others[] = {"V1,V2,V3\n2020-01-01,1,2\n2020-01-02,1,2\n",
                                         "V1,V2,V3\nJan 2020,1,2\nFeb 2020,1,2\n",
                                         "V1,V2,V3\nsun,1,2\nrain,1,2\nsun,3,4\n",
                                         "V1,V2,V3\n1,1,2\n2,1,2\n",
                                         "V1,V2,V4\na,1,2\nb,1,2\n",
                                         "V1,a,b\na,1,2\nb,1,2\n",
                                         "V1,V2,V3\na,1,2\n",
                                         "week,V1,V2\na,1,2\nb,1,2\n",
                                         "V1,V2,V3\na,1,x\nb,1,2\n"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        write_text("other.csv", others[i]);
        rows = NULL;
        kr_status status = kr_rows_read("other.csv", NULL, &rows, NULL);
        if (status == KR_OK) assert_int_equal(kr_rows_series_count(rows), 1);
        kr_rows_destroy(rows);
    }
    write_text("empty.csv", "V1,V2,V3\na,1,2\nb,1,2\n");
    FILE *file = fopen("empty.csv", "a"); /* behind the lines by which it is known */
    for (int i = 0; i < 70; i++) fprintf(file, "s%d,1,2\n", i);
    fprintf(file, "z,,\n");
    fclose(file);
    refuse_file("empty.csv", NULL, KR_FORMAT, "empty.csv: series \"z\" has no value; leave it out");
}

/* (3 steps, 2 sensors, 2 features); the first feature is 10 step + sensor. */
static void write_pems(const char *path, double last) {
    double data[12];
    const int64_t shape[3] = {3, 2, 2};
    for (int i = 0; i < 12; i++) data[i] = i % 2 ? 99 : i / 4 * 10 + i / 2 % 2;
    data[10] = last;
    kr_array array = {0};
    assert_int_equal(kr_array_view("data", KR_DTYPE_F64, 3, shape, data, &array, NULL), KR_OK);
    kr_error err = {.text = ""};
    if (kr_npz_write(path, &array, 1, true, &err) != KR_OK) fail_msg("%s", err.text);
}

static void counts_of_pems(void **state) {
    (void)state;
    static const char *const one[] = {"1"};
    write_pems("p.npz", 21);
    kr_rows *rows = read_or_fail("p.npz", NULL);
    assert_int_equal(kr_rows_count(rows), 3);
    assert_int_equal(kr_rows_column_count(rows), 2);
    for (int i = 0; i < 6; i++) assert_true(kr_rows_values(rows)[i] == i / 2 * 10 + i % 2);
    assert_string_equal(kr_rows_column(rows, 1), "1");
    kr_rows_destroy(rows);
    /* Columns are left out though the reader takes all. */
    kr_rows_options options = make_options();
    options.columns = one;
    options.n_columns = 1;
    for (int leaves_out = 0; leaves_out < 2; leaves_out++) {
        options.leaves_out = leaves_out;
        rows = read_or_fail("p.npz", &options);
        assert_int_equal(kr_rows_column_count(rows), 1);
        assert_string_equal(kr_rows_column(rows, 0), leaves_out ? "0" : "1");
        assert_true(kr_rows_values(rows)[2] == (leaves_out ? 20 : 21));
        assert_int_equal(kr_rows_unread_count(rows), 1);
        assert_string_equal(kr_rows_unread(rows, 0), leaves_out ? "1" : "0");
        kr_rows_destroy(rows);
    }
}

/* ---- gaps, alike in every reader -------------------------------------------------------- */

/* Value number `at` is the only gap. */
static void expect_gap(const char *path, kr_rows_options options, int64_t at,
                       const char *sentence) {
    options.keeps_gaps = false;
    refuse_file(path, &options, KR_FORMAT, sentence);
    options.keeps_gaps = true;
    kr_rows *rows = read_or_fail(path, &options);
    int64_t n = kr_rows_count(rows), width = kr_rows_column_count(rows);
    for (int64_t i = 0; i < n * width; i++) {
        assert_int_equal(kr_rows_is_missing(rows, i / width, i % width), i == at);
    }
    kr_rows_destroy(rows);
}

static void gaps_are_kept_or_refused(void **state) {
    (void)state;
    static const char *const words[] = {"", "NA", "NaN", "null"};
    for (int i = 0; i < 4; i++) {
        char text[64];
        snprintf(text, sizeof text, "a,b\n1,2\n3,%s\n", words[i]);
        write_text("gap.csv", text);
        expect_gap("gap.csv", make_options(), 3,
                   "gap.csv:3: column \"b\": is a gap (empty or NaN), the first of 1 in the file; "
                   "fill them in first (krait run, fit and predict: `gaps` linear)");
    }
    assert_int_equal(kr__make_folders("gaps", NULL), KR_OK);
    write_text("gaps/x.csv", "a,b\n1,2\n3,\n");
    expect_gap("gaps", make_options(), 3,
               "gaps/x.csv:3: column \"b\": is a gap (empty or NaN), the first of 1 in the file; "
               "fill them in first (krait run, fit and predict: `gaps` linear)");
    write_text("gaps/Weekly-train.csv", "V1,V2\nW1,1,,2\n");
    write_text("gaps/Weekly-test.csv", "V1,V2\nW1,3,NA\n");
    kr_rows_options options = make_options();
    options.pattern = "Weekly";
    expect_gap("gaps", options, 1,
               "gaps/Weekly-train.csv:2: value 2 is a gap (empty or NaN), but values follow it; "
               "fill it with `gaps` linear, ffill or model");
    write_pems("gap.npz", (double)NAN);
    expect_gap("gap.npz", make_options(), 5,
               "gap.npz: data[2, 1, 0] is not finite; fill them in first");
    write_pems("inf.npz", (double)INFINITY);
    options = make_options();
    options.keeps_gaps = true;
    refuse_file("inf.npz", &options, KR_FORMAT,
                "inf.npz: data[2, 1, 0] is not finite; fill them in first");
}

/* ---- choosing a reader ------------------------------------------------------------------ */

static void readers_by_name(void **state) {
    (void)state;
    assert_string_equal(kr_rows_readers(), "m4|folder|pems|ragged|csv");
    kr_rows_options options = make_options();
    options.reader = "cvs";
    refuse_file("t.csv", &options, KR_USAGE,
                "`reader`: unknown value \"cvs\"; did you mean csv? It can be m4, folder, pems, "
                "ragged or csv");
    write_text("odd.npz", "a\n1\n");
    options.reader = "csv";
    kr_rows *rows = read_or_fail("odd.npz", &options);
    assert_int_equal(kr_rows_count(rows), 1);
    kr_rows_destroy(rows);
    options.size = 1;
    refuse_file("t.csv", &options, KR_USAGE,
                "kr_rows_options: size is not sizeof(kr_rows_options)");
    refuse_file("none.csv", NULL, KR_IO, "none.csv: no such file; check the path");
}

/* Each setting of the list is a member, and reaches the reader of text; other readers refuse it. */
static void settings_of_reading(void **state) {
    (void)state;
    write_text("d.csv", "date;a\n01.02.2020;1.250\n02.02.2020;2.500\n");
    kr_rows_options options = make_options();
    options.decimal = "point";
    options.date_format = "dmy";
    options.timezone = "+01:00";
    kr_rows *rows = read_or_fail("d.csv", &options);
    assert_true(kr_rows_values(rows)[0] == 1.25);
    assert_string_equal(kr_rows_zone(rows), "+01:00");
    /* The next file needs none of them. */
    kr_rows_options next = make_options();
    char reading[1000];
    snprintf(reading, sizeof reading, "%s", kr_rows_reading(rows));
    next.reading = reading;
    kr_rows_destroy(rows);
    rows = read_or_fail("d.csv", &next);
    assert_true(kr_rows_values(rows)[1] == 2.5);
    assert_int_equal(kr_rows_dates(rows)[0], INT64_C(1580515200) * 1000000);
    kr_rows_destroy(rows);
#define KR_STR(group, name, standard, choices, word, traits, help)                                 \
    options = make_options();                                                                      \
    options.decimal = "point";                                                                     \
    options.date_format = "dmy";                                                                   \
    options.name = strcmp(choices, "") == 0 ? "??" : "maybe";                                      \
    if (strcmp(#name, "date_column") != 0 && strcmp(#name, "missing") != 0) {                      \
        kr_error err = {.text = ""};                                                               \
        assert_int_equal(kr_rows_read("d.csv", &options, &rows, &err), KR_USAGE);                  \
        assert_non_null(strstr(err.text, "`" #name "`"));                                          \
    }
#define KR_INT(group, name, standard, low, high, word, traits, help)                               \
    options = make_options();                                                                      \
    options.name = -1;                                                                             \
    refuse_file("d.csv", &options, KR_USAGE,                                                       \
                "`" #name "` -1: use 1 or more rows, or 0 for all of them");
#include "tables/reading_flags.inc"
#undef KR_STR
#undef KR_INT
    options = make_options();
    options.reader = "pems";
    options.delimiter = ";";
    refuse_file("p.npz", &options, KR_USAGE,
                "p.npz: is read by pems, which has no delimiter; leave it out");
}

/* ---- want of memory --------------------------------------------------------------------- */

typedef struct reading {
    const char *path;
    kr_rows_options options;
} reading;

static kr_status read_rows(void *arg, kr_error *err) {
    const reading *r = arg;
    kr_rows *rows = NULL;
    kr_status status = kr_rows_read(r->path, &r->options, &rows, err);
    assert_int_equal(status == KR_OK, rows != NULL);
    kr_rows_destroy(rows);
    return status;
}

/* A file that is refused for what it holds is refused for want of memory before that. */
static kr_status read_any(void *arg, kr_error *err) {
    return read_rows(arg, err) == KR_MEMORY ? KR_MEMORY : KR_OK;
}

/* Read, and read once more in the same way. */
static kr_status read_twice(void *arg, kr_error *err) {
    const reading *r = arg;
    kr_rows *rows = NULL;
    KR_TRY(kr_rows_read(r->path, &r->options, &rows, err));
    reading again = *r;
    again.options.reading = kr_rows_reading(rows);
    kr_status status = read_rows(&again, err);
    kr_rows_destroy(rows);
    return status;
}

/* Each short table that is kept here, read in the usual way and with its gaps. */
static void slow_tables_may_lack_memory(void **state) {
    (void)state;
    enum { SHORT = 1 << 14 };
    static const char *const places[] = {KR_TABLES_DIR, KR_TABLES_DIR "/../../cli/exports",
                                         KR_GOLDEN_DIR "/tables"};
    int n = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        DIR *files = opendir(places[i]);
        assert_non_null(files);
        for (const struct dirent *file; (file = readdir(files));) {
            char path[1024];
            struct stat info;
            snprintf(path, sizeof path, "%s/%s", places[i], file->d_name);
            assert_int_equal(stat(path, &info), 0);
            if (!S_ISREG(info.st_mode) || info.st_size > SHORT) continue;
            reading r = {path, make_options()};
            r.options.keeps_gaps = n++ % 2;
            kr_starve(file->d_name, read_any, &r);
        }
        closedir(files);
    }
    assert_true(n > 100);
}

static void other_ways_may_lack_memory(void **state) {
    (void)state;
    static const char *const a[] = {"a"}, *const number[] = {"1"}, *const id[] = {"id"};
    static const char *const words[] = {"a", "w=u", "w=v"};
    enum { SIZE = sizeof(kr_rows_options) };
    static const struct {
        const char *path, *text; /* the latter NULL: it is there */
        kr_rows_options options;
    } cases[] = {
        {"lack/p.npz", NULL, {.size = SIZE}},
        {"lack/p.npz", NULL, {.size = SIZE, .columns = number, .n_columns = 1}},
        {"m4", NULL, {.size = SIZE, .pattern = "Daily"}},
        {"Hourly.csv", NULL, {.size = SIZE, .keeps_gaps = true}},
        {"lack/ids.csv",
         "date,id,a,a\n2020-01-01,x,1,\n2020-01-01,y,10,3\n2020-01-02,x,2,4\n2020-01-02,y,3,5\n",
         {.size = SIZE, .id_column = "", .keeps_gaps = true}},
        {"lack/ids.csv", NULL, {.size = SIZE, .id_column = "id", .last = 1, .keeps_gaps = true}},
        {"lack/ids.csv",
         NULL,
         {.size = SIZE,
          .repeats = "mean",
          .keeps_gaps = true,
          .columns = id,
          .n_columns = 1,
          .leaves_out = true}},
        {"lack/words.csv",
         "date,a,w\n2020-01-03,1,u\n2020-01-01,2,v\n2020-01-02,3,u\n2020-01-04,4,v\n2020-01-05,3,"
         "v\n",
         {.size = SIZE, .categories = "onehot"}},
        {"lack/words.csv",
         NULL,
         {.size = SIZE, .categories = "off", .missing = "4,v", .keeps_gaps = true}},
        {"t.csv.gz", NULL, {.size = SIZE}},
        {"lack/words.csv", NULL, {.size = SIZE, .columns = words, .n_columns = 3}},
        {"lack/steps.csv", /* no step is that of most */
         "date,a\n2020-01-01,1\n2020-01-02,2\n2020-01-04,3\n2020-01-05,4\n2020-01-08,5\n2020-01-12,"
         "6\n",
         {.size = SIZE}},
        {"lack/steps.csv", NULL, {.size = SIZE, .columns = a, .n_columns = 1, .last = 3}},
        {"lack/bare.csv", "1;2,5\n3;4,5\n5;6,5\n", {.size = SIZE}},
        {"lack/rows.jsonl",
         "{\"date\":\"2020-01-01\",\"a\":1,\"b\":null}\n{\"date\":\"2020-01-02\",\"b\":3.5,\"c\":4}"
         "\n",
         {.size = SIZE, .keeps_gaps = true}},
        {"lack/wide.csv",
         "name,unit,2019,2020,2021,2022\nDE,a,1,2,3,4\nDE,b,5,6,7,8\n",
         {.size = SIZE}},
        {"lack/clock/x.csv",
         "date,a,note\n2020-01-01 00:00+01:00,1,u\n2020-01-01 01:00+01:00,2,v w\n",
         {.size = SIZE}},
        {"lack/clock/y.csv",
         "date,a,note\n2020-01-01 00:00+01:00,1,u\n2020-01-01 01:00+01:00,2,v w\n",
         {.size = SIZE, .timezone = "+02:00"}},
        {"lack/clock", NULL, {.size = SIZE, .keeps_gaps = true}},
    };
    assert_int_equal(kr__make_folders("lack/clock", NULL), KR_OK);
    write_pems("lack/p.npz", 21);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char what[64];
        reading r = {cases[i].path, cases[i].options};
        snprintf(what, sizeof what, "%s, case %d", r.path, (int)i);
        if (cases[i].text) write_text(r.path, cases[i].text);
        kr_starve(what, read_twice, &r);
    }
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_of_reading),
        cmocka_unit_test(csv_of_one_series),
        cmocka_unit_test(csv_of_several_series),
        cmocka_unit_test(folder_of_csv_files),
        cmocka_unit_test(clocks_of_a_folder_are_one),
        cmocka_unit_test(lines_of_m4),
        cmocka_unit_test(counts_of_pems),
        cmocka_unit_test(gaps_are_kept_or_refused),
        cmocka_unit_test(a_row_for_each_series),
        cmocka_unit_test(readers_by_name),
        cmocka_unit_test(slow_tables_may_lack_memory),
        cmocka_unit_test(other_ways_may_lack_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
