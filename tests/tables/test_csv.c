/* SPDX-License-Identifier: MIT
 * test_csv.c - what a CSV file may look like, and every sentence about one that is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "core/datetime.h"
#include "core/platform.h"
#include "support/golden.h"
#include "support/starve.h"
#include "tables/csv.h"
#include "tables/timefeatures.h"

static kr_table *read_text(const char *text) {
    kr_error err;
    kr_table *table = NULL;
    if (kr__csv_read_bytes("t.csv", (const uint8_t *)text, strlen(text), NULL, &table, &err)) {
        fail_msg("%s", err.text);
    }
    return table;
}

static void refuse_bytes(const void *bytes, size_t n, const char *sentence) {
    kr_error err = {0};
    kr_table *table = NULL;
    kr_status status = kr__csv_read_bytes("t.csv", bytes, n, NULL, &table, &err);
    assert_string_equal(err.text, sentence);
    assert_int_equal(status, KR_FORMAT);
    assert_int_equal(err.status, KR_FORMAT);
    assert_null(table);
}

static void refuse(const char *text, const char *sentence) {
    refuse_bytes(text, strlen(text), sentence);
}

/* The same two rows: date, a, b. */
static void check_sample(const char *text) {
    kr_table *t = read_text(text);
    assert_int_equal(t->n_rows, 2);
    assert_int_equal(t->n_columns, 2);
    assert_string_equal(t->date_name, "date");
    assert_int_equal(t->date_position, 0);
    assert_string_equal(t->names[0], "a");
    const double want[4] = {1, -2.5, 30, 4e-3};
    assert_memory_equal(t->values, want, sizeof want);
    assert_int_equal(t->timestamps[0], 1467331200000000);
    assert_int_equal(t->timestamps[1], 1467334800000000);
    kr__table_destroy(t);
}

static void accepted_forms(void **state) {
    (void)state;
    check_sample("date,a,b\n2016-07-01 00:00:00,1,-2.5\n2016-07-01 01:00:00,30,4e-3\n");
    check_sample("date,a,b\n2016-07-01 00:00:00,1,-2.5\n2016-07-01 01:00:00,30,4e-3");
    check_sample("date,a,b\r\n2016-07-01 00:00:00,1,-2.5\r\n2016-07-01 01:00:00,30,4e-3\r\n");
    check_sample(
        "\xef\xbb\xbf"
        "date,a,b\n2016/7/1 0:00,1,-2.5\n2016/7/1 1:00,30,4e-3\n");
    check_sample("\n\ndate,a,b\n2016-07-01,1,-2.5\n\n2016-07-01T01:00:00,30,4e-3\n\n \r\n\t\n  ");
    check_sample("date,a,b\n 2016-07-01 , 1 ,\t-2.5 \n2016-07-01 01:00,30 , 4e-3 \r\n");
    check_sample(
        "date,\"a\",\"b\"\n\"2016-07-01\",\"1\",-2.5\n\"2016-07-01 01:00\" , \" 30\" ,4e-3\r\n");
}

static void names(void **state) {
    (void)state;
    kr_table *t =
        read_text("x, Grid load ,\"a,\"\"b\"\"\", Date ,,M\xc3\xbc\n1,2,3,2016-07-01,4,5\n");
    assert_int_equal(t->n_columns, 5);
    assert_int_equal(t->date_position, 3);
    assert_string_equal(t->date_name, " Date ");
    assert_string_equal(t->names[1], " Grid load ");
    assert_string_equal(t->names[2], "a,\"b\"");
    assert_string_equal(t->names[3], "");
    assert_string_equal(t->names[4], "M\xc3\xbc");
    assert_int_equal(kr__table_find(t, "Grid load"), 1);
    assert_int_equal(kr__table_find(t, "  Grid load"), 1);
    assert_int_equal(kr__table_find(t, "grid load"), -1);
    assert_int_equal(kr__table_find(t, "Grid"), -1);
    const double want[5] = {1, 2, 3, 4, 5};
    assert_memory_equal(t->values, want, sizeof want);
    kr__table_destroy(t);
    /* Latin-1; a control character does not get through; no date column at all. */
    t = read_text("PAR (\xb5mol/m\xb2/s),\x1b[31m\n1,2\n");
    assert_string_equal(t->names[0], "PAR (\xc2\xb5mol/m\xc2\xb2/s)");
    assert_string_equal(t->names[1], "?[31m");
    assert_null(t->timestamps);
    assert_null(t->date_name);
    assert_int_equal(t->date_position, -1);
    kr__table_destroy(t);
}

