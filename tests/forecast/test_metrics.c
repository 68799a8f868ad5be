/* SPDX-License-Identifier: MIT
 * test_metrics.c - metrics against the originals', and against each other. */
#include <kr/scores.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/random.h"
#include "support/golden.h"

enum { WINDOWS = 5, STEPS = 24, CHANNELS = 7, N = WINDOWS * STEPS * CHANNELS };

static void narrow(kr_golden *g, const char *name, double *out) {
    int64_t n;
    const double *values = kr_golden_double(g, name, &n);
    assert_int_equal(n, N);
    for (int64_t i = 0; i < n; i++) out[i] = values[i];
}

static void compare_case(kr_golden *g, const char *tag, bool has_rest) {
    double pred[N], truth[N];
    char name[32];
    kr_metrics m;
    snprintf(name, sizeof name, "%s.pred", tag);
    narrow(g, name, pred);
    snprintf(name, sizeof name, "%s.true", tag);
    narrow(g, name, truth);
    kr_metrics_compute(WINDOWS, STEPS, CHANNELS, pred, truth, &m);
    snprintf(name, sizeof name, "%s.metric", tag);
    const double *want = kr_golden_double(g, name, NULL);
    const double got[5] = {m.mae, m.mse, m.rmse, m.mape, m.mspe};
    for (int i = 0; i < 5; i++) assert_close_double(&got[i], &want[i], 1, 2e-6);
    if (!has_rest) return;
    snprintf(name, sizeof name, "%s.rse", tag);
    assert_close_double(&m.rse, kr_golden_double(g, name, NULL), 1, 2e-6);
    double corr[STEPS], mean = 0;
    assert_int_equal(kr_metrics_corr(WINDOWS, STEPS, CHANNELS, pred, truth, corr, NULL), KR_OK);
    snprintf(name, sizeof name, "%s.corr", tag);
    assert_close_double(corr, kr_golden_double(g, name, NULL), STEPS, 2e-6);
    for (int i = 0; i < STEPS; i++) mean += corr[i] / STEPS;
    assert_true(fabs(mean - m.corr) < 1e-12);
}

static void metrics_equal_the_originals(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("metrics.npz");
    compare_case(g, "a64", true);
    compare_case(g, "a32", true);
    compare_case(g, "zero", false);
    kr_golden_close(g);
}

static void fill(int64_t n, double *pred, double *truth, double mean) {
    kr_rng rng = kr__rng_make(3, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < n; i++) {
        truth[i] = (mean + kr__rng_normal(&rng));
        pred[i] = (truth[i] + 0.3 * kr__rng_normal(&rng));
    }
}

/* Every number of elements up to a few lanes, against plain loops. */
static void sums_have_no_edge(void **state) {
    (void)state;
    double pred[40], truth[40];
    fill(40, pred, truth, 0);
    for (int64_t n = 1; n <= 40; n++) {
        double mse = 0, mae = 0, mape = 0;
        for (int64_t i = 0; i < n; i++) {
            double e = truth[i] - pred[i];
            mse += e * e / n;
            mae += fabs(e) / n;
            mape += fabs(e / truth[i]) / n;
        }
        kr_metrics m;
        kr_metrics_compute(n, 1, 1, pred, truth, &m);
        assert_true(fabs(m.mse - mse) < 1e-12 * mse);
        assert_true(fabs(m.mae - mae) < 1e-12 * mae);
        assert_true(fabs(m.mape - mape) < 1e-12 * mape);
        assert_true(m.rmse == sqrt(m.mse));
    }
}

/* rse does not lose its digits when the values are large beside their spread. */
static void rse_bears_a_large_mean(void **state) {
    (void)state;
    double pred[N], truth[N];
    fill(N, pred, truth, 1e5);
    double mean = 0, spread = 0, error = 0;
    for (int i = 0; i < N; i++) mean += truth[i] / N;
    for (int i = 0; i < N; i++) {
        spread += (truth[i] - mean) * (truth[i] - mean);
        error += (truth[i] - pred[i]) * (truth[i] - pred[i]);
    }
    kr_metrics m;
    kr_metrics_compute(WINDOWS, STEPS, CHANNELS, pred, truth, &m);
    assert_true(fabs(m.rse - sqrt(error / spread)) < 1e-9);
}

/* More cells than the correlation takes at a time. */
static void correlation_has_no_edge(void **state) {
    (void)state;
    enum { CELLS = 150, SAMPLES = 6 };
    double pred[CELLS * SAMPLES], truth[CELLS * SAMPLES];
    fill((int64_t)CELLS * SAMPLES, pred, truth, 1);
    double by_step[CELLS], want = 0;
    kr_metrics m;
    assert_int_equal(kr_metrics_corr(SAMPLES, CELLS, 1, pred, truth, by_step, NULL), KR_OK);
    for (int i = 0; i < CELLS; i++) want += by_step[i] / CELLS;
    kr_metrics_compute(SAMPLES, 1, CELLS, pred, truth, &m);
    assert_true(fabs(m.corr - want) < 1e-12);
}

