/* SPDX-License-Identifier: MIT
 * test_intervals.c - conformal intervals hold what they promise; scores against plain formulas. */
#include <kr/scores.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "support/workers.h"

static kr_conformal *fit(int64_t n_windows, int64_t n_places, const float *forecast,
                         const float *truth) {
    kr_conformal *c = NULL;
    kr_error err = {.text = ""};
    assert_int_equal(kr_conformal_fit(test_team, n_windows, n_places, forecast, truth, &c, &err),
                     KR_OK);
    return c;
}

/* Errors 1 .. 9 of nine windows, shuffled; the second place is their negative. */
static void ranks_are_those_of_the_formula(void **state) {
    (void)state;
    const float error[9] = {3, 9, 1, 7, 5, 2, 8, 6, 4};
    float forecast[18], truth[18], low[2], high[2];
    for (int w = 0; w < 9; w++) {
        forecast[2 * w] = forecast[2 * w + 1] = (float)(10 * w);
        truth[2 * w] = (float)(10 * w) + error[w];
        truth[2 * w + 1] = (float)(10 * w) - error[w];
    }
    kr_conformal *c = fit(9, 2, forecast, truth);
    const float at[2] = {100, 100};
    /* (9 + 1) * 0.8: ranks 1 and 9 exactly; 0.6: 2 and 8; 0.5: 2.5 and 7.5, outwards. */
    const struct {
        double level;
        float low, high;
    } want[] = {{0.8, 101, 109}, {0.6, 102, 108}, {0.5, 102, 108}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(kr_conformal_bounds(c, want[i].level, 1, at, low, high, NULL), KR_OK);
        assert_true(low[0] == want[i].low && high[0] == want[i].high);
        assert_true(low[1] == 200 - want[i].high && high[1] == 200 - want[i].low);
    }
    kr_error err;
    assert_int_equal(kr_conformal_bounds(c, 0.9, 1, at, low, high, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "needs 19 held-back windows, and there are 9"));
    assert_int_equal(kr_conformal_bounds(c, 1, 1, at, low, high, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "between 0 and 100 %"));
    assert_int_equal(kr_conformal_bounds(c, (double)NAN, 1, at, low, high, &err), KR_USAGE);
    kr_conformal_destroy(c);
}

static void draw(uint64_t item, int64_t n, float *forecast, float *truth) {
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, item);
    for (int64_t i = 0; i < n; i++) {
        forecast[i] = (float)kr__rng_normal(&rng);
        truth[i] = forecast[i] + (float)exp(kr__rng_normal(&rng));
    }
}

static void widen(int64_t n, const float *from, double *to) {
    for (int64_t i = 0; i < n; i++) to[i] = (double)from[i];
}

/* Skewed errors of more windows than are kept: the share inside is the level, and not less; a
 * higher level contains a lower one. */
static void coverage_is_the_level(void **state) {
    (void)state;
    enum { FITTED = 3000, NEW = 4000, PLACES = 5 };
    static float forecast[NEW * PLACES], truth[NEW * PLACES];
    static float low[2][NEW * PLACES], high[2][NEW * PLACES];
    static double l[NEW * PLACES], h[NEW * PLACES], t[NEW * PLACES];
    draw(1, FITTED * PLACES, forecast, truth);
    kr_conformal *c = fit(FITTED, PLACES, forecast, truth);
    assert_int_equal(c->n_windows, FITTED);
    assert_int_equal(c->n_kept, KR_CONFORMAL_KEPT);
    draw(2, NEW * PLACES, forecast, truth);
    for (int level = 10; level <= 99; level++) {
        int now = level % 2, before = !now;
        assert_int_equal(
            kr_conformal_bounds(c, level / 100.0, NEW, forecast, low[now], high[now], NULL), KR_OK);
        widen(NEW * PLACES, low[now], l);
        widen(NEW * PLACES, high[now], h);
        widen(NEW * PLACES, truth, t);
        kr_interval_score score = kr_interval_measure(level / 100.0, NEW * PLACES, l, h, t);
        assert_true(score.coverage > level / 100.0 - 0.01 &&
                    score.coverage < level / 100.0 + 0.015);
        for (int i = 0; level > 10 && i < NEW * PLACES; i++) {
            assert_true(low[now][i] <= low[before][i] && high[now][i] >= high[before][i]);
        }
    }
    kr_conformal_destroy(c);
}

