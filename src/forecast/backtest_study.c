/* SPDX-License-Identifier: MIT
 * backtest_study.c - the windows of a backtest, and its rules of thumb, as those of a study. */
#include "forecast/backtest_study.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "forecast/backtest_scores.h"
#include "tables/calendar.h"
#include "tables/rows_internal.h"

/* ---- seasons ---------------------------------------------------------------------------- */

int kr__backtest_seasons(const kr_history *history, int64_t season, int64_t own, int64_t own_long,
                         int64_t seasons[KR__LOCAL_SEASONS]) {
    int64_t of_dates[KR__MOST_SEASONS];
    int n = history->has_frequency ? kr__frequency_seasons(&history->frequency, of_dates) : 0;
    if (n > 0 && (season == 0 || season == of_dates[0])) {
        memcpy(seasons, of_dates, (size_t)n * sizeof *seasons);
        return n;
    }
    if (season == 0 && !history->has_frequency) {
        seasons[0] = own;
        seasons[1] = own_long;
        return own < 2 ? 0 : own_long <= own ? 1 : 2;
    }
    seasons[0] = season;
    return season > 1;
}

/* ---- rows ------------------------------------------------------------------------------- */

static void copy_row(const kr_history *h, int64_t row, int64_t n_outputs, double *values,
                     uint8_t *is_filled) {
    int64_t first = row * h->n_channels + h->n_channels - n_outputs;
    memcpy(values, h->values + first, (size_t)n_outputs * sizeof *values);
    if (h->missing) memcpy(is_filled, h->missing + first, (size_t)n_outputs);
}

/* The columns that are forecast, without names or dates. */
static kr_rows *join_rows(const kr_history *const *histories, int64_t n, int64_t n_outputs) {
    kr_rows *rows = kr__rows_start(histories[0]->name, n_outputs, n, n > 1);
    int64_t n_rows = 0;
    for (int64_t i = 0; i < n; i++) n_rows += histories[i]->n_rows;
    bool is_made = rows && kr__rows_make_room(rows, n_rows, false);
    uint8_t *is_filled = is_made ? kr__calloc((size_t)n_rows + 1, (size_t)n_outputs) : NULL;
    if (!is_filled) {
        kr_rows_destroy(rows);
        return NULL;
    }
    rows->is_filled = rows->own_is_filled = is_filled;
    for (int64_t i = 0, at = 0; i < n; i++) {
        for (int64_t row = 0; row < histories[i]->n_rows; row++, at++) {
            copy_row(histories[i], row, n_outputs, rows->own_values + at * n_outputs,
                     is_filled + at * n_outputs);
        }
        rows->start[i + 1] = at;
    }
    return rows;
}

/* ---- windows of its own ----------------------------------------------------------------- */

static int64_t count_folds(const kr__backtest_plan *plan, const kr__target *t) {
    int64_t every = plan->every > 0 ? plan->every : plan->horizon,
            most = kr__backtest_most(t->n, plan->needed, plan->horizon, every);
    return plan->folds > 0 && plan->folds < most ? plan->folds : most;
}

kr_naive_scale kr__backtest_target_scale(const kr__study *s, int64_t target) {
    const kr__target *t = &s->targets[target];
    int64_t n = t->n_windows > 0 ? s->windows[t->first_window].origin + 1 : t->n;
    return kr__backtest_scale(n, 1, t->values, s->n_seasons > 0 ? s->seasons[0] : 1);
}

/* The windows of a fit give way to those that were asked for. */
static bool set_windows(kr__study *s, const kr__backtest_plan *plan) {
    int64_t n = 0, every = plan->every > 0 ? plan->every : plan->horizon;
    for (int64_t i = 0; i < s->n_targets; i++) n += count_folds(plan, &s->targets[i]);
    s->windows = kr__arena_alloc(&s->arena, (size_t)n + 1, sizeof *s->windows);
    if (!s->windows) return false;
    s->n_windows = s->n_choosing = 0;
    for (int64_t i = 0; i < s->n_targets; i++) {
        kr__target *t = &s->targets[i];
        t->first_window = s->n_windows;
        t->n_windows = count_folds(plan, t);
        for (int64_t k = t->n_windows - 1; k >= 0; k--) {
            s->windows[s->n_windows++] = (kr__study_window){
                .target = i, .origin = t->n - 1 - s->horizon - k * every, .is_verdict = true};
        }
    }
    s->n_verdict = s->n_windows;
    return kr__study_measure(s);
}

