/* SPDX-License-Identifier: MIT
 * knn.c - neighbours of points: what is asked is checked, then searched for. */
#include <kr/knn.h>

#include <kr/arena.h>

#include "analysis/knn_search.h"

void kr_knn_destroy(kr_knn *knn) {
    if (!knn) return;
    kr_free(knn->index);
    kr_free(knn->distance);
    kr_free(knn);
}

static kr_knn *make(int64_t n, int64_t k) {
    kr_knn *knn = kr_calloc(1, sizeof *knn);
    if (!knn) return NULL;
    size_t size = 0;
    *knn = (kr_knn){.n = n, .k = k, .method = KR_KNN_EXACT, .recall = 1};
    if (kr_size_mul((size_t)n, (size_t)k, &size)) {
        knn->index = kr_calloc(size, sizeof *knn->index);
        knn->distance = kr_calloc(size, sizeof *knn->distance);
    }
    if (knn->index && knn->distance) return knn;
    kr_knn_destroy(knn);
    return NULL;
}

static kr_status out_of_memory(int64_t n, int64_t k, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for %lld neighbours of %lld points", (long long)k,
                   (long long)n);
}

kr_status kr_knn_create(const kr_points *points, const kr_knn_options *options, kr_knn **out,
                        kr_error *err) {
    int64_t n = points->n, k = options->k;
    KR_TRY(kr_points_check(points, 2, err));
    if (k < 1 || k >= n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours of %lld points: use 1 to %lld", (long long)k,
                       (long long)n, (long long)(n - 1));
    }
    kr_knn *knn = make(n, k);
    int64_t *own = kr_calloc((size_t)n, sizeof *own);
    kr_status status = knn && own ? KR_OK : out_of_memory(n, k, err);
    if (status == KR_OK) {
        for (int64_t i = 0; i < n; i++) own[i] = i;
        status = kr__knn_exact(&(kr_knn_search){.points = points,
                                                .queries = points,
                                                .own = own,
                                                .k = k,
                                                .index = knn->index,
                                                .distance = knn->distance},
                               err);
    }
    kr_free(own);
    if (status == KR_OK) {
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    return status;
}

kr_status kr_knn_query(const kr_points *points, const kr_points *queries, int64_t k, kr_knn **out,
                       kr_error *err) {
    KR_TRY(kr_points_check(points, 1, err));
    KR_TRY(kr_points_check(queries, 1, err));
    if (queries->dim != points->dim) {
        return kr_fail(err, KR_SHAPE, "queries of %lld numbers among points of %lld",
                       (long long)queries->dim, (long long)points->dim);
    }
    if (k < 1 || k > points->n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours among %lld points: use 1 to %lld",
                       (long long)k, (long long)points->n, (long long)points->n);
    }
    kr_knn *knn = make(queries->n, k);
    kr_status status = knn ? KR_OK : out_of_memory(queries->n, k, err);
    if (status == KR_OK) {
        status = kr__knn_exact(&(kr_knn_search){.points = points,
                                                .queries = queries,
                                                .k = k,
                                                .index = knn->index,
                                                .distance = knn->distance},
                               err);
    }
    if (status == KR_OK) {
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    return status;
}
