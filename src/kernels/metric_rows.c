/* SPDX-License-Identifier: MIT
 * metric_rows.c - distances of points other than Euclid's, in double. metrics.inc has a row of
 * each. */
#include <math.h>

#include "kernels/kernels.h"
#include "kernels/metric.h"
#include "kernels/vec.h"

/* distance[r] of `point` and row index[r] of points, rows of dim numbers. Column c goes to lane
 * c % 16, and the lanes are joined in one fixed tree: every level gives the same bits. `step` puts
 * the numbers p and q into lane l, `join` puts lane j into lane l, `finish` has the sums and n, the
 * columns that count. */
#define EACH_ROW(real, step, join, finish)                                                         \
    for (int64_t r = 0; r < n_rows; r++) {                                                         \
        const real *other = points + index[r] * dim;                                               \
        lanes s = {{0}, {0}, {0}};                                                                 \
        int64_t i = 0;                                                                             \
        for (; i + KR_W <= dim; i += KR_W) {                                                       \
            for (int l = 0; l < KR_W; l++) {                                                       \
                double p = (double)point[i + l], q = (double)other[i + l];                         \
                step                                                                               \
            }                                                                                      \
        }                                                                                          \
        for (int l = 0; i + l < dim; l++) {                                                        \
            double p = (double)point[i + l], q = (double)other[i + l];                             \
            step                                                                                   \
        }                                                                                          \
        for (int half = KR_W / 2; half > 0; half /= 2) {                                           \
            for (int l = 0; l < half; l++) {                                                       \
                int j = l + half;                                                                  \
                join                                                                               \
            }                                                                                      \
        }                                                                                          \
        distance[r] = finish(s.a[0], s.b[0], s.c[0], n);                                           \
    }

typedef struct lanes {
    double a[KR_W], b[KR_W], c[KR_W];
} lanes;

/* ---- joins ------------------------------------------------------------------------------ */

#define ADD                                                                                        \
    s.a[l] += s.a[j];                                                                              \
    s.b[l] += s.b[j];                                                                              \
    s.c[l] += s.c[j];
#define LARGER s.a[l] = s.a[j] > s.a[l] ? s.a[j] : s.a[l];

/* ---- steps ------------------------------------------------------------------------------ */

#define ADD_DIFFERENCE s.a[l] += fabs(p - q);
#define TAKE_DIFFERENCE                                                                            \
    double d = fabs(p - q);                                                                        \
    s.a[l] = d > s.a[l] ? d : s.a[l];
#define ADD_SHARE                                                                                  \
    double both = fabs(p) + fabs(q);                                                               \
    s.a[l] += both > 0 ? fabs(p - q) / both : 0;
#define ADD_DIFFERENCE_AND_SUM                                                                     \
    s.a[l] += fabs(p - q);                                                                         \
    s.b[l] += fabs(p + q);
#define COUNT_OTHERS s.a[l] += p != q ? 1.0 : 0.0;
#define COUNT_THERE                                                                                \
    double has_p = p != 0 ? 1.0 : 0.0;                                                             \
    double has_q = q != 0 ? 1.0 : 0.0;                                                             \
    s.a[l] += has_p;                                                                               \
    s.b[l] += has_q;                                                                               \
    s.c[l] += has_p * has_q;

static inline double ratio(double part, double whole) { return part > 0 ? part / whole : 0; }

/* ---- one function a metric -------------------------------------------------------------- */

#define KR__METRIC(name, step, join, distance_of_sums)                                             \
    static inline double finish_##name(double a, double b, double c, double n) {                   \
        (void)a, (void)b, (void)c, (void)n;                                                        \
        return distance_of_sums;                                                                   \
    }                                                                                              \
    static void name##_f32(double n, int64_t dim, const float *restrict point, int64_t n_rows,     \
                           const int32_t *restrict index, const float *restrict points,            \
                           double *restrict distance) {                                            \
        EACH_ROW(float, step, join, finish_##name)                                                 \
    }                                                                                              \
    static void name##_f64(double n, int64_t dim, const double *restrict point, int64_t n_rows,    \
                           const int32_t *restrict index, const double *restrict points,           \
                           double *restrict distance) {                                            \
        EACH_ROW(double, step, join, finish_##name)                                                \
    }
#include "kernels/metrics.inc"
#undef KR__METRIC

/* First the largest difference, then the sum of powers in units of it: none is beyond double. */
#define MINKOWSKI(real, largest)                                                                   \
    largest(0, dim, point, n_rows, index, points, distance);                                       \
    for (int64_t r = 0; r < n_rows; r++) {                                                         \
        const real *other = points + index[r] * dim;                                               \
        const double unit = distance[r];                                                           \
        lanes s = {{0}, {0}, {0}};                                                                 \
        for (int64_t i = 0; i < dim && unit > 0; i++) {                                            \
            s.a[i % KR_W] += pow(fabs((double)point[i] - (double)other[i]) / unit, power);         \
        }                                                                                          \
        for (int half = KR_W / 2; half > 0; half /= 2) {                                           \
            for (int l = 0; l < half; l++) s.a[l] += s.a[l + half];                                \
        }                                                                                          \
        distance[r] = unit * pow(s.a[0], 1 / power);                                               \
    }

static void minkowski_f32(double power, int64_t dim, const float *restrict point, int64_t n_rows,
                          const int32_t *restrict index, const float *restrict points,
                          double *restrict distance) {
    MINKOWSKI(float, CHEBYSHEV_f32)
}
static void minkowski_f64(double power, int64_t dim, const double *restrict point, int64_t n_rows,
                          const int32_t *restrict index, const double *restrict points,
                          double *restrict distance) {
    MINKOWSKI(double, CHEBYSHEV_f64)
}

/* ---- the kernels ------------------------------------------------------------------------ */

void KR_K(metric_rows_f32)(kr__metric metric, int64_t dim, const float *restrict point, int64_t n,
                           const int32_t *restrict index, const float *restrict points,
                           double *restrict distance) {
    const double columns = (double)(metric.n_columns > 0 ? metric.n_columns : dim);
    switch (metric.kind) {
#define KR__METRIC(name, step, join, distance_of_sums)                                             \
    case KR__##name:                                                                               \
        name##_f32(columns, dim, point, n, index, points, distance);                               \
        break;
#include "kernels/metrics.inc"
#undef KR__METRIC
        case KR__MINKOWSKI:
            minkowski_f32(metric.power, dim, point, n, index, points, distance);
            break;
        case KR__EUCLIDEAN: /* squared_distances */
        case KR__N_METRIC_KINDS:
            break;
    }
}

void KR_K(metric_rows_f64)(kr__metric metric, int64_t dim, const double *restrict point, int64_t n,
                           const int32_t *restrict index, const double *restrict points,
                           double *restrict distance) {
    const double columns = (double)(metric.n_columns > 0 ? metric.n_columns : dim);
    switch (metric.kind) {
#define KR__METRIC(name, step, join, distance_of_sums)                                             \
    case KR__##name:                                                                               \
        name##_f64(columns, dim, point, n, index, points, distance);                               \
        break;
#include "kernels/metrics.inc"
#undef KR__METRIC
        case KR__MINKOWSKI:
            minkowski_f64(metric.power, dim, point, n, index, points, distance);
            break;
        case KR__EUCLIDEAN:
        case KR__N_METRIC_KINDS:
            break;
    }
}