/* No column is called date: the first one whose first cell is a date. */
static char last_note[400];
static void hear(void *arg, kr_log_level level, const char *line) {
    (void)arg;
    if (level == KR_LOG_NOTE) snprintf(last_note, sizeof last_note, "%s", line);
}

/* Columns of one name are told apart as pandas does it, and said to be. */
static void names_are_made_different(void **state) {
    (void)state;
    static const struct {
        const char *header, *names, *note;
    } cases[] = {
        {"v,w", "v|w|", ""},
        {"v,v", "v|v.1|",
         "t.csv:1: columns share a name, so that \"v\" (column 2) is called \"v.1\""},
        {"v,v,v.1", "v|v.2|v.1|",
         "t.csv:1: columns share a name, so that \"v\" (column 2) is called \"v.2\""},
        {"v, v ,v", "v|v.1|v.2|",
         "t.csv:1: columns share a name, so that \"v\" (column 2) is called \"v.1\", \"v\" (column "
         "3) is "
         "called \"v.2\""},
        {"v,,,c3", "v||c4|c3|",
         "t.csv:1: columns share a name, so that the one without (column 3) is called \"c4\""},
        {"a,a,a,a,a,a", "a|a.1|a.2|a.3|a.4|a.5|", NULL},
        {"date,date,v", "date.1|v|",
         "t.csv:1: columns share a name, so that \"date\" (column 2) is called \"date.1\""},
    };
    kr_team *team = NULL;
    assert_int_equal(kr_team_create(1, hear, NULL, &team, NULL), KR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200], got[200] = "";
        const kr_csv_options options = {.team = team};
        const char *first = strncmp(cases[i].header, "date", 4) == 0 ? "2020-01-01" : "1";
        snprintf(text, sizeof text, "%s\n%s,2,3,4,5,6", cases[i].header, first);
        int n = 1;
        for (const char *c = cases[i].header; *c; c++) n += *c == ',';
        text[strlen(cases[i].header) + 1 + strlen(first) + 2 * (size_t)(n - 1)] = '\0';
        kr_table *t = NULL;
        last_note[0] = '\0';
        assert_int_equal(
            kr__csv_read_bytes("t.csv", (const uint8_t *)text, strlen(text), &options, &t, NULL),
            KR_OK);
        for (int64_t c = 0; c < t->n_columns; c++) {
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s|", t->names[c]);
        }
        assert_string_equal(got, cases[i].names);
        if (cases[i].note) assert_string_equal(last_note, cases[i].note);
        kr__table_destroy(t);
    }
    assert_non_null(strstr(last_note, "date.1"));
    kr_team_destroy(team);
}

static void a_date_column_of_any_name(void **state) {
    (void)state;
    kr_table *t = read_text("OT, \"Time stamp\",b\n\n5,\"2016-07-01\",7\n6,2016-07-02,8\n");
    assert_string_equal(t->date_name, "Time stamp");
    assert_int_equal(t->date_position, 1);
    assert_int_equal(t->timestamps[1], 1467331200000000 + KR__DAY);
    assert_int_equal(t->n_columns, 2);
    assert_true(t->values[3] == 8);
    kr__table_destroy(t);
    t = read_text("a,b\n2016,7\n");
    assert_null(t->timestamps);
    kr__table_destroy(t);
}

