/* SPDX-License-Identifier: MIT
 * backtest_scores.c - where a backtest starts its forecasts, and the scores of all. */

#include <inttypes.h>
#include <math.h>

#include "core/arena.h"
#include "core/scale.h"
#include "core/text.h"
#include "forecast/backtest_scores.h"

/* ---- origins ------------------------------------------------------------------------------ */

int64_t kr__backtest_most(int64_t n_rows, int64_t needed, int64_t pred_len, int64_t every) {
    int64_t last = n_rows - 1 - pred_len, least = needed - 1;
    return last < least ? 0 : (last - least) / every + 1;
}

kr_status kr__backtest_origins(const char *name, int64_t n_rows, int64_t needed, int64_t pred_len,
                               int64_t n_folds, int64_t every, int64_t *origins, kr_error *err) {
    int64_t most = kr__backtest_most(n_rows, needed, pred_len, every);
    if (most == 0) {
        return kr_fail(err, KR_USAGE,
                       "%s: has %" PRId64 " row%s, but a backtest needs %" PRId64
                       " before its origin and %" PRId64 " after it",
                       name, n_rows, kr__plural(n_rows), needed, pred_len);
    }
    if (n_folds > most) {
        return kr_fail(err, KR_USAGE,
                       "`folds` %" PRId64 ": %s has rows for %" PRId64 " folds, %" PRId64
                       " rows apart; use fewer folds or a smaller `every`",
                       n_folds, name, most, every);
    }
    for (int64_t i = 0; i < n_folds; i++)
        origins[i] = n_rows - 1 - pred_len - (n_folds - 1 - i) * every;
    return KR_OK;
}

/* ---- scales ------------------------------------------------------------------------------- */

kr_naive_scale kr__backtest_scale(int64_t n, int64_t stride, const double *values, int64_t season) {
    const kr_naive_scale scale = kr_naive_scale_of(n, stride, values, season);
    return scale.absolute > 0 ? scale : kr_naive_scale_of(n, stride, values, 1);
}

/* ---- scores -----------------------------------------------------------------------------------
 */

/* Sums of a group of values; errors times a power of two that keeps their squares in range. */
typedef struct sums {
    int64_t n, n_absolute, n_squared; /* that are not gaps, and that have a scale */
    double absolute, squared, symmetric, scaled_absolute, scaled_squared;
} sums;

static void add_value(sums *s, double scale, const kr_scores *one) {
    s->n++;
    s->absolute += one->mae * scale;
    s->squared += (one->mae * scale) * (one->mae * scale);
    s->symmetric += one->smape;
    if (!isnan(one->mase)) {
        s->n_absolute++;
        s->scaled_absolute += one->mase;
    }
    if (!isnan(one->rmsse)) {
        s->n_squared++;
        s->scaled_squared += one->rmsse * one->rmsse;
    }
}

static double mean(double sum, int64_t n) { return n > 0 ? sum / (double)n : (double)NAN; }

static kr_scores finish(const sums *s, double scale) {
    return (kr_scores){.n = s->n,
                       .mae = mean(s->absolute, s->n) / scale,
                       .mse = mean(s->squared, s->n) / scale / scale,
                       .rmse = sqrt(mean(s->squared, s->n)) / scale,
                       .smape = mean(s->symmetric, s->n),
                       .mase = mean(s->scaled_absolute, s->n_absolute),
                       .rmsse = sqrt(mean(s->scaled_squared, s->n_squared))};
}

/* Groups of a forecaster, one after the other: steps, folds, channels, all. */
typedef struct groups {
    int64_t n_folds, pred_len, n_channels;
    double scale;
    sums *step, *fold, *channel, *all;
} groups;

static double choose_scale(int64_t n, const double *forecast, const double *truth) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(forecast[i] - truth[i]));
    return kr__scale_for(largest);
}

static void add_all(const groups *g, const double *forecast, const double *truth,
                    const kr_naive_scale *scales) {
    for (int64_t i = 0; i < g->n_folds * g->pred_len * g->n_channels; i++) {
        int64_t c = i % g->n_channels, t = i / g->n_channels % g->pred_len;
        int64_t fold = i / g->n_channels / g->pred_len;
        kr_scores one =
            kr_scores_of(1, 1, forecast + i, truth + i, scales + fold * g->n_channels + c);
        if (one.n == 0) continue;
        add_value(g->all, g->scale, &one);
        add_value(&g->step[t], g->scale, &one);
        add_value(&g->fold[fold], g->scale, &one);
        add_value(&g->channel[c], g->scale, &one);
    }
}

kr_status kr__backtest_measure(int64_t n_folds, int64_t pred_len, int64_t n_channels,
                               const double *forecast, const double *truth,
                               const kr_naive_scale *scales, kr_backtest_scores *out,
                               kr_error *err) {
    size_t n = (size_t)(1 + pred_len + n_folds + n_channels);
    sums *all = kr__calloc(n, sizeof *all);
    kr_scores *scores = kr__calloc(n, sizeof *scores);
    if (!all || !scores) {
        kr_free(all);
        kr_free(scores);
        return kr_fail(err, KR_MEMORY, "out of memory for the scores");
    }
    groups g = {.n_folds = n_folds,
                .pred_len = pred_len,
                .n_channels = n_channels,
                .scale = choose_scale(n_folds * pred_len * n_channels, forecast, truth),
                .step = all,
                .fold = all + pred_len,
                .channel = all + pred_len + n_folds,
                .all = all + n - 1};
    add_all(&g, forecast, truth, scales);
    for (size_t i = 0; i < n; i++) scores[i] = finish(&all[i], g.scale);
    *out = (kr_backtest_scores){.all = scores[n - 1],
                                .by_step = scores,
                                .by_fold = scores + pred_len,
                                .by_channel = scores + pred_len + n_folds};
    kr_free(all);
    return KR_OK;
}

void kr__backtest_scores_deinit(kr_backtest_scores *scores) {
    kr_free(scores->by_step);
    *scores = (kr_backtest_scores){.by_step = NULL};
}
