/* SPDX-License-Identifier: MIT
 * fit.c - several models on one split, and which is best. */

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/settings_view.h"
#include "core/text.h"
#include "forecast/fit.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_timing.h"
#include "local/intermittent.h"
#include "nn/model.h"

#define IF_YES(text) text
#define IF_NO(text)
const char kr__fit_models[] = "Naive,SeasonalNaive,SeasonalDrift,ETS,Theta,CES,ARIMA,MSTL,SBA,TSB"
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

kr_status kr__fit_settings_create(kr_settings **out, kr_error *err) {
    return kr__settings_create(&table, out, err);
}

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
static kr_status add_model(kr_fit_result *result, const char *name, size_t n, kr_error *err) {
    kr_fit_candidate *c = &result->candidates[result->n_candidates];
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
    result->n_candidates++;
    return KR_OK;
}

static kr_status list_models(const char *text, kr_fit_result *result, kr_error *err) {
    for (const char *word = text; word; word = kr__text_behind(word, ',')) {
        KR_TRY(add_model(result, word, strcspn(word, ","), err));
    }
    return KR_OK;
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
    kr_fit_result *models = kr__calloc(1, sizeof *models);
    if (!models) return kr_fail(err, KR_MEMORY, "out of memory for the models");
    kr_status status = list_models(config->models, models, err);
    kr_free(models);
    return status;
}

/* ---- time --------------------------------------------------------------------------------- */

/* The time that is left, divided among the models that are left: as many epochs as fit, so that the
 * schedule's rate comes down in time, and a limit in seconds to be safe. */
static kr_status keep_to_budget(kr_team *team, kr_forecast_config *config, int64_t n_windows,
                                double seconds, kr_error *err) {
    enum { REPEATS = 3 };
    const double most = 60;          /* epochs */
    const double for_training = 0.8; /* the rest is for validation and test */
    double ms[REPEATS];
    kr_forecast_times times;
    kr_forecast_timing timing = {.config = config, .warmup = 1, .repeats = REPEATS, .steps = 2};
    KR_TRY(kr__forecast_time(team, &timing, ms, &times, err));
    int64_t steps = (n_windows + config->batch_size - 1) / config->batch_size;
    double epoch = kr__spread_of(ms, REPEATS).median / 1000 * (double)(steps > 0 ? steps : 1);
    config->max_seconds = fmax(seconds * for_training, 0.001);
    double n_epochs = floor(config->max_seconds / epoch);
    config->train_epochs = n_epochs < 1 ? 1 : n_epochs > most ? (int64_t)most : (int64_t)n_epochs;
    if (config->patience < config->train_epochs / 5) config->patience = config->train_epochs / 5;
    return KR_OK;
}

/* ---- the models --------------------------------------------------------------------------- */

typedef struct fitting {
    kr_team *team;
    const kr_fit_config *config;
    const kr_fit_plan *plan;
    const kr_rows *rows; /* as they were read */
    const kr_fit_data *data;
    const kr_fit_options *options;
    kr_fit_result *result;
    double deadline; /* kr__time_now(); 0: none */
} fitting;

static int count_learning(const kr_fit_result *result, int first) {
    int n = 0;
    for (int i = first; i < result->n_candidates; i++) n += !result->candidates[i].local;
    return n;
}

static void tell(const fitting *f, int i, bool is_done) {
    const kr_fit_observer *o = &f->options->observer;
    if (o->candidate) o->candidate(o->arg, &f->result->candidates[i], i, is_done);
}

/* {folder}/{setting}/checkpoint.safetensors; empty where nothing is to be kept. */
static kr_status name_checkpoint(const fitting *f, kr_forecast_config *config,
                                 char path[KR_FORECAST_PATH], kr_error *err) {
    *path = '\0';
    if (!f->options->folder) return KR_OK;
    snprintf(config->checkpoints, sizeof config->checkpoints, "%s", f->options->folder);
    kr__forecast_checkpoint(config, 0, path, KR_FORECAST_PATH);
    return kr__make_folder_of(path, err);
}

static kr_status train(const fitting *f, const kr_forecast_config *config, const char *checkpoint,
                       kr_forecaster **out, kr_error *err) {
    bool has_file = *checkpoint != '\0';
    const kr_train_options options = {
        .size = sizeof options,
        .observer = &f->options->observer.forecast,
        .checkpoint = has_file ? checkpoint : NULL,
        .resumes = f->options->resumes && has_file && kr__file_exists(checkpoint)};
    KR_TRY(kr__forecaster_create(f->team, config, out, err));
    kr__forecaster_keep_done(*out);
    return kr_forecaster_train(*out, f->rows, &options, err);
}

/* ---- forecasts of the past ---------------------------------------------------------------- */

/* Its windows whose look-back the model can fill; origins (n). */
static int64_t list_origins(const kr__study *s, const kr__target *t, int64_t seq_len,
                            int64_t *origins) {
    int64_t n = 0;
    for (int64_t k = 0; k < t->n_windows; k++) {
        int64_t origin = s->windows[t->first_window + k].origin;
        if (origin + 1 >= seq_len) origins[n++] = origin;
    }
    return n;
}

