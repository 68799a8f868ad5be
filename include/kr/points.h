/* SPDX-License-Identifier: MIT
 * points.h - points in a space of dim numbers: what the methods of src/analysis look at. */
#ifndef KR_POINTS_H
#define KR_POINTS_H

#include <kr/status.h>

KR_BEGIN_DECLS

/* A view of n points, row after row without gaps: (n, dim). One of f32 and f64 is set. */
typedef struct kr_points {
    int64_t n, dim;
    const float *f32;
    const double *f64;
} kr_points;

static inline kr_points kr_points_f32(const float *values, int64_t n, int64_t dim) {
    return (kr_points){.n = n, .dim = dim, .f32 = values};
}
static inline kr_points kr_points_f64(const double *values, int64_t n, int64_t dim) {
    return (kr_points){.n = n, .dim = dim, .f64 = values};
}

/* KR_USAGE when there are fewer than `least` points, no dimension, or too many of either (2^31 - 1
 * points, 2^24 dimensions); KR_NUMERIC when a value is not finite: the sentence names row and
 * column. Every method asks this first. */
KR_API kr_status kr_points_check(const kr_points *points, int64_t least, kr_error *err);

/* Value of a point; for loops that are not hot. */
static inline double kr_points_at(const kr_points *points, int64_t row, int64_t column) {
    int64_t i = row * points->dim + column;
    return points->f32 ? (double)points->f32[i] : points->f64[i];
}

/* Squared distance of two points: differences, products and their sum in double, in an order of its
 * own, the same at every CPU level. */
KR_API double kr_points_distance2(const kr_points *points, int64_t a, int64_t b);

/* The rows named, (n_rows, dim) of the same type, into a new array: free with kr_free the one that
 * is not NULL. Rows in [0, n). */
KR_API kr_status kr_points_pick(const kr_points *points, int64_t n_rows, const int64_t *rows,
                                kr_points *out, kr_error *err);

KR_END_DECLS

#endif
