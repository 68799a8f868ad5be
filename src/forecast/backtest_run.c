/* SPDX-License-Identifier: MIT
 * backtest_run.c - the forecasts of a backtest's models, those of the rules of thumb, the scores of
 * all, and the verdict on the first. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "forecast/backtest_internal.h"
#include "forecast/forecaster_internal.h"
#include "forecast/verdict_words.h"

/* ---- models --------------------------------------------------------------------------------- */

static kr_status add_model(kr_backtest *b, const char *name, kr__backtest_model **out,
                           kr_error *err) {
    kr__backtest_model *m = &b->models[b->n_models];
    m->forecast = kr__calloc((size_t)kr__backtest_values(b) + 1, sizeof *m->forecast);
    if (!m->forecast) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    for (int64_t i = 0; i < kr__backtest_values(b); i++) m->forecast[i] = (double)NAN;
    snprintf(m->name, sizeof m->name, "%.63s", name);
    b->n_models++;
    *out = m;
    return KR_OK;
}

static kr_status check_open(const kr_backtest *b, kr_error *err) {
    if (!b->is_closed) return KR_OK;
    return kr_fail(err, KR_USAGE, "the backtest is concluded; create another one");
}

kr_status kr_backtest_add(kr_backtest *b, const char *name, int *model, kr_error *err) {
    kr__backtest_model *m = NULL;
    KR_TRY(check_open(b, err));
    if (b->n_models == KR__BACKTEST_TRAINED) {
        return kr_fail(err, KR_USAGE, "a backtest takes %d models at most", KR__BACKTEST_TRAINED);
    }
    KR_TRY(add_model(b, name, &m, err));
    *model = b->n_models - 1;
    return KR_OK;
}

kr_status kr_backtest_set_levels(kr_backtest *b, int n, const double *levels, kr_error *err) {
    size_t size = (size_t)kr__backtest_values(b) + 1;
    KR_TRY(check_open(b, err));
    if (n < 0 || n > KR_LEVELS_MAX) {
        return kr_fail(err, KR_USAGE, "%d levels: there can be 0 to %d", n, KR_LEVELS_MAX);
    }
    double *lower = kr__calloc((size_t)n + 1, size * sizeof *lower);
    double *upper = kr__calloc((size_t)n + 1, size * sizeof *upper);
    if (!lower || !upper) {
        kr_free(lower);
        kr_free(upper);
        return kr_fail(err, KR_MEMORY, "out of memory for the intervals");
    }
    kr_free(b->lower);
    kr_free(b->upper);
    b->lower = lower;
    b->upper = upper;
    b->n_levels = n;
    if (n > 0) memcpy(b->levels, levels, (size_t)n * sizeof *levels);
    return KR_OK;
}

/* ---- forecasts ------------------------------------------------------------------------------ */

/* A model of other columns would be compared with what it does not forecast. */
static kr_status check_columns(const kr_backtest *b, const kr_forecaster *predictor,
                               kr_error *err) {
    const kr_forecaster_info *own = &b->model->info, *other = &predictor->info;
    bool are_same = own->n_channels == other->n_channels && own->n_outputs == other->n_outputs;
    for (int64_t c = 0; c < own->n_channels && are_same; c++) {
        are_same = strcmp(own->columns[c], other->columns[c]) == 0;
    }
    if (are_same) return KR_OK;
    return kr_fail(err, KR_FORMAT,
                   "%s: its columns are not those of the model, or in another order, so that "
                   "another model would be judged; put them in that order",
                   b->name);
}

/* Origins are rows. */
static kr_status check_rows(const kr_backtest *b, const kr_history *const *series, kr_error *err) {
    for (int64_t i = 0; i < b->n_series; i++) {
        if (series[i]->n_rows == b->series[i]->n_rows) continue;
        return kr_fail(err, KR_USAGE,
                       "%s: has %" PRId64 " rows for one model and %" PRId64
                       " for another; let both fill gaps in the same way",
                       kr__backtest_name_of(b, i), series[i]->n_rows, b->series[i]->n_rows);
    }
    return KR_OK;
}