/* Windows of all targets of a series have the same origins; those left out stay NaN. */
static void place_forecasts(const kr__study *s, const kr_prediction *p, int64_t first_target,
                            kr__study_forecasts *f) {
    int64_t h = s->horizon, width = p->n_outputs;
    for (int64_t c = 0; c < width; c++) {
        const kr__target *t = &s->targets[first_target + c];
        int64_t first = t->first_window + t->n_windows - p->n;
        for (int64_t i = 0; i < p->n * h; i++) {
            f->mean[first * h + i] = p->forecast[i * width + c];
        }
    }
}

static kr_status forecast_series(const fitting *f, kr_forecaster *model, int64_t series,
                                 kr__study_forecasts *out, kr_error *err) {
    const kr__study *s = f->result->study;
    int64_t n_targets = f->data->look.n_targets, first = series * n_targets,
            seq_len = kr_forecaster_info_of(model)->seq_len;
    const kr__target *t = &s->targets[first];
    int64_t *origins = kr__calloc((size_t)t->n_windows + 1, sizeof *origins);
    const kr_history_options options = {.size = sizeof options, .gaps = f->config->gaps};
    kr_history *history = NULL;
    kr_prediction *prediction = NULL;
    if (!origins) return kr_fail(err, KR_MEMORY, "out of memory for the past");
    int64_t n = list_origins(s, t, seq_len, origins);
    kr_status status = KR_OK;
    if (n > 0) status = kr_history_of_rows(model, f->rows, series, &options, &history, err);
    if (status == KR_OK && n > 0) {
        status = kr_forecaster_predict(model, history, n, origins, NULL, &prediction, err);
    }
    if (status == KR_OK && n > 0) place_forecasts(s, prediction, first, out);
    kr_prediction_destroy(prediction);
    kr_history_destroy(history);
    kr_free(origins);
    return status;
}

/* A learned model tells no spread; its errors are measured in that of the last season. */
static kr_status forecast_past(const fitting *f, kr_fit_candidate *c, kr_error *err) {
    const kr__study *s = f->result->study;
    KR_TRY(kr__study_run(f->team, s, &kr__local_last_season, &c->forecasts, err));
    for (int64_t i = 0; i < s->n_windows * s->horizon; i++) c->forecasts.mean[i] = (double)NAN;
    for (int64_t i = 0; i < f->data->look.n_series; i++) {
        if (kr_team_is_stopping(f->team)) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        KR_TRY(forecast_series(f, c->forecaster, i, &c->forecasts, err));
    }
    return KR_OK;
}

static kr_status fit_learned(const fitting *f, int i, kr_error *err) {
    kr_fit_candidate *c = &f->result->candidates[i];
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    double started = kr__time_now();
    *config = f->plan->config;
    snprintf(config->model, sizeof config->model, "%s", c->model);
    kr_status status = name_checkpoint(f, config, c->checkpoint, err);
    if (status == KR_OK && f->deadline > 0) {
        double left = (f->deadline - started) / (count_learning(f->result, i) + f->config->refit);
        status = keep_to_budget(f->team, config, f->plan->n_windows, left, err);
    }
    if (status == KR_OK) status = train(f, config, c->checkpoint, &c->forecaster, err);
    kr_free(config);
    return status == KR_OK ? forecast_past(f, c, err) : status;
}

/* ---- one candidate ------------------------------------------------------------------------ */

/* Are more than a third of the targets such demand? */
static bool is_intermittent(const kr__study *s) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->n_targets; i++) {
        n += kr__is_intermittent(s->targets[i].values, s->targets[i].n);
    }
    return n * 3 > s->n_targets;
}

