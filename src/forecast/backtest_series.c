/* SPDX-License-Identifier: MIT
 * backtest_series.c - a backtest of many series: each alone, their means, and the median one. */
#include <math.h>
#include <stdlib.h>

#include "core/arena.h"
#include "forecast/backtest_internal.h"

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of a number of numbers; sorts them. */
static double take_median(double *values, int64_t n) {
    if (n == 0) return (double)NAN;
    qsort(values, (size_t)n, sizeof *values, compare);
    return (values[n / 2] + values[(n - 1) / 2]) / 2;
}

/* One score, by its place in kr_scores: the mean over the series that have it, as in M4. */
static double mean_over_series(const kr_backtest *b, const kr__backtest_model *m, size_t offset) {
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < b->n_series; i++) {
        double value = *(const double *)((const char *)&m->by_series[i] + offset);
        if (m->by_series[i].n == 0 || isnan(value)) continue;
        sum += value;
        n++;
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

static void take_means(const kr_backtest *b, kr__backtest_model *m) {
    m->mean = (kr_scores){.n = m->scores.all.n,
                          .mae = mean_over_series(b, m, offsetof(kr_scores, mae)),
                          .mse = mean_over_series(b, m, offsetof(kr_scores, mse)),
                          .rmse = mean_over_series(b, m, offsetof(kr_scores, rmse)),
                          .smape = mean_over_series(b, m, offsetof(kr_scores, smape)),
                          .mase = mean_over_series(b, m, offsetof(kr_scores, mase)),
                          .rmsse = mean_over_series(b, m, offsetof(kr_scores, rmsse))};
}

static kr_status take_median_mase(const kr_backtest *b, kr__backtest_model *m, kr_error *err) {
    double *mases = kr__calloc((size_t)b->n_series, sizeof *mases);
    int64_t n = 0;
    if (!mases) return kr_fail(err, KR_MEMORY, "out of memory for the scores");
    for (int64_t i = 0; i < b->n_series; i++) {
        double mase = m->by_series[i].mase;
        if (m->by_series[i].n > 0 && !isnan(mase)) mases[n++] = mase;
    }
    m->median_mase = take_median(mases, n);
    kr_free(mases);
    return KR_OK;
}

kr_status kr__backtest_measure_series(const kr_backtest *b, kr__backtest_model *m, kr_error *err) {
    m->by_series = kr__calloc((size_t)b->n_series, sizeof *m->by_series);
    if (!m->by_series) return kr_fail(err, KR_MEMORY, "out of memory for the scores");
    for (int64_t i = 0; i < b->n_series; i++) {
        int64_t first = b->first_fold[i] * b->n_steps * b->n_outputs,
                n = kr__backtest_folds_of(b, i);
        kr_backtest_scores scores;
        if (n == 0) continue;
        KR_TRY(kr__backtest_measure(n, b->n_steps, b->n_outputs, m->forecast + first,
                                    b->truth + first, b->scales + b->first_fold[i] * b->n_outputs,
                                    &scores, err));
        m->by_series[i] = scores.all;
        kr__backtest_scores_deinit(&scores);
    }
    take_means(b, m);
    return take_median_mase(b, m, err);
}
