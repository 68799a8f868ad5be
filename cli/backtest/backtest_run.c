/* SPDX-License-Identifier: MIT
 * backtest_run.c - a backtest: its origins, the forecasts of all models, and their scores. A single
 * series is a panel of one.
 */
#include <math.h>
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "forecast/forecast_config.h"
#include "framework/program.h"

/* ---- origins -------------------------------------------------------------------------------- */

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

/* Those that the dates suggest, unless --season gives one; without dates those of the training. */
static void choose_seasons(backtest *b) {
    const kr_forecast_config *own = kr__forecaster_settings(b->model);
    bool has_own = *own->local_models;
    b->n_seasons =
        kr__backtest_seasons(b->series[0], b->request->config.season, has_own ? own->season : 0,
                             has_own ? own->long_season : 0, b->seasons);
    b->season = b->n_seasons > 0 ? b->seasons[0] : 1;
}

static kr_status make_study(backtest *b, int64_t folds, int64_t every, kr_error *err) {
    const kr__backtest_plan plan = {.horizon = b->pred_len,
                                    .seasons = b->seasons,
                                    .n_seasons = b->n_seasons,
                                    .needed = b->needed,
                                    .folds = folds,
                                    .every = every};
    kr__study_destroy(b->study);
    b->study = NULL;
    return kr__backtest_study_make(b->series, b->n_series, b->n_outputs, &plan, &b->study, err);
}

static bool is_fold(const backtest *b, int64_t window) {
    const kr__study_window *w = &b->study->windows[window];
    return w->is_verdict && w->origin + 1 >= b->needed;
}

/* All windows of the study that the model can serve, series by series. */
static kr_status take_folds(backtest *b, kr_error *err) {
    kr_free(b->origins);
    b->origins = kr__calloc((size_t)b->study->n_windows + 1, sizeof *b->origins);
    if (!b->origins) return kr_fail(err, KR_MEMORY, "out of memory for the folds");
    b->n_folds = 0;
    for (int64_t i = 0; i < b->n_series; i++) {
        const kr__target *t = &b->study->targets[i * b->n_outputs];
        b->first_fold[i] = b->n_folds;
        for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
            if (is_fold(b, w)) b->origins[b->n_folds++] = b->study->windows[w].origin;
        }
    }
    b->first_fold[b->n_series] = b->n_folds;
    return KR_OK;
}

/* Where nothing else is asked for, the windows that krait fit judges by. */
static kr_status take_folds_of_fit(backtest *b, kr_error *err) {
    KR_TRY(make_study(b, 0, 0, err));
    KR_TRY(take_folds(b, err));
    bool has_two = b->first_fold[1] > 1;
    b->every = has_two ? b->origins[1] - b->origins[0] : b->pred_len;
    return KR_OK;
}

/* In a single series as many as were asked for. */
static kr_status check_folds(const backtest *b, int64_t folds, kr_error *err) {
    int64_t *unused = kr__calloc((size_t)folds + 1, sizeof *unused);
    if (!unused) return kr_fail(err, KR_MEMORY, "out of memory for the folds");
    kr_status status = kr__backtest_origins(b->series[0]->name, b->series[0]->n_rows, b->needed,
                                            b->pred_len, folds, b->every, unused, err);
    kr_free(unused);
    return status;
}

static kr_status choose_origins(backtest *b, kr_error *err) {
    enum { FOLDS = 10 /* without --folds, if there are rows for them */ };
    const backtest_config *c = &b->request->config;
    b->needed = kr_forecaster_info_of(b->model)->seq_len;
    if (b->n_series == 1) b->needed = largest(b->needed, b->season + 1);
    if (b->request->is_refit) b->needed = largest(b->needed, backtest_refit_needs(b));
    bool is_as_fit = c->folds == 0 && c->every == 0 && !b->request->is_refit;
    if (is_as_fit) KR_TRY(take_folds_of_fit(b, err));
    if (is_as_fit && b->n_folds > 0) return KR_OK;
    b->every = c->every > 0 ? c->every : b->pred_len;
    int64_t folds = c->folds > 0 ? c->folds : FOLDS;
    if (b->n_series == 1) {
        int64_t most = kr__backtest_most(b->series[0]->n_rows, b->needed, b->pred_len, b->every);
        if (c->folds == 0 && most < folds) folds = largest(most, 1);
        KR_TRY(check_folds(b, folds, err));
    }
    KR_TRY(make_study(b, folds, b->every, err));
    return take_folds(b, err);
}

/* ---- between folds and the study ------------------------------------------------------------ */

/* A value of a forecast here and in the study. */
typedef void (*pair_fn)(double *here, double *in_study);
static void take_here(double *here, double *in_study) { *here = *in_study; }
static void take_there(double *here, double *in_study) { *in_study = *here; }

