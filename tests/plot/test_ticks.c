/* SPDX-License-Identifier: MIT
 * test_ticks.c - where ticks lie and what they say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/datetime.h"
#include "plot/ticks.h"
#include "tables/date_format.h"

#define TIMES "\xC3\x97"
#define MINUS "\xE2\x88\x92"

/* All texts of the ticks, with blanks between. */
static const char *join(const kr__ticks *ticks) {
    static char text[1024];
    text[0] = '\0';
    for (int i = 0; i < ticks->n; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s", i ? " " : "", ticks->text[i]);
    }
    return text;
}

static void linear_ticks_are_multiples_of_1_2_5(void **state) {
    (void)state;
    static const struct {
        double low, high;
        int most;
        bool is_integer;
        const char *texts, *factor;
    } rows[] = {
        {0, 10, 6, false, "0 2 4 6 8 10", ""},
        {0, 1, 6, false, "0.0 0.2 0.4 0.6 0.8 1.0", ""},
        {0, 1, 11, false, "0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0", ""},
        {-96, 96, 5, false, MINUS "50 0 50", ""},
        {-0.3, 0.3, 4, false, MINUS "0.2 0.0 0.2", ""},
        {0.013, 0.0275, 5, false, "0.015 0.020 0.025", ""},
        {1, 10, 10, true, "1 2 3 4 5 6 7 8 9 10", ""},
        {0.5, 3.5, 10, true, "1 2 3", ""},
        {0.2, 0.8, 10, true, "", ""},
        {0, 200000, 5, false, "0 50000 100000 150000 200000", ""},
        {0, 4e6, 5, false, "0 1 2 3 4", TIMES "10\xE2\x81\xB6"},
        {0, 2.5e-9, 6, false, "0.0 0.5 1.0 1.5 2.0 2.5", TIMES "10\xE2\x81\xBB\xE2\x81\xB9"},
        {-1e300, 1e300, 3, false, MINUS "1 0 1", TIMES "10\xC2\xB3\xE2\x81\xB0\xE2\x81\xB0"},
        {1000000.001, 1000000.004, 4, false, "0.001 0.002 0.003 0.004", "+1000000"},
        {-5000000.2, -5000000, 3, false, "99.8 99.9 100.0", MINUS "5000100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kr__ticks ticks;
        kr__ticks_linear(rows[i].low, rows[i].high, rows[i].most, rows[i].is_integer, &ticks);
        assert_string_equal(join(&ticks), rows[i].texts);
        assert_string_equal(ticks.factor, rows[i].factor);
    }
}

static void ticks_stay_within_their_range_and_number(void **state) {
    (void)state;
    kr__ticks tiny; /* half of such a range is none */
    kr__ticks_linear(0, 4.94e-324, 5, false, &tiny);
    assert_in_range(tiny.n, 1, 5);
    for (int power = -200; power <= 200; power += 7) {
        for (int most = 2; most <= KR__TICKS_MAX; most += 3) {
            double low = -0.37 * pow(10, power), high = 1.91 * pow(10, power);
            kr__ticks ticks;
            kr__ticks_linear(low, high, most, false, &ticks);
            assert_in_range(ticks.n, 1, most);
            double slack = 1e-8 * (high - low);
            for (int i = 0; i < ticks.n; i++) {
                assert_true(ticks.at[i] >= low - slack && ticks.at[i] <= high + slack);
            }
        }
    }
}

/* And those of a logarithmic axis, whatever it spans; the header says why there may be three more.
 */
static void logarithmic_ticks_stay_within_their_range_and_number(void **state) {
    (void)state;
    for (int decades = 1; decades <= 600; decades += 1 + decades / 3) {
        for (int most = 2; most <= KR__TICKS_MAX; most++) {
            for (int shift = 0; shift < 4; shift++) {
                double middle = 0.25 * shift, low = pow(10, middle - decades / 2.0),
                       high = pow(10, middle + decades / 2.0);
                kr__ticks ticks;
                kr__ticks_log(low, high, most, &ticks);
                assert_in_range(ticks.n, 1, decades < 3 ? most + 3 : most);
                assert_true(ticks.n <= KR__TICKS_MAX);
                for (int i = 0; i < ticks.n; i++) {
                    assert_true(ticks.at[i] >= low * (1 - 1e-8) &&
                                ticks.at[i] <= high * (1 + 1e-8));
                    if (i > 0) assert_true(ticks.at[i] > ticks.at[i - 1]);
                }
            }
        }
    }
}

static void logarithmic_ticks_are_decades(void **state) {
    (void)state;
    static const struct {
        double low, high;
        int most;
        const char *texts;
    } rows[] = {
        {0.001, 1000, 8, "0.001 0.01 0.1 1 10 100 1000"},
        {1e-6, 1e6, 13,
         "10\xE2\x81\xBB\xE2\x81\xB6 10\xE2\x81\xBB\xE2\x81\xB5 10\xE2\x81\xBB\xE2\x81\xB4 "
         "10\xE2\x81\xBB\xC2\xB3 10\xE2\x81\xBB\xC2\xB2 10\xE2\x81\xBB\xC2\xB9 10\xE2\x81\xB0 "
         "10\xC2\xB9 10\xC2\xB2 10\xC2\xB3 10\xE2\x81\xB4 10\xE2\x81\xB5 10\xE2\x81\xB6"},
        {1e-4, 1e4, 3, "10\xE2\x81\xBB\xC2\xB3 10\xE2\x81\xB0 10\xC2\xB3"},
        {1, 100, 8, "1 2 5 10 20 50 100"},
        {2, 5, 4, "2 3 4 5"}, /* within a decade: as on a linear axis */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kr__ticks ticks;
        kr__ticks_log(rows[i].low, rows[i].high, rows[i].most, &ticks);
        assert_string_equal(join(&ticks), rows[i].texts);
    }
}

static void ranges_are_widened_and_gaps_left_out(void **state) {
    (void)state;
    kr__limits limits = kr__limits_make(false);
    kr__limits_add(&limits, NAN);
    kr__limits_add(&limits, INFINITY);
    kr__limits_add(&limits, 1e305);
    assert_int_equal(limits.n, 0);
    kr__limits_finish(&limits, 0.1);
    assert_true(limits.low == 0 && limits.high == 1);

    limits = kr__limits_make(false);
    kr__limits_add(&limits, 3); /* a constant series */
    kr__limits_finish(&limits, 0.1);
    assert_true(limits.low < 2.9 && limits.high > 3.1);

    limits = kr__limits_make(false);
    kr__limits_edge(&limits, 0); /* the foot of bars keeps its place */
    kr__limits_add(&limits, 10);
    kr__limits_finish(&limits, 0.1);
    assert_true(limits.low == 0 && limits.high == 11);

    limits = kr__limits_make(true);
    kr__limits_add(&limits, 0);
    kr__limits_add(&limits, -5);
    kr__limits_add(&limits, 100);
    kr__limits_add(&limits, 1);
    assert_int_equal(limits.n, 2);
    kr__limits_finish(&limits, 0.5);
    assert_true(fabs(limits.low - 0.1) < 1e-12 && fabs(limits.high - 1000) < 1e-9);
}

static void scales_put_the_ends_on_the_ends(void **state) {
    (void)state;
    kr__scale linear = {.low = -1e300, .high = 1e300, .from = 50, .to = 10};
    assert_true(kr__scale_map(&linear, -1e300) == 50 && kr__scale_map(&linear, 1e300) == 10);
    assert_true(fabs(kr__scale_map(&linear, 0) - 30) < 1e-9);
    kr__scale log = {.low = 0.01, .high = 100, .is_log = true, .from = 0, .to = 4};
    assert_true(fabs(kr__scale_map(&log, 10) - 3) < 1e-12);
}

static double micros(const char *date) {
    int64_t s = 0;
    assert_true(kr__date_parse(date, strlen(date), &s));
    return (double)s;
}

static void dates_are_named_by_what_changes(void **state) {
    (void)state;
    static const struct {
        const char *low, *high;
        int most;
        const char *texts, *factor;
    } rows[] = {
        {"2018-06-26 19:00:00", "2018-06-26 19:00:20", 5,
         "19:00:00 19:00:05 19:00:10 19:00:15 19:00:20", "26 Jun 2018"},
        {"2018-06-26 19:00:00", "2018-06-26 19:00:01.2", 4, "19:00:00.0 19:00:00.5 19:00:01.0",
         "26 Jun 2018"},
        {"2018-06-26 19:00:00.25", "2018-06-26 19:00:00.250009", 3,
         "19:00:00.250000 19:00:00.250005", "26 Jun 2018"},
        {"2018-06-26 10:10", "2018-06-26 13:00", 6, "10:30 11:00 11:30 12:00 12:30 13:00",
         "26 Jun 2018"},
        {"2018-06-26 19:00", "2018-06-27 13:00", 6, "21:00 27 Jun 03:00 06:00 09:00 12:00", "2018"},
        {"2018-06-26", "2018-06-30", 6, "26 Jun 27 Jun 28 Jun 29 Jun 30 Jun", "2018"},
        {"2018-12-30 12:00", "2019-01-03", 6, "31 Dec 1 Jan 2 Jan 3 Jan", "2018/2019"},
        {"2024-01-03", "2024-02-03", 6, "8 Jan 15 Jan 22 Jan 29 Jan", "2024"},
        {"2017-11-15", "2018-04-01", 6, "Dec 2018 Feb Mar Apr", ""},
        {"2018-02-01", "2018-05-01", 6, "Feb Mar Apr May", "2018"},
        {"2015-06-01", "2018-06-01", 4, "2016 2017 2018", ""},
        {"1900-01-01", "2000-01-01", 6, "1900 1920 1940 1960 1980 2000", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kr__ticks ticks;
        kr__ticks_dates(micros(rows[i].low), micros(rows[i].high), rows[i].most, &ticks);
        assert_string_equal(join(&ticks), rows[i].texts);
        assert_string_equal(ticks.factor, rows[i].factor);
    }
    kr__ticks ticks;
    kr__ticks_dates(0, 1e18, 5, &ticks);
    assert_string_equal(join(&ticks), "0.0 0.5 1.0");
    kr__ticks_dates(micros("0001-01-01"), micros("9999-01-01"), 12, &ticks);
    assert_string_equal(join(&ticks), "1000 2000 3000 4000 5000 6000 7000 8000 9000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_ticks_are_multiples_of_1_2_5),
        cmocka_unit_test(ticks_stay_within_their_range_and_number),
        cmocka_unit_test(logarithmic_ticks_stay_within_their_range_and_number),
        cmocka_unit_test(logarithmic_ticks_are_decades),
        cmocka_unit_test(dates_are_named_by_what_changes),
        cmocka_unit_test(ranges_are_widened_and_gaps_left_out),
        cmocka_unit_test(scales_put_the_ends_on_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