/* Folds of one series. */
static kr_status forecast_series(kr_backtest *b, kr__backtest_model *m, kr_forecaster *predictor,
                                 const kr_history *history, int64_t first, int64_t n,
                                 kr_error *err) {
    int64_t fold = b->n_steps * b->n_outputs, all = kr__backtest_values(b);
    bool is_first = m == &b->models[0];
    size_t bytes = (size_t)(n * fold) * sizeof *m->forecast;
    kr_prediction *p = NULL;
    const kr_predict_options options = {.size = sizeof options,
                                        .n_steps = b->n_steps,
                                        .n_levels = is_first ? b->n_levels : 0,
                                        .levels = b->levels};
    KR_TRY(kr_forecaster_predict(predictor, history, n, b->origins + first, &options, &p, err));
    memcpy(m->forecast + first * fold, p->forecast, bytes);
    if (is_first) memcpy(b->truth + first * fold, p->truth, bytes);
    for (int k = 0; k < p->n_levels; k++) {
        memcpy(b->lower + k * all + first * fold, p->lower + k * n * fold, bytes);
        memcpy(b->upper + k * all + first * fold, p->upper + k * n * fold, bytes);
    }
    kr_prediction_destroy(p);
    return KR_OK;
}

kr_status kr_backtest_forecast(kr_backtest *b, int model, kr_forecaster *predictor,
                               const kr_history *const *series, int64_t first, int64_t n,
                               kr_error *err) {
    KR_TRY(check_open(b, err));
    if (model < 0 || model >= b->n_models || first < 0 || n < 0 || first > b->n_folds - n) {
        return kr_fail(err, KR_USAGE,
                       "there is no model %d, or no folds %" PRId64 " to %" PRId64
                       ", of this backtest",
                       model, first, first + n - 1);
    }
    KR_TRY(check_columns(b, predictor, err));
    if (!series) series = b->series;
    KR_TRY(check_rows(b, series, err));
    for (int64_t i = 0; i < b->n_series; i++) {
        int64_t from = b->first_fold[i] > first ? b->first_fold[i] : first,
                end = b->first_fold[i + 1] < first + n ? b->first_fold[i + 1] : first + n;
        if (from >= end) continue;
        KR_TRY(forecast_series(b, &b->models[model], predictor, series[i], from, end - from, err));
    }
    return KR_OK;
}

/* ---- between folds and the study ------------------------------------------------------------ */

/* A value of a forecast here and in the study. */
typedef void (*pair_fn)(double *here, double *in_study);
static void take_here(double *here, double *in_study) { *here = *in_study; }
static void take_there(double *here, double *in_study) { *in_study = *here; }

static void exchange(const kr_backtest *b, kr__backtest_model *m, kr__study_forecasts *f,
                     int64_t target, pair_fn pair) {
    int64_t series = target / b->n_outputs, column = target % b->n_outputs;
    for (int64_t i = b->first_fold[series]; i < b->first_fold[series + 1]; i++) {
        double *there = f->mean + kr__backtest_window(b->study, target, b->origins[i]) * b->n_steps;
        double *here = m->forecast + i * b->n_steps * b->n_outputs + column;
        for (int64_t k = 0; k < b->n_steps; k++) pair(&here[k * b->n_outputs], &there[k]);
    }
}

static void exchange_all(const kr_backtest *b, kr__backtest_model *m, kr__study_forecasts *f,
                         pair_fn pair) {
    for (int64_t t = 0; t < b->study->n_targets; t++) exchange(b, m, f, t, pair);
}

/* ---- the verdict ---------------------------------------------------------------------------- */

