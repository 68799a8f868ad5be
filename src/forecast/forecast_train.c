/* SPDX-License-Identifier: MIT
 * forecast_train.c - epochs of training, validation, early stopping, and what a bad number does. */
#include <kr/arena.h>
#include <kr/platform.h>
#include <kr/random.h>
#include <kr/team.h>
#include <math.h>
#include <string.h>

#include "forecast/forecast_session.h"

enum {
    CHUNK_BATCHES = 16, /* batches of an evaluation between two looks at the clock and at signals */
    MOST_SKIPS = 20     /* bad steps one after another that --on_nan skip or rollback accepts */
};

/* ---- samples ---------------------------------------------------------------------------- */

static void copy(kr_real *to, const float *from, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
}

/* --blank_columns: x (seq_len, n_channels). */
static void blank(const kr_dataset *d, kr_real *x) {
    for (int64_t i = 0; i < d->n_blank; i++) {
        for (int64_t t = 0; t < d->seq_len; t++) x[t * d->n_channels + d->blank[i]] = 0;
    }
}

/* What is to be forecast behind the window that starts at that row: (pred_len, outputs); NaN where
 * it was a gap. */
static void copy_target(const kr_session *s, int64_t row, kr_real *target) {
    const kr_dataset *d = s->dataset;
    int64_t first = (row + d->seq_len) * d->n_channels + s->first_output, n = s->n_outputs;
    for (int64_t t = 0; t < d->pred_len; t++) {
        copy(target + t * n, d->data + first + t * d->n_channels, n);
        for (int64_t k = 0; d->missing && k < n; k++) {
            if (d->missing[first + t * d->n_channels + k]) target[t * n + k] = (kr_real)NAN;
        }
    }
}

/* The known columns behind the window that starts at that row: (pred_len, n_future). */
static void copy_future(const kr_dataset *d, int64_t row, kr_real *future) {
    for (int64_t t = 0; t < d->pred_len; t++) {
        copy(future + t * d->n_future, d->data + (row + d->seq_len + t) * d->n_channels,
             d->n_future);
    }
    for (int64_t i = 0; i < d->n_blank; i++) {
        if (d->blank[i] >= d->n_future) continue;
        for (int64_t t = 0; t < d->pred_len; t++) future[t * d->n_future + d->blank[i]] = 0;
    }
}

static void fetch_window(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const kr_window_source *w = arg;
    const kr_session *s = w->session;
    const kr_dataset *d = s->dataset;
    int64_t window = w->order ? w->order[w->first + i] : w->first + i;
    int64_t row = kr_dataset_window(d, w->split, window).row, c = d->n_channels;
    bool is_augmented = w->split == KR_SPLIT_TRAIN && s->train_x;
    copy(in[KR_FORECAST_X], (is_augmented ? s->train_x : d->data) + row * c, d->seq_len * c);
    blank(d, in[KR_FORECAST_X]);
    kr_real *mark = in[KR_FORECAST_MARK], *target = in[KR_FORECAST_TARGET];
    if (mark) copy(mark, d->marks + row * d->n_marks, d->seq_len * d->n_marks);
    if (in[KR_FORECAST_FUTURE]) copy_future(d, row, in[KR_FORECAST_FUTURE]);
    copy_target(s, row, target);
}

kr_samples kr__session_samples(kr_window_source *source, int64_t count) {
    return (kr_samples){.fetch = fetch_window, .arg = source, .count = count};
}

/* ---- evaluation ------------------------------------------------------------------------- */

kr_status kr__session_forecast(kr_session *s, kr_split split, const int64_t *order, int64_t n,
                               const char *what, float *y, double *losses, kr_error *err) {
    int64_t per_window = kr_engine_y_size(s->engine);
    int64_t chunk = CHUNK_BATCHES * s->config->batch_size;
    for (int64_t first = 0; first < n; first += chunk) {
        if (kr_team_is_stopping(s->team)) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        kr_window_source source = {s, split, order, first};
        kr_samples samples = kr__session_samples(&source, n - first < chunk ? n - first : chunk);
        kr_engine_predict(s->engine, &samples, y ? (kr_real *)y + first * per_window : NULL,
                          losses ? losses + first : NULL);
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_PROGRESS,
                                                .text = what,
                                                .step = first + samples.count,
                                                .steps = n});
    }
    return KR_OK;
}

void kr__session_truth(const kr_session *s, kr_split split, const int64_t *order, int64_t n,
                       float *truth) {
    int64_t per_window = s->dataset->pred_len * s->n_outputs;
    for (int64_t i = 0; i < n; i++) {
        int64_t window = order ? order[i] : i;
        copy_target(s, kr_dataset_window(s->dataset, split, window).row,
                    (kr_real *)truth + i * per_window);
    }
}