static void parts_average_to_the_whole(void **state) {
    (void)state;
    double pred[N], truth[N];
    fill(N, pred, truth, 0);
    kr_metrics m;
    kr_metrics_compute(WINDOWS, STEPS, CHANNELS, pred, truth, &m);
    double mse[STEPS], mae[STEPS], mse_mean = 0, mae_mean = 0;
    kr_metrics_by_step(WINDOWS, STEPS, CHANNELS, pred, truth, mse, mae);
    for (int i = 0; i < STEPS; i++) mse_mean += mse[i] / STEPS, mae_mean += mae[i] / STEPS;
    assert_true(fabs(mse_mean - m.mse) < 1e-12 && fabs(mae_mean - m.mae) < 1e-12);
    mse_mean = mae_mean = 0;
    kr_metrics_by_channel(WINDOWS, STEPS, CHANNELS, pred, truth, mse, mae);
    for (int i = 0; i < CHANNELS; i++) mse_mean += mse[i] / CHANNELS, mae_mean += mae[i] / CHANNELS;
    assert_true(fabs(mse_mean - m.mse) < 1e-12 && fabs(mae_mean - m.mae) < 1e-12);
    /* An error in one step of one channel shows there only. */
    for (int i = 0; i < N; i++) pred[i] = truth[i];
    pred[2 * CHANNELS + 3] += 5;
    kr_metrics_by_step(WINDOWS, STEPS, CHANNELS, pred, truth, mse, NULL);
    for (int i = 0; i < STEPS; i++) assert_true((mse[i] > 0) == (i == 2));
    kr_metrics_by_channel(WINDOWS, STEPS, CHANNELS, pred, truth, NULL, mae);
    for (int i = 0; i < CHANNELS; i++) assert_true((mae[i] > 0) == (i == 3));
}

static void no_windows_give_nan(void **state) {
    (void)state;
    kr_metrics m;
    kr_error err;
    double corr[1];
    kr_metrics_compute(0, 24, 7, NULL, NULL, &m);
    assert_true(isnan(m.mse) && isnan(m.mae) && isnan(m.corr));
    assert_int_equal(kr_metrics_corr(0, 1, 1, NULL, NULL, corr, &err), KR_SHAPE);
    assert_string_equal(err.text, "the correlation of no windows is not defined");
}

/* Gaps do not count: as if the windows that have them were not there. */
static void gaps_do_not_count(void **state) {
    (void)state;
    enum { MORE = WINDOWS + 2, CELLS = STEPS * CHANNELS };
    static double pred[MORE * CELLS], truth[MORE * CELLS];
    double mse[STEPS], mae[STEPS], want_mse[STEPS], want_mae[STEPS];
    kr_metrics want, got;
    fill(MORE * CELLS, pred, truth, 5);
    kr_metrics_compute(WINDOWS, STEPS, CHANNELS, pred, truth, &want);
    kr_metrics_by_step(WINDOWS, STEPS, CHANNELS, pred, truth, want_mse, want_mae);
    for (int i = WINDOWS * CELLS; i < MORE * CELLS; i++) truth[i] = (double)NAN;
    kr_metrics_compute(MORE, STEPS, CHANNELS, pred, truth, &got);
    kr_metrics_by_step(MORE, STEPS, CHANNELS, pred, truth, mse, mae);
    assert_close_double(&got.mae, &want.mae, 7, 1e-9);
    assert_close_double(mse, want_mse, STEPS, 1e-12);
    assert_close_double(mae, want_mae, STEPS, 1e-12);
    kr_metrics_by_channel(MORE, STEPS, CHANNELS, pred, truth, mse, mae);
    for (int c = 0; c < CHANNELS; c++) assert_true(mse[c] > 0 && mae[c] > 0);
}

/* Values of 1e-299, of 1e300, and beside a large number: errors of the same digits. */
static void metrics_do_not_depend_on_the_unit(void **state) {
    (void)state;
    static double pred[N], truth[N], p[N], t[N];
    kr_metrics want, got;
    double mse[STEPS], mae[STEPS], want_mae[STEPS];
    fill(N, pred, truth, 3);
    kr_metrics_compute(WINDOWS, STEPS, CHANNELS, pred, truth, &want);
    kr_metrics_by_step(WINDOWS, STEPS, CHANNELS, pred, truth, NULL, want_mae);
    const struct { double unit, shift; } cases[] = {{1e-299, 0}, {1e300, 0}, {1, 1e9}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        for (int i = 0; i < N; i++) {
            p[i] = pred[i] * cases[k].unit + cases[k].shift;
            t[i] = truth[i] * cases[k].unit + cases[k].shift;
        }
        kr_metrics_compute(WINDOWS, STEPS, CHANNELS, p, t, &got);
        assert_true(fabs(got.mae / cases[k].unit / want.mae - 1) < 1e-6);
        assert_true(fabs(got.rmse / cases[k].unit / want.rmse - 1) < 1e-6);
        assert_true(fabs(got.rse / want.rse - 1) < 1e-6 && fabs(got.corr - want.corr) < 1e-6);
        if (cases[k].shift == 0) assert_true(fabs(got.mape / want.mape - 1) < 1e-9);
        kr_metrics_by_step(WINDOWS, STEPS, CHANNELS, p, t, mse, mae);
        for (int i = 0; i < STEPS; i++) {
            assert_true(fabs(mae[i] / cases[k].unit / want_mae[i] - 1) < 1e-6);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_do_not_count),
        cmocka_unit_test(metrics_equal_the_originals),
        cmocka_unit_test(sums_have_no_edge),
        cmocka_unit_test(rse_bears_a_large_mean),
        cmocka_unit_test(correlation_has_no_edge),
        cmocka_unit_test(parts_average_to_the_whole),
        cmocka_unit_test(no_windows_give_nan),
        cmocka_unit_test(metrics_do_not_depend_on_the_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
