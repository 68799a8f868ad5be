/* SPDX-License-Identifier: MIT
 * fit_learn.c - the learned candidates of a fit: how long they train and by which loss, what they
 * say of the past, and the last training on all rows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/fit_internal.h"
#include "forecast/forecast_timing.h"

enum { FEWEST_STEPS = 300, MOST_STEPS = 5200, MOST_EPOCHS = 60, LEAST_EPOCHS = 4 };

/* ---- losses ----------------------------------------------------------------------------- */

/* FreDF: beside the mean absolute error that of the spectrum, with the weight of its paper. */
static const struct {
    const char *name, *loss;
    double spectrum_weight;
} losses[] = {{"Huber", "Huber", 0}, {"MAE", "MAE", 0}, {"MSE", "MSE", 0}, {"FreDF", "MAE", 0.8}};
enum { N_LOSSES = sizeof losses / sizeof losses[0] };

static void set_loss(kr_forecast_config *config, const char *name) {
    int k = 0;
    while (strcmp(losses[k].name, name) != 0) k++;
    snprintf(config->loss, sizeof config->loss, "%s", losses[k].loss);
    config->spectrum_weight = losses[k].spectrum_weight;
}

static bool is_small(const kr__fit_candidate *c) { return c->n_steps == MOST_STEPS; }

/* The first learned model that is small enough tries several; those after it take the best. */
static int count_losses(const kr__fitting *f, int i) {
    const kr__fit_candidate *all = f->result->candidates;
    bool tries = is_small(&all[i]) && f->deadline == 0;
    for (int k = 0; k < i; k++) tries = tries && (all[k].local || !is_small(&all[k]));
    return tries ? N_LOSSES : 1;
}

/* ---- steps ------------------------------------------------------------------------------ */

/* So many multiplications make a training of half a minute on two cores; smaller models train for
 * as long as they gain from it, larger ones for as long as they need at least. */
static const double WORK = 1.5e11;

/* Epochs of so many steps in all. Where n_epochs of all windows would be longer than that, each
 * takes but a part of the windows, other ones each time, so that validation is not too rare. */
static void set_schedule(kr_forecast_config *config, int64_t n_windows, int64_t n_steps,
                         int64_t n_epochs) {
    int64_t per_epoch = (n_windows + config->batch_size - 1) / config->batch_size;
    if (per_epoch * n_epochs <= n_steps) {
        config->epoch_windows = 0;
        config->train_epochs =
            n_steps / per_epoch < MOST_EPOCHS ? n_steps / per_epoch : MOST_EPOCHS;
    } else {
        per_epoch = n_steps / n_epochs > 0 ? n_steps / n_epochs : 1;
        config->epoch_windows = per_epoch * config->batch_size;
        config->train_epochs = n_steps < n_epochs ? n_steps : n_epochs;
    }
    config->patience = config->train_epochs / 5 > 3 ? config->train_epochs / 5 : 3;
}

/* The multiplications of a step, and how long it takes. */
static kr_status measure_step(const kr__fitting *f, const kr_forecast_config *config,
                              double *seconds, double *work, kr_error *err) {
    enum { REPEATS = 2 };
    double ms[REPEATS];
    kr_forecast_times times;
    const kr_forecast_timing timing = {
        .config = config, .warmup = 1, .repeats = REPEATS, .steps = 1};
    KR_TRY(kr__forecast_time(f->team, &timing, ms, &times, err));
    *seconds = kr__spread_of(ms, REPEATS).least / 1000;
    *work = times.products;
    return KR_OK;
}

kr_status kr__fit_settings(const kr__fitting *f, kr__fit_candidate *c, kr_forecast_config *out,
                           kr_error *err) {
    double work = 0;
    *out = f->plan->config;
    snprintf(out->model, sizeof out->model, "%s", c->model);
    if (c->n_steps == 0) {
        KR_TRY(measure_step(f, out, &c->step_seconds, &work, err));
        double n = WORK / fmax(work, 1);
        c->n_steps = n < FEWEST_STEPS ? FEWEST_STEPS : n > MOST_STEPS ? MOST_STEPS : (int64_t)n;
    }
    set_schedule(out, f->plan->n_windows, c->n_steps, LEAST_EPOCHS);
    return KR_OK;
}

