/* SPDX-License-Identifier: MIT
 * backtest.c - a backtest: its origins, and what it tells. A single series is a panel of one. */
#include <kr/backtest.h>

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/sized_struct.h"
#include "core/text.h"
#include "forecast/backtest_internal.h"
#include "forecast/forecaster_internal.h"

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- the study and its folds ---------------------------------------------------------------- */

/* Those that the dates suggest, unless one is given; without dates those of the training. */
static void choose_seasons(kr_backtest *b, int64_t season) {
    const kr_forecast_config *own = &b->model->settings;
    bool has_own = *own->local_models;
    b->n_seasons = kr__backtest_seasons(b->series[0], season, has_own ? own->season : 0,
                                        has_own ? own->long_season : 0, b->seasons);
    b->season = b->n_seasons > 0 ? b->seasons[0] : 1;
}

static kr_status make_study(kr_backtest *b, int64_t folds, int64_t every, kr_error *err) {
    const kr__backtest_plan plan = {.horizon = b->n_steps,
                                    .seasons = b->seasons,
                                    .n_seasons = b->n_seasons,
                                    .needed = b->needed,
                                    .folds = folds,
                                    .every = every};
    kr__study_destroy(b->study);
    b->study = NULL;
    return kr__backtest_study_make(b->series, b->n_series, b->n_outputs, &plan, &b->study, err);
}

static bool is_fold(const kr_backtest *b, int64_t window) {
    const kr__study_window *w = &b->study->windows[window];
    return w->is_verdict && w->origin + 1 >= b->needed;
}

