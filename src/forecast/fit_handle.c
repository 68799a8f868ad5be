/* SPDX-License-Identifier: MIT
 * fit_handle.c - a fit as a host program has it: a handle that is run and then tells what it
 * found. */
#include <kr/fit.h>

#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/settings_view.h"
#include "core/sized_struct.h"
#include "forecast/fitting.h"
#include "forecast/forecaster_internal.h"

/* ---- life ------------------------------------------------------------------------------- */

kr_status kr_fit_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(kr__fit_flags(), out, err);
}

void kr_fit_destroy(kr_fit *fit) {
    if (!fit) return;
    kr__fit_result_deinit(&fit->result);
    kr__fit_data_deinit(&fit->data);
    kr_free(fit);
}

kr_status kr__fit_create(kr_team *team, const kr_fit_config *config, const kr_rows *rows,
                         kr_fit **out, kr_error *err) {
    KR_TRY(kr__fit_config_check(config, err));
    kr_fit *fit = kr__calloc(1, sizeof *fit);
    if (!fit) return kr_fail(err, KR_MEMORY, "out of memory for the fit");
    fit->team = team;
    fit->rows = rows;
    fit->config = *config;
    kr_status status = kr__fit_open(team, rows, &fit->config, &fit->data, err);
    if (status != KR_OK) {
        kr_fit_destroy(fit);
        return status;
    }
    *out = fit;
    return KR_OK;
}

kr_status kr_fit_create(kr_team *team, const kr_settings *settings, const kr_rows *rows,
                        kr_fit **out, kr_error *err) {
    const void *values = NULL;
    KR_TRY(kr__settings_values(settings, kr__fit_flags(), &values, err));
    return kr__fit_create(team, values, rows, out, err);
}

/* ---- the work --------------------------------------------------------------------------- */

static kr_status check_rows(const kr_fit *fit, kr_error *err) {
    if (fit->rows) return KR_OK;
    return kr_fail(err, KR_USAGE, "what a model says of its fit has no rows to work with");
}

kr_status kr_fit_decide(kr_fit *fit, kr_error *err) {
    KR_TRY(check_rows(fit, err));
    KR_TRY(
        kr__fit_plan_make(kr_rows_name(fit->rows), &fit->config, &fit->data.look, &fit->plan, err));
    fit->is_decided = true;
    return KR_OK;
}

kr_status kr_fit_run(kr_fit *fit, const kr_fit_options *options, kr_error *err) {
    kr_fit_options o;
    kr_fit_observer observer;
    KR_TRY(kr__sized_take("kr_fit_options", options, &o, sizeof o, err));
    KR_TRY(kr__sized_take("kr_fit_observer", o.observer, &observer, sizeof observer, err));
    o.observer = &observer;
    KR_TRY(check_rows(fit, err));
    if (!fit->is_decided) KR_TRY(kr_fit_decide(fit, err));
    fit->is_done = false;
    kr__fit_result_deinit(&fit->result);
    kr_status status = kr__fit_run(fit->team, fit->rows, &fit->data, &fit->config, &fit->plan, &o,
                                   &fit->result, err);
    bool is_kept = status == KR_INTERRUPTED && o.keeps_best && fit->result.model,
         has_model = status == KR_OK || is_kept;
    if (!has_model) return status;
    kr__fit_choice(&fit->result, fit->choice);
    kr__fit_verdict(&fit->data, &fit->result, fit->verdict);
    KR_TRY(kr__fit_record_write(fit, &fit->result.model->fit_record, err));
    fit->is_done = true;
    return status;
}

/* ---- what a model knows of its fit -------------------------------------------------------- */

kr_status kr_fit_recall(const kr_forecaster *model, kr_fit **out, kr_error *err) {
    if (!model->fit_record) {
        return kr_fail(
            err, KR_UNSUPPORTED,
            "the model says nothing of a fit: it was made in another way, or by an older "
            "version");
    }
    kr_fit *fit = kr__calloc(1, sizeof *fit);
    if (!fit) return kr_fail(err, KR_MEMORY, "out of memory for the fit");
    kr_status status = kr__fit_record_read(model->fit_record, fit, err);
    if (status != KR_OK) {
        kr_fit_destroy(fit);
        return status;
    }
    fit->data.look.has_dates = model->info.has_frequency;
    fit->data.look.frequency = model->info.frequency;
    kr__fit_choice(&fit->result, fit->choice);
    fit->is_decided = fit->is_done = true;
    *out = fit;
    return KR_OK;
}

kr_status kr_fit_settings(const kr_fit *fit, kr_settings **out, kr_error *err) {
    return kr__settings_from_values(kr__fit_flags(), &fit->config, out, err);
}

/* ---- what it found ------------------------------------------------------------------------ */

