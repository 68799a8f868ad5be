/* SPDX-License-Identifier: MIT
 * test_row_order.c - rows in order of time: turned, sorted, dropped, settled, refused. */
#include "tables/row_order.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "core/random.h"
#include "support/starve.h"

enum { MOST = 400 };

typedef struct rows {
    double values[MOST];
    int64_t dates[MOST], ids[MOST];
} rows;

/* "day:value day:value ..", with ids "a day:value"; x is a gap. */
static kr__ordering read_rows(rows *r, const char *text, bool has_ids) {
    static char *names[] = {(char *)"a", (char *)"b", (char *)"c"};
    kr__ordering o = {.name = "t",
                      .n_columns = 1,
                      .values = r->values,
                      .dates = r->dates,
                      .ids = has_ids ? r->ids : NULL,
                      .id_names = names};
    for (const char *p = text; *p; o.n_rows++) {
        if (has_ids) r->ids[o.n_rows] = *p++ - 'a';
        char *end;
        r->dates[o.n_rows] = strtol(p, &end, 10) * KR__DAY;
        r->values[o.n_rows] = end[1] == 'x' ? (double)NAN : strtod(end + 1, &end);
        while (*end && *end != ' ') end++;
        p = *end ? end + 1 : end;
    }
    return o;
}

static void print_rows(const kr__ordering *o, char *text) {
    text[0] = '\0';
    for (int64_t i = 0; i < o->n_rows; i++) {
        char value[32];
        snprintf(value, sizeof value, "%g", o->values[i]);
        sprintf(text + strlen(text), "%s%.1s%d:%s", i ? " " : "",
                o->ids ? o->id_names[o->ids[i]] : "", (int)(o->dates[i] / KR__DAY),
                isnan(o->values[i]) ? "x" : value);
    }
}

