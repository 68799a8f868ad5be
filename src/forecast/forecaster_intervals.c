/* SPDX-License-Identifier: MIT
 * forecaster_intervals.c - how far a model is off on the validation windows, and so how far it will
 * be off elsewhere: residuals for conformal intervals, and how good these are on the test windows.
 *
 * Residuals are in scaled units. Early stopping chose the best parameters on the same windows, so
 * the model has seen them a little; the test windows show how much that matters. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "forecast/forecaster_internal.h"
#include "forecast/window_values.h"

/* The most forecast values that are kept at once; of more windows every second, third .. is taken.
 */
enum { MOST_VALUES = 1 << 25 };

/* ---- residuals -------------------------------------------------------------------------- */

typedef struct held_back {
    int64_t n;      /* windows */
    int64_t *order; /* their numbers */
    float *pred, *truth;
} held_back;

static kr_status choose_windows(const kr_forecaster *f, held_back *h, kr_error *err) {
    int64_t all = kr__dataset_window_count(f->dataset, KR_SPLIT_VAL);
    int64_t per_window = f->dataset->pred_len * f->model.n_outputs;
    int64_t y_size = kr__engine_y_size(f->engine);
    int64_t most = MOST_VALUES / y_size > 0 ? MOST_VALUES / y_size : 1;
    int64_t step = (all + most - 1) / most;
    h->n = (all + step - 1) / step;
    h->order = kr__calloc((size_t)h->n, sizeof *h->order);
    h->pred = kr__calloc((size_t)h->n, (size_t)y_size * sizeof *h->pred);
    h->truth = kr__calloc((size_t)h->n, (size_t)per_window * sizeof *h->truth);
    if (!h->order || !h->pred || !h->truth) {
        return kr_fail(err, KR_MEMORY, "out of memory for the errors of the validation windows");
    }
    for (int64_t i = 0; i < h->n; i++) h->order[i] = i * step;
    return KR_OK;
}

static kr_status fit(kr_forecaster *f, held_back *h, kr_error *err) {
    const kr_dataset *d = f->dataset;
    KR_TRY(choose_windows(f, h, err));
    KR_TRY(kr__forecast_windows(f, KR_SPLIT_VAL, h->order, h->n, "intervals", h->pred, NULL, err));
    kr__copy_point(f, h->n, h->pred, h->pred);
    kr__copy_truth(f, KR_SPLIT_VAL, h->order, h->n, h->truth);
    const int64_t n_outputs = f->model.n_outputs;
    const kr__windows pred = kr__windows_of(h->n, d->pred_len, n_outputs, h->pred, NULL);
    const kr__windows truth = kr__windows_of(h->n, d->pred_len, n_outputs, h->truth, NULL);
    kr__metrics_compute(&pred, &truth, &f->validation);
    kr_error reason;
    kr_status status = kr_conformal_fit(f->team, h->n, d->pred_len * f->model.n_outputs, h->pred,
                                        h->truth, &f->conformal, &reason);
    if (status != KR_SHAPE)
        return status == KR_OK ? KR_OK : kr_fail(err, status, "%s", reason.text);
    kr_team_log(f->team, KR_LOG_WARNING, "no intervals: %s", reason.text);
    return KR_OK;
}

kr_status kr__forecaster_validate(kr_forecaster *f, kr_error *err) {
    held_back h = {.n = 0};
    bool has_part = kr__dataset_window_count(f->dataset, KR_SPLIT_VAL) > 0;
    kr_conformal_destroy(f->conformal);
    f->conformal = NULL;
    kr_status status = has_part ? fit(f, &h, err) : KR_OK;
    f->is_validated = status == KR_OK;
    kr_free(h.order);
    kr_free(h.pred);
    kr_free(h.truth);
    return status;
}

/* ---- on the test windows; room holds two forecasts of all windows ---------------------- */

/* Values of room, in the units of the scores. */
static kr__windows read_room(const kr_forecast_result *r, const float *room) {
    return kr__windows_like_pred(r, room, r->is_original);
}