/* ---- the study -------------------------------------------------------------------------- */

/* A window that is alone is one for choosing. */
static void judge_lone_windows(kr__study *s) {
    assert(s);
    if (s->n_verdict > 0) return;
    for (int64_t w = 0; w < s->n_windows; w++) s->windows[w].is_verdict = true;
    s->n_verdict = s->n_windows;
    s->n_choosing = 0;
}

kr_status kr__backtest_study_make(const kr_history *const *histories, int64_t n, int64_t n_outputs,
                                  const kr__backtest_plan *plan, kr__study **out, kr_error *err) {
    kr__study_plan windows = {
        .horizon = plan->horizon, .seasons = plan->seasons, .n_seasons = plan->n_seasons};
    kr__study_plan_usual(&windows, n, n_outputs);
    kr_rows *rows = join_rows(histories, n, n_outputs);
    kr__study *s = NULL;
    if (!rows) return kr_fail(err, KR_MEMORY, "out of memory for the rows of the backtest");
    bool is_own = plan->folds > 0 || plan->every > 0;
    if (is_own) windows.most_values = 0;
    kr_status status = kr__study_make(rows, &windows, n_outputs, &s, err);
    if (status == KR_OK && is_own && !set_windows(s, plan)) {
        status = kr_fail(err, KR_MEMORY, "out of memory for the folds");
    }
    /* is_filled of the targets points into the rows, and is not needed any more. */
    for (int64_t i = 0; s && i < s->n_targets; i++) s->targets[i].is_filled = NULL;
    kr_rows_destroy(rows);
    if (status != KR_OK) {
        kr__study_destroy(s);
        return status;
    }
    judge_lone_windows(s);
    *out = s;
    return KR_OK;
}

int64_t kr__backtest_window(const kr__study *s, int64_t target, int64_t origin) {
    const kr__target *t = &s->targets[target];
    for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
        if (s->windows[w].origin == origin) return w;
    }
    return -1;
}

/* ---- rules of thumb --------------------------------------------------------------------- */

/* By the windows of a part; -1: it has none that can be measured. */
static int find_best(const kr__study *study, const kr__backtest_rules *rules, kr__study_part part) {
    double least = (double)INFINITY;
    int best = -1;
    for (int i = 0; i < rules->n; i++) {
        double loss = kr__study_loss(study, &rules->forecasts[i], part);
        if (!(loss < least)) continue;
        least = loss;
        best = i;
    }
    return best;
}

kr_status kr__backtest_rules_run(kr_team *team, const kr__study *study, kr__backtest_rules *out,
                                 kr_error *err) {
    *out = (kr__backtest_rules){.best = -1};
    for (int i = 0; kr__local_models[i] && out->n < KR__BACKTEST_RULES; i++) {
        const kr__local_model *model = kr__local_models[i];
        if (model->use != KR__LOCAL_RULE) continue;
        KR_TRY(kr__study_forecasts_init(study, &out->forecasts[out->n], err));
        out->names[out->n++] = model->name;
        KR_TRY(kr__study_run(team, study, model, NULL, &out->forecasts[out->n - 1], err));
    }
    out->best = find_best(study, out, KR__CHOOSING);
    if (out->best < 0) out->best = find_best(study, out, KR__VERDICT);
    return KR_OK;
}

void kr__backtest_rules_deinit(kr__backtest_rules *rules) {
    for (int i = 0; i < rules->n; i++) kr__study_forecasts_deinit(&rules->forecasts[i]);
    rules->n = 0;
}
