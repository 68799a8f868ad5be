/* SPDX-License-Identifier: MIT
 * test_frequency.c - steps of dates: inferred, written, counted on with. */
#include <kr/rows.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "tables/calendar.h"
#include "tables/date_format.h"

enum { MOST = 64 };

static int64_t at(const char *text) {
    int64_t micros = 0;
    assert_true(kr__date_parse(text, strlen(text), &micros));
    return micros;
}

/* n dates from `first` on, `step` apart: as kr_frequency_add() counts them. */
static void make(const char *first, const char *step, int64_t n, int64_t *dates) {
    kr_frequency f;
    assert_int_equal(kr_frequency_parse(step, &f, NULL), KR_OK);
    for (int64_t i = 0; i < n; i++) dates[i] = kr_frequency_add(&f, at(first), i);
}

static void check_infers(const char *first, const char *step, const char *want, int64_t season) {
    int64_t dates[MOST];
    char text[KR_FREQUENCY_TEXT];
    kr_frequency f;
    make(first, step, MOST, dates);
    assert_int_equal(kr_frequency_infer("t", MOST, dates, &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), want);
    assert_int_equal(kr_frequency_season(&f), season);
    for (int64_t i = 0; i < MOST; i++) {
        assert_int_equal(kr_frequency_count(&f, dates[0], dates[i]), i);
        assert_int_equal(kr_frequency_add(&f, dates[i], -i), dates[0]);
    }
}

static void every_step_is_found_again(void **state) {
    (void)state;
    check_infers("2020-02-28 23:59:59.9", "250us", "250us", 4000);
    check_infers("2020-02-28 23:59:59.9", "100ms", "100ms", 10);
    check_infers("2020-02-28 23:59:59.5", "1500ms", "1500ms", 2400);
    check_infers("2020-02-28 23:59:59.5", "1234567890us", "1234567890us", 1);
    check_infers("2020-02-28 23:59:30", "s", "1s", 3600);
    check_infers("2020-02-28 23:00", "t", "1min", 1440);
    check_infers("2020-02-28 23:00", "15min", "15min", 96);
    check_infers("2016-07-01", "h", "1h", 24);
    check_infers("2016-07-01", "3h", "3h", 8);
    check_infers("2016-12-01", "d", "1d", 7);
    check_infers("2016-12-01", "b", "1b", 5);
    check_infers("2002-01-01", "w", "1w", 52);
    check_infers("2019-05-01", "m", "1m", 12);
    check_infers("2019-05-28 06:00", "m", "1m", 12);
    check_infers("1999-11-30", "me", "1me", 12);
    check_infers("1999-11-30", "2me", "2me", 6);
    check_infers("1960-01-01", "q", "1q", 4);
    check_infers("1900-12-31", "ye", "1ye", 1);
    check_infers("1900-12-31", "y", "1ye", 1);
    check_infers("1900-07-04", "y", "1y", 1);
    check_infers("2016-07-01", "7h", "7h", 1);
    check_infers("2016-07-01", "40000d", "40000d", 1);
}

static void months_end_where_they_end(void **state) {
    (void)state;
    kr_frequency f;
    assert_int_equal(kr_frequency_parse("M", &f, NULL), KR_OK);
    assert_int_equal(kr_frequency_add(&f, at("2020-01-31"), 1), at("2020-02-29"));
    assert_int_equal(kr_frequency_add(&f, at("2020-01-31"), 2), at("2020-03-31"));
    assert_int_equal(kr_frequency_add(&f, at("2020-01-15 07:30"), -12), at("2019-01-15 07:30"));
    assert_int_equal(kr_frequency_count(&f, at("2020-01-31"), at("2020-03-30")), -1);
    assert_int_equal(kr_frequency_add(&f, at("2020-01-01"), 1000000), at("9999-12-01"));
    assert_int_equal(kr_frequency_parse("me", &f, NULL), KR_OK);
    assert_int_equal(kr_frequency_add(&f, at("2021-02-28"), 1), at("2021-03-31"));
}