static void another_date_column(void **state) {
    (void)state;
    const char *text = "date,when\n5,2016-07-01\n";
    kr_csv_options options = {.date_column = "when"};
    kr_table *t = NULL;
    assert_int_equal(
        kr__csv_read_bytes("t", (const uint8_t *)text, strlen(text), &options, &t, NULL), KR_OK);
    assert_string_equal(t->names[0], "date");
    assert_true(t->values[0] == 5);
    assert_int_equal(t->timestamps[0], 1467331200000000);
    kr__table_destroy(t);
}

/* Names as in the headers, first and last values, of the shipped files. */
static void shipped_files(void **state) {
    (void)state;
    static const char *const files[][2] = {{"ETTh1.csv", "data_etth1.npz"},
                                           {"EPF_NP.csv", "data_epf_np.npz"},
                                           {"exchange_rate.csv", "data_exchange.npz"}};
    for (int i = 0; i < 3; i++) {
        char path[512], name[64];
        kr_error err;
        kr_table *t = NULL;
        snprintf(path, sizeof path, KR_DATA_DIR "/%s", files[i][0]);
        if (kr__csv_read(path, NULL, &t, &err)) fail_msg("%s", err.text);
        kr_golden *g = kr_golden_open(files[i][1]);
        assert_int_equal(t->n_rows, (int64_t)kr_golden_value(g, "rows"));
        assert_int_equal(t->n_columns + 1, kr_golden_array(g, "columns")->n);
        kr_golden_text(g, "columns", 0, name, sizeof name);
        assert_string_equal(t->date_name, name);
        for (int64_t c = 0; c < t->n_columns; c++) {
            kr_golden_text(g, "columns", c + 1, name, sizeof name);
            assert_string_equal(t->names[c], name);
        }
        kr_golden_close(g);
        kr__table_destroy(t);
    }
}

static void etth1_values(void **state) {
    (void)state;
    kr_table *t = NULL;
    assert_int_equal(kr__csv_read(KR_DATA_DIR "/ETTh1.csv", NULL, &t, NULL), KR_OK);
    assert_true(t->values[0] == 5.827000141143799);
    assert_true(t->values[6] == 30.5310001373291);
    assert_true(t->values[17420 * 7 - 1] == 9.56700038909912);
    assert_int_equal(t->timestamps[0], 1467331200000000);
    assert_int_equal(t->timestamps[17419], 1467331200000000 + 17419 * KR__HOUR);
    kr__table_destroy(t);
}

/* ---- refused ---------------------------------------------------------------------------- */

static void refused_files(void **state) {
    (void)state;
    kr_error err;
    kr_table *t = NULL;
    assert_int_equal(kr__csv_read("no/such.csv", NULL, &t, &err), KR_IO);
    assert_string_equal(err.text, "no/such.csv: no such file; check the path");
    assert_int_equal(kr__csv_read(KR_DATA_DIR, NULL, &t, &err), KR_IO);
    assert_string_equal(err.text, KR_DATA_DIR ": is a folder; name a file in it");
    kr_csv_options options = {.max_bytes = 1000};
    assert_int_equal(kr__csv_read(KR_DATA_DIR "/ETTh1.csv", &options, &t, &err), KR_IO);
    assert_string_equal(err.text, KR_DATA_DIR
                        "/ETTh1.csv: has 2589657 bytes, more than the 1000 that are read whole; "
                        "`last` reads its last rows alone");
    assert_null(t);
}

static void refused_headers(void **state) {
    (void)state;
    const char *empty = "t.csv: is empty; a line of column names and rows are needed";
    refuse("", empty);
    refuse("\n \r\n\n", empty);
    refuse("\xef\xbb\xbf", empty);
    refuse("date,OT\n", "t.csv: has a header but no rows");
    refuse("date,OT", "t.csv: has a header but no rows");
    refuse("date,OT\n\n\n", "t.csv: has a header but no rows");
    refuse("date\n2016-07-01\n", "t.csv:1: has no column of numbers");
    refuse(
        "\xff\xfe"
        "d",
        "t.csv: is UTF-16 text that ends within a character; copy the file again");
    refuse("date,\"OT\n1,2\n", "t.csv:1: a quote \" is never closed; close it");
    refuse("date,\"OT", "t.csv:1: a quote \" is never closed; close it");
    refuse("date,\"OT\"x\n",
           "t.csv:1: there is text after a closing quote \"; write \"\" for a quote inside");
    char *commas = malloc(KR_CSV_MAX_COLUMNS + 1);
    memset(commas, ',', KR_CSV_MAX_COLUMNS);
    commas[KR_CSV_MAX_COLUMNS] = '\0';
    refuse(commas, "t.csv:1: has more than 100000 columns");
    free(commas);
}

