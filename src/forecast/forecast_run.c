/* SPDX-License-Identifier: MIT
 * forecast_run.c - one repetition of a run: data, model, training, test, result. */
#include <kr/arena.h>
#include <kr/augment.h>
#include <kr/platform.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "forecast/forecast_session.h"

/* ---- telling ---------------------------------------------------------------------------- */

void kr__session_tell(const kr_session *s, kr_forecast_event event) {
    if (!s->observer || !s->observer->event) return;
    event.setting = s->setting;
    event.repetition = s->repetition;
    if (event.epoch == 0) event.epoch = s->trainer ? kr_trainer_state(s->trainer)->epoch : 0;
    event.epochs = s->config->train_epochs;
    s->observer->event(s->observer->arg, &event);
}

void kr__session_tell_windows(const kr_session *s, kr_split split) {
    static const char *const names[KR_SPLITS] = {"train", "val", "test"};
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_WINDOWS,
                                            .text = names[split],
                                            .count = kr_dataset_window_count(s->dataset, split)});
}

/* ---- opening ---------------------------------------------------------------------------- */

kr_dataset_config kr__session_data(const kr_forecast_config *c, const char *path) {
    return (kr_dataset_config){.loader = c->data,
                               .path = path,
                               .features = c->features,
                               .target = c->target,
                               .freq = c->freq,
                               .is_timef = strcmp(c->embed, "timeF") == 0,
                               .seq_len = c->seq_len,
                               .pred_len = c->pred_len,
                               .label_len = c->label_len,
                               .gaps = c->gaps,
                               .id_column = c->id_column,
                               .seasonal_patterns = c->seasonal_patterns,
                               .known_future = c->known_future,
                               .static_columns = c->static_columns,
                               .drop_columns = c->drop_columns,
                               .blank_columns = c->blank_columns,
                               .n_rows_of = {c->train_rows, c->val_rows, c->test_rows}};
}

kr_status kr_forecast_read(const kr_forecast_config *config, kr_rows **out, kr_error *err) {
    char path[2 * KR_FORECAST_TEXT + 2];
    size_t n = strlen(config->root_path);
    bool needs_slash = n > 0 && config->root_path[n - 1] != '/';
    bool is_folder = strcmp(config->data, "m4") == 0; /* its files have names of their own */
    snprintf(path, sizeof path, "%s%s%s", config->root_path, needs_slash && !is_folder ? "/" : "",
             is_folder ? "" : config->data_path);
    const kr_dataset_config data = kr__session_data(config, path);
    return kr_dataset_read(&data, out, err);
}

static kr_status open_data(kr_session *s, kr_error *err) {
    const kr_forecast_config *c = s->config;
    const kr_dataset_config data = kr__session_data(c, "");
    kr_rows *rows = NULL;
    KR_TRY(kr_forecast_read(c, &rows, err));
    kr_status status = kr_dataset_create(s->team, &data, rows, &s->dataset, err);
    kr_rows_destroy(rows);
    KR_TRY(status);
    kr_dataset_drop_double(s->dataset);
    if (c->enc_in != s->dataset->n_channels) {
        kr_team_log(s->team, KR_LOG_INFO,
                    "`enc_in` %lld: the data have %lld channels, which is used",
                    (long long)c->enc_in, (long long)s->dataset->n_channels);
    }
    return KR_OK;
}

static kr_status augment(kr_session *s, kr_error *err) {
    const kr_forecast_config *c = s->config;
    const kr_dataset *d = s->dataset;
    if (c->augmentation_ratio == 0) return KR_OK;
    s->train_x = kr_calloc((size_t)d->n_rows, (size_t)d->n_channels * sizeof *s->train_x);
    if (!s->train_x) return kr_fail(err, KR_MEMORY, "out of memory for augmented rows");
    kr_augment_options options = {.ratio = c->augmentation_ratio,
                                  .seed = (uint64_t)c->augmentation_seed,
                                  .jitter = c->jitter,
                                  .scaling = c->scaling,
                                  .rotation = c->rotation,
                                  .permutation = c->permutation,
                                  .randompermutation = c->randompermutation,
                                  .magwarp = c->magwarp,
                                  .timewarp = c->timewarp,
                                  .windowslice = c->windowslice,
                                  .windowwarp = c->windowwarp};
    for (int64_t i = 0; i < d->n_series; i++, options.seed++) {
        int64_t row = d->spans[i].first_row[KR_SPLIT_TRAIN];
        int64_t n_rows = d->spans[i].end_row[KR_SPLIT_TRAIN] - row, at = row * d->n_channels;
        KR_TRY(kr_augment(&options, n_rows, d->n_channels, d->data + at, s->train_x + at, err));
    }
    return KR_OK;
}