kr_status kr__fit_step_of_losses(const kr__fitting *f, int i, const kr_forecast_config *config,
                                 double *seconds, kr_error *err) {
    kr_forecast_config *own = kr__calloc(1, sizeof *own);
    if (!own) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    *own = *config;
    *seconds = f->result->candidates[i].step_seconds;
    kr_status status = KR_OK;
    for (int k = 1; k < count_losses(f, i) && status == KR_OK; k++) {
        double step = 0, work = 0;
        set_loss(own, losses[k].name);
        status = measure_step(f, own, &step, &work, err);
        *seconds += step;
    }
    kr_free(own);
    return status;
}

static double steps_to_forecast(const kr__fitting *f, int64_t n_windows) {
    return (double)n_windows / (double)f->plan->config.batch_size / 3;
}

double kr__fit_validation_steps(const kr__fitting *f) {
    return steps_to_forecast(f, f->plan->n_validation);
}

double kr__fit_past_steps(const kr__fitting *f) {
    return steps_to_forecast(f, f->result->study->n_windows / f->data->look.n_targets);
}

void kr__fit_keep_to(const kr__fitting *f, const kr__fit_candidate *c, double seconds,
                     kr_forecast_config *config) {
    const double for_training = 0.9, least = 0.25;
    if (isinf(seconds)) return;
    bool is_last = config->val_rows == 0;
    double step = fmax(c->step_seconds, 1e-9), all = for_training * seconds / step;
    double validation = is_last ? 0 : kr__fit_validation_steps(f),
           past = is_last ? 0 : kr__fit_past_steps(f);
    double n_epochs = validation > 0 ? floor(0.5 * all / validation) : LEAST_EPOCHS;
    n_epochs = fmin(fmax(n_epochs, 1), LEAST_EPOCHS);
    double left = fmax(all - past - n_epochs * validation, least * all);
    double n_steps = fmin(fmax(left, 1), (double)c->n_steps);
    config->max_seconds = fmax(left * step, 0.001);
    set_schedule(config, f->plan->n_windows, (int64_t)n_steps, (int64_t)n_epochs);
}

/* ---- training --------------------------------------------------------------------------- */

/* {folder}/{setting}/checkpoint.safetensors; empty where nothing is to be kept. */
static kr_status name_checkpoint(const kr__fitting *f, kr_forecast_config *config,
                                 char path[KR_FORECAST_PATH], kr_error *err) {
    *path = '\0';
    if (!f->options->folder) return KR_OK;
    snprintf(config->checkpoints, sizeof config->checkpoints, "%s", f->options->folder);
    kr__forecast_checkpoint(config, 0, path, KR_FORECAST_PATH);
    return kr__make_folder_of(path, err);
}

