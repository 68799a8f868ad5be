/* SPDX-License-Identifier: MIT
 * forecast_intervals.c - how far a model is off on the validation windows, and so how far it will
 * be off elsewhere: residuals for conformal intervals, and what these are worth on the test
 * windows.
 *
 * All in scaled units. The windows are those of the best parameters' early stopping, so the model
 * has seen them a little; the test windows tell how much that matters. */
#include <kr/arena.h>
#include <kr/log.h>
#include <string.h>

#include "train/forecast_session.h"

/* Values of the forecasts that are kept at once; of more windows every second, third .. is taken.
 */
enum { MOST_VALUES = 1 << 25 };

/* ---- residuals -------------------------------------------------------------------------- */

typedef struct held_back {
    int64_t n;      /* windows */
    int64_t *order; /* their numbers */
    float *pred, *truth;
} held_back;

static kr_status choose_windows(const kr_session *s, held_back *h, kr_error *err) {
    int64_t all = kr_dataset_window_count(s->dataset, KR_SPLIT_VAL);
    int64_t per_window = s->dataset->pred_len * s->n_outputs;
    int64_t most = MOST_VALUES / per_window > 0 ? MOST_VALUES / per_window : 1;
    int64_t step = (all + most - 1) / most;
    h->n = (all + step - 1) / step;
    size_t size = (size_t)h->n * (size_t)per_window;
    h->order = kr_calloc((size_t)h->n, sizeof *h->order);
    h->pred = kr_calloc(size, sizeof *h->pred);
    h->truth = kr_calloc(size, sizeof *h->truth);
    if (!h->order || !h->pred || !h->truth) {
        return kr_fail(err, KR_MEMORY, "out of memory for the errors of the validation windows");
    }
    for (int64_t i = 0; i < h->n; i++) h->order[i] = i * step;
    return KR_OK;
}

static kr_status fit(kr_session *s, held_back *h, kr_error *err) {
    const kr_dataset *d = s->dataset;
    KR_TRY(choose_windows(s, h, err));
    KR_TRY(kr__session_forecast(s, KR_SPLIT_VAL, h->order, h->n, "intervals", h->pred, NULL, err));
    kr__session_truth(s, KR_SPLIT_VAL, h->order, h->n, h->truth);
    kr_metrics_compute(h->n, d->pred_len, s->n_outputs, h->pred, h->truth, &s->validation);
    kr_error reason;
    kr_status status = kr_conformal_fit(h->n, d->pred_len * s->n_outputs, h->pred, h->truth,
                                        &s->conformal, &reason);
    if (status != KR_SHAPE)
        return status == KR_OK ? KR_OK : kr_fail(err, status, "%s", reason.text);
    kr_log(KR_LOG_WARNING, "no intervals: %s", reason.text);
    return KR_OK;
}

kr_status kr__session_fit_intervals(kr_session *s, kr_error *err) {
    held_back h = {.n = 0};
    kr_status status = fit(s, &h, err);
    kr_free(h.order);
    kr_free(h.pred);
    kr_free(h.truth);
    return status;
}

/* ---- on the test windows ---------------------------------------------------------------- */

/* bounds: room for two forecasts of all windows. A level that the windows do not allow is left
 * out. */
static void measure_levels(const kr_session *s, kr_forecast_result *r, float *bounds) {
    double levels[KR_LEVELS_MAX];
    int n = 0;
    int64_t size = r->n_windows * r->pred_len * r->n_channels;
    if (kr__levels_of(s->config, levels, &n, NULL) != KR_OK) return; /* checked long ago */
    for (int i = 0; i < n; i++) {
        kr_error reason;
        if (kr_conformal_bounds(s->conformal, levels[i], r->n_windows, r->pred, bounds,
                                bounds + size, &reason) != KR_OK) {
            kr_log(KR_LOG_INFO, "not measured: %s", reason.text);
            continue;
        }
        r->intervals[r->n_intervals++] =
            kr_interval_measure(levels[i], size, bounds, bounds + size, r->truth);
    }
}

static void measure_quantiles(const kr_session *s, kr_forecast_result *r, float *q) {
    int64_t size = r->n_windows * r->pred_len * r->n_channels;
    kr_quantile_scores *scores = &r->conformal_quantiles;
    if (kr__quantiles_of(s->config, scores->p, &scores->n, NULL) != KR_OK) return; /* checked */
    for (int i = 0; i < scores->n; i++) {
        kr_conformal_quantile(s->conformal, scores->p[i], r->n_windows, r->pred, q);
        scores->pinball[i] = kr_quantile_pinball(scores->p[i], size, q, r->truth);
    }
    scores->crps = kr_quantiles_crps(scores->n, scores->p, scores->pinball);
}

kr_status kr__session_measure_intervals(kr_session *s, kr_forecast_result *r, kr_error *err) {
    r->validation = s->validation;
    if (!s->conformal || strcmp(s->config->levels, "none") == 0) return KR_OK;
    size_t size = (size_t)(r->n_windows * r->pred_len) * (size_t)r->n_channels;
    float *room = kr_calloc(2 * size, sizeof *room);
    if (!room) return kr_fail(err, KR_MEMORY, "out of memory for the intervals");
    measure_levels(s, r, room);
    measure_quantiles(s, r, room);
    kr_free(room);
    return KR_OK;
}
