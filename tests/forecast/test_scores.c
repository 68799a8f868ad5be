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
    const float values[] = {1, 2, 3, 0, 5, 7};
    kr_naive_scale scale = kr_naive_scale_of(6, 1, values, 2);
    assert_near(scale.absolute, (2 + 2 + 2 + 7) / 4.0);
    assert_near(scale.squared, (4 + 4 + 4 + 49) / 4.0);
}

static void a_gap_takes_its_pairs_out(void **state) {
    (void)state;
    const float values[] = {1, 2, NAN, 0, 5, 7};
    kr_naive_scale scale = kr_naive_scale_of(6, 1, values, 1);
    /* 2 - 1, 5 - 0, 7 - 5 */
    assert_near(scale.absolute, 8 / 3.0);
    assert_near(scale.squared, 30 / 3.0);
}

static void no_pair_gives_no_scale(void **state) {
    (void)state;
    const float values[] = {1, 2, NAN, NAN};
    kr_naive_scale scale = kr_naive_scale_of(2, 1, values, 2);
    assert_true(isnan(scale.absolute) && isnan(scale.squared));
    scale = kr_naive_scale_of(4, 1, values, 2);
    assert_true(isnan(scale.absolute) && isnan(scale.squared));
}

static void scores_by_hand(void **state) {
    (void)state;
    const float truth[] = {1, 0, -2, NAN}, forecast[] = {3, 0, -1, 5};
    const kr_naive_scale scale = {0.5, 4};
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
    const float truth[] = {1, 2}, forecast[] = {1, 3};
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
    const float truth[] = {NAN}, forecast[] = {1};
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
    float values[N * CHANNELS];
    kr_rng rng = kr__rng_make(11, KR_STREAM_TEST, 0);
    for (int i = 0; i < N * CHANNELS; i++) {
        values[i] = (float)((1 + 1000 * (i % CHANNELS)) * kr__rng_normal(&rng));
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scale_by_hand),
        cmocka_unit_test(a_gap_takes_its_pairs_out),
        cmocka_unit_test(no_pair_gives_no_scale),
        cmocka_unit_test(scores_by_hand),
        cmocka_unit_test(without_a_scale_there_are_no_scaled_errors),
        cmocka_unit_test(nothing_to_count_is_nan),
        cmocka_unit_test(seasonal_naive_scores_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