void kr__session_point(const kr_session *s, int64_t n, const float *y, float *pred) {
    int64_t per_window = s->dataset->pred_len * s->n_outputs;
    int64_t y_size = kr_engine_y_size(s->engine);
    y += kr_forecaster_middle(&s->model) * per_window;
    for (int64_t i = 0; i < n; i++) {
        memmove(pred + i * per_window, y + i * y_size, (size_t)per_window * sizeof *pred);
    }
}

kr_status kr__session_evaluate(kr_session *s, kr_split split, const char *what, double *loss,
                               kr_error *err) {
    int64_t n = kr_dataset_window_count(s->dataset, split);
    double *losses = kr_calloc((size_t)n, sizeof *losses);
    if (!losses) return kr_fail(err, KR_MEMORY, "out of memory while testing");
    kr_status status = kr__session_forecast(s, split, NULL, n, what, NULL, losses, err);
    if (status == KR_OK) *loss = kr_mean_of_batches(losses, n, s->config->batch_size);
    kr_free(losses);
    return status;
}

/* ---- a step ----------------------------------------------------------------------------- */

typedef struct epoch_run {
    kr_session *s;
    int64_t *order;
    int64_t n_windows, n_steps;
    double rate, started;
    int64_t n_bad; /* non-finite steps one after another */
} epoch_run;

static kr_schedule schedule_of(const kr_forecast_config *c) {
    return (kr_schedule){c->lradj, c->learning_rate, c->train_epochs, c->warmup_epochs};
}

/* A loss or gradient that is not a number: name its origin, then do what --on_nan says. */
static kr_status handle_nonfinite(epoch_run *e, const kr_samples *samples, kr_draw_key key,
                                  kr_error *err) {
    kr_session *s = e->s;
    kr_params *params = kr_engine_params(s->engine);
    char where[256], text[512];
    kr_engine_explain_nonfinite(s->engine, samples, key, where, sizeof where);
    snprintf(text, sizeof text, "epoch %lld, step %lld: a value is not finite, first in %s",
             (long long)s->state.epoch, (long long)s->state.step + 1, where);
    const char *on_nan = s->config->on_nan;
    if (strcmp(on_nan, "stop") == 0 || ++e->n_bad > MOST_SKIPS) {
        return kr_fail(err, KR_NUMERIC,
                       "%s; the last good checkpoint is kept; try a smaller --learning_rate, "
                       "--gradient_clip 1, or --on_nan skip",
                       text);
    }
    if (strcmp(on_nan, "rollback") == 0) {
        size_t bytes = (size_t)params->size * sizeof(kr_real);
        memcpy(params->values, s->state.best, bytes);
        memset(s->state.optimiser.m, 0, bytes);
        memset(s->state.optimiser.v, 0, bytes);
        s->state.optimiser.step = 0;
    }
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_NONFINITE, .text = text});
    return KR_OK;
}

static kr_status run_step(epoch_run *e, kr_error *err) {
    kr_session *s = e->s;
    kr_training_state *state = &s->state;
    kr_params *params = kr_engine_params(s->engine);
    int64_t batch = s->config->batch_size, first = state->step * batch;
    kr_window_source source = {s, KR_SPLIT_TRAIN, e->order, first};
    kr_samples samples =
        kr__session_samples(&source, e->n_windows - first < batch ? e->n_windows - first : batch);
    kr_draw_key key = {.seed = s->seed, .step = (uint64_t)state->global_step};

    double started = kr_time_now();
    double loss = kr_engine_train_batch(s->engine, &samples, key);
    kr_real *gradient = kr_engine_gradient(s->engine);
    double norm = kr_gradient_norm(s->team, gradient, params->size);
    if (isfinite(loss) && isfinite(norm)) {
        kr_optimiser_step(&state->optimiser, e->rate, norm, gradient, params->values);
        state->loss_sum += loss;
        e->n_bad = 0;
    } else {
        KR_TRY(handle_nonfinite(e, &samples, key, err));
    }
    if (s->n_timed < s->max_timed) s->step_seconds[s->n_timed++] = kr_time_now() - started;
    state->step++;
    state->global_step++;
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_STEP,
                                            .step = state->step,
                                            .steps = e->n_steps,
                                            .loss = loss,
                                            .rate = e->rate,
                                            .seconds = kr_time_now() - e->started});
    return KR_OK;
}

/* ---- an epoch --------------------------------------------------------------------------- */

static kr_status save_interrupted(epoch_run *e, kr_error *err) {
    kr_session *s = e->s;
    s->state.epoch_seconds = kr_time_now() - e->started;
    KR_TRY(kr__checkpoint_save(s, s->checkpoint, err));
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_INTERRUPTED, .text = s->checkpoint});
    return kr_fail(err, KR_INTERRUPTED,
                   "stopped in epoch %lld after step %lld of %lld; saved in %s; the same command "
                   "with --resume goes on from there",
                   (long long)s->state.epoch, (long long)s->state.step, (long long)e->n_steps,
                   s->checkpoint);
}

