/* SPDX-License-Identifier: MIT
 * points.c - checks of points. */

#include "analysis/point_values.h"
#include "core/arena.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "analysis/knn_search.h"

enum { MAX_DIM = 1 << 24 };

static kr_status check_view(const kr_points *points, kr_error *err) {
    if (points->size == sizeof *points && (points->f32 != NULL) != (points->f64 != NULL)) {
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE,
                   "a view of points is incomplete; make it with kr_points_f32() or "
                   "kr_points_f64(), of values that are not NULL");
}

kr_status kr__points_check(const kr_points *points, int64_t least, kr_error *err) {
    if (points->n < least) {
        return kr_fail(err, KR_USAGE, "there are %lld points, and at least %lld are needed",
                       (long long)points->n, (long long)least);
    }
    KR_TRY(check_view(points, err));
    if (points->dim < 1 || points->dim > MAX_DIM || points->n > INT32_MAX) {
        return kr_fail(err, KR_USAGE, "%lld points of %lld numbers: at most %lld of 1 to %d",
                       (long long)points->n, (long long)points->dim, (long long)INT32_MAX, MAX_DIM);
    }
    for (int64_t i = 0; i < points->n * points->dim; i++) {
        double v = points->f32 ? (double)points->f32[i] : points->f64[i];
        if (isfinite(v)) continue;
        return kr_fail(err, KR_NUMERIC, "row %lld, column %lld holds %s; remove that row",
                       (long long)(i / points->dim), (long long)(i % points->dim),
                       isnan(v) ? "NaN" : "inf");
    }
    return KR_OK;
}

kr_status kr__points_check_queries(const kr_points *points, const kr_points *queries,
                                   kr_error *err) {
    kr_status status = kr__points_check(queries, 1, err);
    if (status != KR_OK) {
        kr_error_prefix(err, "queries");
        return status;
    }
    if (queries->dim == points->dim) return KR_OK;
    return kr_fail(err, KR_SHAPE,
                   "queries have %lld numbers and points have %lld: they need the same",
                   (long long)queries->dim, (long long)points->dim);
}

kr_status kr__points_check_stop(const kr_team *team, kr_error *err) {
    if (!kr_team_is_stopping(team)) return KR_OK;
    return kr_fail(err, KR_INTERRUPTED, "stopped on request");
}

double kr__points_distance2(const kr_points *points, int64_t a, int64_t b) {
    double distance2 = 0;
    kr__knn_distances2(points, a, points, 1, &(int32_t){(int32_t)b}, &distance2);
    return distance2;
}

/* ---- points whose squares are numbers --------------------------------------------------- */

enum { LEAST_EXPONENT = -100, MOST_EXPONENT = 480, MOST_FACTOR = 1000 };

/* largest: the largest magnitude so far. True: there is a subnormal float. */
static bool look_at_sizes(const kr_points *points, double *largest) {
    bool has_subnormal = false;
    for (int64_t i = 0; i < points->n * points->dim; i++) {
        double size = fabs(points->f32 ? (double)points->f32[i] : points->f64[i]);
        *largest = size > *largest ? size : *largest;
        has_subnormal |= points->f32 && size > 0 && size < (double)FLT_MIN;
    }
    return has_subnormal;
}

static int choose_exponent(double largest) {
    if (largest == 0) return 0;
    int exponent = ilogb(largest);
    if (exponent >= LEAST_EXPONENT && exponent < MOST_EXPONENT) return 0;
    return exponent > -MOST_FACTOR ? -exponent : MOST_FACTOR;
}

static kr_status copy_scaled(kr_points *points, int exponent, double **copy, kr_error *err) {
    size_t n = (size_t)(points->n * points->dim);
    *copy = kr__calloc(n, sizeof **copy);
    if (!*copy) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points in double",
                       (long long)points->n);
    }
    for (size_t i = 0; i < n; i++) {
        (*copy)[i] = ldexp(points->f32 ? (double)points->f32[i] : points->f64[i], exponent);
    }
    *points = kr_points_f64(*copy, points->n, points->dim);
    return KR_OK;
}

kr_status kr__sane_points_init(kr__sane_points *sane, const kr_points *points,
                               const kr_points *others, kr_error *err) {
    double largest = 0;
    bool is_alone = !others || others == points;
    bool is_copied = look_at_sizes(points, &largest);
    if (!is_alone) is_copied |= look_at_sizes(others, &largest);
    *sane = (kr__sane_points){.points = *points, .exponent = choose_exponent(largest)};
    is_copied |= sane->exponent != 0;
    if (!is_alone) {
        bool is_mixed = (points->f32 != NULL) != (others->f32 != NULL);
        sane->others = *others;
        if (is_copied || (is_mixed && others->f32)) {
            KR_TRY(copy_scaled(&sane->others, sane->exponent, &sane->others_copy, err));
        }
        is_copied |= is_mixed && points->f32;
    }
    if (is_copied) KR_TRY(copy_scaled(&sane->points, sane->exponent, &sane->copy, err));
    if (is_alone) sane->others = sane->points;
    return KR_OK;
}

void kr__sane_points_deinit(kr__sane_points *sane) {
    kr_free(sane->copy);
    kr_free(sane->others_copy);
}

/* ---- rows ------------------------------------------------------------------------------- */

static kr_status copy_rows(const kr_points *points, int64_t n_rows, const int64_t *rows, void **out,
                           kr_error *err) {
    size_t size = points->f32 ? sizeof(float) : sizeof(double);
    size_t row_bytes = (size_t)points->dim * size;
    const char *from = points->f32 ? (const char *)points->f32 : (const char *)points->f64;
    char *to = kr__calloc((size_t)(n_rows > 0 ? n_rows : 1), row_bytes);
    if (!to) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n_rows);
    for (int64_t i = 0; i < n_rows; i++) {
        memcpy(to + (size_t)i * row_bytes, from + (size_t)rows[i] * row_bytes, row_bytes);
    }
    *out = to;
    return KR_OK;
}

kr_status kr__points_pick(const kr_points *points, int64_t n_rows, const int64_t *rows,
                          kr_points *out, kr_error *err) {
    void *values = NULL;
    KR_TRY(copy_rows(points, n_rows, rows, &values, err));
    *out = points->f32 ? kr_points_f32(values, n_rows, points->dim)
                       : kr_points_f64(values, n_rows, points->dim);
    return KR_OK;
}

void kr__points_free(kr_points *points) {
    kr_free((void *)(uintptr_t)points->f32);
    kr_free((void *)(uintptr_t)points->f64);
    *points = (kr_points){0};
}

kr_status kr_points_pick(const kr_points *points, int64_t n_rows, const int64_t *rows, void **out,
                         kr_error *err) {
    KR_TRY(check_view(points, err));
    for (int64_t i = 0; i < n_rows; i++) {
        if (rows[i] >= 0 && rows[i] < points->n) continue;
        return kr_fail(err, KR_USAGE, "row %lld of %lld points: use 0 to %lld", (long long)rows[i],
                       (long long)points->n, (long long)(points->n - 1));
    }
    return copy_rows(points, n_rows, rows, out, err);
}
