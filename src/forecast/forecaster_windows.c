/* SPDX-License-Identifier: MIT
 * forecaster_windows.c - windows of a data set through the model: samples, forecasts of them, true
 * values, mean losses. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/real.h"
#include "forecast/forecaster_internal.h"
#include "forecast/opening.h"

enum { STRETCH_BATCHES = 16 }; /* batches between two checks whether to stop */

void kr__fetch_window(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const kr__window_source *w = arg;
    const kr_dataset *d = w->forecaster->dataset;
    int64_t window = w->order ? w->order[w->first + i] : w->first + i;
    kr__feature_rows rows = kr__dataset_rows(d);
    if (w->split == KR_SPLIT_TRAIN) rows.input = w->forecaster->train_x;
    kr__features_fill_window(kr__dataset_features(d), &rows,
                             kr__dataset_window(d, w->split, window).row, in);
}

/* Weights that are numbers may still compute some that are none. */
static kr_status check_forecasts(int64_t n, const float *y, int64_t per_window, int64_t first,
                                 const char *what, kr_error *err) {
    for (int64_t i = 0; i < n * per_window; i++) {
        if (isfinite(y[i])) continue;
        return kr_fail(
            err, KR_NUMERIC,
            "the model's forecast of %s window %" PRId64
            " is not a number: what it computes leaves the range of float; train it again",
            what, first + i / per_window);
    }
    return KR_OK;
}

kr_status kr__forecast_windows(kr_forecaster *f, kr_split split, const int64_t *order, int64_t n,
                               const char *what, float *y, double *losses, kr_error *err) {
    int64_t per_window = kr__engine_y_size(f->engine);
    int64_t stretch = STRETCH_BATCHES * f->parts.training.batch_size;
    for (int64_t first = 0; first < n; first += stretch) {
        if (kr_team_is_stopping(f->team)) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        kr__window_source source = {f, split, order, first};
        const kr_samples samples = {.fetch = kr__fetch_window,
                                    .arg = &source,
                                    .count = n - first < stretch ? n - first : stretch};
        kr__engine_predict(f->engine, &samples, y ? (kr_real *)y + first * per_window : NULL,
                           losses ? losses + first : NULL);
        if (y) {
            KR_TRY(check_forecasts(samples.count, y + first * per_window, per_window, first, what,
                                   err));
        }
        kr__forecaster_tell(f, (kr_forecast_event){.kind = KR_EVENT_PROGRESS,
                                                   .text = what,
                                                   .step = first + samples.count,
                                                   .steps = n});
    }
    return KR_OK;
}

void kr__copy_truth(const kr_forecaster *f, kr_split split, const int64_t *order, int64_t n,
                    float *truth) {
    const kr_dataset *d = f->dataset;
    const kr__feature_rows rows = kr__dataset_rows(d);
    int64_t per_window = d->pred_len * f->model.n_outputs;
    for (int64_t i = 0; i < n; i++) {
        kr__features_fill_target(kr__dataset_features(d), &rows,
                                 kr__dataset_window(d, split, order ? order[i] : i).row,
                                 (kr_real *)truth + i * per_window);
    }
}

void kr__copy_point(const kr_forecaster *f, int64_t n, const float *y, float *pred) {
    int64_t per_window = f->dataset->pred_len * f->model.n_outputs;
    int64_t y_size = kr__engine_y_size(f->engine);
    y += kr__model_middle(&f->model) * per_window;
    for (int64_t i = 0; i < n; i++) {
        memmove(pred + i * per_window, y + i * y_size, (size_t)per_window * sizeof *pred);
    }
}

kr_status kr__evaluate_windows(kr_forecaster *f, kr_split split, const char *what, double *loss,
                               kr_error *err) {
    int64_t n = kr__dataset_window_count(f->dataset, split);
    *loss = (double)NAN;
    if (n == 0) return KR_OK;
    double *losses = kr__calloc((size_t)n, sizeof *losses);
    if (!losses) return kr_fail(err, KR_MEMORY, "out of memory while testing");
    kr_status status = kr__forecast_windows(f, split, NULL, n, what, NULL, losses, err);
    if (status == KR_OK) *loss = kr__mean_of_batches(losses, n, f->parts.training.batch_size);
    kr_free(losses);
    return status;
}
