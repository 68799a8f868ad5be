/* SPDX-License-Identifier: MIT
 * forecaster_score.c - forecasts of the test windows, and what they are worth. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecaster_internal.h"
#include "forecast/opening.h"

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

/* Values of the test windows, `depth` steps each, in original units; in place allowed. */
static void unscale(const kr_forecaster *f, int64_t depth, const float *from, float *to) {
    const kr_dataset *d = f->dataset;
    int64_t n_windows = kr__dataset_window_count(d, KR_SPLIT_TEST);
    int64_t size = depth * f->model.n_outputs;
    for (int64_t w = 0; w < n_windows; w++) {
        kr__dataset_unscale(d, kr__dataset_window(d, KR_SPLIT_TEST, w).series,
                            kr__forecaster_first_output(f), f->model.n_outputs, depth,
                            from + w * size, to + w * size);
    }
}

/* Metrics in scaled and in original units; with --inverse the forecasts stay in original units. */
static kr_status measure(const kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    int64_t n = r->n_windows * r->pred_len;
    size_t size = (size_t)n * (size_t)r->n_channels;
    kr_metrics_compute(r->n_windows, r->pred_len, r->n_channels, r->pred, r->truth, &r->scaled);
    float *copies = kr__calloc(2 * size, sizeof *copies);
    if (!copies) return kr_fail(err, KR_MEMORY, "out of memory for the metrics");
    unscale(f, r->pred_len, r->pred, copies);
    unscale(f, r->pred_len, r->truth, copies + size);
    kr_metrics_compute(r->n_windows, r->pred_len, r->n_channels, copies, copies + size,
                       &r->original);
    if (f->parts.scores.is_original) {
        memcpy(r->pred, copies, size * sizeof *copies);
        memcpy(r->truth, copies + size, size * sizeof *copies);
        r->is_original = true;
    }
    if (f->parts.scores.is_original && r->quantiles) {
        unscale(f, r->pred_len * r->quantile_scores.n, r->quantiles, r->quantiles);
    }
    kr_free(copies);
    return KR_OK;
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

static kr_status test(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    const kr_dataset *d = f->dataset;
    double started = kr__time_now();
    r->n_windows = kr__dataset_window_count(d, KR_SPLIT_TEST);
    r->pred_len = d->pred_len;
    r->seq_len = d->seq_len;
    r->n_channels = f->model.n_outputs;
    r->first_channel = kr__forecaster_first_output(f);
    r->season = f->parts.scores.season;
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
    KR_TRY(measure(f, r, err));
    r->dtw = (double)NAN;
    if (f->parts.scores.has_dtw) {
        KR_TRY(kr_dtw_mean(f->team, r->pred, r->truth, r->n_windows, r->pred_len * r->n_channels,
                           tell_dtw, f, NULL, &r->dtw, err));
    }
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

/* What is to be known beside the forecasts; holds the data set. */
static kr_status add_training(kr_forecaster *f, kr_forecast_result *r, kr_error *err) {
    r->seed = f->parts.training.seed;
    r->n_parameters = kr__params_count(kr__engine_params(f->engine));
    r->best_validation_loss = (double)NAN;
    r->dataset = kr__dataset_hold(f->dataset);
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

void kr_forecast_result_history(const kr_forecast_result *result, int64_t window, int64_t channel,
                                float *history, int64_t *first_timestamp) {
    const kr_dataset *d = result->dataset;
    kr_window_place place = kr__dataset_window(d, KR_SPLIT_TEST, window);
    int64_t row = place.row, c = result->first_channel + channel;
    for (int64_t t = 0; t < d->seq_len; t++) history[t] = d->data[(row + t) * d->n_channels + c];
    if (result->is_original) {
        kr__dataset_unscale(d, place.series, c, 1, d->seq_len, history, history);
    }
    *first_timestamp = d->timestamps ? d->timestamps[row] : -1;
}
