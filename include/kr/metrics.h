/* SPDX-License-Identifier: MIT
 * metrics.h - errors of a forecast against the truth, as the originals compute them. */
#ifndef KR_METRICS_H
#define KR_METRICS_H

#include <kr/status.h>

KR_BEGIN_DECLS

/* mape and mspe are infinite where a true value is 0; nothing is guarded. corr is the mean over
 * steps and channels of the original's correlation. */
typedef struct kr_metrics {
    double mae, mse, rmse, mape, mspe, rse, corr;
} kr_metrics;

/* pred, truth: (n_windows, pred_len, n_channels). */
KR_API void kr_metrics_compute(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                               const float *pred, const float *truth, kr_metrics *out);

/* Per forecast step (pred_len) and per channel (n_channels): mean squared and absolute errors. Any
 * of the outputs may be NULL. */
KR_API void kr_metrics_by_step(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                               const float *pred, const float *truth, double *mse, double *mae);
KR_API void kr_metrics_by_channel(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                                  const float *pred, const float *truth, double *mse, double *mae);

/* corr per (step, channel) as the original: (pred_len, n_channels) reduced over samples, then the
 * mean over channels: out (pred_len). */
KR_API kr_status kr_metrics_corr(int64_t n_windows, int64_t pred_len, int64_t n_channels,
                                 const float *pred, const float *truth, double *out, kr_error *err);

/* Dynamic time warping of two series (cost |a - b|, moves diagonal, down, right, no window, not
 * divided by the length). accumulated (n_a, n_b) may be NULL: then memory is linear. */
KR_API kr_status kr_dtw(const float *a, int64_t n_a, const float *b, int64_t n_b,
                        double *accumulated, double *distance, kr_error *err);

KR_END_DECLS

#endif