/* "On 24 windows the error of RLinear is .." */
static void word_verdict(kr_backtest *b) {
    const char *model = b->models[0].name;
    char lead[128];
    *b->words = '\0';
    if (strcmp(model, b->rule) == 0) {
        kr__verdict_add(b->words, sizeof b->words, "%s is the best rule of thumb itself.", model);
        return;
    }
    snprintf(lead, sizeof lead, "On %" PRId64 " window%s the error of %.60s", b->verdict.n_windows,
             kr__plural(b->verdict.n_windows), model);
    kr__verdict_compare(b->words, sizeof b->words, &b->verdict, lead, b->rule, b->is_panel);
    kr__verdict_judge(b->words, sizeof b->words, &b->verdict, model, b->rule, "");
}

/* The rules of thumb, and the verdict on the first model beside the best of them. */
static kr_status compare_with_rules(kr_backtest *b, const kr__backtest_rules *rules,
                                    kr__study_forecasts *own, kr_error *err) {
    for (int i = 0; i < rules->n; i++) {
        kr__backtest_model *m = NULL;
        kr__study_forecasts f = rules->forecasts[i];
        if (strcmp(rules->names[i], b->models[0].name) == 0) continue; /* it is there */
        KR_TRY(add_model(b, rules->names[i], &m, err));
        exchange_all(b, m, &f, take_here);
    }
    if (rules->best < 0) return KR_OK;
    b->rule = rules->names[rules->best];
    for (int64_t i = 0; i < b->study->n_windows * b->n_steps; i++) own->mean[i] = (double)NAN;
    exchange_all(b, &b->models[0], own, take_there);
    KR_TRY(kr__verdict_make(b->study, own, &rules->forecasts[rules->best],
                            (uint64_t)b->model->settings.seed, &b->verdict, err));
    word_verdict(b);
    return KR_OK;
}

static kr_status add_rules(kr_backtest *b, kr_error *err) {
    kr__backtest_rules rules;
    kr__study_forecasts own = {NULL, NULL};
    kr_status status = kr__backtest_rules_run(b->model->team, b->study, &rules, err);
    if (status == KR_OK) status = kr__study_forecasts_init(b->study, &own, err);
    if (status == KR_OK) status = compare_with_rules(b, &rules, &own, err);
    kr__study_forecasts_deinit(&own);
    kr__backtest_rules_deinit(&rules);
    return status;
}

/* ---- scores --------------------------------------------------------------------------------- */

static void measure_intervals(kr_backtest *b) {
    int64_t n = kr__backtest_values(b);
    for (int k = 0; k < b->n_levels; k++) {
        b->intervals[k] =
            kr_interval_measure(b->levels[k], n, b->lower + k * n, b->upper + k * n, b->truth);
    }
}

static kr_status measure_models(kr_backtest *b, kr_error *err) {
    for (int i = 0; i < b->n_models; i++) {
        kr__backtest_model *m = &b->models[i];
        KR_TRY(kr__backtest_measure(b->n_folds, b->n_steps, b->n_outputs, m->forecast, b->truth,
                                    b->scales, &m->scores, err));
        if (b->is_panel) KR_TRY(kr__backtest_measure_series(b, m, err));
    }
    if (b->models[0].scores.all.n > 0) return KR_OK;
    return kr_fail(err, KR_NUMERIC, "%s: no value of the forecast steps is known", b->name);
}

kr_status kr_backtest_conclude(kr_backtest *b, kr_error *err) {
    KR_TRY(check_open(b, err));
    if (b->n_models == 0) {
        return kr_fail(err, KR_USAGE, "the backtest has no forecasts yet; add a model's");
    }
    b->is_closed = true;
    KR_TRY(add_rules(b, err));
    KR_TRY(measure_models(b, err));
    measure_intervals(b);
    b->is_concluded = true;
    return KR_OK;
}

kr_status kr_backtest_run(kr_backtest *b, kr_error *err) {
    int model = 0;
    KR_TRY(kr_backtest_add(b, b->model->info.model, &model, err));
    KR_TRY(kr_backtest_forecast(b, model, b->model, NULL, 0, b->n_folds, err));
    return kr_backtest_conclude(b, err);
}
