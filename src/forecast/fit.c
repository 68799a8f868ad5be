/* SPDX-License-Identifier: MIT
 * fit.c - several models on one split, and which is best. */

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "forecast/fit_internal.h"
#include "forecast/forecast_config.h"
#include "local/intermittent.h"
#include "nn/model.h"

#define IF_YES(text) text
#define IF_NO(text)
const char kr__fit_models[] =
    "Naive,SeasonalNaive,SeasonalDrift,ETS,Theta,CES,ARIMA,MSTL,SBA,TSB,ZeroShot"
#define KR_MODEL(file, name, in_fit, in_bench, beside_refit) IF_##in_fit("," name)
#include "nn/models.inc"
#undef KR_MODEL
    ;

#define KR_FLAG_OWNER kr_fit_config
#define KR_FLAG_NAME "fit"
#define KR_FLAG_LIST "forecast/fit_flags.inc"
#define KR_FLAG_DECIDES KR_FLAG_COPY
#include "core/flag_table.inc"

const kr_flag_table *kr__fit_flags(void) { return &table; }

/* ---- texts -------------------------------------------------------------------------------- */

kr_status kr__duration_parse(const char *text, double *seconds, kr_error *err) {
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};
    char number[32];
    double value = 0, unit = 1;
    size_t n = strlen(text);
    for (size_t i = 0; i < sizeof units / sizeof units[0] && n > 0; i++) {
        if (text[n - 1] != units[i].unit) continue;
        unit = units[i].seconds;
        n--;
        break;
    }
    snprintf(number, sizeof number, "%.*s", (int)(n < sizeof number ? n : sizeof number - 1), text);
    if (n >= sizeof number || !kr__text_real(number, &value) || value <= 0 || value > 1e7) {
        return kr_fail(err, KR_USAGE,
                       "\"%.40s\" is not a time; write it as 90s, 5m or 1.5h, above 0", text);
    }
    *seconds = value * unit;
    return KR_OK;
}

/* The sentence offers all names. */
static kr_status check_name(const char *name, kr_error *err) {
    char names[600];
    size_t n = (size_t)snprintf(names, sizeof names, "%s", KR_MODEL_CHOICES);
    for (const kr__local_model *const *m = kr__local_models; *m && n < sizeof names; m++) {
        if (kr__model_find((*m)->name)) continue; /* Naive is both */
        n += (size_t)snprintf(names + n, sizeof names - n, "|%s", (*m)->name);
    }
    return kr__text_check_choice("models", name, names, err);
}

/* A statistical model, or one of `krait run`. */
static kr_status add_model(kr__fit_result *result, const char *name, size_t n, kr_error *err) {
    kr__fit_candidate *c = &result->candidates[result->n_candidates];
    char text[sizeof c->model];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), name);
    const kr__local_model *local = kr__local_find(text);
    if (!local) KR_TRY(check_name(text, err));
    for (int i = 0; i < result->n_candidates; i++) {
        if (strcasecmp(result->candidates[i].model, text) != 0) continue;
        return kr_fail(err, KR_USAGE, "`models`: %s is named twice; name it once", text);
    }
    if (result->n_candidates == KR_FIT_MOST_MODELS) {
        return kr_fail(err, KR_USAGE, "`models`: %d at most", KR_FIT_MOST_MODELS);
    }
    snprintf(c->model, sizeof c->model, "%s", local ? local->name : text);
    c->local = local;
    c->loss = c->verdict_loss = (double)NAN;
    result->n_candidates++;
    return KR_OK;
}

static kr_status list_models(const kr_fit_config *config, kr__fit_result *result, kr_error *err) {
    const char *tuned = kr__local_tuned.name;
    for (const char *word = config->models; word; word = kr__text_behind(word, ',')) {
        KR_TRY(add_model(result, word, strcspn(word, ","), err));
    }
    for (int i = 0; i < result->n_candidates; i++) {
        if (result->candidates[i].local == &kr__local_tuned) return KR_OK;
    }
    return *config->from ? add_model(result, tuned, strlen(tuned), err) : KR_OK;
}