static kr__model_config model_config(const kr_forecast_config *c, const kr_data_shape *data) {
    bool is_single = strcmp(c->features, "MS") == 0;
    kr_encoder_config encoder = {
        .n_heads = c->n_heads,
        .d_ff = c->d_ff,
        .dropout = c->dropout,
        .is_relu = strcmp(c->activation, "relu") == 0,
        .mamba = {c->d_state > 0 ? c->d_state : c->d_ff, c->d_conv, c->expand},
        .star = {.d_core = c->d_core,
                 .dropout = c->star_dropout,
                 .is_stochastic = strcmp(c->star_pooling, "stochastic") == 0}};
    return (kr__model_config){.model = c->model,
                              .seq_len = c->seq_len,
                              .pred_len = c->pred_len,
                              .n_channels = data->n_channels,
                              .n_outputs = is_single ? 1 : data->n_channels - data->n_future,
                              .n_future = data->n_future,
                              .n_marks = data->n_marks,
                              .patch_len = c->patch_len,
                              .d_model = c->d_model,
                              .e_layers = c->e_layers,
                              .moving_avg = c->moving_avg,
                              .season = c->season,
                              .dropout = c->dropout,
                              .use_norm = c->use_norm,
                              .encoder = encoder};
}

static kr_loss_kind loss_kind(const char *name) {
    if (strcmp(name, "MAE") == 0) return KR_LOSS_MAE;
    if (strcmp(name, "Quantile") == 0) return KR_LOSS_QUANTILE;
    return strcmp(name, "Huber") == 0 ? KR_LOSS_HUBER : KR_LOSS_MSE;
}

kr_forecast_objective kr__session_objective(const kr_forecast_config *config,
                                            const kr_data_shape *data) {
    kr_forecast_objective objective = {.model = model_config(config, data),
                                       .loss = loss_kind(config->loss)};
    int n = 0;
    if (objective.loss == KR_LOSS_QUANTILE &&
        kr__quantiles_of(config, objective.model.quantiles, &n, NULL) == KR_OK) {
        objective.model.n_quantiles = n;
    }
    return objective;
}

kr_schedule kr__session_schedule(const kr_forecast_config *config) {
    return (kr_schedule){.kind = config->lradj,
                         .base = config->learning_rate,
                         .epochs = config->train_epochs,
                         .warmup_epochs = config->warmup_epochs,
                         .floor = 0.01 * config->learning_rate};
}

static kr_status open_engine(kr_session *s, kr_error *err) {
    const kr_data_shape data = {.n_channels = s->dataset->n_channels,
                                .n_marks = s->dataset->n_marks,
                                .n_future = s->dataset->n_future};
    kr_forecast_objective objective = kr__session_objective(s->config, &data);
    s->model = objective.model;
    s->n_outputs = objective.model.n_outputs;
    s->first_output = s->dataset->n_channels - s->n_outputs;
    kr_engine_config config = {.objective = kr__forecast_objective(&objective),
                               .grad_slots = s->config->grad_slots,
                               .max_batch = s->config->batch_size,
                               .uses_bf16 = s->config->amp,
                               .is_profiled = s->config->profile};
    KR_TRY(kr_engine_create(s->team, &config, &s->engine, err));
    kr_params_initialise(kr_engine_params(s->engine), s->seed);
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_MODEL,
                                            .count = kr_params_count(kr_engine_params(s->engine))});
    return KR_OK;
}