static void refused_cells(void **state) {
    (void)state;
    refuse("date,OT\n2016-07-01,1\n2016-07-02,abc\n",
           "t.csv:3: column \"OT\": \"abc\" is not a number; if it stands for a gap, list it with "
           "`missing`");
    refuse("date, OT\n\n2016-07-01,1.5.2\n", "t.csv:3: column \"OT\": \"1.5.2\" is not a number");
    refuse(
        "a,date,,c\n1,2016-07-01,5,3\n1,2016-07-02,x,3\n",
        "t.csv:3: column 3: \"x\" is not a number; if it stands for a gap, list it with `missing`");
    refuse("date,a\n2016-07-01,16\n2016-07-02,0x10\n",
           "t.csv:3: column \"a\": \"0x10\" is a number in base 16; write it in decimal digits");
    refuse("date,OT\n2016-07-01,inf\n", "t.csv:2: column \"OT\": \"inf\" is not a finite number");
    refuse("date,OT\n2016-07-01,1e999\n",
           "t.csv:2: column \"OT\": \"1e999\" is not a finite number");
    refuse("date,time,OT\n2016-07-01,5,1\n2016-07-02,2016-07-01,1\n",
           "t.csv:3: column \"time\": \"2016-07-01\" is not a number; if this column holds the "
           "dates, name it date");
    refuse("date,OT\n01/07/2016,1\n",
           "t.csv:2: column \"date\": \"01/07/2016\" may be 2016-07-01 or 2016-01-07, and no other "
           "row decides; say which with `date_format` dmy or mdy");
    refuse("date,OT\n1.2.,1\n",
           "t.csv:2: column \"date\": \"1.2.\" is not a date; write it as 2016-07-01 00:00:00 or "
           "2016/7/1 0:00");
    refuse("date,OT\n,1\n",
           "t.csv:2: column \"date\": \"\" is not a date; write it as 2016-07-01 00:00:00 or "
           "2016/7/1 0:00");
    refuse(
        "date,OT\n2016-07-01,1\n2016-07-02,\x1b\xff"
        "012345678901234567890123456789012345678901234567\n",
        "t.csv:3: column \"OT\": \"??01234567890123456789012345678901234567..\" is not a number");
    refuse_bytes("date,OT\n2016-07-01,1\0002\n", 23,
                 "t.csv:2: has a zero byte, which no text has; is it a table?");
}

static void refused_rows(void **state) {
    (void)state;
    refuse("date,a,b\n2016-07-01,1,2\n2016-07-02,1\n2016-07-03,1,2\n",
           "t.csv:3: has 2 fields where the header has 3; every row needs the same number");
    refuse("date,a,b\n2016-07-01\n",
           "t.csv:2: has 1 field where the header has 3; every row needs the same number");
    refuse("date,a,b\n2016-07-01,1,2,3,4\n",
           "t.csv:2: has 5 fields where the header has 3; every row needs the same number");
    refuse("date,a\n2016-07-01,\"1\n", "t.csv:2: a quote \" is never closed; close it");
    refuse("date,a\n2016-07-01,\"1\"2\n",
           "t.csv:2: there is text after a closing quote \"; write \"\" for a quote inside");
}

