/* SPDX-License-Identifier: MIT
 * test_rows_memory.c - what a program holds in memory as rows. */
#include <kr/rows.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "support/starve.h"
#include "tables/rows_internal.h"

static const int64_t HOUR = KR__HOUR;

/* Two series, three rows and one, of two columns; a value is missing. */
static double values[8];
static int64_t dates[4];
static const char *const columns[2] = {"a", "b"}, *const series[2] = {"one", "two"};
static const int64_t series_rows[2] = {3, 1};

static kr_rows_memory make_memory(void) {
    for (int i = 0; i < 8; i++) values[i] = i;
    values[3] = (double)NAN;
    for (int i = 0; i < 4; i++) dates[i] = i < 3 ? i * HOUR : 0;
    return (kr_rows_memory){.size = sizeof(kr_rows_memory),
                            .name = "table",
                            .n_rows = 4,
                            .n_columns = 2,
                            .values = values,
                            .columns = columns,
                            .dates = dates,
                            .n_series = 2,
                            .series = series,
                            .series_rows = series_rows};
}

static kr_rows *take(const kr_rows_memory *memory) {
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    if (kr_rows_from_memory(memory, &rows, &err) != KR_OK) fail_msg("%s", err.text);
    return rows;
}

static void refuse_memory(const kr_rows_memory *memory, kr_status status, const char *sentence) {
    kr_rows *rows = NULL;
    kr_error err = {.text = ""};
    kr_status got = kr_rows_from_memory(memory, &rows, &err);
    assert_string_equal(err.text, sentence);
    assert_int_equal(got, status);
    assert_null(rows);
    assert_int_equal(kr_rows_from_memory(memory, &rows, NULL), status);
}

static void memory_is_copied(void **state) {
    (void)state;
    char name[] = "a";
    const char *const own_columns[2] = {name, "b"};
    kr_rows_memory memory = make_memory();
    memory.columns = own_columns;
    kr_rows *rows = take(&memory);
    memset(values, 0, sizeof values);
    memset(dates, 0, sizeof dates);
    name[0] = 'x';
    assert_string_equal(kr_rows_name(rows), "table");
    assert_int_equal(kr_rows_count(rows), 4);
    assert_int_equal(kr_rows_column_count(rows), 2);
    assert_string_equal(kr_rows_column(rows, 0), "a");
    assert_int_equal(kr_rows_find(rows, " b "), 1);
    assert_int_equal(kr_rows_find(rows, "c"), -1);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(kr_rows_is_missing(rows, i / 2, i % 2), i == 3);
        if (i != 3) assert_true(kr_rows_values(rows)[i] == i);
    }
    assert_true(kr_rows_dates(rows)[2] == 2 * HOUR);
    assert_null(kr_rows_date_name(rows));
    assert_int_equal(kr_rows_series_count(rows), 2);
    assert_string_equal(kr_rows_series(rows, 1), "two");
    assert_int_equal(kr_rows_series_start(rows, 0), 0);
    assert_int_equal(kr_rows_series_start(rows, 1), 3);
    assert_int_equal(kr_rows_series_start(rows, 2), 4);
    assert_int_equal(kr_rows_unread_count(rows), 0);
    kr_rows_destroy(rows);
}

static void memory_is_borrowed(void **state) {
    (void)state;
    kr_rows_memory memory = make_memory();
    memory.is_borrowed = true;
    kr_rows *rows = take(&memory);
    assert_ptr_equal(kr_rows_values(rows), values);
    assert_ptr_equal(kr_rows_dates(rows), dates);
    kr_rows_destroy(rows);
    assert_true(values[7] == 7);
}

static void a_single_value_is_enough(void **state) {
    (void)state;
    const double value = 5;
    const kr_rows_memory memory = {
        .size = sizeof memory, .n_rows = 1, .n_columns = 1, .values = &value};
    kr_rows *rows = take(&memory);
    assert_string_equal(kr_rows_name(rows), "the rows");
    assert_string_equal(kr_rows_column(rows, 0), "0");
    assert_null(kr_rows_dates(rows));
    assert_int_equal(kr_rows_series_count(rows), 1);
    assert_null(kr_rows_series(rows, 0));
    assert_int_equal(kr_rows_series_start(rows, 1), 1);
    assert_true(*kr_rows_values(rows) == 5);
    kr_rows_destroy(rows);
    kr_rows_destroy(NULL);
}