static void weekends_are_no_gaps(void **state) {
    (void)state;
    kr_frequency f;
    assert_int_equal(kr_frequency_parse("b", &f, NULL), KR_OK);
    assert_int_equal(kr_frequency_add(&f, at("2024-03-01"), 1), at("2024-03-04"));
    assert_int_equal(kr_frequency_add(&f, at("2024-03-04"), -1), at("2024-03-01"));
    assert_int_equal(kr_frequency_add(&f, at("2024-03-03"), 1), at("2024-03-04")); /* from Sunday */
    assert_int_equal(kr_frequency_add(&f, at("1969-12-26"), 4), at("1970-01-01"));
    assert_int_equal(kr_frequency_count(&f, at("2024-03-01"), at("2024-03-03")), -1);
    /* Daily, with no weekend among the dates at all: nothing says that there is none. */
    const int64_t days[3] = {at("2024-03-04"), at("2024-03-05"), at("2024-03-06")};
    char text[KR_FREQUENCY_TEXT];
    assert_int_equal(kr_frequency_infer("t", 3, days, &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "1d");
}

static void missing_rows_do_not_matter(void **state) {
    (void)state;
    int64_t dates[MOST], n = 0;
    char text[KR_FREQUENCY_TEXT];
    kr_frequency f;
    make("2016-07-01", "h", MOST, dates);
    for (int64_t i = 0; i < MOST; i++) {
        if (i % 5 != 3 && i != 10) dates[n++] = dates[i];
    }
    assert_int_equal(kr_frequency_infer("t", n, dates, &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "1h");
    /* Every third row is missing, and the first distance is a gap: a tie, which the shorter wins.
     */
    const int64_t h = KR__HOUR, thirds[7] = {0, 2 * h, 3 * h, 5 * h, 6 * h, 8 * h, 9 * h};
    assert_int_equal(kr_frequency_infer("t", 7, thirds, &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "1h");
    /* No distance has a majority. */
    const int64_t some[6] = {0, h, 2 * h, 4 * h, 7 * h, 24 * h};
    assert_int_equal(kr_frequency_infer("t", 6, some, &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "1h");
}

static void refuse(int64_t n, const int64_t *dates, const char *sentence) {
    kr_frequency f = {.micros = -7};
    kr_error err = {.text = ""};
    assert_int_equal(kr_frequency_infer("t.csv", n, dates, &f, &err), KR_FORMAT);
    assert_string_equal(err.text, sentence);
    assert_int_equal(f.micros, -7);
}

static void refusals(void **state) {
    (void)state;
    int64_t dates[MOST];
    make("2016-07-01", "h", MOST, dates);
    refuse(1, dates, "t.csv: has 1 row; two dates are needed to see how far apart rows are");
    dates[4] = dates[3];
    refuse(MOST, dates,
           "t.csv: row 5, 2016-07-01 03:00:00: the row before has the same date; keep one row per "
           "date");
    dates[4] = dates[1];
    refuse(MOST, dates,
           "t.csv: row 5, 2016-07-01 01:00:00: the dates go back here; sort the rows by date");
    const int64_t wild[7] = {0,
                             10 * KR__SECOND,
                             20 * KR__SECOND,
                             33 * KR__SECOND,
                             47 * KR__SECOND,
                             68 * KR__SECOND,
                             81 * KR__SECOND};
    refuse(7, wild,
           "t.csv: the dates do not follow a regular step: most often they are 10s apart, but 4 of "
           "7 rows do not fit, the first is row 4, 1970-01-01 00:00:33; bring the rows to a "
           "regular step");
}

static void months_and_milliseconds_differ_by_case(void **state) {
    (void)state;
    kr_frequency f;
    char text[KR_FREQUENCY_TEXT];
    assert_int_equal(kr_frequency_parse("2MS", &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "2m");
    assert_int_equal(kr_frequency_parse("2ms", &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "2ms");
    assert_int_equal(kr_frequency_parse("15MIN", &f, NULL), KR_OK);
    assert_string_equal(kr_frequency_text(&f, text), "15min");
}

/* As counting from the first date says; and a date more or less is seen. */
static void dates_are_steps(void **state) {
    (void)state;
    static const char *const steps[] = {
        "1m", "2m", "1me", "3m/31", "13m", "1d", "1b", "15min", "30min/mon-fri/09:30-15:30"};
    int64_t first = INT64_C(1706232600) * KR__SECOND, dates[40]; /* 2024-01-26 01:30:00 */
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        kr_frequency f;
        assert_int_equal(kr_frequency_parse(steps[s], &f, NULL), KR_OK);
        first = kr_frequency_add(&f, first, 1);
        for (int64_t i = 0; i < 40; i++) dates[i] = kr_frequency_add(&f, first, i);
        assert_true(kr__frequency_are_steps(&f, 40, dates));
        for (int64_t i = 0; i < 40; i++) {
            int64_t date = dates[i];
            dates[i] = kr_frequency_add(&f, date, 1);
            assert_false(kr__frequency_are_steps(&f, 40, dates) && i < 39);
            dates[i] = date + KR__SECOND;
            assert_false(kr__frequency_are_steps(&f, 40, dates));
            dates[i] = date;
        }
        assert_false(kr__frequency_are_steps(&f, 39, dates + 1) !=
                     (kr_frequency_count(&f, dates[1], dates[39]) == 38));
    }
}

static void steps_behind_all_dates(void **state) {
    (void)state;
    const kr_frequency f = {.micros = 7 * KR__DAY};
    const int64_t from = at("2024-01-01");
    assert_true(kr_frequency_add(&f, from, INT64_MAX) > at("9999-12-31"));
    assert_true(kr_frequency_add(&f, from, INT64_MIN) < at("0001-01-01"));
    assert_int_equal(kr_frequency_count(&f, at("0001-01-01"), at("9999-12-27")), 521722);
}

static void words_that_are_no_step(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "x",
                                        "5",
                                        "0h",
                                        "-1h",
                                        "h3",
                                        "2b",
                                        "Ms",
                                        "2d/mon",
                                        "1w/mon",
                                        "5h/mon-fri",
                                        "1d/mon-fry",
                                        "1d/",
                                        "1d/mon+",
                                        "1d/mon-fri/tue",
                                        "1b/tue",
                                        "1m/0",
                                        "1m/32",
                                        "1me/30",
                                        "1m/mon",
                                        "1h/09:00-08:00",
                                        "1h/09:00-11:30",
                                        "1h/09:00",
                                        "1h/09:00-24:00",
                                        "1d/09:00-10:00",
                                        "1h/9:00-10:00",
                                        "1h/09:00-10:00/09:00-10:00",
                                        "30min/mon-fri/09:30-11:30+11:45-15:15",
                                        "30min/09:30-11:30+12:00-15:00",
                                        "1h/09:00-10:00x",
                                        "168000001h",
                                        "999999999999h",
                                        "hh"};
    kr_frequency f;
    assert_int_equal(kr_frequency_parse("168000000h", &f, NULL), KR_OK);
    kr_error err = {.text = ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(kr_frequency_parse(wrong[i], &f, &err), KR_USAGE);
    }
    assert_string_equal(
        err.text,
        "\"hh\" is not a step of dates; use one such as hours, 15min, days, business days (1b), "
        "weeks, months, month ends (1me), quarters, years, or with days and hours: 1d/mon-sat, "
        "30min/mon-fri/09:30-15:30, 1m/30");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_is_found_again),
        cmocka_unit_test(months_end_where_they_end),
        cmocka_unit_test(weekends_are_no_gaps),
        cmocka_unit_test(missing_rows_do_not_matter),
        cmocka_unit_test(refusals),
        cmocka_unit_test(months_and_milliseconds_differ_by_case),
        cmocka_unit_test(dates_are_steps),
        cmocka_unit_test(steps_behind_all_dates),
        cmocka_unit_test(words_that_are_no_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
