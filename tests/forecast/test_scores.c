/* SPDX-License-Identifier: MIT
 * test_scores.c - sMAPE, MASE, RMSSE by hand and by their properties. */
#include <kr/scores.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/random.h"

static void assert_near(double got, double want) {
    if (fabs(got - want) <= 1e-12 * (1 + fabs(want))) return;
    fail_msg("%.17g is not %.17g", got, want);
}

static void a_scale_by_hand(void **state) {
    (void)state;
    /* Pairs two apart: 3 - 1, 0 - 2, 5 - 3, 7 - 0. */
    const double values[] = {1, 2, 3, 0, 5, 7};
    kr_naive_scale scale = kr_naive_scale_of(6, 1, values, 2);
    assert_near(scale.absolute, (2 + 2 + 2 + 7) / 4.0);
    assert_near(scale.root, sqrt((4 + 4 + 4 + 49) / 4.0));
}

static void a_gap_takes_its_pairs_out(void **state) {
    (void)state;
    const double values[] = {1, 2, (double)NAN, 0, 5, 7};
    kr_naive_scale scale = kr_naive_scale_of(6, 1, values, 1);
    /* 2 - 1, 5 - 0, 7 - 5 */
    assert_near(scale.absolute, 8 / 3.0);
    assert_near(scale.root, sqrt(30 / 3.0));
}

static void no_pair_gives_no_scale(void **state) {
    (void)state;
    const double values[] = {1, 2, (double)NAN, (double)NAN};
    kr_naive_scale scale = kr_naive_scale_of(2, 1, values, 2);
    assert_true(isnan(scale.absolute) && isnan(scale.root));
    scale = kr_naive_scale_of(4, 1, values, 2);
    assert_true(isnan(scale.absolute) && isnan(scale.root));
}

static void scores_by_hand(void **state) {
    (void)state;
    const double truth[] = {1, 0, -2, (double)NAN}, forecast[] = {3, 0, -1, 5};
    const kr_naive_scale scale = {0.5, 2};
    kr_scores s = kr_scores_of(4, 1, forecast, truth, &scale);
    assert_int_equal(s.n, 3);
    assert_near(s.mae, (2 + 0 + 1) / 3.0);
    assert_near(s.mse, (4 + 0 + 1) / 3.0);
    assert_near(s.smape, (200 * 2 / 4.0 + 0 + 200 * 1 / 3.0) / 3);
    assert_near(s.mase, 1 / 0.5);
    assert_near(s.rmsse, sqrt(5 / 3.0 / 4));
}

static void without_a_scale_there_are_no_scaled_errors(void **state) {
    (void)state;
    const double truth[] = {1, 2}, forecast[] = {1, 3};
    const kr_naive_scale zero = {0, 0}, missing = {(double)NAN, (double)NAN};
    const kr_naive_scale *const scales[] = {NULL, &zero, &missing};
    for (int i = 0; i < 3; i++) {
        kr_scores s = kr_scores_of(2, 1, forecast, truth, scales[i]);
        assert_near(s.mae, 0.5);
        assert_true(isnan(s.mase) && isnan(s.rmsse));
    }
}

static void nothing_to_count_is_nan(void **state) {
    (void)state;
    const double truth[] = {(double)NAN}, forecast[] = {1};
    const kr_naive_scale scale = {1, 1};
    kr_scores s = kr_scores_of(1, 1, forecast, truth, &scale);
    assert_int_equal(s.n, 0);
    assert_true(isnan(s.mae) && isnan(s.mse) && isnan(s.smape) && isnan(s.mase) && isnan(s.rmsse));
}

/* The seasonal naive forecast of a long series has MASE and RMSSE 1 by the scale of that series,
 * whatever its unit; and a stride picks one channel of many. */
static void seasonal_naive_scores_one(void **state) {
    (void)state;
    enum { N = 500, CHANNELS = 3, SEASON = 7 };
    double values[N * CHANNELS];
    kr_rng rng = kr__rng_make(11, KR_STREAM_TEST, 0);
    for (int i = 0; i < N * CHANNELS; i++) {
        values[i] = ((1 + 1000 * (i % CHANNELS)) * kr__rng_normal(&rng));
    }
    for (int c = 0; c < CHANNELS; c++) {
        kr_naive_scale scale = kr_naive_scale_of(N, CHANNELS, values + c, SEASON);
        kr_scores s =
            kr_scores_of(N - SEASON, CHANNELS, values + c, values + c + SEASON * CHANNELS, &scale);
        assert_near(s.mase, 1);
        assert_near(s.rmsse, 1);
        assert_true(s.smape > 0 && s.smape <= 200);
    }
}

/* What is left of every number is its digits: scores do not change with the unit, be it 1e-299,
 * 1e300, or a large number that all values share. */
static void scores_do_not_depend_on_the_unit(void **state) {
    (void)state;
    enum { N = 200 };
    double values[N], forecast[N], x[N], y[N];
    kr_rng rng = kr__rng_make(12, KR_STREAM_TEST, 0);
    for (int i = 0; i < N; i++) {
        values[i] = 4 + kr__rng_normal(&rng);
        forecast[i] = values[i] + kr__rng_normal(&rng);
    }
    kr_naive_scale scale = kr_naive_scale_of(N, 1, values, 1);
    const kr_scores want = kr_scores_of(N, 1, forecast, values, &scale);
    const struct {
        double unit, shift;
        bool has_smape;
    } cases[] = {{1e-299, 0, true}, {1e300, 0, true}, {1e-3, 0, true}, {1, 1e9, false}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        for (int i = 0; i < N; i++) {
            x[i] = values[i] * cases[k].unit + cases[k].shift;
            y[i] = forecast[i] * cases[k].unit + cases[k].shift;
        }
        scale = kr_naive_scale_of(N, 1, x, 1);
        const kr_scores s = kr_scores_of(N, 1, y, x, &scale);
        assert_true(fabs(s.mae / cases[k].unit / want.mae - 1) < 1e-6);
        assert_true(fabs(s.mase - want.mase) < 1e-6 && fabs(s.rmsse - want.rmsse) < 1e-6);
        assert_true(!cases[k].has_smape || fabs(s.smape - want.smape) < 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scale_by_hand),
        cmocka_unit_test(a_gap_takes_its_pairs_out),
        cmocka_unit_test(no_pair_gives_no_scale),
        cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(without_a_scale_there_are_no_scaled_errors),
        cmocka_unit_test(nothing_to_count_is_nan),
        cmocka_unit_test(seasonal_naive_scores_one),
        cmocka_unit_test(scores_do_not_depend_on_the_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