static void close_session(kr_session *s) {
    kr_dataset_destroy(s->dataset);
    kr_trainer_destroy(s->trainer);
    kr_engine_destroy(s->engine);
    kr_free(s->train_x);
    kr_conformal_destroy(s->conformal);
}

/* ---- the checkpoint --------------------------------------------------------------------- */

static void name_checkpoint(kr_session *s) {
    kr_forecast_checkpoint(s->config, s->repetition, s->checkpoint, sizeof s->checkpoint);
}

/* The original's: beside ours, with its own ending. */
static void name_original(kr_session *s) {
    name_checkpoint(s);
    char *ending = strrchr(s->checkpoint, '.') + 1;
    snprintf(ending, sizeof s->checkpoint - (size_t)(ending - s->checkpoint), "pth");
}

static kr_status make_checkpoint_folder(const kr_session *s, kr_error *err) {
    char folder[sizeof s->checkpoint];
    snprintf(folder, sizeof folder, "%s", s->checkpoint);
    *strrchr(folder, '/') = '\0';
    return kr_make_folders(folder, err);
}

/* Which file a test reads: --load, else ours, else the original's, in the setting's folder. */
static kr_status load_for_test(kr_session *s, kr_error *err) {
    if (*s->config->load) {
        snprintf(s->checkpoint, sizeof s->checkpoint, "%s", s->config->load);
    } else {
        name_original(s);
        if (!kr_file_exists(s->checkpoint)) name_checkpoint(s);
        if (!kr_file_exists(s->checkpoint)) {
            return kr_fail(err, KR_IO,
                           "%s: no such checkpoint; train first (`is_training` 1) or name a file "
                           "with `load`",
                           s->checkpoint);
        }
    }
    return kr__checkpoint_load(kr_engine_params(s->engine), s->checkpoint, err);
}

/* ---- training and test ------------------------------------------------------------------ */

/* Of several repetitions those after the interrupted one have no checkpoint yet: they start. */
static kr_status find_resumed(const kr_session *s, bool *resumes, kr_error *err) {
    *resumes = s->config->resume && kr_file_exists(s->checkpoint);
    if (*resumes || !s->config->resume || s->repetition > 0) return KR_OK;
    return kr_fail(err, KR_IO,
                   "%s: no such checkpoint, so there is nothing to go on with; leave `resume` out "
                   "to start",
                   s->checkpoint);
}

static kr_status train(kr_session *s, kr_error *err) {
    name_checkpoint(s);
    KR_TRY(make_checkpoint_folder(s, err));
    if (*s->config->load) {
        KR_TRY(kr__checkpoint_load(kr_engine_params(s->engine), s->config->load, err));
    }
    bool resumes = false;
    KR_TRY(find_resumed(s, &resumes, err));
    return kr__session_train(s, resumes, err);
}

/* Models without parameters have a checkpoint, too: scaler, settings, residuals. */
static kr_status prepare(kr_session *s, kr_error *err) {
    bool has_params = kr_engine_params(s->engine)->count > 0;
    if (has_params) return s->config->is_training ? train(s, err) : load_for_test(s, err);
    if (!s->config->is_training) return KR_OK;
    name_checkpoint(s);
    return make_checkpoint_folder(s, err);
}

/* The residuals of the validation windows, with the best parameters, into the checkpoint. */
static kr_status validate(kr_session *s, kr_error *err) {
    KR_TRY(kr__session_fit_intervals(s, err));
    return s->config->is_training ? kr__checkpoint_save(s, s->checkpoint, err) : KR_OK;
}

static kr_status copy_names(const kr_session *s, kr_forecast_result *r, kr_error *err) {
    r->channel_names = kr_calloc((size_t)s->n_outputs, sizeof *r->channel_names);
    if (!r->channel_names) return kr_fail(err, KR_MEMORY, "out of memory for the result");
    for (int64_t i = 0; i < s->n_outputs; i++) {
        const char *name = s->dataset->names[s->first_output + i];
        r->channel_names[i] = kr_calloc(strlen(name) + 1, 1);
        if (!r->channel_names[i]) return kr_fail(err, KR_MEMORY, "out of memory for the result");
        memcpy(r->channel_names[i], name, strlen(name));
    }
    return KR_OK;
}

