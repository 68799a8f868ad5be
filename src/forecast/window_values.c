/* SPDX-License-Identifier: MIT
 * window_values.c - scaled values of windows, in original units. */
#include "forecast/window_values.h"

#include "forecast/dataset.h"

static double value_at(const kr__windows *w, int64_t i) {
    return w->f64 ? w->f64[i] : (double)w->f32[i];
}

void kr__windows_read(const kr__windows *w, int64_t window, int64_t first, int64_t n, double *to) {
    int64_t at = window * w->stride + first;
    for (int64_t i = 0; i < n; i++) to[i] = value_at(w, at + i);
    if (!w->dataset) return;
    const kr_dataset *d = w->dataset;
    int64_t series = kr__dataset_window(d, KR_SPLIT_TEST, window).series, c = first % w->n_channels;
    const double *mean = d->mean + series * d->n_channels + w->first_channel;
    const double *deviation = d->deviation + series * d->n_channels + w->first_channel;
    for (int64_t i = 0; i < n; i++) {
        to[i] = to[i] * deviation[c] + mean[c];
        if (++c == w->n_channels) c = 0;
    }
}

kr__windows kr__windows_like_pred(const kr_forecast_result *r, const float *values,
                                  bool is_original) {
    return (kr__windows){.n_windows = r->n_windows,
                         .pred_len = r->pred_len,
                         .n_channels = r->n_channels,
                         .stride = r->pred_len * r->n_channels,
                         .f32 = values,
                         .dataset = is_original ? r->dataset : NULL,
                         .first_channel = r->first_channel};
}

kr__windows kr__windows_of_pred(const kr_forecast_result *r, bool is_original) {
    return kr__windows_like_pred(r, r->pred, is_original);
}

kr__windows kr__windows_of_truth(const kr_forecast_result *r, bool is_original) {
    return kr__windows_like_pred(r, r->truth, is_original);
}

kr__windows kr__windows_of_quantile(const kr_forecast_result *r, int i, bool is_original) {
    int64_t n = r->pred_len * r->n_channels;
    kr__windows w = kr__windows_like_pred(r, r->quantiles + i * n, is_original);
    w.stride = r->quantile_scores.n * n;
    return w;
}