void kr_fit_describe(const kr_fit *fit, kr_fit_info *info) {
    const kr_fit_look *look = &fit->data.look;
    const kr__fit_result *found = fit->is_done ? &fit->result : NULL;
    const kr_fit_info all = {.n_rows = look->n_rows,
                             .n_series = look->n_series,
                             .n_columns = look->n_columns,
                             .n_targets = look->n_targets,
                             .horizon = fit->config.horizon,
                             .has_frequency = look->has_dates,
                             .frequency = look->frequency,
                             .gaps = look->gaps,
                             .n_rules = fit->is_decided ? fit->plan.n_rules : 0,
                             .season = fit->is_decided ? fit->plan.season : 0,
                             .n_candidates = found ? found->n_candidates : 0,
                             .n_choosing = found ? found->n_choosing : 0,
                             .n_judging = found ? found->n_judging : 0};
    kr__sized_give(&all, sizeof all, info);
}

bool kr_fit_describe_rule(const kr_fit *fit, int i, kr_fit_rule *rule) {
    if (!fit->is_decided || i < 0 || i >= fit->plan.n_rules) return false;
    const kr__fit_rule *from = &fit->plan.rules[i];
    const kr_fit_rule all = {.what = from->what, .value = from->value, .why = from->why};
    kr__sized_give(&all, sizeof all, rule);
    return true;
}

bool kr_fit_describe_candidate(const kr_fit *fit, int i, kr_fit_candidate *candidate) {
    if (!fit->is_done || i < 0 || i >= fit->result.n_candidates) return false;
    const kr_fit_candidate all = kr__fit_tell_candidate(&fit->result, i);
    kr__sized_give(&all, sizeof all, candidate);
    return true;
}

bool kr_fit_describe_verdict(const kr_fit *fit, kr_fit_verdict *verdict) {
    const kr__fit_result *r = &fit->result;
    const kr__verdict *v = &r->verdict;
    if (!fit->is_done) return false;
    bool is_judged = r->rule >= 0;
    kr_fit_verdict all = {.sentence = fit->verdict,
                          .choice = fit->choice,
                          .rule = is_judged ? r->candidates[r->rule].model : "",
                          .judgement = v->kind,
                          .n_targets = v->n_targets,
                          .n_windows = v->n_windows,
                          .skill = is_judged ? v->skill : (double)NAN,
                          .skill_low = is_judged ? v->low : (double)NAN,
                          .skill_high = is_judged ? v->high : (double)NAN,
                          .mase = is_judged ? v->mase : (double)NAN,
                          .rule_mase = is_judged ? v->rule_mase : (double)NAN,
                          .choosing_mase = r->loss,
                          .judging_mase = r->verdict_loss,
                          .n_levels = r->levels.n};
    memcpy(all.levels, r->levels.level, sizeof all.levels);
    memcpy(all.held, r->levels.held, sizeof all.held);
    kr__sized_give(&all, sizeof all, verdict);
    return true;
}

kr_forecaster *kr_fit_forecaster(const kr_fit *fit) {
    return fit->is_done ? fit->result.model : NULL;
}

kr_forecaster *kr_fit_take_forecaster(kr_fit *fit) {
    kr_forecaster *model = kr_fit_forecaster(fit);
    fit->result.model = NULL;
    return model;
}

/* ---- the forecast ----------------------------------------------------------------------- */

/* As many of `levels` as the model has. */
static kr_status find_levels(const kr_fit *fit, double *levels, int *n, kr_error *err) {
    double wanted[KR_LEVELS_MAX];
    int n_wanted = 0;
    *n = 0;
    if (strcmp(fit->config.levels, "none") == 0) return KR_OK;
    KR_TRY(kr_levels_parse(fit->config.levels, wanted, &n_wanted, err));
    for (int i = 0; i < n_wanted; i++) {
        bool has = kr_forecaster_check_level(fit->result.model, wanted[i], NULL) == KR_OK;
        if (has) levels[(*n)++] = wanted[i];
    }
    return KR_OK;
}

kr_status kr__fit_forecast_series(const kr_fit *fit, int64_t series, kr_history **history,
                                  kr_prediction **out, kr_error *err) {
    kr_forecaster *model = kr_fit_forecaster(fit);
    double levels[KR_LEVELS_MAX];
    if (!model) {
        return kr_fail(err, KR_USAGE, "the fit has no model; run it, and do not take its model");
    }
    kr_predict_options options = {
        .size = sizeof options, .n_steps = fit->config.horizon, .levels = levels};
    bool is_panel = kr_forecaster_info_of(model)->n_series > 0;
    bool is_there = series >= 0 && series < kr_rows_series_count(fit->rows);
    const kr_history_options how = {
        .size = sizeof how,
        .gaps = fit->config.gaps,
        .series = is_panel && is_there ? kr_rows_series(fit->rows, series) : NULL};
    KR_TRY(find_levels(fit, levels, &options.n_levels, err));
    KR_TRY(kr_history_of_rows(model, fit->rows, series, &how, history, err));
    int64_t origin = kr_history_last_origin(*history, model);
    kr_status status = kr_forecaster_predict(model, *history, 1, &origin, &options, out, err);
    if (status != KR_OK) kr_history_destroy(*history);
    return status;
}

kr_status kr_fit_forecast(kr_fit *fit, int64_t series, kr_prediction **out, kr_error *err) {
    kr_history *history = NULL;
    KR_TRY(kr__fit_forecast_series(fit, series, &history, out, err));
    kr_history_destroy(history);
    return KR_OK;
}