static void exchange(const backtest *b, backtest_model *m, kr__study_forecasts *f, int64_t target,
                     pair_fn pair) {
    int64_t series = target / b->n_outputs, column = target % b->n_outputs;
    for (int64_t i = b->first_fold[series]; i < b->first_fold[series + 1]; i++) {
        double *there =
            f->mean + kr__backtest_window(b->study, target, b->origins[i]) * b->pred_len;
        double *here = m->forecast + i * b->pred_len * b->n_outputs + column;
        for (int64_t k = 0; k < b->pred_len; k++) pair(&here[k * b->n_outputs], &there[k]);
    }
}

static void exchange_all(const backtest *b, backtest_model *m, kr__study_forecasts *f,
                         pair_fn pair) {
    for (int64_t t = 0; t < b->study->n_targets; t++) exchange(b, m, f, t, pair);
}

static kr_status take_scales(backtest *b, kr_error *err) {
    b->scales = kr__calloc((size_t)(b->n_folds * b->n_outputs) + 1, sizeof *b->scales);
    if (!b->scales) return kr_fail(err, KR_MEMORY, "out of memory for the scales");
    for (int64_t t = 0; t < b->study->n_targets; t++) {
        int64_t series = t / b->n_outputs, column = t % b->n_outputs;
        const kr_naive_scale scale = kr__backtest_target_scale(b->study, t);
        for (int64_t i = b->first_fold[series]; i < b->first_fold[series + 1]; i++) {
            b->scales[i * b->n_outputs + column] = scale;
        }
    }
    return KR_OK;
}

/* ---- forecasters ---------------------------------------------------------------------------- */

/* The rules of thumb, and the verdict on the first model beside the best of them. */
static kr_status compare_with_rules(backtest *b, const kr__backtest_rules *rules,
                                    kr__study_forecasts *own, kr_error *err) {
    for (int i = 0; i < rules->n; i++) {
        backtest_model *m = NULL;
        kr__study_forecasts f = rules->forecasts[i];
        if (strcmp(rules->names[i], b->models[0].name) == 0) continue; /* it is there */
        KR_TRY(backtest_add_model(b, rules->names[i], &m, err));
        exchange_all(b, m, &f, take_here);
    }
    if (rules->best < 0) return KR_OK;
    b->rule = rules->names[rules->best];
    for (int64_t i = 0; i < b->study->n_windows * b->pred_len; i++) own->mean[i] = (double)NAN;
    exchange_all(b, &b->models[0], own, take_there);
    return kr__verdict_make(b->study, own, &rules->forecasts[rules->best],
                            (uint64_t)kr__forecaster_settings(b->model)->seed, &b->verdict, err);
}

static kr_status add_rules(backtest *b, kr_error *err) {
    kr__backtest_rules rules;
    kr__study_forecasts own = {NULL, NULL};
    kr_status status = kr__backtest_rules_run(program_team(), b->study, &rules, err);
    if (status == KR_OK) status = kr__study_forecasts_init(b->study, &own, err);
    if (status == KR_OK) status = compare_with_rules(b, &rules, &own, err);
    kr__study_forecasts_deinit(&own);
    kr__backtest_rules_deinit(&rules);
    return status;
}

static kr_status add_trained(backtest *b, kr_error *err) {
    backtest_model *m = NULL;
    b->truth = kr__calloc(backtest_count_values(b), sizeof *b->truth);
    if (!b->truth) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    if (b->request->is_refit) return backtest_refit(b, err);
    KR_TRY(backtest_choose_levels(b, b->model, err));
    KR_TRY(backtest_add_model(b, kr_forecaster_info_of(b->model)->model, &m, err));
    for (int64_t i = 0; i < b->n_series; i++) {
        int64_t n = b->first_fold[i + 1] - b->first_fold[i];
        if (n == 0) continue;
        b->history = b->series[i];
        KR_TRY(backtest_forecast(b, m, b->model, b->first_fold[i], n, err));
    }
    b->history = b->series[0];
    return KR_OK;
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
        if (b->is_panel) KR_TRY(backtest_measure_series(b, m, err));
    }
    if (b->models[0].scores.all.n > 0) return KR_OK;
    return kr_fail(err, KR_NUMERIC, "%s: no value of the forecast steps is known",
                   b->request->data);
}

kr_status backtest_run(backtest *b, kr_error *err) {
    b->pred_len = kr_forecaster_info_of(b->model)->pred_len;
    b->n_outputs = kr_forecaster_info_of(b->model)->n_outputs;
    b->first_fold = kr__calloc((size_t)b->n_series + 1, sizeof *b->first_fold);
    if (!b->first_fold) return kr_fail(err, KR_MEMORY, "out of memory for the folds");
    choose_seasons(b);
    KR_TRY(choose_origins(b, err));
    if (b->is_panel) KR_TRY(backtest_check_series(b, err));
    KR_TRY(take_scales(b, err));
    KR_TRY(add_trained(b, err));
    KR_TRY(add_rules(b, err));
    KR_TRY(measure_models(b, err));
    measure_intervals(b);
    return KR_OK;
}
