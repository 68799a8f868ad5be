/* SPDX-License-Identifier: MIT
 * fit.c - several models on one split, and which is best. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/settings_view.h"
#include "core/text.h"
#include "forecast/fit.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_timing.h"
#include "nn/model.h"

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

static kr_status add_model(kr_fit_result *result, const char *name, size_t n, kr_error *err) {
    char text[sizeof result->candidates[0].model];
    snprintf(text, sizeof text, "%.*s", (int)(n < sizeof text ? n : sizeof text - 1), name);
    KR_TRY(kr__text_check_choice("models", text, KR_MODEL_CHOICES, err));
    for (int i = 0; i < result->n_candidates; i++) {
        if (strcmp(result->candidates[i].model, text) != 0) continue;
        return kr_fail(err, KR_USAGE, "`models`: %s is named twice; name it once", text);
    }
    if (result->n_candidates == KR_FIT_MOST_MODELS) {
        return kr_fail(err, KR_USAGE, "`models`: %d at most", KR_FIT_MOST_MODELS);
    }
    memcpy(result->candidates[result->n_candidates++].model, text, sizeof text);
    return KR_OK;
}

static kr_status list_models(const char *text, kr_fit_result *result, kr_error *err) {
    for (const char *word = text; word; word = kr__text_behind(word, ',')) {
        KR_TRY(add_model(result, word, strcspn(word, ","), err));
    }
    return KR_OK;
}

kr_status kr__fit_config_check(const kr_fit_config *config, kr_error *err) {
    kr_fit_result models = {.n_candidates = 0};
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
    return list_models(config->models, &models, err);
}

/* ---- time --------------------------------------------------------------------------------- */

/* The time that is left, divided among the models that are left: as many epochs as fit, so that the
 * schedule's rate comes down in time, and a limit in seconds to be safe. */
static kr_status keep_to_budget(kr_team *team, kr_forecast_config *config, int64_t n_windows,
                                double seconds, kr_error *err) {
    enum { REPEATS = 3 };
    const double for_training = 0.8; /* the rest is for validation and test */
    double ms[REPEATS];
    kr_forecast_times times;
    kr_forecast_timing timing = {.config = config, .warmup = 1, .repeats = REPEATS, .steps = 2};
    KR_TRY(kr__forecast_time(team, &timing, ms, &times, err));
    int64_t steps = (n_windows + config->batch_size - 1) / config->batch_size;
    double epoch = kr__spread_of(ms, REPEATS).median / 1000 * (double)(steps > 0 ? steps : 1);
    config->max_seconds = fmax(seconds * for_training, 0.001);
    double n_epochs = floor(config->max_seconds / epoch);
    if (n_epochs < (double)config->train_epochs) {
        config->train_epochs = n_epochs < 1 ? 1 : (int64_t)n_epochs;
    }
    return KR_OK;
}

/* ---- the models --------------------------------------------------------------------------- */

typedef struct fitting {
    kr_team *team;
    const kr_fit_config *config;
    const kr_fit_plan *plan;
    const kr_rows *rows;
    const kr_fit_options *options;
    kr_fit_result *result;
    double deadline; /* kr__time_now(); 0: none */
} fitting;

static int count_learning(const kr_fit_result *result, int first) {
    int n = 0;
    for (int i = first; i < result->n_candidates; i++)
        n += kr__model_learns(result->candidates[i].model);
    return n;
}

static void tell(const fitting *f, int i, bool is_done) {
    const kr_fit_observer *o = &f->options->observer;
    if (o->candidate) o->candidate(o->arg, &f->result->candidates[i], i, is_done);
}

/* {folder}/{setting}/checkpoint.safetensors; empty where nothing is to be kept. */
static kr_status name_checkpoint(const fitting *f, kr_forecast_config *config, kr_fit_candidate *c,
                                 kr_error *err) {
    *c->checkpoint = '\0';
    if (!f->options->folder) return KR_OK;
    snprintf(config->checkpoints, sizeof config->checkpoints, "%s", f->options->folder);
    kr__forecast_checkpoint(config, 0, c->checkpoint, sizeof c->checkpoint);
    return kr__make_folder_of(c->checkpoint, err);
}

