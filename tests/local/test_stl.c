/* SPDX-License-Identifier: MIT
 * test_stl.c - seasons and trends are the reference's, and what is pure season comes back whole. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "golden/local/stl_goldens.inc"
#include "local/stl.h"

enum {
    N_MONTHS = sizeof monthly / sizeof *monthly,
    N_DAYS = sizeof two_seasons / sizeof *two_seasons,
    MOST = 1000
};

static void assert_near(const double *values, const double *wanted, int64_t n) {
    for (int64_t t = 0; t < n; t++) {
        if (!(fabs(values[t] - wanted[t]) <= 1e-9)) {
            fail_msg("value %d: %.17g, not %.17g", (int)t, values[t], wanted[t]);
        }
    }
}

static void one_season_as_the_reference(void **state) {
    (void)state;
    kr_arena arena = {NULL};
    double season[N_MONTHS], trend[N_MONTHS];
    kr__stl *stl = kr__stl_create(&arena, N_MONTHS, 12, 11);
    for (int again = 0; again < 2; again++) {
        kr__stl_split(stl, monthly, season, trend);
        assert_near(season, monthly_season, N_MONTHS);
        assert_near(trend, monthly_trend, N_MONTHS);
    }
    kr__arena_deinit(&arena);
}

static void two_seasons_as_the_reference(void **state) {
    (void)state;
    static const int64_t periods[] = {7, 28};
    kr_arena arena = {NULL};
    double seasons[2 * N_DAYS], rest[N_DAYS], trend[N_DAYS];
    assert_int_equal(
        kr__mstl_split(two_seasons, N_DAYS, periods, 2, &arena, seasons, rest, trend, NULL), KR_OK);
    assert_near(seasons, two_seasons_7, N_DAYS);
    assert_near(seasons + N_DAYS, two_seasons_28, N_DAYS);
    assert_near(trend, two_seasons_trend, N_DAYS);
    for (int t = 0; t < N_DAYS; t++) rest[t] -= trend[t];
    assert_near(rest, two_seasons_remainder, N_DAYS);
    kr__arena_deinit(&arena);
}

/* A straight line and a fixed season, of every length from two periods on, shorter and longer than
 * the windows. */
static void lines_and_seasons_come_back(void **state) {
    (void)state;
    static const int64_t periods[] = {2, 3, 7, 12, 24};
    double y[MOST], season[MOST], trend[MOST];
    for (int i = 0; i < 5; i++) {
        int64_t period = periods[i];
        for (int64_t n = 2 * period; n < 8 * period + 3; n++) {
            kr_arena arena = {NULL};
            for (int64_t t = 0; t < n; t++) {
                y[t] = 3 + ((t % period) * 5 % period - 0.5 * (double)(period - 1));
            }
            kr__stl *stl = kr__stl_create(&arena, n, period, 11);
            kr__stl_split(stl, y, season, trend);
            for (int64_t t = 0; t < n; t++) {
                assert_true(fabs(trend[t] - 3) < 0.02 * (double)period);
                assert_true(fabs(season[t] + trend[t] - y[t]) < 0.02 * (double)period);
            }
            kr__arena_deinit(&arena);
        }
    }
}

static void no_season_is_none(void **state) {
    (void)state;
    double rest[N_DAYS], seasons[1];
    kr_arena arena = {NULL};
    assert_int_equal(
        kr__mstl_split(two_seasons, N_DAYS, NULL, 0, &arena, seasons, rest, NULL, NULL), KR_OK);
    assert_near(rest, two_seasons, N_DAYS);
    kr__arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_season_as_the_reference),
                                       cmocka_unit_test(two_seasons_as_the_reference),
                                       cmocka_unit_test(lines_and_seasons_come_back),
                                       cmocka_unit_test(no_season_is_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