/* All windows of the study that the model can serve, series by series. */
static kr_status take_folds(kr_backtest *b, kr_error *err) {
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

/* Where nothing else is asked for, the windows that a fit judges by. */
static kr_status take_folds_of_fit(kr_backtest *b, kr_error *err) {
    KR_TRY(make_study(b, 0, 0, err));
    KR_TRY(take_folds(b, err));
    bool has_two = b->first_fold[1] > 1;
    b->every = has_two ? b->origins[1] - b->origins[0] : b->n_steps;
    return KR_OK;
}

/* In a single series as many as were asked for. */
static kr_status check_folds(const kr_backtest *b, int64_t folds, kr_error *err) {
    int64_t *unused = kr__calloc((size_t)folds + 1, sizeof *unused);
    if (!unused) return kr_fail(err, KR_MEMORY, "out of memory for the folds");
    kr_status status = kr__backtest_origins(b->name, b->series[0]->n_rows, b->needed, b->n_steps,
                                            folds, b->every, unused, err);
    kr_free(unused);
    return status;
}

static kr_status choose_origins(kr_backtest *b, const kr_backtest_options *o, kr_error *err) {
    enum { FOLDS = 10 /* where none are asked for, if there are rows for them */ };
    b->needed = b->model->info.seq_len;
    bool is_alone = b->n_series == 1 && !o->is_part;
    if (is_alone) b->needed = largest(b->needed, b->season + 1);
    if (b->is_refit) b->needed = largest(b->needed, kr__backtest_refit_needs(b));
    bool is_as_fit = o->folds == 0 && o->every == 0 && !b->is_refit;
    if (is_as_fit) KR_TRY(take_folds_of_fit(b, err));
    if (is_as_fit && b->n_folds > 0) return KR_OK;
    b->every = o->every > 0 ? o->every : b->n_steps;
    int64_t folds = o->folds > 0 ? o->folds : FOLDS;
    if (is_alone) {
        int64_t most = kr__backtest_most(b->series[0]->n_rows, b->needed, b->n_steps, b->every);
        if (o->folds == 0 && most < folds) folds = largest(most, 1);
        KR_TRY(check_folds(b, folds, err));
    }
    KR_TRY(make_study(b, folds, b->every, err));
    return take_folds(b, err);
}

/* Has any series a fold? */
static kr_status check_series(const kr_backtest *b, kr_error *err) {
    kr_few short_ones = {.n = 0};
    for (int64_t i = 0; i < b->n_series; i++) {
        if (kr__backtest_folds_of(b, i) == 0) kr__few_add(&short_ones, kr__backtest_name_of(b, i));
    }
    if (short_ones.n == b->n_series) {
        int64_t needed = largest(b->needed, KR__STUDY_LEAST);
        return kr_fail(err, KR_SHAPE,
                       "%s: none of its %" PRId64 " series (%s) has %" PRId64
                       " rows, which a forecast needs, and %" PRId64 " behind them",
                       b->name, b->n_series, short_ones.names, needed, b->n_steps);
    }
    if (short_ones.n > 0) {
        kr_team_log(b->model->team, KR_LOG_NOTE,
                    "%" PRId64 " of %" PRId64
                    " series are too short to be judged and are left out: %s",
                    short_ones.n, b->n_series, short_ones.names);
    }
    return KR_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

void kr_backtest_destroy(kr_backtest *b) {
    if (!b) return;
    for (int i = 0; i < b->n_models; i++) {
        kr_free(b->models[i].forecast);
        kr_free(b->models[i].by_series);
        kr__backtest_scores_deinit(&b->models[i].scores);
    }
    kr__verdict_deinit(&b->verdict);
    kr__study_destroy(b->study);
    kr_free(b->origins);
    kr_free(b->first_fold);
    kr_free(b->scales);
    kr_free(b->truth);
    kr_free(b->lower);
    kr_free(b->upper);
    kr_free(b);
}

/* The scale of each fold's errors. */
static void take_scales(kr_backtest *b) {
    for (int64_t t = 0; t < b->study->n_targets; t++) {
        int64_t series = t / b->n_outputs, column = t % b->n_outputs;
        const kr_naive_scale scale = kr__backtest_target_scale(b->study, t);
        for (int64_t i = b->first_fold[series]; i < b->first_fold[series + 1]; i++) {
            b->scales[i * b->n_outputs + column] = scale;
        }
    }
}

static kr_status make_room(kr_backtest *b, kr_error *err) {
    b->scales = kr__calloc((size_t)(b->n_folds * b->n_outputs) + 1, sizeof *b->scales);
    b->truth = kr__calloc((size_t)kr__backtest_values(b) + 1, sizeof *b->truth);
    if (!b->scales || !b->truth) return kr_fail(err, KR_MEMORY, "out of memory for the backtest");
    for (int64_t i = 0; i < kr__backtest_values(b); i++) b->truth[i] = (double)NAN;
    take_scales(b);
    return KR_OK;
}

static kr_status choose(kr_backtest *b, const kr_backtest_options *o, kr_error *err) {
    b->first_fold = kr__calloc((size_t)b->n_series + 1, sizeof *b->first_fold);
    if (!b->first_fold) return kr_fail(err, KR_MEMORY, "out of memory for the folds");
    choose_seasons(b, o->season);
    KR_TRY(choose_origins(b, o, err));
    if (b->is_panel) KR_TRY(check_series(b, err));
    return make_room(b, err);
}

static kr_status check_options(const kr_forecaster_info *model, int64_t n_series,
                               const kr_backtest_options *o, kr_error *err) {
    if (n_series < 1) return kr_fail(err, KR_USAGE, "a backtest needs one series at least");
    if (model->n_series == 0 && n_series > 1) {
        return kr_fail(err, KR_USAGE,
                       "the model knows a single series, and these are %" PRId64
                       "; use a model of a panel",
                       n_series);
    }
    if (o->folds < 0 || o->every < 0 || o->season < 0) {
        return kr_fail(err, KR_USAGE, "`folds`, `every` and `season` may not be below 0");
    }
    if (o->n_steps >= 0 && o->n_steps <= model->pred_len) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "%" PRId64 " steps cannot be forecast: the model forecasts 1 to %" PRId64,
                   o->n_steps, model->pred_len);
}

kr_status kr_backtest_create(kr_forecaster *model, const kr_history *const *series,
                             int64_t n_series, const kr_backtest_options *options,
                             kr_backtest **out, kr_error *err) {
    kr_backtest_options o;
    KR_TRY(kr__sized_take("kr_backtest_options", options, &o, sizeof o, err));
    KR_TRY(check_options(&model->info, n_series, &o, err));
    kr_backtest *b = kr__calloc(1, sizeof *b);
    if (!b) return kr_fail(err, KR_MEMORY, "out of memory for the backtest");
    snprintf(b->name, sizeof b->name, "%s", o.name ? o.name : series[0]->name);
    b->model = model;
    b->series = series;
    b->n_series = n_series;
    b->is_panel = model->info.n_series > 0;
    b->is_refit = o.is_refit;
    b->n_steps = o.n_steps > 0 ? o.n_steps : model->info.pred_len;
    b->n_outputs = model->info.n_outputs;
    kr_status status = choose(b, &o, err);
    if (status != KR_OK) {
        kr_backtest_destroy(b);
        return status;
    }
    *out = b;
    return KR_OK;
}

/* ---- what it tells -------------------------------------------------------------------------- */

void kr_backtest_describe(const kr_backtest *b, kr_backtest_info *info) {
    const kr_backtest_info all = {.n_series = b->n_series,
                                  .n_folds = b->n_folds,
                                  .n_steps = b->n_steps,
                                  .n_outputs = b->n_outputs,
                                  .every = b->every,
                                  .season = b->season,
                                  .first_fold = b->first_fold,
                                  .origins = b->origins,
                                  .truth = b->truth,
                                  .n_models = b->n_models,
                                  .n_levels = b->n_levels,
                                  .levels = b->levels,
                                  .lower = b->lower,
                                  .upper = b->upper,
                                  .intervals = b->intervals};
    kr__sized_give(&all, sizeof all, info);
}

bool kr_backtest_describe_model(const kr_backtest *b, int i, kr_backtest_model *model) {
    if (!b->is_concluded || i < 0 || i >= b->n_models) return false;
    const kr__backtest_model *m = &b->models[i];
    const kr_backtest_model all = {.name = m->name,
                                   .forecast = m->forecast,
                                   .all = &m->scores.all,
                                   .by_step = m->scores.by_step,
                                   .by_fold = m->scores.by_fold,
                                   .by_column = m->scores.by_channel,
                                   .by_series = m->by_series,
                                   .mean = m->mean,
                                   .median_mase = m->median_mase};
    kr__sized_give(&all, sizeof all, model);
    return true;
}

bool kr_backtest_describe_verdict(const kr_backtest *b, kr_backtest_verdict *verdict) {
    const kr__verdict *v = &b->verdict;
    if (!b->is_concluded) return false;
    kr_backtest_verdict all = {.sentence = b->words,
                               .rule = b->rule ? b->rule : "",
                               .judgement = v->kind,
                               .n_targets = v->n_targets,
                               .n_windows = v->n_windows,
                               .skill = v->skill,
                               .skill_low = v->low,
                               .skill_high = v->high,
                               .mase = v->mase,
                               .rule_mase = v->rule_mase};
    kr__sized_give(&all, sizeof all, verdict);
    return true;
}