static void bad_shapes_are_refused(void **state) {
    (void)state;
    kr_rows_memory memory = make_memory();
    memory.size = 8;
    refuse_memory(&memory, KR_USAGE, "kr_rows_memory: size is not sizeof(kr_rows_memory)");
    memory = make_memory();
    memory.n_rows = -4;
    refuse_memory(&memory, KR_SHAPE,
                  "table: -4 rows of 2 columns; there must be a row and a column");
    memory = make_memory();
    memory.n_columns = 0;
    refuse_memory(&memory, KR_SHAPE,
                  "table: 4 rows of 0 columns; there must be a row and a column");
    memory = make_memory();
    memory.values = NULL;
    refuse_memory(&memory, KR_SHAPE,
                  "table: 4 rows of 2 columns, without values; there must be a row and a column");
    /* 2^63 + 8 bytes, then a product that is 8 modulo 2^64. */
    memory = make_memory();
    memory.n_rows = ((int64_t)1 << 59) + 1;
    refuse_memory(&memory, KR_SHAPE,
                  "table: 576460752303423489 rows of 2 columns are more than memory can hold");
    memory.n_rows = ((int64_t)1 << 62) + 1;
    memory.n_columns = 4;
    refuse_memory(&memory, KR_SHAPE,
                  "table: 4611686018427387905 rows of 4 columns are more than memory can hold");
}

static void bad_series_are_refused(void **state) {
    (void)state;
    kr_rows_memory memory = make_memory();
    memory.n_series = -1;
    refuse_memory(&memory, KR_SHAPE, "table: -1 series; 0 means a single one");
    memory = make_memory();
    memory.series = NULL;
    refuse_memory(&memory, KR_USAGE, "table: its 2 series need names and numbers of rows");
    memory = make_memory();
    memory.series_rows = NULL;
    refuse_memory(&memory, KR_USAGE, "table: its 2 series need names and numbers of rows");
    const int64_t few[2] = {1, 2}, none[2] = {4, 0}, negative[2] = {-1, 5},
                  many[2] = {3, INT64_MAX};
    memory = make_memory();
    memory.series_rows = few;
    refuse_memory(&memory, KR_SHAPE,
                  "table: its 2 series have 3 rows together, and there are 4; every row must be of "
                  "a series");
    memory.series_rows = none;
    refuse_memory(&memory, KR_SHAPE,
                  "table: series 2 of 2 has 0 rows, where 0 of all 4 are left; each needs 1 or "
                  "more");
    memory.series_rows = negative;
    refuse_memory(&memory, KR_SHAPE,
                  "table: series 1 of 2 has -1 rows, where 4 of all 4 are left; each needs 1 or "
                  "more");
    memory.series_rows = many;
    refuse_memory(&memory, KR_SHAPE,
                  "table: series 2 of 2 has 9223372036854775807 rows, where 1 of all 4 are left; "
                  "each needs 1 or more");
}

static void bad_names_are_refused(void **state) {
    (void)state;
    const char *const missing[2] = {"a", NULL}, *const same[2] = {"a", "a"};
    kr_rows_memory memory = make_memory();
    memory.columns = missing;
    refuse_memory(&memory, KR_USAGE, "table: column 2 of 2 has no name");
    memory.columns = same;
    refuse_memory(&memory, KR_FORMAT,
                  "table: column 1 and column 2 are both called \"a\"; give them different names");
    memory.columns = columns;
    memory.series = missing;
    refuse_memory(&memory, KR_USAGE, "table: series 2 of 2 has no name");
    memory.series = same;
    refuse_memory(&memory, KR_FORMAT,
                  "table: series 1 and series 2 are both called \"a\"; give them different names");
}