/* A missing truth is as if its window were not there; a place without truths has no bounds. */
static void missing_truths_do_not_count(void **state) {
    (void)state;
    enum { WINDOWS = 40, PLACES = 3 };
    float forecast[WINDOWS * PLACES], truth[WINDOWS * PLACES], column[2][WINDOWS];
    draw(3, WINDOWS * PLACES, forecast, truth);
    for (int w = 0; w < WINDOWS; w++) {
        if (w % 4 == 0) truth[w * PLACES + 1] = (float)NAN;
        truth[w * PLACES + 2] = (float)NAN;
    }
    int n = 0;
    for (int w = 0; w < WINDOWS; w++) {
        if (w % 4 == 0) continue;
        column[0][n] = forecast[w * PLACES + 1];
        column[1][n++] = truth[w * PLACES + 1];
    }
    kr_conformal *c = fit(WINDOWS, PLACES, forecast, truth);
    kr_conformal *one = fit(n, 1, column[0], column[1]);
    assert_int_equal(c->n_windows, n);
    assert_int_equal(c->n_kept, n);
    const float at[PLACES] = {0, 0, 0};
    float low[PLACES], high[PLACES], low_one, high_one;
    assert_int_equal(kr_conformal_bounds(c, 0.93, 1, at, low, high, NULL), KR_OK);
    assert_int_equal(kr_conformal_bounds(one, 0.93, 1, at, &low_one, &high_one, NULL), KR_OK);
    assert_true(low[1] == low_one && high[1] == high_one);
    assert_true(low[0] < high[0]);
    assert_true(isnan(low[2]) && isnan(high[2]));
    kr_conformal_destroy(c);
    kr_conformal_destroy(one);
    for (int i = 0; i < WINDOWS * PLACES; i++) truth[i] = (float)NAN;
    c = NULL;
    kr_error err;
    assert_int_equal(kr_conformal_fit(test_team, WINDOWS, PLACES, forecast, truth, &c, &err),
                     KR_SHAPE);
    assert_null(c);
}

/* All of some hundred windows; of very many places fewer, but never less than 64. */
static void few_errors_are_kept_of_many_places(void **state) {
    (void)state;
    enum { WINDOWS = 66, MOST_PLACES = 70000 };
    static const struct {
        int64_t n_windows, n_places, n_kept;
    } cases[] = {{WINDOWS, 60000, 66},
                 {WINDOWS, 64527, 65},
                 {WINDOWS, 65536, 64},
                 {WINDOWS, MOST_PLACES, 64},
                 {63, MOST_PLACES, 63}};
    float *none = calloc((size_t)WINDOWS * MOST_PLACES, sizeof *none);
    assert_non_null(none);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kr_conformal *c = fit(cases[i].n_windows, cases[i].n_places, none, none);
        assert_int_equal(c->n_windows, cases[i].n_windows);
        assert_int_equal(c->n_kept, cases[i].n_kept);
        kr_conformal_destroy(c);
    }
    free(none);
}

static void threads_change_no_bit(void **state) {
    (void)state;
    enum { WINDOWS = 700, PLACES = 40 };
    static float forecast[WINDOWS * PLACES], truth[WINDOWS * PLACES];
    draw(4, WINDOWS * PLACES, forecast, truth);
    test_workers(1);
    kr_conformal *one = fit(WINDOWS, PLACES, forecast, truth);
    test_workers(7);
    kr_conformal *seven = fit(WINDOWS, PLACES, forecast, truth);
    test_workers(0);
    assert_memory_equal(one->residuals, seven->residuals,
                        (size_t)(one->n_kept * PLACES) * sizeof(float));
    kr_conformal_destroy(one);
    kr_conformal_destroy(seven);
}