/* Levels that the windows do not allow are left out. */
static void measure_levels(const kr_forecaster *f, kr_forecast_result *r, float *room) {
    const kr__score_settings *scores = &f->parts.scores;
    int64_t size = r->n_windows * r->pred_len * r->n_channels;
    const kr__windows lower = read_room(r, room), upper = read_room(r, room + size);
    const kr__windows truth = kr__windows_of_truth(r, r->is_original);
    for (int i = 0; i < scores->n_levels; i++) {
        kr_error reason;
        if (kr_conformal_bounds(f->conformal, scores->levels[i], r->n_windows, r->pred, room,
                                room + size, &reason) != KR_OK) {
            kr_team_log(f->team, KR_LOG_INFO, "not measured: %s", reason.text);
            continue;
        }
        r->intervals[r->n_intervals++] =
            kr__interval_measure(scores->levels[i], &lower, &upper, &truth);
    }
}

static void measure_conformal_quantiles(const kr_forecaster *f, kr_forecast_result *r,
                                        float *room) {
    kr_quantile_scores *scores = &r->conformal_quantiles;
    const kr__windows q = read_room(r, room), truth = kr__windows_of_truth(r, r->is_original);
    scores->n = f->parts.scores.n_quantiles;
    memcpy(scores->p, f->parts.scores.quantiles, sizeof scores->p);
    for (int i = 0; i < scores->n; i++) {
        kr_conformal_quantile(f->conformal, scores->p[i], r->n_windows, r->pred, room);
        scores->pinball[i] = kr__quantile_pinball(scores->p[i], &q, &truth);
    }
    scores->crps = kr_quantiles_crps(scores->n, scores->p, scores->pinball);
}

/* Between each quantile below the median and its mirror image, if the model gives that one. */
static void measure_pairs(const kr_forecaster *f, kr_forecast_result *r) {
    const double same = 1e-9; /* 1 - 0.9 is not quite 0.1 */
    const double *p = r->quantile_scores.p;
    const kr__windows truth = kr__windows_of_truth(r, r->is_original);
    for (int i = (int)kr__model_middle(&f->model) - 1; i >= 0; i--) {
        const kr__windows lower = kr__windows_of_quantile(r, i, r->is_original);
        for (int k = r->quantile_scores.n - 1; k > i; k--) {
            if (fabs(p[i] + p[k] - 1) > same) continue;
            const kr__windows upper = kr__windows_of_quantile(r, k, r->is_original);
            r->quantile_intervals[r->n_quantile_intervals++] =
                kr__interval_measure(p[k] - p[i], &lower, &upper, &truth);
        }
    }
}

/* The quantiles that the model itself gives. */
static void measure_head(const kr_forecaster *f, kr_forecast_result *r) {
    kr_quantile_scores *scores = &r->quantile_scores;
    const kr__windows truth = kr__windows_of_truth(r, r->is_original);
    scores->n = (int)f->model.n_quantiles;
    memcpy(scores->p, f->model.quantiles, sizeof scores->p);
    for (int i = 0; i < scores->n; i++) {
        const kr__windows q = kr__windows_of_quantile(r, i, r->is_original);
        scores->pinball[i] = kr__quantile_pinball(scores->p[i], &q, &truth);
    }
    scores->crps = kr_quantiles_crps(scores->n, scores->p, scores->pinball);
    measure_pairs(f, r);
}

kr_status kr__forecaster_measure_intervals(const kr_forecaster *f, kr_forecast_result *r,
                                           kr_error *err) {
    r->validation = f->validation;
    if (r->quantiles) measure_head(f, r);
    if (!f->conformal || f->parts.scores.n_levels == 0) return KR_OK;
    size_t size = (size_t)(r->n_windows * r->pred_len) * (size_t)r->n_channels;
    float *room = kr__calloc(2 * size, sizeof *room);
    if (!room) return kr_fail(err, KR_MEMORY, "out of memory for the intervals");
    measure_levels(f, r, room);
    measure_conformal_quantiles(f, r, room);
    kr_free(room);
    return KR_OK;
}