static void orders(void **state) {
    (void)state;
    static const struct {
        const char *rows, *sort, *repeats, *want, *said; /* want NULL: an error, and its sentence */
        bool has_ids;
    } cases[] = {
        {"1:5 2:6 3:7", NULL, NULL, "1:5 2:6 3:7", "", false},
        {"3:7 2:6 1:5", NULL, NULL, "1:5 2:6 3:7", "newest row first (turned)", false},
        {"2:6 3:7 1:5", NULL, NULL, "1:5 2:6 3:7", "1 row older than the one before (sorted)",
         false},
        {"3:7 1:5 4:8 2:6", "auto", NULL, "1:5 2:6 3:7 4:8",
         "2 rows older than the one before (sorted)", false},
        {"3:7 2:6 1:5", "no", NULL, "3:7 2:6 1:5", "", false},
        {"1:5 1:5 2:6 2:6 2:6", NULL, NULL, "1:5 2:6", "3 repeated rows dropped", false},
        {"1:x 1:x 2:6", NULL, NULL, "1:x 2:6", "1 repeated row dropped", false},
        {"2:6 1:5 2:6", NULL, NULL, "1:5 2:6",
         "1 row older than the one before (sorted), 1 repeated row dropped", false},
        {"1:5 2:6 2:7 3:8", NULL, NULL, NULL,
         "t: rows 2 and 3 are both of 1970-01-03 00:00:00 and differ; say with `repeats` first, "
         "last, "
         "mean or sum what holds",
         false},
        {"1:5 2:6 2:6 2:x", NULL, "refuse", NULL,
         "t: rows 2 and 4 are both of 1970-01-03 00:00:00 and differ; say with `repeats` first, "
         "last, "
         "mean or sum what holds",
         false},
        {"1:5 2:6 2:7 2:8", NULL, "first", "1:5 2:6", "2 rows of repeated dates settled", false},
        {"1:5 2:6 2:7 2:8", NULL, "last", "1:5 2:8", "2 rows of repeated dates settled", false},
        {"1:5 2:6 2:7 2:x", NULL, "mean", "1:5 2:6.5", "2 rows of repeated dates settled", false},
        {"1:5 2:6 2:6 2:x", NULL, "sum", "1:5 2:12", "2 rows of repeated dates settled", false},
        {"1:x 1:x", NULL, "sum", "1:x", "1 row of repeated dates settled", false},
        /* First and last are those of the file, also where it is turned. */
        {"2:6 2:7 1:5", NULL, "first", "1:5 2:6",
         "newest row first (turned), 1 row of repeated dates settled", false},
        {"2:6 2:7 1:5", NULL, "last", "1:5 2:7",
         "newest row first (turned), 1 row of repeated dates settled", false},
        {"a1:5 b1:6 a2:7 b2:8", NULL, NULL, "a1:5 b1:6 a2:7 b2:8", "", true},
        {"a1:5 a2:7 b1:6 b2:8", NULL, NULL, "a1:5 a2:7 b1:6 b2:8", "", true},
        {"a2:7 a1:5 b2:8 b1:6", NULL, NULL, "a1:5 b1:6 a2:7 b2:8", "newest row first (turned)",
         true},
        {"a1:5 a2:7 b2:8 b1:6", NULL, NULL, "a1:5 b1:6 a2:7 b2:8",
         "1 row older than the one before (sorted)", true},
        {"a1:5 b1:5 a1:5", NULL, NULL, "a1:5 b1:5", "1 repeated row dropped", true},
        {"a1:5 b1:5 b1:6", NULL, NULL, NULL,
         "t: rows 2 and 3 of series \"b\" are both of 1970-01-02 00:00:00 and differ; say with "
         "`repeats` first, last, mean or sum what holds",
         true},
        {"2:6 1:5 1:5", "no", "mean", "2:6 1:5 1:5", "", false},
        {"1:4 1:6 2:7", "no", "mean", "1:5 2:7", "1 row of repeated dates settled", false},
        {"1:4 1:6", "no", NULL, NULL,
         "t: rows 1 and 2 are both of 1970-01-02 00:00:00 and differ; say with `repeats` first, "
         "last, mean or sum what holds",
         false},
        {"1:5", "down", NULL, NULL, "`sort`: unknown value \"down\"; use auto or no", false},
        {"1:5", NULL, "keep", NULL,
         "`repeats`: unknown value \"keep\"; use refuse, first, last, mean or sum", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rows r;
        char got[500], said[300];
        kr_error err = {.text = ""};
        kr__reading reading;
        kr__reading_init(&reading);
        kr__ordering o = read_rows(&r, cases[i].rows, cases[i].has_ids);
        o.sort = cases[i].sort;
        o.repeats = cases[i].repeats;
        kr_status status = kr__row_order(&o, &reading, &err);
        assert_int_equal(status == KR_OK, cases[i].want != NULL);
        if (!cases[i].want) {
            assert_string_equal(err.text, cases[i].said);
            continue;
        }
        print_rows(&o, got);
        if (strcmp(got, cases[i].want) != 0) fail_msg("%s: %s", cases[i].rows, got);
        assert_string_equal(kr__reading_line(&reading, said, sizeof said), cases[i].said);
    }
}

/* ---- clocks ----------------------------------------------------------------------------- */

static int64_t at(int year, int month, int day, int hour) {
    const kr_datetime d = {.year = year, .month = month, .day = day, .hour = hour};
    return kr__datetime_to_micros(&d);
}

/* n rows from first on, step apart, on a clock that shows what it shows in Berlin: one hour more
 * between `spring` and `autumn`, instants of winter time. */
static kr__ordering make_clock(rows *r, int64_t first, int64_t step, int64_t n, int64_t spring,
                               int64_t autumn) {
    for (int64_t i = 0; i < n; i++) {
        int64_t t = first + i * step;
        r->values[i] = (double)i;
        r->dates[i] = t + (t >= spring && t < autumn ? KR__HOUR : 0);
    }
    return (kr__ordering){
        .name = "t", .n_rows = n, .n_columns = 1, .values = r->values, .dates = r->dates};
}

static void clocks_that_change(void **state) {
    (void)state;
    const int64_t spring = at(2023, 3, 26, 2), autumn = at(2023, 10, 29, 2),
                  none = at(1900, 1, 1, 0);
    const struct {
        int64_t first, step, spring, autumn;
        int64_t want; /* the first date afterwards; -1: refused */
    } cases[] = {
        {at(2023, 10, 28, 0), KR__HOUR, none, autumn, at(2023, 10, 28, 0)},
        {at(2023, 10, 28, 0), 15 * KR__MINUTE, none, autumn, at(2023, 10, 28, 0)},
        {at(2023, 10, 28, 0), 30 * KR__MINUTE, none, autumn, at(2023, 10, 28, 0)},
        /* Not on a Sunday by night: dates that repeat, and differ. */
        {at(2023, 10, 28, 0), KR__HOUR, none, at(2023, 10, 28, 12), -1},
        {at(2023, 10, 28, 0), KR__HOUR, none, at(2023, 10, 29, 8), -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rows r;
        kr__reading reading;
        kr__reading_init(&reading);
        kr__ordering o =
            make_clock(&r, cases[i].first, cases[i].step, 200, cases[i].spring, cases[i].autumn);
        kr_status status = kr__row_order(&o, &reading, NULL);
        assert_int_equal(status == KR_OK, cases[i].want >= 0);
        assert_int_equal(reading.order.has_autumn, status == KR_OK);
        for (int64_t k = 0; status == KR_OK && k < o.n_rows; k++) {
            assert_true(o.dates[k] == cases[i].want + k * cases[i].step);
            assert_true(o.values[k] == (double)k);
        }
    }
    /* A year of hours: the one that spring leaves out is no gap either. */
    enum { YEAR = 9000 };
    double *values = calloc(YEAR, sizeof *values);
    int64_t *dates = calloc(YEAR, sizeof *dates);
    for (int64_t i = 0; i < YEAR; i++) {
        int64_t t = at(2023, 1, 1, 0) + i * KR__HOUR;
        dates[i] = t + (t >= spring && t < autumn ? KR__HOUR : 0);
    }
    kr__ordering o = {
        .name = "t", .n_rows = YEAR, .n_columns = 1, .values = values, .dates = dates};
    kr__reading reading;
    kr__reading_init(&reading);
    assert_int_equal(kr__row_order(&o, &reading, NULL), KR_OK);
    for (int64_t i = 0; i < YEAR; i++) assert_true(dates[i] == at(2023, 1, 1, 0) + i * KR__HOUR);
    free(values);
    free(dates);
}

/* Any order of rows ends in the same. */
static void any_order_ends_in_the_same(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(3, KR_STREAM_TEST, 0);
    for (int round = 0; round < 200; round++) {
        rows r;
        int64_t order[MOST], n = 2 + (int64_t)kr__rng_below(&rng, MOST - 2);
        for (int64_t i = 0; i < n; i++) order[i] = i;
        kr__rng_shuffle(&rng, order, n);
        for (int64_t i = 0; i < n; i++) {
            r.dates[i] = order[i] * KR__HOUR * 5;
            r.values[i] = (double)order[i];
        }
        kr__ordering o = {
            .name = "t", .n_rows = n, .n_columns = 1, .values = r.values, .dates = r.dates};
        kr__reading reading;
        kr__reading_init(&reading);
        assert_int_equal(kr__row_order(&o, &reading, NULL), KR_OK);
        assert_int_equal(o.n_rows, n);
        for (int64_t i = 0; i < n; i++) {
            assert_true(o.dates[i] == i * KR__HOUR * 5 && o.values[i] == (double)i);
        }
    }
}

static kr_status order_rows(void *arg, kr_error *err) {
    rows r;
    kr__reading reading;
    kr__reading_init(&reading);
    kr__ordering o = read_rows(&r, arg, true);
    return kr__row_order(&o, &reading, err);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    char text[] = "a2:7 a1:5 b2:8 b1:6";
    kr_starve("rows out of order", order_rows, text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orders), cmocka_unit_test(clocks_that_change),
        cmocka_unit_test(any_order_ends_in_the_same), cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