static bool is_less(double a, double b) { return a < b || (isnan(b) && !isnan(a)); }

/* Compare candidate i, which is done, with those before it. */
static void rank(kr_fit_result *r, int i) {
    const kr_forecast_result *of = r->candidates[i].result;
    if (is_less(of->validation.mse, r->candidates[r->best].result->validation.mse)) r->best = i;
    if (is_less(of->scaled.mse, r->candidates[r->best_on_test].result->scaled.mse)) {
        r->best_on_test = i;
    }
    if (kr__model_learns(r->candidates[i].model)) return;
    int b = r->best_baseline;
    if (b < 0 || is_less(of->validation.mse, r->candidates[b].result->validation.mse)) {
        r->best_baseline = i;
    }
}

static kr_status train(fitting *f, const kr_forecast_config *config, int i, kr_error *err) {
    kr_fit_candidate *c = &f->result->candidates[i];
    const kr_forecast_observer *observer = &f->options->observer.forecast;
    bool has_file = *c->checkpoint != '\0';
    const kr_train_options options = {.size = sizeof options,
                                      .observer = observer,
                                      .checkpoint = has_file ? c->checkpoint : NULL,
                                      .resumes = f->options->resumes && has_file &&
                                                 kr__model_learns(c->model) &&
                                                 kr__file_exists(c->checkpoint)};
    kr_forecaster *model = NULL;
    KR_TRY(kr__forecaster_create(f->team, config, &model, err));
    kr__forecaster_keep_done(model);
    kr_status status = kr_forecaster_train(model, f->rows, &options, err);
    if (status == KR_OK) status = kr_forecaster_score(model, observer, &c->result, err);
    if (status == KR_OK) rank(f->result, i);
    if (status == KR_OK && f->result->best == i) {
        kr_forecaster_destroy(f->result->model);
        f->result->model = model;
    } else {
        kr_forecaster_destroy(model);
    }
    return status;
}

static kr_status fit_one(fitting *f, int i, kr_error *err) {
    kr_fit_candidate *c = &f->result->candidates[i];
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    double started = kr__time_now();
    *config = f->plan->config;
    snprintf(config->model, sizeof config->model, "%s", c->model);
    kr_status status = name_checkpoint(f, config, c, err);
    if (status == KR_OK && f->deadline > 0 && kr__model_learns(c->model)) {
        double left = (f->deadline - started) / count_learning(f->result, i);
        status = keep_to_budget(f->team, config, f->plan->n_windows, left, err);
    }
    if (status == KR_OK) status = train(f, config, i, err);
    c->seconds = kr__time_now() - started;
    kr_free(config);
    if (status != KR_INTERRUPTED) return status;
    return kr_fail(err, status, "stopped while %s was being trained", c->model);
}

kr_status kr__fit_run(kr_team *team, const kr_rows *rows, const kr_fit_config *config,
                      const kr_fit_plan *plan, const kr_fit_options *options, kr_fit_result *result,
                      kr_error *err) {
    static const kr_fit_options defaults = {.folder = NULL};
    fitting f = {.team = team,
                 .rows = rows,
                 .config = config,
                 .plan = plan,
                 .options = options ? options : &defaults,
                 .result = result};
    memset(result, 0, sizeof *result);
    result->best_baseline = -1;
    KR_TRY(list_models(config->models, result, err));
    if (*config->time_budget) {
        double seconds = 0;
        KR_TRY(kr__duration_parse(config->time_budget, &seconds, err));
        f.deadline = kr__time_now() + seconds;
    }
    for (int i = 0; i < result->n_candidates; i++) {
        tell(&f, i, false);
        KR_TRY(fit_one(&f, i, err));
        tell(&f, i, true);
    }
    return KR_OK;
}

void kr__fit_result_deinit(kr_fit_result *result) {
    for (int i = 0; i < result->n_candidates; i++) {
        kr_forecast_result_destroy(result->candidates[i].result);
    }
    kr_forecaster_destroy(result->model);
    memset(result, 0, sizeof *result);
}
