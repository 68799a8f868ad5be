/* SPDX-License-Identifier: MIT
 * forecaster_score.c - forecasts of the test windows, and their scores. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecaster_internal.h"
#include "forecast/opening.h"
#include "forecast/window_values.h"

/* ---- the test --------------------------------------------------------------------------- */

static kr_status copy_names(const kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    r->channel_names = kr__calloc((size_t)f->model.n_outputs, sizeof *r->channel_names);
    if (!r->channel_names) return kr_fail(err, KR_MEMORY, "out of memory for the result");
    for (int64_t i = 0; i < f->model.n_outputs; i++) {
        const char *name = f->dataset->names[kr__forecaster_first_output(f) + i];
        r->channel_names[i] = kr__calloc(strlen(name) + 1, 1);
        if (!r->channel_names[i]) return kr_fail(err, KR_MEMORY, "out of memory for the result");
        memcpy(r->channel_names[i], name, strlen(name));
    }
    return KR_OK;
}

static void measure(kr_forecast_result *r) {
    for (int is_original = 0; is_original < 2; is_original++) {
        const kr__windows pred = kr__windows_of_pred(r, is_original);
        const kr__windows truth = kr__windows_of_truth(r, is_original);
        kr__metrics_compute(&pred, &truth, is_original ? &r->original : &r->scaled);
    }
}

/* pred, and quantiles where the model has them. */
static kr_status forecast_test(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    int64_t n = r->n_windows;
    if (f->model.n_quantiles == 0) {
        return kr__forecast_windows(f, KR_SPLIT_TEST, NULL, n, "test", r->pred, NULL, err);
    }
    r->quantiles =
        kr__calloc((size_t)n, (size_t)kr__engine_y_size(f->engine) * sizeof *r->quantiles);
    if (!r->quantiles) return kr_fail(err, KR_MEMORY, "out of memory for the quantiles");
    KR_TRY(kr__forecast_windows(f, KR_SPLIT_TEST, NULL, n, "test", r->quantiles, NULL, err));
    kr__copy_point(f, n, r->quantiles, r->pred);
    return KR_OK;
}

static bool tell_dtw(void *arg, int64_t n_done) {
    const kr_forecaster *f = arg;
    kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_DTW, .count = n_done});
    return !kr_team_is_stopping(f->team);
}

/* Values of a window minus the mean of its truth, so that float can hold their differences; that
 * does not change distances. */
static void center(const kr_forecast_result *r, int64_t window, double *room, float *pred,
                   float *truth) {
    int64_t n = r->pred_len * r->n_channels;
    double *t = room + n, mean = 0;
    kr_forecast_result_window(r, window, true, room, t);
    for (int64_t i = 0; i < n; i++) mean += t[i] / (double)n;
    for (int64_t i = 0; i < n; i++) {
        pred[window * n + i] = (float)(room[i] - mean);
        truth[window * n + i] = (float)(t[i] - mean);
    }
}

static kr_status warp_original(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    int64_t n = r->pred_len * r->n_channels;
    size_t size = (size_t)r->n_windows * (size_t)n;
    float *both = kr__calloc(2 * size, sizeof *both);
    double *room = kr__calloc(2 * (size_t)n, sizeof *room);
    kr_status status = both && room ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for `dtw`");
    for (int64_t w = 0; status == KR_OK && w < r->n_windows; w++) {
        center(r, w, room, both, both + size);
    }
    if (status == KR_OK) {
        status = kr_dtw_mean(f->team, both, both + size, r->n_windows, n, tell_dtw, f, NULL,
                             &r->dtw, err);
    }
    kr_free(both);
    kr_free(room);
    return status;
}

static kr_status warp(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    r->dtw = (double)NAN;
    if (!f->parts.scores.has_dtw) return KR_OK;
    if (r->is_original) return warp_original(f, r, err);
    return kr_dtw_mean(f->team, r->pred, r->truth, r->n_windows, r->pred_len * r->n_channels,
                       tell_dtw, f, NULL, &r->dtw, err);
}

