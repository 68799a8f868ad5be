/* SPDX-License-Identifier: MIT
 * test_gaps.c - gaps of a table: counted, filled, refused. */
#include <kr/rows.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "tables/csv.h"
#include "tables/gaps.h"

static const char text[] =
    "date,a,b\n"
    "2020-01-01,,10\n"
    "2020-01-02,2,\n"
    "2020-01-03,NaN,30\n"
    "2020-01-06,5,60\n"
    "2020-01-07,6,\n";

static kr_table *read_table(const char *csv) {
    const kr_csv_options options = {.keeps_gaps = true};
    kr_table *t = NULL;
    kr_error err = {.text = ""};
    if (kr__csv_read_bytes("t.csv", (const uint8_t *)csv, strlen(csv), &options, &t, &err) !=
        KR_OK) {
        fail_msg("%s", err.text);
    }
    return t;
}

static void check_fill(const char *gaps, const double *want) {
    const kr_frequency daily = {.micros = KR__DAY};
    static const uint8_t mask[14] = {1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 0, 0, 1};
    uint8_t *missing = NULL;
    kr_gaps_report r;
    kr_table *t = read_table(text);
    assert_int_equal(kr__gaps_fill("t.csv", gaps, &daily, t, &missing, &r, NULL), KR_OK);
    assert_int_equal(t->n_rows, 7);
    assert_int_equal(t->timestamps[4] - t->timestamps[0], 4 * KR__DAY);
    for (int i = 0; i < 14; i++) assert_true(t->values[i] == want[i]);
    assert_memory_equal(missing, mask, sizeof mask);
    assert_int_equal(r.n_rows, 2);
    assert_int_equal(r.n_cells, 4);
    assert_int_equal(r.longest, 3);
    assert_int_equal(r.first_row, 0);
    assert_int_equal(r.first_column, 0);
    kr_free(missing);
    kr__table_destroy(t);
}

static void filled_in_three_ways(void **state) {
    (void)state;
    static const double linear[14] = {2, 10, 2, 20, 2.75, 30, 3.5, 40, 4.25, 50, 5, 60, 6, 60};
    static const double ffill[14] = {2, 10, 2, 10, 2, 30, 2, 30, 2, 30, 5, 60, 6, 60};
    check_fill("linear", linear);
    check_fill("model", linear);
    check_fill("ffill", ffill);
}

static void without_a_frequency_rows_stay(void **state) {
    (void)state;
    uint8_t *missing = NULL;
    kr_gaps_report r;
    kr_table *t = read_table(text);
    assert_int_equal(kr__gaps_fill("t.csv", "linear", NULL, t, &missing, &r, NULL), KR_OK);
    assert_int_equal(t->n_rows, 5);
    assert_int_equal(r.n_rows, 0);
    assert_true(t->values[2 * 2] == 3.5);
    kr_free(missing);
    kr__table_destroy(t);
}

static void a_table_without_gaps_stays(void **state) {
    (void)state;
    const kr_frequency daily = {.micros = KR__DAY};
    uint8_t *missing = NULL;
    kr_gaps_report r;
    kr_table *t = read_table("date,a\n2020-01-01,1\n2020-01-02,2\n");
    assert_int_equal(kr__gaps_fill("t.csv", "refuse", &daily, t, &missing, &r, NULL), KR_OK);
    assert_null(missing);
    assert_int_equal(r.first_row, -1);
    assert_int_equal(t->n_rows, 2);
    kr__table_destroy(t);
}

static void refuse(const char *csv, const char *gaps, const kr_frequency *f, kr_status want,
                   const char *sentence) {
    uint8_t *missing = NULL;
    kr_gaps_report r;
    kr_error err = {.text = ""};
    kr_table *t = read_table(csv);
    assert_int_equal(kr__gaps_fill("t.csv", gaps, f, t, &missing, &r, &err), want);
    assert_string_equal(err.text, sentence);
    assert_null(missing);
    kr__table_destroy(t);
}

static void refusals(void **state) {
    (void)state;
    const kr_frequency daily = {.micros = KR__DAY};
    refuse(
        text, "refuse", &daily, KR_FORMAT,
        "t.csv: row 1, 2020-01-01 00:00:00, has a gap in column \"a\", the first of 4 empty cells "
        "and 2 missing rows; fill them with `gaps` linear, ffill or model");
    refuse(
        "date,a\n2020-01-01,1\n2020-01-03,2\n", "refuse", &daily, KR_FORMAT,
        "t.csv: row 2, 2020-01-02 00:00:00, is missing, the first of 0 empty cells and 1 missing "
        "row; fill them with `gaps` linear, ffill or model");
    refuse("date,a\n2020-01-01,1\n2020-01-02,\n2020-01-03,3\n", "refuse", &daily, KR_FORMAT,
           "t.csv: row 2, 2020-01-02 00:00:00, has a gap in column \"a\", the first of 1 empty "
           "cell and "
           "0 missing rows; fill them with `gaps` linear, ffill or model");
    refuse("a,b\n1,\n2,3\n", "refuse", NULL, KR_FORMAT,
           "t.csv: row 1, has a gap in column \"b\", the first of 1 empty cell and 0 missing rows; "
           "fill them with `gaps` linear, ffill or model");
    refuse("date,a,b\n2020-01-01,1,\n2020-01-02,2,\n", "linear", &daily, KR_FORMAT,
           "t.csv: column \"b\" has no values at all; leave it out");
    refuse("date,a\n2020-01-02,1\n2020-01-01,2\n", "linear", &daily, KR_FORMAT,
           "t.csv: row 2, 2020-01-01 00:00:00: the dates go back or repeat here; sort the rows, "
           "one per date (steps of 1 day from the first row on)");
    refuse("date,a\n2020-01-01,1\n2020-01-02 05:00,2\n", "linear", &daily, KR_FORMAT,
           "t.csv: row 2, 2020-01-02 05:00:00: the date does not fit the regular step (steps of 1 "
           "day from the "
           "first row on)");
    refuse("date,a\n2020-01-01,1\n2021-01-01,2\n", "linear", &daily, KR_FORMAT,
           "t.csv: has 2 rows where 367 are due; too many are missing to be filled");
    refuse("a\n1\n", "guess", NULL, KR_USAGE,
           "`gaps`: unknown value \"guess\"; use refuse, linear, ffill or model");
}