/* Values of the test windows, `depth` steps each, in original units; in place allowed. */
static void unscale(const kr_session *s, int64_t depth, const float *from, float *to) {
    const kr_dataset *d = s->dataset;
    int64_t n_windows = kr_dataset_window_count(d, KR_SPLIT_TEST), size = depth * s->n_outputs;
    for (int64_t w = 0; w < n_windows; w++) {
        kr_dataset_unscale(d, kr_dataset_window(d, KR_SPLIT_TEST, w).series, s->first_output,
                           s->n_outputs, depth, from + w * size, to + w * size);
    }
}

/* Metrics in scaled and in original units; with --inverse the forecasts stay in original units. */
static kr_status measure(const kr_session *s, kr_forecast_result *r, kr_error *err) {
    int64_t n = r->n_windows * r->pred_len;
    size_t size = (size_t)n * (size_t)r->n_channels;
    kr_metrics_compute(r->n_windows, r->pred_len, r->n_channels, r->pred, r->truth, &r->scaled);
    float *copies = kr_calloc(2 * size, sizeof *copies);
    if (!copies) return kr_fail(err, KR_MEMORY, "out of memory for the metrics");
    unscale(s, r->pred_len, r->pred, copies);
    unscale(s, r->pred_len, r->truth, copies + size);
    kr_metrics_compute(r->n_windows, r->pred_len, r->n_channels, copies, copies + size,
                       &r->original);
    if (s->config->inverse) {
        memcpy(r->pred, copies, size * sizeof *copies);
        memcpy(r->truth, copies + size, size * sizeof *copies);
        r->is_original = true;
    }
    if (s->config->inverse && r->quantiles) {
        unscale(s, r->pred_len * r->quantile_scores.n, r->quantiles, r->quantiles);
    }
    kr_free(copies);
    return KR_OK;
}

/* pred, and quantiles where the model has them. */
static kr_status forecast_test(kr_session *s, kr_forecast_result *r, kr_error *err) {
    int64_t n = r->n_windows;
    if (s->model.n_quantiles == 0) {
        return kr__session_forecast(s, KR_SPLIT_TEST, NULL, n, "test", r->pred, NULL, err);
    }
    r->quantiles = kr_calloc((size_t)n, (size_t)kr_engine_y_size(s->engine) * sizeof *r->quantiles);
    if (!r->quantiles) return kr_fail(err, KR_MEMORY, "out of memory for the quantiles");
    KR_TRY(kr__session_forecast(s, KR_SPLIT_TEST, NULL, n, "test", r->quantiles, NULL, err));
    kr__session_point(s, n, r->quantiles, r->pred);
    return KR_OK;
}

static bool tell_dtw(void *arg, int64_t n_done) {
    const kr_session *s = arg;
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_DTW, .count = n_done});
    return !kr_team_is_stopping(s->team);
}

static kr_status test(kr_session *s, kr_forecast_result *r, kr_error *err) {
    const kr_dataset *d = s->dataset;
    double started = kr_time_now();
    r->n_windows = kr_dataset_window_count(d, KR_SPLIT_TEST);
    r->pred_len = d->pred_len;
    r->seq_len = d->seq_len;
    r->n_channels = s->n_outputs;
    r->first_channel = s->first_output;
    r->season = s->config->season;
    size_t n = (size_t)r->n_windows * (size_t)r->pred_len, size = 0;
    if (kr_size_mul(n, (size_t)r->n_channels, &size)) {
        r->pred = kr_calloc(size, sizeof *r->pred);
        r->truth = kr_calloc(size, sizeof *r->truth);
    }
    if (!r->pred || !r->truth) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    KR_TRY(copy_names(s, r, err));
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_TESTING, .text = s->checkpoint});
    kr__session_tell_windows(s, KR_SPLIT_TEST);
    KR_TRY(forecast_test(s, r, err));
    kr__session_truth(s, KR_SPLIT_TEST, NULL, r->n_windows, r->truth);
    KR_TRY(kr__session_measure_intervals(s, r, err));
    KR_TRY(measure(s, r, err));
    r->dtw = (double)NAN;
    if (s->config->use_dtw) {
        KR_TRY(kr_dtw_mean(s->team, r->pred, r->truth, r->n_windows, r->pred_len * r->n_channels,
                           tell_dtw, s, NULL, &r->dtw, err));
    }
    r->test_seconds = kr_time_now() - started;
    return KR_OK;
}

