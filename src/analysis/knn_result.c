/* SPDX-License-Identifier: MIT
 * knn_result.c - neighbours that were found: what a caller reads, and room for them. */
#include <math.h>

#include "analysis/knn_search.h"
#include "core/arena.h"

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

kr_status kr__knn_set_unit(kr_knn *knn, kr_error *err) {
    for (int64_t i = 0; knn->exponent != 0 && i < knn->n * knn->k; i++) {
        knn->distance[i] = ldexp(knn->distance[i], -knn->exponent);
        if (isfinite(knn->distance[i])) continue;
        return kr_fail(err, KR_NUMERIC,
                       "row %lld: a neighbour is farther away than a number can say; divide the "
                       "values",
                       (long long)(i / knn->k));
    }
    knn->exponent = 0;
    return KR_OK;
}

kr_status kr__knn_check(const kr_knn *knn, int64_t n, int64_t k, kr_error *err) {
    if (knn->n == n && knn->k >= k) return KR_OK;
    return kr_fail(err, KR_SHAPE,
                   "%lld neighbours of %lld points were given, and %lld of %lld are needed",
                   (long long)knn->k, (long long)knn->n, (long long)k, (long long)n);
}
