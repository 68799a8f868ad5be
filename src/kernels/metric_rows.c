/* SPDX-License-Identifier: MIT
 * metric_rows.c - distances of points other than Euclid's, in double. */
#include <math.h>

#include "kernels/kernels.h"
#include "kernels/metric.h"
#include "kernels/vec.h"

/* distance[r] of `point` and row index[r] of points, rows of dim numbers. Column c goes to lane
 * c % 16, and the lanes are joined in one fixed tree: every level gives the same bits. `step` puts
 * the numbers p and q into lane l, `join` puts lane b into lane a. */
#define EACH_ROW(real, step, join)                                                                 \
    for (int64_t r = 0; r < n; r++) {                                                              \
        const real *other = points + index[r] * dim;                                               \
        double lane[KR_W] = {0}, both[KR_W] = {0};                                                 \
        int64_t c = 0;                                                                             \
        for (; c + KR_W <= dim; c += KR_W) {                                                       \
            for (int l = 0; l < KR_W; l++) {                                                       \
                double p = (double)point[c + l], q = (double)other[c + l];                         \
                step                                                                               \
            }                                                                                      \
        }                                                                                          \
        for (int l = 0; c + l < dim; l++) {                                                        \
            double p = (double)point[c + l], q = (double)other[c + l];                             \
            step                                                                                   \
        }                                                                                          \
        for (int half = KR_W / 2; half > 0; half /= 2) {                                           \
            for (int a = 0; a < half; a++) {                                                       \
                int b = a + half;                                                                  \
                join                                                                               \
            }                                                                                      \
        }                                                                                          \
        distance[r] = finish(metric, dim, lane[0], both[0]);                                       \
    }

#define ADD lane[a] += lane[b];
#define ADD_BOTH                                                                                   \
    lane[a] += lane[b];                                                                            \
    both[a] += both[b];
#define TAKE_LARGER lane[a] = lane[b] > lane[a] ? lane[b] : lane[a];

#define ADD_DIFFERENCE                                                                             \
    lane[l] += fabs(p - q);                                                                        \
    (void)both;
#define TAKE_DIFFERENCE                                                                            \
    double d = fabs(p - q);                                                                        \
    lane[l] = d > lane[l] ? d : lane[l];                                                           \
    (void)both;
#define COUNT_OTHERS                                                                               \
    lane[l] += p != q ? 1.0 : 0.0;                                                                 \
    (void)both;
/* lane: either is there; both: both are */
#define COUNT_SHARED                                                                               \
    double has_p = p != 0 ? 1.0 : 0.0, has_q = q != 0 ? 1.0 : 0.0;                                 \
    both[l] += has_p * has_q;                                                                      \
    lane[l] += has_p + has_q - has_p * has_q;

static inline double finish(kr__metric metric, int64_t dim, double lane, double both) {
    if (metric == KR__HAMMING) return lane / (double)dim;
    if (metric == KR__JACCARD) return lane > 0 ? (lane - both) / lane : 0;
    return lane;
}

#define METRIC_ROWS(real)                                                                          \
    switch (metric) {                                                                              \
        case KR__MANHATTAN:                                                                        \
            EACH_ROW(real, ADD_DIFFERENCE, ADD)                                                    \
            break;                                                                                 \
        case KR__CHEBYSHEV:                                                                        \
            EACH_ROW(real, TAKE_DIFFERENCE, TAKE_LARGER)                                           \
            break;                                                                                 \
        case KR__HAMMING:                                                                          \
            EACH_ROW(real, COUNT_OTHERS, ADD)                                                      \
            break;                                                                                 \
        case KR__JACCARD:                                                                          \
            EACH_ROW(real, COUNT_SHARED, ADD_BOTH)                                                 \
            break;                                                                                 \
        case KR__EUCLIDEAN:                                                                        \
            break; /* squared_distances */                                                         \
    }

void KR_K(metric_rows_f32)(kr__metric metric, int64_t dim, const float *restrict point, int64_t n,
                           const int32_t *restrict index, const float *restrict points,
                           double *restrict distance) {
    METRIC_ROWS(float)
}

void KR_K(metric_rows_f64)(kr__metric metric, int64_t dim, const double *restrict point, int64_t n,
                           const int32_t *restrict index, const double *restrict points,
                           double *restrict distance) {
    METRIC_ROWS(double)
}