/* ---- the result ------------------------------------------------------------------------- */

/* Hands the data set, the records and the names over to the result. */
static void fill_result(kr_session *s, kr_forecast_result *r) {
    memcpy(r->setting, s->setting, sizeof r->setting);
    memcpy(r->checkpoint, s->checkpoint, sizeof r->checkpoint);
    r->seed = s->seed;
    r->n_parameters = kr_params_count(kr_engine_params(s->engine));
    r->best_validation_loss = (double)NAN;
    if (s->trainer) {
        const kr_trainer_speed speed = kr_trainer_measure_speed(s->trainer);
        r->best_validation_loss = kr_trainer_state(s->trainer)->stop.best;
        r->epochs = kr_trainer_take_records(s->trainer, &r->n_epochs);
        r->train_seconds = speed.seconds;
        r->step_ms = speed.step_ms;
    }
    r->dataset = s->dataset;
    s->dataset = NULL;
}

void kr_forecast_result_destroy(kr_forecast_result *result) {
    if (!result) return;
    for (int64_t i = 0; result->channel_names && i < result->n_channels; i++) {
        kr_free(result->channel_names[i]);
    }
    kr_free(result->channel_names);
    kr_free(result->profile);
    kr_free(result->epochs);
    kr_free(result->pred);
    kr_free(result->quantiles);
    kr_free(result->truth);
    kr_dataset_destroy(result->dataset);
    kr_free(result);
}

void kr_forecast_result_history(const kr_forecast_result *result, int64_t window, int64_t channel,
                                float *history, int64_t *first_timestamp) {
    const kr_dataset *d = result->dataset;
    kr_window_place place = kr_dataset_window(d, KR_SPLIT_TEST, window);
    int64_t row = place.row, c = result->first_channel + channel;
    for (int64_t t = 0; t < d->seq_len; t++) history[t] = d->data[(row + t) * d->n_channels + c];
    if (result->is_original) {
        kr_dataset_unscale(d, place.series, c, 1, d->seq_len, history, history);
    }
    *first_timestamp = d->timestamps ? d->timestamps[row] : -1;
}

static kr_status run_session(kr_session *s, kr_forecast_result *r, kr_error *err) {
    KR_TRY(open_data(s, err));
    KR_TRY(augment(s, err));
    KR_TRY(open_engine(s, err));
    KR_TRY(prepare(s, err));
    kr_status status = validate(s, err);
    if (status == KR_OK) status = test(s, r, err);
    if (status == KR_INTERRUPTED && kr_engine_params(s->engine)->count > 0) {
        return kr_fail(err, KR_INTERRUPTED,
                       "stopped while testing; the model is in %s; the same command with "
                       "`is_training` 0 tests it",
                       s->checkpoint);
    }
    KR_TRY(status);
    KR_TRY(kr_engine_profile(s->engine, &r->profile, err));
    fill_result(s, r);
    return KR_OK;
}

kr_status kr_forecast_run(kr_team *team, const kr_forecast_config *config, int64_t repetition,
                          const kr_forecast_observer *observer, kr_forecast_result **out,
                          kr_error *err) {
    KR_TRY(kr_forecast_config_check(config, err));
    kr_session s = {.team = team,
                    .config = config,
                    .observer = observer,
                    .repetition = repetition,
                    .seed = (uint64_t)(config->seed + repetition)};
    kr_forecast_setting(config, repetition, s.setting, sizeof s.setting);
    kr_forecast_result *result = kr_calloc(1, sizeof *result);
    if (!result) return kr_fail(err, KR_MEMORY, "out of memory");
    kr_status status = run_session(&s, result, err);
    close_session(&s);
    if (status != KR_OK) {
        kr_forecast_result_destroy(result);
        return status;
    }
    *out = result;
    return KR_OK;
}
