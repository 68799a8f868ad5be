/* SPDX-License-Identifier: MIT
 * knn.c - neighbours of points: checks the request, then searches. */
#include <math.h>

#include "analysis/knn_search.h"
#include "core/arena.h"
#include "core/sized_struct.h"

/* ---- results ---------------------------------------------------------------------------- */

void kr_knn_destroy(kr_knn *knn) {
    if (!knn) return;
    kr_free(knn->index);
    kr_free(knn->distance);
    kr_free(knn);
}

int64_t kr_knn_count(const kr_knn *knn) { return knn->n; }
int64_t kr_knn_k(const kr_knn *knn) { return knn->k; }
const int32_t *kr_knn_index(const kr_knn *knn) { return knn->index; }
const double *kr_knn_distance(const kr_knn *knn) { return knn->distance; }
bool kr_knn_is_exact(const kr_knn *knn) { return knn->is_exact; }
double kr_knn_recall(const kr_knn *knn) { return knn->recall; }

kr_status kr__knn_make(int64_t n, int64_t k, kr_knn **out, kr_error *err) {
    kr_knn *knn = kr__calloc(1, sizeof *knn);
    size_t size = 0;
    if (knn) *knn = (kr_knn){.n = n, .k = k, .is_exact = true, .recall = 1};
    if (knn && kr__size_mul((size_t)n, (size_t)k, &size)) {
        knn->index = kr__calloc(size, sizeof *knn->index);
        knn->distance = kr__calloc(size, sizeof *knn->distance);
    }
    if (knn && knn->index && knn->distance) {
        *out = knn;
        return KR_OK;
    }
    kr_knn_destroy(knn);
    return kr_fail(err, KR_MEMORY, "out of memory for %lld neighbours of each of %lld points",
                   (long long)k, (long long)n);
}

static kr_status search_exactly(kr_team *team, const kr__sane_points *sane, bool is_own,
                                kr__metric metric, kr_knn *knn, kr_error *err) {
    int64_t *own = is_own ? kr__calloc((size_t)knn->n, sizeof *own) : NULL;
    if (is_own && !own) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)knn->n);
    }
    for (int64_t i = 0; is_own && i < knn->n; i++) own[i] = i;
    kr_status status =
        kr__knn_exact(team,
                      &(kr_knn_search){.points = &sane->points,
                                       .queries = is_own ? &sane->points : &sane->others,
                                       .own = own,
                                       .metric = metric,
                                       .k = knn->k,
                                       .index = knn->index,
                                       .distance = knn->distance},
                      err);
    kr_free(own);
    return status;
}

/* Distances in the unit of the caller's points. */
static kr_status set_unit(kr_knn *knn, int exponent, kr_error *err) {
    for (int64_t i = 0; exponent != 0 && i < knn->n * knn->k; i++) {
        knn->distance[i] = ldexp(knn->distance[i], -exponent);
        if (isfinite(knn->distance[i])) continue;
        return kr_fail(err, KR_NUMERIC,
                       "row %lld: a neighbour is farther away than a number can say; divide the "
                       "values",
                       (long long)(i / knn->k));
    }
    return KR_OK;
}

kr_status kr__knn_find(kr_team *team, const kr_points *points, const kr_points *queries,
                       const kr_knn_options *options, kr__metric metric, kr_knn **out,
                       kr_error *err) {
    kr__sane_points sane;
    kr_knn *knn = NULL;
    bool is_own = queries == NULL;
    bool is_exact = options->method == KR_KNN_EXACT ||
                    (options->method == KR_KNN_AUTO && points->n <= KR_KNN_EXACT_MAX);
    kr_status status = kr__sane_points_init(&sane, points, queries, err);
    if (status == KR_OK) status = kr__knn_make(sane.others.n, options->k, &knn, err);
    if (status == KR_OK) {
        status = is_exact ? search_exactly(team, &sane, is_own, metric, knn, err)
                          : kr__knn_descent(team, &sane.points, options, metric, knn, err);
    }
    bool has_unit = metric != KR__HAMMING && metric != KR__JACCARD;
    if (status == KR_OK && has_unit) status = set_unit(knn, sane.exponent, err);
    if (status == KR_OK) {
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    kr__sane_points_deinit(&sane);
    return status;
}

kr_status kr_knn_create(kr_team *team, const kr_points *points, const kr_knn_options *options,
                        kr_knn **out, kr_error *err) {
    kr_knn_options o;
    KR_TRY(kr__sized_take("kr_knn_options", options, &o, sizeof o, err));
    KR_TRY(kr__points_check(points, 2, err));
    if (o.k < 1 || o.k >= points->n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours of %lld points: use 1 to %lld",
                       (long long)o.k, (long long)points->n, (long long)(points->n - 1));
    }
    return kr__knn_find(team, points, NULL, &o, KR__EUCLIDEAN, out, err);
}

kr_status kr_knn_query(kr_team *team, const kr_points *points, const kr_points *queries, int64_t k,
                       kr_knn **out, kr_error *err) {
    KR_TRY(kr__points_check(points, 1, err));
    KR_TRY(kr__points_check_queries(points, queries, err));
    if (k < 1 || k > points->n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours among %lld points: use 1 to %lld",
                       (long long)k, (long long)points->n, (long long)points->n);
    }
    return kr__knn_find(team, points, queries, &(kr_knn_options){.k = k, .method = KR_KNN_EXACT},
                        KR__EUCLIDEAN, out, err);
}