static void levels_are_shares_or_percents(void **state) {
    (void)state;
    const struct {
        const char *text;
        int n;
        double levels[3];
    } good[] = {{"0.8,0.95", 2, {0.8, 0.95}},
                {"95, 80", 2, {0.8, 0.95}},
                {"80%", 1, {0.8}},
                {"0.5%,.5,99", 3, {0.005, 0.5, 0.99}}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        double levels[KR_LEVELS_MAX];
        int n = 0;
        assert_int_equal(kr_levels_parse(good[i].text, levels, &n, NULL), KR_OK);
        assert_int_equal(n, good[i].n);
        for (int k = 0; k < n; k++) assert_true(fabs(levels[k] - good[i].levels[k]) < 1e-15);
    }
    const char *const bad[] = {
        "",     "0.8,", "1",     "100", "100%", "0",   "-5",
        "high", "0.8x", "8,8.0", "200", "nan",  ",80", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double levels[KR_LEVELS_MAX] = {0};
        int n = -1;
        kr_error err = {.text = ""};
        assert_int_equal(kr_levels_parse(bad[i], levels, &n, &err), KR_USAGE);
        assert_true(err.text[0] && n == -1);
    }
}

static void interval_scores(void **state) {
    (void)state;
    const double low[5] = {0, 0, 0, 0, 0}, high[5] = {1, 2, 1, 2, 9};
    const double truth[5] = {0, 3, -2, 1, (double)NAN};
    kr_interval_score s = kr_interval_measure(0.8, 5, low, high, truth);
    assert_true(s.level == 0.8 && s.coverage == 0.5 && s.width == 1.5);
    assert_true(fabs(s.winkler - (1.5 + 10 * 3.0 / 4)) < 1e-12);
    s = kr_interval_measure(0.8, 1, low, high, truth + 4);
    assert_true(isnan(s.coverage) && isnan(s.width) && isnan(s.winkler));
}

/* Of nine errors 1 .. 9: quantile 0.1 is the first, 0.5 the fifth; between them linearly. */
static void conformal_quantiles_are_ranks(void **state) {
    (void)state;
    const float forecast[9] = {0}, truth[9] = {3, 9, 1, 7, 5, 2, 8, 6, 4}, at = 100;
    const double p[] = {0.01, 0.1, 0.25, 0.5, 0.9, 0.99};
    const float want[] = {101, 101, 102.5F, 105, 109, 109};
    kr_conformal *c = fit(9, 1, forecast, truth);
    for (int i = 0; i < 6; i++) {
        float q = 0;
        kr_conformal_quantile(c, p[i], 1, &at, &q);
        assert_true(fabsf(q - want[i]) < 1e-5F);
    }
    kr_conformal_destroy(c);
    c = fit(1, 1, forecast, truth);
    float q = 0;
    kr_conformal_quantile(c, 0.9, 1, &at, &q);
    assert_true(q == 103);
    kr_conformal_destroy(c);
}

/* The CRPS of a certain forecast is the absolute error, for symmetric levels; that of 99 quantiles
 * of the uniform distribution on 0 to 1 is near its closed form, y^2 - y + 1/3. */
static void quantile_scores(void **state) {
    (void)state;
    const double p[3] = {0.1, 0.5, 0.9};
    const double q[3] = {1, 2, 0}, truth[3] = {3, 1, (double)NAN};
    double pinball[99];
    for (int i = 0; i < 3; i++) {
        pinball[i] = kr_quantile_pinball(p[i], 3, q, truth);
        assert_true(fabs(pinball[i] - (2 * p[i] + (1 - p[i])) / 2) < 1e-12);
    }
    assert_true(fabs(kr_quantiles_crps(3, p, pinball) - 1.5) < 1e-12);
    assert_true(isnan(kr_quantile_pinball(0.5, 1, q, truth + 2)));
    double many[99];
    const double y = 0.3;
    for (int i = 0; i < 99; i++) {
        many[i] = (i + 1) / 100.0;
        pinball[i] = kr_quantile_pinball(many[i], 1, &many[i], &y);
    }
    assert_true(fabs(kr_quantiles_crps(99, many, pinball) - (0.09 - 0.3 + 1.0 / 3)) < 2e-4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_are_those_of_the_formula),
        cmocka_unit_test(coverage_is_the_level),
        cmocka_unit_test(missing_truths_do_not_count),
        cmocka_unit_test(few_errors_are_kept_of_many_places),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(levels_are_shares_or_percents),
        cmocka_unit_test(conformal_quantiles_are_ranks),
        cmocka_unit_test(interval_scores),
        cmocka_unit_test(quantile_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
