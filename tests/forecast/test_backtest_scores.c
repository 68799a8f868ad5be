/* SPDX-License-Identifier: MIT
 * test_backtest_scores.c - origins, scales, and scores of groups against those of the parts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/random.h"
#include "forecast/backtest_scores.h"
#include "support/starve.h"

static void assert_near(double got, double want) {
    if (fabs(got - want) <= 1e-12 * (1 + fabs(want))) return;
    fail_msg("%.17g is not %.17g", got, want);
}

static void origins_end_where_the_truth_is_known(void **state) {
    (void)state;
    int64_t origins[3];
    assert_int_equal(kr__backtest_origins("d.csv", 100, 40, 10, 3, 20, origins, NULL), KR_OK);
    assert_int_equal(origins[2], 89); /* rows 90 .. 99 are forecast */
    assert_int_equal(origins[1], 69);
    assert_int_equal(origins[0], 49);
}

static void too_few_rows_are_refused(void **state) {
    (void)state;
    int64_t origins[8] = {-7};
    kr_error err = {.text = ""};
    /* The first origin has the 40 rows that it needs, exactly. */
    assert_int_equal(kr__backtest_origins("d.csv", 100, 40, 10, 6, 10, origins, NULL), KR_OK);
    assert_int_equal(origins[0], 39);
    origins[0] = -7;
    assert_int_equal(kr__backtest_origins("d.csv", 100, 40, 10, 7, 10, origins, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "`folds` 7: d.csv has rows for 6 folds, 10 rows apart; use fewer "
                        "folds or a smaller `every`");
    assert_int_equal(kr__backtest_origins("d.csv", 49, 40, 10, 1, 10, origins, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "d.csv: has 49 rows, but a backtest needs 40 before its origin and 10 "
                        "after it");
    assert_int_equal(origins[0], -7);
}

/* A column that repeats its season has the scale of neighbours, and one that never changes none. */
static void scales_of_columns(void **state) {
    (void)state;
    const double values[] = {0, 5, 1, 5, 0, 5, 1, 5, 0, 5, 3, 5}; /* (6, 2) */
    assert_near(kr__backtest_scale(6, 2, values, 1).absolute, (1 + 1 + 1 + 1 + 3) / 5.0);
    assert_near(kr__backtest_scale(6, 2, values, 2).absolute, 2 / 4.0);
    assert_near(kr__backtest_scale(5, 2, values, 2).absolute, 1);
    assert_true(kr__backtest_scale(6, 2, values + 1, 1).absolute == 0);
}

enum { FOLDS = 3, STEPS = 4, CHANNELS = 2, N = FOLDS * STEPS * CHANNELS, ROWS = 60 };

static void fill(int64_t n, double *values) {
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, (uint64_t)n);
    for (int64_t i = 0; i < n; i++) values[i] = (3 + kr__rng_normal(&rng));
}

/* Every fold and channel alone, by kr_scores_of(), against the groups. */
static void groups_are_means_of_their_parts(void **state) {
    (void)state;
    double values[ROWS * CHANNELS], forecast[N + 1], truth[N];
    kr_naive_scale scales[FOLDS * CHANNELS];
    kr_backtest_scores s;
    fill(ROWS * CHANNELS, values);
    fill(N, truth);
    fill(N + 1, forecast);
    for (int i = 0; i < FOLDS * CHANNELS; i++) {
        scales[i] = kr__backtest_scale(31 + i, CHANNELS, values + i % CHANNELS, 7);
    }
    assert_int_equal(
        kr__backtest_measure(FOLDS, STEPS, CHANNELS, forecast, truth, scales, &s, NULL), KR_OK);
    double mase = 0, smape = 0, squares = 0, fold_mae = 0;
    for (int i = 0; i < FOLDS; i++) {
        for (int c = 0; c < CHANNELS; c++) {
            int at = i * STEPS * CHANNELS + c;
            kr_scores part =
                kr_scores_of(STEPS, CHANNELS, forecast + at, truth + at, &scales[i * CHANNELS + c]);
            mase += part.mase / (FOLDS * CHANNELS);
            smape += part.smape / (FOLDS * CHANNELS);
            squares += part.rmsse * part.rmsse / (FOLDS * CHANNELS);
            if (i == 1) fold_mae += part.mae / CHANNELS;
        }
    }
    assert_int_equal(s.all.n, N);
    assert_near(s.all.mase, mase);
    assert_near(s.all.smape, smape);
    assert_near(s.all.rmsse, sqrt(squares));
    assert_near(s.by_fold[1].mae, fold_mae);
    double steps = 0, channels = 0;
    for (int t = 0; t < STEPS; t++) steps += s.by_step[t].mse / STEPS;
    for (int c = 0; c < CHANNELS; c++) channels += s.by_channel[c].mse / CHANNELS;
    assert_near(steps, s.all.mse);
    assert_near(channels, s.all.mse);
    assert_true(s.by_channel[0].mase != s.by_channel[1].mase);
    kr__backtest_scores_deinit(&s);
}

static void gaps_and_flat_series_do_not_count(void **state) {
    (void)state;
    const double truth[] = {NAN, 2, 4, NAN}, forecast[] = {1, 1, 1, 1}; /* (1, 2, 2) */
    const kr_naive_scale scales[] = {{0, 0}, {2, 2}};
    kr_backtest_scores s;
    assert_int_equal(kr__backtest_measure(1, 2, 2, forecast, truth, scales, &s, NULL), KR_OK);
    assert_int_equal(s.all.n, 2);
    assert_near(s.all.mae, 2);
    assert_near(s.all.mase, 0.5);
    assert_near(s.all.rmsse, 0.5);
    assert_true(isnan(s.by_channel[0].mase));
    assert_near(s.by_step[1].mae, 3);
    kr__backtest_scores_deinit(&s);
}

static kr_status measure_folds(void *arg, kr_error *err) {
    kr_backtest_scores s;
    const double *values = arg;
    const kr_naive_scale scales[] = {{1, 1}, {2, 2}};
    KR_TRY(kr__backtest_measure(1, 2, 2, values, values, scales, &s, err));
    kr__backtest_scores_deinit(&s);
    return KR_OK;
}

static void scores_may_lack_memory(void **state) {
    (void)state;
    double values[] = {1, 2, 3, 4};
    kr_starve("scores of a backtest", measure_folds, values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(origins_end_where_the_truth_is_known),
        cmocka_unit_test(too_few_rows_are_refused),
        cmocka_unit_test(scales_of_columns),
        cmocka_unit_test(groups_are_means_of_their_parts),
        cmocka_unit_test(gaps_and_flat_series_do_not_count),
        cmocka_unit_test(scores_may_lack_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
