/* SPDX-License-Identifier: MIT
 * scores.h - errors that can be compared between series of different size: sMAPE, MASE, RMSSE. */
#ifndef KR_SCORES_H
#define KR_SCORES_H

#include <kr/status.h>

KR_BEGIN_DECLS

/* Of n values of one series: mean |x[t] - x[t - season]| and mean of its square. NaN (a gap) does
 * not count; both are NaN when there is no pair. Source: Hyndman and Koehler, 2006. */
typedef struct kr_naive_scale {
    double absolute, squared;
} kr_naive_scale;
/* values of one channel, stride apart. */
KR_API kr_naive_scale kr_naive_scale_of(int64_t n, int64_t stride, const float *values,
                                        int64_t season);

/* Means over n values where truth is a number.
 *   mae, mse
 *   smape   200 |y - f| / (|y| + |f|), percent, as in M4; 0 where both are 0
 *   mase    mae / scale.absolute     rmsse   sqrt(mse / scale.squared)
 * NaN where nothing counts; mase and rmsse also where scale is NULL, NaN or 0. */
typedef struct kr_scores {
    int64_t n;
    double mae, mse, smape, mase, rmsse;
} kr_scores;
KR_API kr_scores kr_scores_of(int64_t n, int64_t stride, const float *forecast, const float *truth,
                              const kr_naive_scale *scale);

KR_END_DECLS

#endif