kr_status kr__fit_config_check(const kr_fit_config *config, kr_error *err) {
    double seconds = 0;
    if (config->horizon < 1) {
        return kr_fail(err, KR_USAGE,
                       "`horizon` is missing; say how many steps are to be forecast, such as "
                       "`horizon` 24");
    }
    if (*config->time_budget) {
        kr_status status = kr__duration_parse(config->time_budget, &seconds, err);
        if (status != KR_OK) kr_error_prefix(err, "`time_budget`");
        KR_TRY(status);
    }
    kr__fit_result *models = kr__calloc(1, sizeof *models);
    if (!models) return kr_fail(err, KR_MEMORY, "out of memory for the models");
    kr_status status = list_models(config, models, err);
    kr_free(models);
    return status;
}

/* ---- one candidate ------------------------------------------------------------------------ */

static void tell(const kr__fitting *f, int i, bool is_done) {
    const kr_fit_observer *o = f->options->observer;
    if (!o || !o->candidate) return;
    const kr_fit_candidate told = kr__fit_tell_candidate(f->result, i);
    o->candidate(o->arg, &told, is_done);
}

/* Are more than a third of the targets such demand? */
static bool is_intermittent(const kr__study *s) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->n_targets; i++) {
        n += kr__is_intermittent(s->targets[i].values, s->targets[i].n);
    }
    return n * 3 > s->n_targets;
}

/* Why a candidate is not tried; NULL: it is. */
static const char *find_reason(const kr__fitting *f, int i) {
    const kr__fit_candidate *c = &f->result->candidates[i];
    bool is_named = strcmp(f->config->models, kr__fit_models) != 0;
    bool is_late = f->deadline > 0 && kr__time_now() > f->deadline;
    if (!c->local && !f->plan->learns) return "too few rows to learn from";
    bool is_tuned = c->local == &kr__local_tuned;
    if (is_late || (!c->local && kr__fit_is_too_slow(f, i))) return kr__fit_is_late;
    if (is_tuned && !kr__fit_can_tune(c, kr__fit_seconds_of(f, i))) return kr__fit_is_late;
    if (!c->local || is_named) return NULL;
    if (c->local->use == KR__LOCAL_INTERMITTENT && !is_intermittent(f->result->study)) {
        return "demand is not intermittent";
    }
    return NULL;
}

static bool are_same(const kr__study *s, const kr__study_forecasts *a,
                     const kr__study_forecasts *b) {
    const double near = 1e-6;
    for (int64_t i = 0; i < s->n_windows * s->horizon; i++) {
        double bound = near * s->targets[s->windows[i / s->horizon].target].scale;
        if (fabs(a->mean[i] - b->mean[i]) > bound) return false;
    }
    return true;
}

/* SeasonalNaive without a season is Naive: the later one is no other model. */
static void leave_out_twins(kr__fit_result *r, int i) {
    kr__fit_candidate *c = &r->candidates[i];
    for (int k = 0; k < i && c->forecasts.mean; k++) {
        const kr__fit_candidate *other = &r->candidates[k];
        if (!other->forecasts.mean || !are_same(r->study, &other->forecasts, &c->forecasts)) {
            continue;
        }
        char name[sizeof other->model]; /* two strings of one array */
        memcpy(name, other->model, sizeof name);
        snprintf(c->why_not, sizeof c->why_not, "the same as %s here", name);
        kr__study_forecasts_deinit(&c->forecasts);
        c->loss = c->verdict_loss = (double)NAN;
    }
}

static kr_status fit_one(kr__fitting *f, int i, kr_error *err) {
    kr__fit_candidate *c = &f->result->candidates[i];
    double started = kr__time_now();
    const char *reason = find_reason(f, i);
    if (reason) {
        snprintf(c->why_not, sizeof c->why_not, "%s", reason);
        return KR_OK;
    }
    kr_status status;
    if (c->local) {
        KR_TRY(kr__study_forecasts_init(f->result->study, &c->forecasts, err));
        status = c->local == &kr__local_tuned
                     ? kr__fit_tuned(f, c, kr__fit_seconds_of(f, i), err)
                     : kr__study_run(f->team, f->result->study, c->local, NULL, &c->forecasts, err);
    } else {
        status = kr__fit_learned(f, i, kr__fit_seconds_of(f, i), err);
    }
    c->seconds = kr__time_now() - started;
    if (status == KR_INTERRUPTED) {
        return kr_fail(err, status, "stopped while %s was being trained", c->model);
    }
    KR_TRY(status);
    c->loss = kr__study_loss(f->result->study, &c->forecasts, KR__CHOOSING);
    c->verdict_loss = kr__study_loss(f->result->study, &c->forecasts, KR__VERDICT);
    leave_out_twins(f->result, i);
    return KR_OK;
}