static void keep_best(kr_session *s, double validation_loss, bool *is_better) {
    kr_params *params = kr_engine_params(s->engine);
    double previous = s->state.stop.has_best ? s->state.stop.best : (double)INFINITY;
    *is_better = kr_early_stop_update(&s->state.stop, validation_loss);
    if (*is_better) {
        memcpy(s->state.best, params->values, (size_t)params->size * sizeof(kr_real));
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_SAVED,
                                                .previous_loss = previous,
                                                .loss = validation_loss,
                                                .text = s->checkpoint});
    } else {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_COUNTER,
                                                .count = s->state.stop.counter,
                                                .patience = s->state.stop.patience});
    }
}

/* Validation and test take no part of --max_seconds. Asked before the epoch has its record. */
static bool is_time_up(const epoch_run *e) {
    const kr_session *s = e->s;
    if (s->config->max_seconds == 0) return false;
    double seconds = kr_time_now() - e->started;
    for (int64_t i = 0; i < s->state.n_records; i++) seconds += s->state.records[i].seconds;
    return seconds >= s->config->max_seconds;
}

/* Validation, record, early stopping; then the state stands at the start of the next epoch. */
static kr_status finish_epoch(epoch_run *e, kr_error *err) {
    kr_session *s = e->s;
    kr_training_state *state = &s->state;
    double train_seconds = kr_time_now() - e->started;
    bool is_late = is_time_up(e);
    kr_epoch_record record = {.epoch = state->epoch,
                              .train_loss = state->loss_sum / (double)state->step,
                              .rate = e->rate,
                              .seconds = train_seconds};
    KR_TRY(kr__session_evaluate(s, KR_SPLIT_VAL, "validation", &record.validation_loss, err));
    KR_TRY(kr__session_evaluate(s, KR_SPLIT_TEST, "test", &record.test_loss, err));
    state->records[state->n_records++] = record;
    kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_EPOCH,
                                            .steps = e->n_steps,
                                            .train_loss = record.train_loss,
                                            .validation_loss = record.validation_loss,
                                            .test_loss = record.test_loss,
                                            .rate = e->rate,
                                            .seconds = train_seconds});
    bool is_better = false;
    keep_best(s, record.validation_loss, &is_better);
    if (state->stop.must_stop) {
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_STOPPED_EARLY});
    }
    state->is_finished =
        state->stop.must_stop || state->epoch >= s->config->train_epochs || is_late;
    state->epoch++;
    state->step = 0;
    state->loss_sum = state->epoch_seconds = 0;
    KR_TRY(kr__checkpoint_save(s, s->checkpoint, err));
    if (!state->stop.must_stop) {
        kr_schedule schedule = schedule_of(s->config);
        kr__session_tell(s, (kr_forecast_event){.kind = KR_EVENT_RATE,
                                                .rate = kr_schedule_rate(&schedule, state->epoch)});
    }
    return KR_OK;
}

static kr_status run_epoch(epoch_run *e, kr_error *err) {
    kr_session *s = e->s;
    kr_schedule schedule = schedule_of(s->config);
    kr_rng rng = kr_rng_make(s->seed, KR_STREAM_SHUFFLE, (uint64_t)s->state.epoch);
    for (int64_t i = 0; i < e->n_windows; i++) e->order[i] = i;
    kr_rng_shuffle(&rng, e->order, e->n_windows);
    e->rate = kr_schedule_rate(&schedule, s->state.epoch);
    e->started = kr_time_now() - s->state.epoch_seconds;
    while (s->state.step < e->n_steps && !(s->state.step > 0 && is_time_up(e))) {
        if (kr_team_is_stopping(s->team)) return save_interrupted(e, err);
        KR_TRY(run_step(e, err));
    }
    kr_status status = finish_epoch(e, err);
    return status == KR_INTERRUPTED ? save_interrupted(e, err) : status;
}

kr_status kr__session_train(kr_session *s, kr_error *err) {
    kr_params *params = kr_engine_params(s->engine);
    epoch_run e = {.s = s, .n_windows = kr_dataset_window_count(s->dataset, KR_SPLIT_TRAIN)};
    e.n_steps = (e.n_windows + s->config->batch_size - 1) / s->config->batch_size;
    e.order = kr_calloc((size_t)e.n_windows, sizeof *e.order);
    if (!e.order) return kr_fail(err, KR_MEMORY, "out of memory for the order of the windows");
    double started = kr_time_now();
    kr_status status = KR_OK;
    while (status == KR_OK && !s->state.is_finished) status = run_epoch(&e, err);
    s->train_seconds += kr_time_now() - started;
    kr_free(e.order);
    if (status == KR_OK) {
        memcpy(params->values, s->state.best, (size_t)params->size * sizeof(kr_real));
    }
    return status;
}