/* Why a candidate is not tried; NULL: it is. */
static const char *find_reason(const fitting *f, const kr_fit_candidate *c) {
    bool is_named = strcmp(f->config->models, kr__fit_models) != 0;
    bool is_late = f->deadline > 0 && kr__time_now() > f->deadline;
    if (!c->local && !f->plan->learns) return "too few rows to learn from";
    if (is_late) return "the time was up";
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
static void leave_out_twins(kr_fit_result *r, int i) {
    kr_fit_candidate *c = &r->candidates[i];
    for (int k = 0; k < i && c->forecasts.mean; k++) {
        const kr_fit_candidate *other = &r->candidates[k];
        if (!other->forecasts.mean || !are_same(r->study, &other->forecasts, &c->forecasts)) {
            continue;
        }
        char name[sizeof other->model]; /* two strings of one array */
        memcpy(name, other->model, sizeof name);
        snprintf(c->why_not, sizeof c->why_not, "the same as %s here", name);
        kr__study_forecasts_deinit(&c->forecasts);
    }
}

static kr_status fit_one(const fitting *f, int i, kr_error *err) {
    kr_fit_candidate *c = &f->result->candidates[i];
    double started = kr__time_now();
    const char *reason = find_reason(f, c);
    if (reason) {
        snprintf(c->why_not, sizeof c->why_not, "%s", reason);
        return KR_OK;
    }
    KR_TRY(kr__study_forecasts_init(f->result->study, &c->forecasts, err));
    kr_status status = c->local
                           ? kr__study_run(f->team, f->result->study, c->local, &c->forecasts, err)
                           : fit_learned(f, i, err);
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

static kr_status make_statistical(const fitting *f, kr_error *err) {
    kr_fit_result *r = f->result;
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    *config = f->plan->config;
    config->train_rows = config->val_rows = config->test_rows = 0;
    config->season = f->plan->season;
    config->long_season = f->plan->n_seasons > 1 ? f->plan->seasons[1] : 0;
    for (int i = 0; i < r->n_chosen; i++) {
        size_t n = strlen(config->local_models), size = sizeof config->local_models - n;
        snprintf(config->local_models + n, size, "%s%s", i > 0 ? "," : "",
                 r->candidates[r->chosen[i]].model);
    }
    kr_status status = kr__forecaster_create(f->team, config, &r->model, err);
    if (status == KR_OK) status = kr__local_forecaster_make(r->model, f->rows, &r->errors, err);
    kr_free(config);
    r->is_refitted = status == KR_OK;
    return status;
}

/* The parts of a longer training: a tenth to validate on, and the last horizon, which a training
 * cannot do without. */
static void take_all_rows(const fitting *f, kr_forecast_config *config) {
    int64_t n = f->data->look.n_rows, horizon = f->config->horizon, n_validation = n / 10;
    if (n_validation < horizon) n_validation = horizon;
    config->val_rows = n_validation;
    config->test_rows = horizon;
    config->train_rows = n - n_validation - horizon;
}

static kr_status refit(const fitting *f, const kr_fit_candidate *c, kr_error *err) {
    kr_fit_result *r = f->result;
    char checkpoint[KR_FORECAST_PATH] = "";
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    *config = f->plan->config;
    snprintf(config->model, sizeof config->model, "%s", c->model);
    snprintf(config->des, sizeof config->des, "refit");
    take_all_rows(f, config);
    kr_status status = name_checkpoint(f, config, checkpoint, err);
    if (status == KR_OK && f->deadline > 0) {
        double left = f->deadline - kr__time_now();
        status = keep_to_budget(f->team, config, f->plan->n_windows, left > 0 ? left : 0, err);
    }
    if (status == KR_OK) status = train(f, config, checkpoint, &r->model, err);
    kr_free(config);
    if (status == KR_INTERRUPTED) {
        return kr_fail(err, status, "stopped while %s was being trained on all rows", c->model);
    }
    r->is_refitted = status == KR_OK;
    return status;
}

static kr_status make_model(const fitting *f, kr_error *err) {
    kr_fit_result *r = f->result;
    kr_fit_candidate *c = &r->candidates[r->chosen[0]];
    if (c->local) return make_statistical(f, err);
    if (f->config->refit && f->data->look.n_series == 1) return refit(f, c, err);
    r->model = c->forecaster;
    c->forecaster = NULL;
    return KR_OK;
}

/* ---- all of it ---------------------------------------------------------------------------- */

static kr_status make_study(const fitting *f, kr_error *err) {
    const kr__study_plan plan = {.horizon = f->config->horizon,
                                 .seasons = f->plan->seasons,
                                 .n_seasons = f->plan->n_seasons,
                                 .most_windows = f->plan->most_windows,
                                 .is_panel = f->data->look.n_series > 1};
    return kr__study_make(f->data->rows, &plan, f->data->look.n_targets, &f->result->study, err);
}

kr_status kr__fit_run(kr_team *team, const kr_rows *rows, const kr_fit_data *data,
                      const kr_fit_config *config, const kr_fit_plan *plan,
                      const kr_fit_options *options, kr_fit_result *result, kr_error *err) {
    static const kr_fit_options defaults = {.folder = NULL};
    fitting f = {.team = team,
                 .rows = rows,
                 .data = data,
                 .config = config,
                 .plan = plan,
                 .options = options ? options : &defaults,
                 .result = result};
    memset(result, 0, sizeof *result);
    result->rule = -1;
    KR_TRY(list_models(config->models, result, err));
    if (*config->time_budget) {
        double seconds = 0;
        KR_TRY(kr__duration_parse(config->time_budget, &seconds, err));
        f.deadline = kr__time_now() + seconds;
    }
    KR_TRY(make_study(&f, err));
    for (int i = 0; i < result->n_candidates; i++) {
        tell(&f, i, false);
        KR_TRY(fit_one(&f, i, err));
        tell(&f, i, true);
    }
    KR_TRY(kr__fit_choose(config, result, err));
    return make_model(&f, err);
}

void kr__fit_result_deinit(kr_fit_result *result) {
    for (int i = 0; i < result->n_candidates; i++) {
        kr__study_forecasts_deinit(&result->candidates[i].forecasts);
        kr_forecaster_destroy(result->candidates[i].forecaster);
    }
    kr__study_forecasts_deinit(&result->own);
    kr__relative_errors_deinit(&result->errors);
    kr__verdict_deinit(&result->verdict);
    kr__study_destroy(result->study);
    kr_forecaster_destroy(result->model);
    memset(result, 0, sizeof *result);
}