/* ---- the model that is kept --------------------------------------------------------------- */

/* The learned one of those that were chosen; NULL: all are statistical. */
static kr__fit_candidate *find_learned(kr__fit_result *r) {
    for (int i = 0; i < r->n_chosen; i++) {
        kr__fit_candidate *c = &r->candidates[r->chosen[i]];
        if (!c->local) return c;
    }
    return NULL;
}

static void list_chosen(const kr__fit_result *r, size_t size, char *text) {
    size_t n = 0;
    *text = '\0';
    for (int i = 0; i < r->n_chosen && n < size; i++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s", i > 0 ? "," : "",
                              r->candidates[r->chosen[i]].model);
    }
}

static int64_t second_season(const kr_fit_plan *plan) {
    return plan->n_seasons > 1 ? plan->seasons[1] : 0;
}

static kr_status make_statistical(const kr__fitting *f, kr_error *err) {
    kr__fit_result *r = f->result;
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    *config = f->plan->config;
    config->train_rows = config->val_rows = config->test_rows = 0;
    config->season = f->plan->season;
    config->long_season = second_season(f->plan);
    list_chosen(r, sizeof config->local_models, config->local_models);
    kr_status status = kr__forecaster_create(f->team, config, &r->model, err);
    if (status == KR_OK) status = kr__local_forecaster_make(r->model, f->rows, &r->errors, err);
    kr_free(config);
    r->is_refitted = status == KR_OK;
    return status;
}

/* Is there time for it, and was it not stopped? */
static kr_status refit(kr__fitting *f, kr__fit_candidate *learned, kr_error *err) {
    kr__fit_result *r = f->result;
    bool has_time = !f->is_stopped && kr__fit_has_time(f, learned);
    kr_status status = KR_OK;
    if (has_time) {
        status = kr__fit_refit(f, learned, kr__fit_seconds_of(f, r->n_candidates), err);
        f->is_stopped = status == KR_INTERRUPTED && f->options->keeps_best;
    }
    if (status != KR_OK && !f->is_stopped) return status;
    if (has_time && !f->is_stopped) return KR_OK;
    kr_forecaster_destroy(r->model);
    r->model = NULL;
    kr_team_log(f->team, f->is_stopped ? KR_LOG_NOTE : KR_LOG_WARNING,
                "%s %s on all rows: it stays as the earlier ones made it",
                f->is_stopped ? "stopped before training" : "no time is left to train",
                learned->model);
    return KR_OK;
}

static kr_status make_model(kr__fitting *f, kr_error *err) {
    kr__fit_result *r = f->result;
    kr__fit_candidate *learned = find_learned(r);
    char members[sizeof f->plan->config.local_models];
    if (!learned) {
        KR_TRY(make_statistical(f, err));
        return kr__fit_keep_tuned(f, kr__fit_seconds_of(f, r->n_candidates), err);
    }
    if (f->config->refit) KR_TRY(refit(f, learned, err));
    if (!r->model) {
        r->model = learned->forecaster;
        learned->forecaster = NULL;
    }
    list_chosen(r, sizeof members, members);
    KR_TRY(kr__forecaster_join(r->model, members, f->plan->season, second_season(f->plan),
                               &r->errors, err));
    return kr__fit_keep_tuned(f, kr__fit_seconds_of(f, r->n_candidates), err);
}

/* ---- all of it ---------------------------------------------------------------------------- */

static kr_status make_study(const kr__fitting *f, double share, kr_error *err) {
    int64_t n_windows = (int64_t)(share * (double)f->plan->most_windows);
    if (n_windows < 2) n_windows = 2;
    double cut = share * (double)f->plan->most_windows / (double)n_windows;
    const kr__study_plan plan = {.horizon = f->config->horizon,
                                 .seasons = f->plan->seasons,
                                 .n_seasons = f->plan->n_seasons,
                                 .most_windows = n_windows,
                                 .most_values = (int64_t)fmax(cut * f->plan->most_values, 1),
                                 .is_panel = f->data->look.n_series > 1};
    kr__study_destroy(f->result->study);
    f->result->study = NULL;
    return kr__study_make(f->data->rows, &plan, f->data->look.n_targets, &f->result->study, err);
}