static kr_status train(const kr__fitting *f, const kr_forecast_config *config,
                       const char *checkpoint, kr_forecaster **out, kr_error *err) {
    bool has_file = *checkpoint != '\0';
    const kr_train_options options = {
        .size = sizeof options,
        .observer = f->options->observer ? &f->options->observer->training : NULL,
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

/* Targets of a series that have windows have the same origins; those left out stay NaN. */
static void place_forecasts(const kr__study *s, const kr_prediction *p, int64_t first_target,
                            kr__study_forecasts *f) {
    int64_t h = s->horizon, width = p->n_outputs;
    for (int64_t c = 0; c < width; c++) {
        const kr__target *t = &s->targets[first_target + c];
        if (t->n_windows == 0) continue;
        int64_t first = t->first_window + t->n_windows - p->n;
        for (int64_t i = 0; i < p->n * h; i++) {
            f->mean[first * h + i] = p->forecast[i * width + c];
        }
    }
}

static kr_status forecast_series(const kr__fitting *f, kr_forecaster *model, int64_t series,
                                 kr__study_forecasts *out, kr_error *err) {
    const kr__study *s = f->result->study;
    int64_t n_targets = f->data->look.n_targets, first = series * n_targets,
            seq_len = kr_forecaster_info_of(model)->seq_len;
    const kr__target *t = &s->targets[first];
    for (int64_t k = 1; k < n_targets && t->n_windows == 0; k++) t = &s->targets[first + k];
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
static kr_status forecast_past(const kr__fitting *f, kr__fit_candidate *c, kr_error *err) {
    const kr__study *s = f->result->study;
    KR_TRY(kr__study_run(f->team, s, &kr__local_last_season, NULL, &c->forecasts, err));
    for (int64_t i = 0; i < s->n_windows * s->horizon; i++) c->forecasts.mean[i] = (double)NAN;
    for (int64_t i = 0; i < f->data->look.n_series; i++) {
        if (kr_team_is_stopping(f->team)) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        KR_TRY(forecast_series(f, c->forecaster, i, &c->forecasts, err));
    }
    return KR_OK;
}

/* ---- one candidate ---------------------------------------------------------------------- */

/* A training and what it says of the past; better ones replace worse ones. */
static kr_status try_loss(const kr__fitting *f, kr__fit_candidate *c, kr_forecast_config *config,
                          const char *loss, kr_error *err) {
    const kr__study *s = f->result->study;
    kr__fit_candidate now = {.local = NULL};
    set_loss(config, loss);
    snprintf(config->des, sizeof config->des, "fit-%s", loss);
    kr_status status = name_checkpoint(f, config, now.checkpoint, err);
    if (status == KR_OK) status = train(f, config, now.checkpoint, &now.forecaster, err);
    if (status == KR_OK) status = kr__study_forecasts_init(s, &now.forecasts, err);
    if (status == KR_OK) status = forecast_past(f, &now, err);
    double error = status == KR_OK ? kr__study_loss(s, &now.forecasts, KR__CHOOSING) : 0;
    bool is_better = status == KR_OK && (!c->forecaster || error < c->loss);
    if (is_better) {
        kr_forecaster *worse = c->forecaster;
        kr__study_forecasts worse_forecasts = c->forecasts;
        c->forecaster = now.forecaster;
        c->forecasts = now.forecasts;
        c->loss = error;
        memcpy(c->checkpoint, now.checkpoint, sizeof c->checkpoint);
        snprintf(c->training_loss, sizeof c->training_loss, "%s", loss);
        now.forecaster = worse;
        now.forecasts = worse_forecasts;
    }
    kr__study_forecasts_deinit(&now.forecasts);
    kr_forecaster_destroy(now.forecaster);
    return status;
}

/* By each loss that it tries. */
static kr_status try_losses(kr__fitting *f, int i, kr_forecast_config *config, kr_error *err) {
    kr__fit_candidate *c = &f->result->candidates[i];
    int n = count_losses(f, i);
    for (int k = 0; k < n; k++) {
        KR_TRY(try_loss(f, c, config, n == 1 && *f->loss ? f->loss : losses[k].name, err));
    }
    if (n > 1) snprintf(f->loss, sizeof f->loss, "%s", c->training_loss);
    return KR_OK;
}

kr_status kr__fit_learned(kr__fitting *f, int i, double seconds, kr_error *err) {
    kr__fit_candidate *c = &f->result->candidates[i];
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    kr_status status = kr__fit_settings(f, c, config, err);
    if (status == KR_OK) {
        kr__fit_keep_to(f, c, seconds, config);
        c->n_epochs = config->train_epochs;
        status = try_losses(f, i, config, err);
    }
    kr_free(config);
    return status;
}

/* ---- all rows --------------------------------------------------------------------------- */

/* With all rows, for as many epochs as were best before, of so many: there is no part left that
 * could tell. */
static kr_status set_refit(const kr__fitting *f, kr__fit_candidate *c, double seconds,
                           kr_forecast_config *config, kr_error *err) {
    KR_TRY(kr__fit_settings(f, c, config, err));
    set_loss(config, c->training_loss);
    snprintf(config->des, sizeof config->des, "refit");
    config->train_rows = -1;
    config->val_rows = config->test_rows = 0;
    kr__fit_keep_to(f, c, seconds, config);
    int64_t best = kr__forecaster_best_epoch(c->forecaster), n = config->train_epochs;
    if (best > 0 && best < c->n_epochs) {
        config->train_epochs = (best * n + c->n_epochs - 1) / c->n_epochs;
    }
    return KR_OK;
}

kr_status kr__fit_refit(const kr__fitting *f, kr__fit_candidate *c, double seconds, kr_error *err) {
    kr__fit_result *r = f->result;
    char checkpoint[KR_FORECAST_PATH] = "";
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    kr_status status = set_refit(f, c, seconds, config, err);
    if (status == KR_OK) status = name_checkpoint(f, config, checkpoint, err);
    if (status == KR_OK) status = train(f, config, checkpoint, &r->model, err);
    kr_free(config);
    if (status == KR_INTERRUPTED) {
        return kr_fail(err, status, "stopped while %s was being trained on all rows", c->model);
    }
    r->is_refitted = status == KR_OK;
    return status;
}
