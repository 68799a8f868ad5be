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

kr__windows kr__windows_of(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                           const float *f32, const double *f64) {
    return (kr__windows){.n_windows = n_windows,
                         .pred_len = pred_len,
                         .n_channels = n_channels,
                         .stride = pred_len * n_channels,
                         .f32 = f32,
                         .f64 = f64};
}

kr__windows kr__windows_like_pred(const kr_forecast_result *r, const float *values,
                                  bool is_original) {
    kr__windows w = kr__windows_of(r->n_windows, r->pred_len, r->n_channels, values, NULL);
    if (is_original) w.dataset = r->dataset;
    w.first_channel = r->first_channel;
    return w;
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
