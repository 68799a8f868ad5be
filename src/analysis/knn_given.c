/* SPDX-License-Identifier: MIT
 * knn_given.c - neighbours out of distances, or lists of neighbours, that the caller knows. */
#include <math.h>

#include "analysis/knn_search.h"
#include "analysis/nearest.h"
#include "core/sized_struct.h"

/* ---- distances that are known ----------------------------------------------------------- */

/* A row of distances to `n` points, of which one may be left out. */
static void choose_nearest(const kr_points *distances, int64_t row, int64_t own,
                           kr_nearest *nearest) {
    for (int64_t j = 0; j < distances->dim; j++) {
        if (j != own) kr__nearest_add(nearest, kr__points_at(distances, row, j), (int32_t)j);
    }
    kr__nearest_sort(nearest);
}

static kr_status check_distances(const kr_points *distances, kr_error *err) {
    for (int64_t i = 0; i < distances->n * distances->dim; i++) {
        double d = kr__points_at(distances, 0, i);
        if (d >= 0) continue;
        return kr_fail(err, KR_USAGE, "row %lld, column %lld: a distance is %g, below 0",
                       (long long)(i / distances->dim), (long long)(i % distances->dim), d);
    }
    return KR_OK;
}

kr_status kr__knn_of_distances(const kr_points *distances, bool is_own, int64_t k, kr_knn **out,
                               kr_error *err) {
    kr_knn *knn = NULL;
    if (is_own && distances->n != distances->dim) {
        return kr_fail(err, KR_SHAPE,
                       "distances of points among themselves are a square, not (%lld, %lld)",
                       (long long)distances->n, (long long)distances->dim);
    }
    KR_TRY(check_distances(distances, err));
    KR_TRY(kr__knn_make(distances->n, k, &knn, err));
    for (int64_t i = 0; i < knn->n; i++) {
        kr_nearest nearest = {
            .k = k, .index = knn->index + i * k, .distance = knn->distance + i * k};
        choose_nearest(distances, i, is_own ? i : -1, &nearest);
    }
    *out = knn;
    return KR_OK;
}

/* ---- neighbours that are known ---------------------------------------------------------- */

/* Row i without the point itself, or without its last; false: it holds no neighbours. */
static bool take_row(int64_t i, const kr_knn_lists *lists, kr_knn *knn) {
    int64_t at = 0;
    double last = 0;
    for (int64_t j = 0; j < lists->k && at < knn->k; j++) {
        int32_t index = lists->index[i * lists->k + j];
        double distance = lists->distance[i * lists->k + j];
        if (index == i) continue;
        if (index < 0 || index >= lists->n || !(distance >= last) || isinf(distance)) return false;
        knn->index[i * knn->k + at] = index;
        knn->distance[i * knn->k + at++] = last = distance;
    }
    return at == knn->k;
}

kr_status kr_knn_copy(const kr_knn_lists *given, kr_knn **out, kr_error *err) {
    kr_knn_lists taken, *lists = &taken;
    kr_knn *knn = NULL;
    KR_TRY(kr__sized_take("kr_knn_lists", given, &taken, sizeof taken, err));
    if (lists->n < 2 || lists->n > INT32_MAX || lists->k < 1 || lists->k > lists->n ||
        lists->k - lists->has_own < 1) {
        return kr_fail(err, KR_USAGE, "%lld neighbours of %lld points", (long long)lists->k,
                       (long long)lists->n);
    }
    KR_TRY(kr__knn_make(lists->n, lists->k - lists->has_own, &knn, err));
    knn->is_exact = false;
    knn->recall = NAN;
    for (int64_t i = 0; i < lists->n; i++) {
        if (take_row(i, lists, knn)) continue;
        kr_knn_destroy(knn);
        return kr_fail(
            err, KR_USAGE,
            "neighbours of point %lld: they must be others of the %lld points, and their "
            "distances must be 0 or more and not fall",
            (long long)i, (long long)lists->n);
    }
    *out = knn;
    return KR_OK;
}