static void bad_values_and_dates_are_refused(void **state) {
    (void)state;
    for (int is_borrowed = 0; is_borrowed < 2; is_borrowed++) {
        kr_rows_memory memory = make_memory();
        memory.is_borrowed = is_borrowed;
        values[5] = -(double)INFINITY;
        refuse_memory(&memory, KR_FORMAT,
                      "table: row 3, column \"b\": the value is infinite; use NaN for one that "
                      "is missing");
        values[5] = 5;
        dates[2] = HOUR / 2;
        refuse_memory(&memory, KR_FORMAT,
                      "table, series \"one\": row 3, 1970-01-01 00:30:00: the dates go back or "
                      "repeat here; sort the rows by date, one per date");
        dates[2] = HOUR;
        refuse_memory(&memory, KR_FORMAT,
                      "table, series \"one\": row 3, 1970-01-01 01:00:00: the dates go back or "
                      "repeat here; sort the rows by date, one per date");
        dates[2] = INT64_MAX;
        refuse_memory(&memory, KR_FORMAT,
                      "table, series \"one\": row 3: 9223372036854775807 is not a date; use "
                      "microseconds since 1970, in the years 1 to 9999");
        dates[2] = 2 * HOUR;
        kr_rows_destroy(take(&memory));
    }
}

/* Rows behind the last known value of the first column are cut off, of rows without dates, too. */
static void rows_ahead_are_cut(void **state) {
    (void)state;
    kr_frequency hours;
    assert_int_equal(kr_frequency_parse("h", &hours, NULL), KR_OK);
    for (int has_dates = 0; has_dates < 2; has_dates++) {
        kr_rows_memory memory = make_memory();
        if (!has_dates) memory.dates = NULL;
        values[4] = (double)NAN; /* of the last row of the first series; the second has one row */
        kr_rows *rows = take(&memory);
        kr__ahead ahead;
        assert_int_equal(kr__rows_cut_ahead(rows, 0, 1, &hours, &ahead, NULL), KR_OK);
        assert_int_equal(ahead.fewest, 0);
        assert_int_equal(ahead.most, 1);
        assert_int_equal(kr_rows_count(rows), 3);
        assert_int_equal(kr_rows_series_start(rows, 1), 2);
        assert_true(kr_rows_values(rows)[2] == 2 && kr_rows_values(rows)[4] == 6);
        assert_int_equal(kr_rows_dates(rows) != NULL, has_dates);
        if (has_dates) assert_int_equal(kr_rows_dates(rows)[2], 0);
        kr_rows_destroy(rows);
    }
}

/* A row ahead that is not the next step would give its values to another; without a step it is
 * taken. */
static void rows_ahead_follow_the_steps(void **state) {
    (void)state;
    kr_frequency hours;
    kr__ahead ahead = {.most = -1};
    kr_error err = {.text = ""};
    assert_int_equal(kr_frequency_parse("h", &hours, NULL), KR_OK);
    kr_rows_memory memory = make_memory();
    values[4] = (double)NAN;
    dates[2] = 3 * HOUR;
    kr_rows *rows = take(&memory);
    assert_int_equal(kr__rows_cut_ahead(rows, 0, 1, &hours, &ahead, &err), KR_FORMAT);
    assert_string_equal(
        err.text,
        "table, series \"one\": row 3, 1970-01-01 03:00:00: of what is known ahead the "
        "next step is 1970-01-01 02:00:00; give all steps behind the last value of what "
        "is forecast, each once");
    assert_int_equal(ahead.most, -1);
    assert_int_equal(kr_rows_count(rows), 4);
    assert_int_equal(kr__rows_cut_ahead(rows, 0, 1, NULL, &ahead, &err), KR_OK);
    assert_int_equal(ahead.most, 1);
    kr_rows_destroy(rows);
}

static kr_status take_rows(void *arg, kr_error *err) {
    kr_rows *rows = NULL;
    kr_status status = kr_rows_from_memory(arg, &rows, err);
    assert_int_equal(status == KR_OK, rows != NULL);
    kr_rows_destroy(rows);
    return status;
}

static void memory_runs_out(void **state) {
    (void)state;
    kr_rows_memory memory = make_memory();
    kr_starve("rows with names", take_rows, &memory);
    memory.columns = NULL;
    kr_starve("columns that are numbered", take_rows, &memory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_copied),
        cmocka_unit_test(memory_is_borrowed),
        cmocka_unit_test(a_single_value_is_enough),
        cmocka_unit_test(bad_shapes_are_refused),
        cmocka_unit_test(bad_series_are_refused),
        cmocka_unit_test(bad_names_are_refused),
        cmocka_unit_test(bad_values_and_dates_are_refused),
        cmocka_unit_test(rows_ahead_are_cut),
        cmocka_unit_test(rows_ahead_follow_the_steps),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