/* Fewer windows of the past where there is no time for all. */
static kr_status prepare(kr__fitting *f, kr_error *err) {
    const kr_fit_observer *o = f->options->observer;
    const double for_models = 0.95; /* the rest is for files and figures */
    double seconds = 0;
    if (*f->config->time_budget) {
        KR_TRY(kr__duration_parse(f->config->time_budget, &seconds, err));
        f->deadline = kr__time_now() - f->options->spent + for_models * seconds;
    }
    KR_TRY(make_study(f, 1, err));
    KR_TRY(kr__fit_expect(f, err));
    double share = kr__fit_share(f);
    if (share < 1) KR_TRY(make_study(f, share, err));
    double expected = kr__fit_expected(f);
    if (o && o->expected) o->expected(o->arg, seconds > 0 ? fmin(expected, seconds) : expected);
    return KR_OK;
}

static kr_status try_all(kr__fitting *f, int *n_tried, kr_error *err) {
    for (int i = 0; i < f->result->n_candidates; i++) {
        *n_tried = i;
        tell(f, i, false);
        KR_TRY(fit_one(f, i, err));
        tell(f, i, true);
    }
    return KR_OK;
}

/* Stopped at candidate n_tried, which is done if it is a learned one that has tried a loss. */
static bool is_done(const kr__fitting *f, int i, int n_tried) {
    return i < n_tried || (i == n_tried && f->result->candidates[i].forecaster);
}

/* Asked to stop, those that are done make the choice; false: none is. */
static bool leave_out_rest(const kr__fitting *f, int n_tried) {
    kr_few late = {.n = 0};
    int n_done = 0;
    for (int i = 0; i < f->result->n_candidates; i++) {
        kr__fit_candidate *c = &f->result->candidates[i];
        if (*c->why_not) continue;
        if (is_done(f, i, n_tried)) {
            c->verdict_loss = kr__study_loss(f->result->study, &c->forecasts, KR__VERDICT);
            n_done++;
            continue;
        }
        kr__study_forecasts_deinit(&c->forecasts);
        snprintf(c->why_not, sizeof c->why_not, "the fit was stopped before");
        kr__few_add(&late, c->model);
    }
    if (n_done > 0 && late.n > 0) {
        kr_team_log(f->team, KR_LOG_NOTE,
                    "stopped: the choice is among the models that were done, without %s",
                    late.names);
    }
    return n_done > 0;
}

kr_status kr__fit_run(kr_team *team, const kr_rows *rows, const kr_fit_data *data,
                      const kr_fit_config *config, const kr_fit_plan *plan,
                      const kr_fit_options *options, kr__fit_result *result, kr_error *err) {
    static const kr_fit_options defaults = {.folder = NULL};
    kr__fitting f = {.team = team,
                     .rows = rows,
                     .data = data,
                     .config = config,
                     .plan = plan,
                     .options = options ? options : &defaults,
                     .result = result};
    memset(result, 0, sizeof *result);
    result->rule = -1;
    KR_TRY(list_models(config, result, err));
    if (plan->is_zeroshot) {
        KR_TRY(kr__fit_run_zeroshot(&f, err));
        return make_model(&f, err);
    }
    KR_TRY(prepare(&f, err));
    int n_tried = 0;
    kr_status status = try_all(&f, &n_tried, err);
    f.is_stopped = status == KR_INTERRUPTED && f.options->keeps_best && leave_out_rest(&f, n_tried);
    if (!f.is_stopped) KR_TRY(status);
    KR_TRY(kr__fit_choose(config, result, err));
    result->n_choosing = result->study->n_choosing;
    result->n_judging = result->study->n_verdict;
    KR_TRY(make_model(&f, err));
    return f.is_stopped ? KR_INTERRUPTED : KR_OK;
}

void kr__fit_result_deinit(kr__fit_result *result) {
    for (int i = 0; i < result->n_candidates; i++) {
        kr__study_forecasts_deinit(&result->candidates[i].forecasts);
        kr_forecaster_destroy(result->candidates[i].forecaster);
        kr_zeroshot_destroy(result->candidates[i].tuned);
    }
    kr__study_forecasts_deinit(&result->own);
    kr__relative_errors_deinit(&result->errors);
    kr__verdict_deinit(&result->verdict);
    kr__study_destroy(result->study);
    kr_forecaster_destroy(result->model);
    memset(result, 0, sizeof *result);
}
