/* SPDX-License-Identifier: MIT
 * points.c - are points fit to be looked at? */
#include <kr/points.h>

#include <math.h>
#include <string.h>

#include <kr/arena.h>

#include "analysis/knn_search.h"

enum { MAX_DIM = 1 << 24 };

kr_status kr_points_check(const kr_points *points, int64_t least, kr_error *err) {
    if (points->n < least) {
        return kr_fail(err, KR_USAGE, "there are %lld points, and at least %lld are needed",
                       (long long)points->n, (long long)least);
    }
    if (points->dim < 1 || points->dim > MAX_DIM || points->n > INT32_MAX) {
        return kr_fail(err, KR_USAGE, "%lld points of %lld numbers: at most %lld of 1 to %d",
                       (long long)points->n, (long long)points->dim, (long long)INT32_MAX, MAX_DIM);
    }
    for (int64_t i = 0; i < points->n * points->dim; i++) {
        double v = points->f32 ? (double)points->f32[i] : points->f64[i];
        if (isfinite(v)) continue;
        return kr_fail(err, KR_NUMERIC, "row %lld, column %lld holds %s; remove that row",
                       (long long)(i / points->dim), (long long)(i % points->dim),
                       isnan(v) ? "nan" : "inf");
    }
    return KR_OK;
}

double kr_points_distance2(const kr_points *points, int64_t a, int64_t b) {
    double distance2 = 0;
    kr__knn_distances2(points, a, points, 1, &(int32_t){(int32_t)b}, &distance2);
    return distance2;
}

kr_status kr_points_pick(const kr_points *points, int64_t n_rows, const int64_t *rows,
                         kr_points *out, kr_error *err) {
    size_t size = points->f32 ? sizeof(float) : sizeof(double);
    size_t row_bytes = (size_t)points->dim * size;
    const char *from = points->f32 ? (const char *)points->f32 : (const char *)points->f64;
    char *to = kr_calloc((size_t)(n_rows > 0 ? n_rows : 1), row_bytes);
    if (!to) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n_rows);
    for (int64_t i = 0; i < n_rows; i++) {
        memcpy(to + (size_t)i * row_bytes, from + (size_t)rows[i] * row_bytes, row_bytes);
    }
    *out = (kr_points){.n = n_rows, .dim = points->dim};
    if (points->f32) {
        out->f32 = (const float *)(void *)to;
    } else {
        out->f64 = (const double *)(void *)to;
    }
    return KR_OK;
}
