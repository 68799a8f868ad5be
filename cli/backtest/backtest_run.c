/* SPDX-License-Identifier: MIT
 * backtest_run.c - a backtest: its origins, the forecasts of all models, and their scores.
 */
#include <math.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "forecast/forecast_config.h"

/* ---- origins -------------------------------------------------------------------------------- */

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

/* The season that the dates suggest, unless --season gives one. */
static void choose_season(backtest *b) {
    const kr_history *h = b->history;
    b->season = b->request->config.season;
    if (b->season == 0) b->season = h->has_frequency ? kr_frequency_season(&h->frequency) : 1;
}

static kr_status choose_origins(backtest *b, kr_error *err) {
    enum { FOLDS = 10 /* without --folds, if there are rows for them */ };
    const backtest_config *c = &b->request->config;
    int64_t n_rows = b->history->n_rows,
            needed = largest(kr_forecaster_info_of(b->model)->seq_len, b->season + 1);
    if (b->request->is_refit) needed = largest(needed, backtest_refit_needs(b));
    b->every = c->every > 0 ? c->every : b->pred_len;
    b->n_folds = c->folds;
    if (b->n_folds == 0) {
        int64_t most = kr__backtest_most(n_rows, needed, b->pred_len, b->every);
        b->n_folds = most < 1 ? 1 : most < FOLDS ? most : FOLDS;
    }
    b->origins = kr__calloc((size_t)b->n_folds, sizeof *b->origins);
    if (!b->origins) return kr_fail(err, KR_MEMORY, "out of memory for the folds");
    return kr__backtest_origins(b->history->name, n_rows, needed, b->pred_len, b->n_folds, b->every,
                                b->origins, err);
}

/* ---- true values --------------------------------------------------------------------------- */

/* The forecast columns; filled gaps are NaN for the scales. */
static kr_status take_values(backtest *b, kr_error *err) {
    const kr_history *h = b->history;
    int64_t width = b->n_outputs, first = h->n_channels - width;
    b->values = kr__calloc((size_t)h->n_rows, (size_t)width * sizeof *b->values);
    b->scales = kr__calloc((size_t)b->n_folds, (size_t)width * sizeof *b->scales);
    double *measured = kr__calloc((size_t)h->n_rows, (size_t)width * sizeof *measured);
    if (!b->values || !b->scales || !measured) {
        kr_free(measured);
        return kr_fail(err, KR_MEMORY, "out of memory for the rows of the backtest");
    }
    for (int64_t i = 0; i < h->n_rows * width; i++) {
        int64_t at = i / width * h->n_channels + first + i % width;
        b->values[i] = h->values[at];
        measured[i] = h->missing && h->missing[at] ? (double)NAN : b->values[i];
    }
    kr__backtest_scales(measured, width, b->n_folds, b->origins, b->season, b->scales);
    kr_free(measured);
    return KR_OK;
}

/* ---- forecasters ---------------------------------------------------------------------------- */

static kr_status add_naive(backtest *b, const char *name, int64_t season, kr_error *err) {
    backtest_model *m = NULL;
    KR_TRY(backtest_add_model(b, name, &m, err));
    for (int64_t i = 0; i < b->n_folds; i++) {
        kr__backtest_naive(b->values, b->n_outputs, b->origins[i], season, b->pred_len,
                           m->forecast + i * b->pred_len * b->n_outputs);
    }
    return KR_OK;
}

static kr_status add_trained(backtest *b, kr_error *err) {
    backtest_model *m = NULL;
    b->truth = kr__calloc(backtest_count_values(b), sizeof *b->truth);
    if (!b->truth) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    if (b->request->is_refit) return backtest_refit(b, err);
    KR_TRY(backtest_choose_levels(b, b->model, err));
    KR_TRY(backtest_add_model(b, kr_forecaster_info_of(b->model)->model, &m, err));
    return backtest_forecast(b, m, b->model, 0, b->n_folds, err);
}

/* ---- scores --------------------------------------------------------------------------------- */

static void measure_intervals(backtest *b) {
    int64_t n = (int64_t)backtest_count_values(b);
    for (int k = 0; k < b->n_levels; k++) {
        b->intervals[k] =
            kr_interval_measure(b->levels[k], n, b->lower + k * n, b->upper + k * n, b->truth);
    }
}

static kr_status measure_models(backtest *b, kr_error *err) {
    for (int i = 0; i < b->n_models; i++) {
        backtest_model *m = &b->models[i];
        KR_TRY(kr__backtest_measure(b->n_folds, b->pred_len, b->n_outputs, m->forecast, b->truth,
                                    b->scales, &m->scores, err));
    }
    if (b->models[0].scores.all.n > 0) return KR_OK;
    return kr_fail(err, KR_NUMERIC, "%s: no value of the forecast steps is known",
                   b->history->name);
}

kr_status backtest_run(backtest *b, kr_error *err) {
    b->pred_len = kr_forecaster_info_of(b->model)->pred_len;
    b->n_outputs = kr_forecaster_info_of(b->model)->n_outputs;
    choose_season(b);
    KR_TRY(choose_origins(b, err));
    KR_TRY(take_values(b, err));
    KR_TRY(add_trained(b, err));
    KR_TRY(add_naive(b, "naive", 1, err));
    if (b->season > 1) KR_TRY(add_naive(b, "seasonal naive", b->season, err));
    KR_TRY(measure_models(b, err));
    measure_intervals(b);
    return KR_OK;
}
