/* SPDX-License-Identifier: MIT
 * test_mstl.c - several seasons are forecast on, as terms or as factors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local/local.h"

enum { N = 400, HORIZON = 60 };
static const int64_t seasons[] = {7, 28};

static double term_of(int64_t t) { return (double)(t * 3 % 7) + (double)(t * 11 % 28) / 4; }

static void ask(const double *y, int64_t n, int64_t n_seasons, double *mean, double *spread,
                char form[KR__LOCAL_FORM]) {
    kr_arena arena = {NULL};
    const kr__local_series s = {.values = y, .n = n, .seasons = seasons, .n_seasons = n_seasons};
    kr__local_forecast out = {.horizon = HORIZON, .mean = mean, .spread = spread};
    assert_int_equal(kr__local_find("MSTL")->forecast(&s, &arena, &out, NULL), KR_OK);
    memcpy(form, out.form, sizeof out.form);
    kr__arena_deinit(&arena);
}

static void both_seasons_go_on(void **state) {
    (void)state;
    double y[N], mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
    for (int64_t t = 0; t < N; t++) y[t] = -5 + term_of(t);
    ask(y, N, 2, mean, spread, form);
    assert_memory_equal(form, "MSTL[28] ARIMA(", 15);
    for (int64_t k = 0; k < HORIZON; k++) {
        assert_true(fabs(mean[k] - (-5 + term_of(N + k))) < 0.2);
        assert_true(spread[k] >= 0 && spread[k] < 1);
    }
}

static void factors_grow_with_the_level(void **state) {
    (void)state;
    double y[N], mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
    for (int64_t t = 0; t < N; t++) y[t] = exp(0.01 * (double)t + 0.05 * term_of(t));
    ask(y, N, 2, mean, spread, form);
    assert_memory_equal(form, "MSTL[28]log ARIMA(", 18);
    for (int64_t k = 0; k < HORIZON; k++) {
        double truth = exp(0.01 * (double)(N + k) + 0.05 * term_of(N + k));
        assert_true(fabs(mean[k] / truth - 1) < 0.3);
    }
}

/* What looks like a season in noise is mostly taken for noise. */
static void noise_has_no_season(void **state) {
    (void)state;
    double y[N], mean[HORIZON], spread[HORIZON], low = 10, high = -10;
    char form[KR__LOCAL_FORM];
    for (uint64_t t = 0; t < N; t++) {
        y[t] = (double)((t + 1) * 0x9E3779B97F4A7C15u >> 40) / (1 << 24) - 0.5;
    }
    ask(y, 84, 1, mean, spread, form);
    for (int64_t k = 0; k < 7; k++) low = fmin(low, mean[k]), high = fmax(high, mean[k]);
    assert_true(high - low < 0.1);
}

/* Of 28 steps there are not two seasons; without one the series itself is forecast. */
static void what_is_too_short_is_left_out(void **state) {
    (void)state;
    double y[N], mean[HORIZON], spread[HORIZON];
    char form[KR__LOCAL_FORM];
    for (int64_t t = 0; t < N; t++) y[t] = -50 + term_of(t);
    ask(y, 55, 2, mean, spread, form);
    assert_memory_equal(form, "MSTL[7] ", 8);
    ask(y, 13, 2, mean, spread, form);
    assert_memory_equal(form, "MSTL[] ", 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_seasons_go_on), cmocka_unit_test(factors_grow_with_the_level),
        cmocka_unit_test(noise_has_no_season), cmocka_unit_test(what_is_too_short_is_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