static kr_status test(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    const kr_dataset *d = f->dataset;
    double started = kr__time_now();
    r->n_windows = kr__dataset_window_count(d, KR_SPLIT_TEST);
    r->pred_len = d->pred_len;
    r->seq_len = d->seq_len;
    r->n_channels = f->model.n_outputs;
    r->first_channel = kr__forecaster_first_output(f);
    r->season = f->parts.scores.season;
    r->is_original = f->parts.scores.is_original;
    r->dataset = kr__dataset_hold(f->dataset);
    size_t n = (size_t)r->n_windows * (size_t)r->pred_len, size = 0;
    if (kr__size_mul(n, (size_t)r->n_channels, &size)) {
        r->pred = kr__calloc(size, sizeof *r->pred);
        r->truth = kr__calloc(size, sizeof *r->truth);
    }
    if (!r->pred || !r->truth) return kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
    KR_TRY(copy_names(f, r, err));
    kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_TESTING});
    kr__forecaster_tell_windows(f, KR_SPLIT_TEST);
    KR_TRY(forecast_test(f, r, err));
    kr__copy_truth(f, KR_SPLIT_TEST, NULL, r->n_windows, r->truth);
    KR_TRY(kr__forecaster_measure_intervals(f, r, err));
    measure(r);
    KR_TRY(warp(f, r, err));
    r->test_seconds = kr__time_now() - started;
    return KR_OK;
}

/* ---- the result ------------------------------------------------------------------------- */

static kr_status copy_records(const kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    const kr_training_state *state = kr__trainer_state(f->trainer);
    r->epochs = kr__calloc((size_t)state->n_records + 1, sizeof *r->epochs);
    if (!r->epochs) return kr_fail(err, KR_MEMORY, "out of memory for the result");
    if (state->n_records > 0) {
        memcpy(r->epochs, state->records, (size_t)state->n_records * sizeof *r->epochs);
    }
    r->n_epochs = state->n_records;
    return KR_OK;
}

/* All of the result but the forecasts. */
static kr_status add_training(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    r->seed = f->parts.training.seed;
    r->n_parameters = kr__params_count(kr__engine_params(f->engine));
    r->best_validation_loss = (double)NAN;
    KR_TRY(kr__engine_profile(f->engine, &r->profile, err));
    if (!f->trainer) return KR_OK;
    const kr_trainer_speed speed = kr__trainer_measure_speed(f->trainer);
    r->best_validation_loss = kr__trainer_state(f->trainer)->stop.best;
    r->train_seconds = speed.seconds;
    r->step_ms = speed.step_ms;
    return copy_records(f, r, err);
}

kr_status kr__forecaster_test(kr_forecaster *f, kr_forecast_result **out, kr_error *err) {
    kr_forecast_result *r = kr__calloc(1, sizeof *r);
    if (!r) return kr_fail(err, KR_MEMORY, "out of memory for the result");
    r->size = sizeof *r;
    kr_status status = test(f, r, err);
    if (status == KR_OK) status = add_training(f, r, err);
    if (status != KR_OK) {
        kr_forecast_result_destroy(r);
        return status;
    }
    *out = r;
    return KR_OK;
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
    kr__dataset_destroy(result->dataset);
    kr_free(result);
}

void kr_forecast_result_window(const kr_forecast_result *r, int64_t window, bool is_original,
                               double *pred, double *truth) {
    const kr__windows p = kr__windows_of_pred(r, is_original);
    const kr__windows t = kr__windows_of_truth(r, is_original);
    if (pred) kr__windows_read(&p, window, 0, r->pred_len * r->n_channels, pred);
    if (truth) kr__windows_read(&t, window, 0, r->pred_len * r->n_channels, truth);
}

void kr_forecast_result_history(const kr_forecast_result *result, int64_t window, int64_t channel,
                                bool is_original, double *history, int64_t *first_timestamp) {
    const kr_dataset *d = result->dataset;
    kr_window_place place = kr__dataset_window(d, KR_SPLIT_TEST, window);
    int64_t row = place.row, c = result->first_channel + channel;
    int64_t unit = place.series * d->n_channels + c;
    for (int64_t t = 0; t < d->seq_len; t++) {
        history[t] = (double)d->data[(row + t) * d->n_channels + c];
        if (is_original) history[t] = history[t] * d->deviation[unit] + d->mean[unit];
    }
    *first_timestamp = d->timestamps ? d->timestamps[row] : -1;
}
