/* SPDX-License-Identifier: MIT
 * metrics.h - errors of a forecast against the truth, as the originals compute them. */
#ifndef KR_METRICS_H
#define KR_METRICS_H

#include <kr/status.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* Values whose truth is NaN (a gap) do not count. mape and mspe are infinite where a true value is
 * 0; nothing is guarded. corr is the mean over steps and channels of the original's correlation. */
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

/* Dynamic time warping of two series (cost |a - b| in float, moves diagonal, down, right, no
 * window, not divided by the length). accumulated (n_a, n_b) may be NULL: then memory is linear. */
KR_API kr_status kr_dtw(const float *a, int64_t n_a, const float *b, int64_t n_b,
                        double *accumulated, double *distance, kr_error *err);

/* n_done of the pairs are done. False stops. Called by the thread that called kr_dtw_mean. */
typedef bool (*kr_dtw_progress_fn)(void *arg, int64_t n_done);

/*
 * kr_dtw_mean() - the mean distance of n_pairs pairs of series.
 *
 *   pred, truth  (n_pairs, length)   a window (pred_len, n_channels) is one series of
 *                                    pred_len * n_channels values, as in the originals
 *   each         (n_pairs)           out: every distance; may be NULL
 *   mean         out
 *
 * progress (may be NULL) is called with 0, 100, 200, .. before the next hundred. Splits over
 * pairs: the same bits for any number of workers. Time grows with n_pairs * length^2. KR_SHAPE
 * when there is nothing to compare, KR_INTERRUPTED when progress returned false.
 */
KR_API kr_status kr_dtw_mean(kr_team *team, const float *pred, const float *truth, int64_t n_pairs,
                             int64_t length, kr_dtw_progress_fn progress, void *arg, double *each,
                             double *mean, kr_error *err);

KR_END_DECLS

#endif