static void refused_gaps(void **state) {
    (void)state;
    refuse("date,a,b\n2016-07-01,1,2\n2016-07-02,1,\n2016-07-03,NaN,2\n",
           "t.csv:3: column \"b\": is a gap (empty or NaN), the first of 2 in the file; fill them "
           "in first (krait run, fit and predict: `gaps` linear)");
    refuse("a,b\n1,n/a\n",
           "t.csv:2: column \"b\": is a gap (empty or NaN), the first of 1 in the file; fill them "
           "in first (krait run, fit and predict: `gaps` linear)");
}

static void kept_gaps(void **state) {
    (void)state;
    static const char text[] = "a,b\n1,\nNaN,4\n";
    const kr_csv_options options = {.keeps_gaps = true};
    kr_table *t = NULL;
    assert_int_equal(
        kr__csv_read_bytes("t.csv", (const uint8_t *)text, sizeof text - 1, &options, &t, NULL),
        KR_OK);
    assert_int_equal(t->n_rows, 2);
    assert_true(t->values[0] == 1 && isnan(t->values[1]) && isnan(t->values[2]));
    assert_true(t->values[3] == 4);
    kr__table_destroy(t);
}

/* ---- gzip ------------------------------------------------------------------------------- */

static size_t pack(const void *text, size_t n, uint8_t *out, size_t size) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)size;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* Columns that nobody asked for may hold anything; errors name the file's columns all the same. */
static void chosen_columns(void **state) {
    (void)state;
    static const char text[] =
        "place,b,Date,note,a\nx y,1,2020-01-01,\"1,2\",2\n,3,2020-01-02,,4\n";
    static const char *const columns[] = {" a", "b", "c"};
    kr_csv_options options = {.columns = columns, .n_columns = 3};
    kr_table *t = NULL;
    kr_error err = {0};
    if (kr__csv_read_bytes("t.csv", (const uint8_t *)text, sizeof text - 1, &options, &t, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(t->n_columns, 2);
    assert_string_equal(t->names[0], "b");
    assert_string_equal(t->names[1], "a");
    assert_int_equal(t->n_unread, 2);
    assert_string_equal(t->unread[0], "place");
    assert_string_equal(t->unread[1], "note");
    const double values[] = {1, 2, 3, 4};
    assert_memory_equal(t->values, values, sizeof values);
    assert_int_equal(t->timestamps[1], 1577923200000000);
    kr__table_destroy(t);

    static const char bad[] = "note,a,b\nx,1,2\ny,3,z\n";
    options.first_line = 70;
    t = NULL;
    assert_int_equal(
        kr__csv_read_bytes("t.csv", (const uint8_t *)bad, sizeof bad - 1, &options, &t, &err),
        KR_FORMAT);
    assert_string_equal(err.text,
                        "t.csv:71: column \"b\": \"z\" is not a number; if it stands for a gap, "
                        "list it with `missing`");
    assert_null(t);

    options.columns = &columns[2];
    options.n_columns = 1;
    assert_int_equal(
        kr__csv_read_bytes("t.csv", (const uint8_t *)bad, sizeof bad - 1, &options, &t, &err),
        KR_OK);
    assert_int_equal(t->n_columns, 0);
    assert_int_equal(t->n_unread, 3);
    assert_int_equal(t->n_rows, 2);
    kr__table_destroy(t);
}

/* In ten rows and more: in fewer all its values may be missing by chance. A column that is asked
 * for stays. */
static void a_column_without_values_is_left_out(void **state) {
    (void)state;
    static const char *const columns[] = {"none", "b"};
    for (int n = 8; n < 12; n++) {
        char text[200];
        size_t size = (size_t)sprintf(text, "a,none,b\n");
        for (int i = 0; i < n; i++) size += (size_t)sprintf(text + size, "%d,,%d\n", i, -i);
        for (int is_asked = 0; is_asked < 2; is_asked++) {
            const kr_csv_options options = {.keeps_gaps = true,
                                            .columns = is_asked ? columns : NULL,
                                            .n_columns = is_asked ? 2 : 0};
            kr_table *t = NULL;
            kr_error err = {0};
            if (kr__csv_read_bytes("t.csv", (const uint8_t *)text, size, &options, &t, &err)) {
                fail_msg("%s", err.text);
            }
            assert_int_equal(t->n_columns, !is_asked && n < 10 ? 3 : 2);
            assert_int_equal(t->n_unread, is_asked || n >= 10);
            assert_true(t->values[t->n_columns * n - 1] == 1 - n);
            kr__table_destroy(t);
        }
    }
}

static void packed_files(void **state) {
    (void)state;
    uint8_t bytes[512];
    const char *first = "date,OT\n2016-07-01,1\n", *second = "2016-07-02,2\n";
    size_t n = pack(first, strlen(first), bytes, sizeof bytes);
    n += pack(second, strlen(second), bytes + n, sizeof bytes - n);
    memset(bytes + n, 0, 7); /* padding, as tape writers leave */
    kr_table *t = NULL;
    assert_int_equal(kr__csv_read_bytes("t.gz", bytes, n + 7, NULL, &t, NULL), KR_OK);
    assert_int_equal(t->n_rows, 2);
    assert_true(t->values[1] == 2);
    kr__table_destroy(t);
    kr_error err;
    if (kr__csv_read(KR_DATA_DIR "/ETTm1.csv.gz", NULL, &t, &err)) fail_msg("%s", err.text);
    assert_int_equal(t->n_rows, 69680);
    assert_int_equal(t->n_columns, 7);
    kr__table_destroy(t);
}

static void damaged_packed_files(void **state) {
    (void)state;
    uint8_t bytes[512];
    const char *text = "date,OT\n2016-07-01,1\n";
    size_t n = pack(text, strlen(text), bytes, sizeof bytes);
    for (size_t cut = 2; cut < n; cut++) {
        refuse_bytes(bytes, cut,
                     "t.csv: ends in the middle of its compressed data; copy the file again");
    }
    bytes[n - 5] ^= 1; /* the checksum */
    refuse_bytes(bytes, n, "t.csv: is damaged: not valid gzip data (incorrect data check)");
    memset(bytes + 10, 0xff, 8);
    refuse_bytes(bytes, n, "t.csv: is damaged: not valid gzip data (invalid block type)");
}

/* A little file that would fill the memory is refused before it does. */
static void slow_bombs(void **state) {
    (void)state;
    enum { MIB = 1 << 20 };
    uint8_t *zeros = malloc(MIB), *bytes = malloc(MIB);
    memset(zeros, 'x', MIB);
    size_t n = 0, unpacked = 0;
    for (; unpacked <= (size_t)70 * MIB; unpacked += MIB) n += pack(zeros, MIB, bytes + n, MIB - n);
    assert_true(n * 64 < unpacked);
    refuse_bytes(
        bytes, n,
        "t.csv: unpacks to more than 67108864 bytes, the limit of what is packed more than "
        "64-fold; if you trust it, raise the limit with `max_unpacked` 8G");
    /* One that is allowed, but no table. */
    n = pack(zeros, MIB, bytes, MIB);
    free(zeros);
    refuse_bytes(
        bytes, n,
        "t.csv:1: has a name of 1048576 bytes where names have at most 65536; is it a table, "
        "with commas and lines?");
    kr_error err;
    kr_table *t = NULL;
    const char *text = "a\n1\n";
    n = pack(text, 4, bytes, MIB);
    kr_csv_options options = {.max_bytes = 4};
    assert_int_equal(kr__csv_read_bytes("t.csv", bytes, n, &options, &t, &err), KR_OK);
    kr__table_destroy(t);
    options.max_bytes = 3;
    assert_int_equal(kr__csv_read_bytes("t.csv", bytes, n, &options, &t, &err), KR_FORMAT);
    free(bytes);
}

/* ---- rows and their memory --------------------------------------------------------------- */

/* All orders of five lines, with and without the last one's end: as many rows as there are ones. */
static void rows_among_blank_lines(void **state) {
    (void)state;
    static const char *const lines[] = {"1\n", "1\r\n", "\n", "\r\n", " \r\n"};
    for (int order = 0; order < 3125 * 2; order++) {
        char text[64] = "a\n";
        int64_t n_ones = 0;
        for (int k = 0, left = order % 3125; k < 5; k++, left /= 5) {
            strcat(text, lines[left % 5]);
            n_ones += left % 5 < 2;
        }
        if (n_ones == 0) continue;
        size_t n = strlen(text) - (order >= 3125 ? 1 : 0);
        kr_table *t = NULL;
        kr_error err = {.text = ""};
        if (kr__csv_read_bytes("t.csv", (const uint8_t *)text, n, NULL, &t, &err) != KR_OK) {
            fail_msg("%s", err.text);
        }
        assert_int_equal(t->n_rows, n_ones);
        for (int64_t i = 0; i < n_ones; i++) assert_true(t->values[i] == 1);
        kr__table_destroy(t);
    }
}

/* Lines without a byte take no memory: of 30 million, 240 MB would be the rows. */
static void empty_lines_take_no_memory(void **state) {
    (void)state;
    enum { N = 30000000 };
    char *text = malloc(N);
    assert_non_null(text);
    memset(text, '\n', N);
    memcpy(text, "a\n1\n", 4);
    memcpy(text + N - 2, "2\n", 2);
    int64_t before = kr__peak_rss();
    kr_table *t = NULL;
    assert_int_equal(kr__csv_read_bytes("t.csv", (const uint8_t *)text, N, NULL, &t, NULL), KR_OK);
    assert_int_equal(t->n_rows, 2);
    assert_true(t->values[1] == 2);
    assert_true(kr__peak_rss() - before < 32 << 20);
    kr__table_destroy(t);
    free(text);
}

/* ---- memory ----------------------------------------------------------------------------- */

typedef struct packed {
    uint8_t bytes[256];
    size_t n;
} packed;

static kr_status read_packed(void *arg, kr_error *err) {
    const packed *p = arg;
    kr_table *t = NULL;
    kr_status status = kr__csv_read_bytes("t.csv", p->bytes, p->n, NULL, &t, err);
    assert_int_equal(status == KR_OK, t != NULL);
    kr__table_destroy(t);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const char *text = "date,a,b\n2016-07-01,1,2\n";
    packed p;
    p.n = pack(text, strlen(text), p.bytes, sizeof p.bytes);
    kr_starve("a packed table", read_packed, &p);
}

/* Many columns and many short lines do not multiply: a table of them would have 200 GB. */
static void memory_follows_the_file(void **state) {
    (void)state;
    enum { COLUMNS = 50000, LINES = 500000, N = COLUMNS + 2 * LINES };
    char *text = malloc(N);
    memset(text, ',', COLUMNS);
    for (int i = 0; i < LINES; i++) memcpy(text + COLUMNS + 2 * i, "\n1", 2);
    int64_t before = kr__peak_rss();
    refuse_bytes(
        text, N,
        "t.csv:2: has 1 field where the header has 50001; every row needs the same number");
    assert_true(kr__peak_rss() - before < 200 << 20);
    free(text);
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_forms),
        cmocka_unit_test(names),
        cmocka_unit_test(names_are_made_different),
        cmocka_unit_test(a_date_column_of_any_name),
        cmocka_unit_test(another_date_column),
        cmocka_unit_test(shipped_files),
        cmocka_unit_test(etth1_values),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(refused_headers),
        cmocka_unit_test(refused_cells),
        cmocka_unit_test(refused_rows),
        cmocka_unit_test(refused_gaps),
        cmocka_unit_test(kept_gaps),
        cmocka_unit_test(chosen_columns),
        cmocka_unit_test(a_column_without_values_is_left_out),
        cmocka_unit_test(packed_files),
        cmocka_unit_test(damaged_packed_files),
        cmocka_unit_test(memory_follows_the_file),
        cmocka_unit_test(rows_among_blank_lines),
        cmocka_unit_test(empty_lines_take_no_memory),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(slow_bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