/* The table stays whole. */
static void every_allocation_may_fail(void **state) {
    (void)state;
    const kr_frequency daily = {.micros = KR__DAY};
    for (uint64_t n = 1;; n++) {
        uint8_t *missing = NULL;
        kr_gaps_report r;
        kr_error err = {.text = ""};
        kr_table *t = read_table(text);
        const uint64_t before = kr__alloc_count();
        kr__alloc_fail_at(n);
        kr_status status = kr__gaps_fill("t.csv", "linear", &daily, t, &missing, &r, &err);
        kr__alloc_fail_at(0);
        bool is_past = kr__alloc_count() - before < n;
        assert_int_equal(status, is_past ? KR_OK : KR_MEMORY);
        assert_string_equal(err.text, is_past ? "" : "t.csv: no memory to fill its gaps");
        assert_true(is_past == (missing != NULL) && t->timestamps && t->values[1] == 10);
        kr_free(missing);
        kr__table_destroy(t);
        if (!is_past) continue;
        assert_int_equal(n, 5); /* places, values, dates, what is missing */
        return;
    }
}

/* Closed days are no gaps, and a row on one of them is refused, the first as well. */
static void closed_days(void **state) {
    (void)state;
    static const char csv[] = "date,a\n2024-03-01,1\n2024-03-04,2\n2024-03-06,4\n";
    kr_frequency work_days;
    uint8_t *missing = NULL;
    kr_gaps_report r;
    char line[KR__GAPS_TEXT];
    assert_int_equal(kr_frequency_parse("1b", &work_days, NULL), KR_OK);
    kr_table *t = read_table(csv);
    assert_int_equal(kr__gaps_fill("t.csv", "linear", &work_days, t, &missing, &r, NULL), KR_OK);
    assert_int_equal(t->n_rows, 4);
    assert_int_equal(r.n_rows, 1);
    assert_true(t->values[2] == 3);
    assert_int_equal(t->timestamps[2] - t->timestamps[0], 4 * KR__DAY);
    assert_string_equal(
        kr__gaps_share(&r, 4, &work_days, line),
        "1 of 4 rows (25 %) were filled: the dates follow steps of business days, with holidays");
    kr_free(missing);
    kr__table_destroy(t);
    refuse("date,a\n2024-03-02,1\n2024-03-04,2\n", "linear", &work_days, KR_FORMAT,
           "t.csv: row 1, 2024-03-02 00:00:00: the date does not fit the regular step (steps of "
           "business days from the "
           "first row on)");
    refuse("date,a\n2024-03-01,1\n2024-03-03,2\n", "linear", &work_days, KR_FORMAT,
           "t.csv: row 2, 2024-03-03 00:00:00: the date does not fit the regular step (steps of "
           "business days from the "
           "first row on)");
}

/* Few missing rows of a step without a calendar need no words of their own. */
static void shares_that_are_said(void **state) {
    (void)state;
    char line[KR__GAPS_TEXT];
    const kr_frequency hourly = {.micros = KR__HOUR};
    kr_frequency hours;
    assert_int_equal(kr_frequency_parse("1h/09:00-17:00", &hours, NULL), KR_OK);
    const kr_gaps_report none = {.n_cells = 5}, few = {.n_rows = 4}, many = {.n_rows = 60};
    assert_null(kr__gaps_share(&none, 100, &hours, line));
    assert_null(kr__gaps_share(&few, 100, &hourly, line));
    assert_string_equal(
        kr__gaps_share(&many, 400, &hourly, line),
        "60 of 400 rows (15 %) were filled: the dates follow steps of 1 hour, with gaps");
    assert_string_equal(kr__gaps_share(&few, 1000, &hours, line),
                        "4 of 1000 rows (0.4 %) were filled: the dates follow steps of 1 hour, "
                        "09:00 to 17:00, with gaps");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filled_in_three_ways),
        cmocka_unit_test(without_a_frequency_rows_stay),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(closed_days),
        cmocka_unit_test(shares_that_are_said),
        cmocka_unit_test(a_table_without_gaps_stays),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
