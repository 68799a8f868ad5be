/* SPDX-License-Identifier: MIT
 * two_nn.c - dimension from the two nearest neighbours alone. */
#include <math.h>
#include <stdlib.h>

#include "analysis/knn_search.h"
#include "core/arena.h"

static const double kept =
    0.9; /* share of the ratios that is used; the largest do not follow the law */

static int compare_doubles(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* Collect log(T_2 / T_1) of the points without a duplicate; returns how many there are. */
static int64_t collect_logs(const kr_knn *knn, double *log_ratio) {
    int64_t n = 0;
    for (int64_t i = 0; i < knn->n; i++) {
        const double *distance = knn->distance + i * knn->k;
        if (distance[0] > 0) log_ratio[n++] = log(distance[1] / distance[0]);
    }
    return n;
}

kr_status kr_two_nn(const kr_knn *knn, double *dimension, kr_error *err) {
    if (knn->k < 2) {
        return kr_fail(err, KR_USAGE, "TwoNN needs two neighbours of each point, there is one");
    }
    double *x = kr__calloc((size_t)knn->n, sizeof *x), product = 0, square = 0;
    if (!x) {
        return kr_fail(err, KR_MEMORY, "out of memory for the ratios of %lld points",
                       (long long)knn->n);
    }
    int64_t n = collect_logs(knn, x);
    qsort(x, (size_t)n, sizeof *x, compare_doubles);
    for (int64_t i = 0; n >= 3 && i < (int64_t)(kept * (double)n); i++) {
        double y = -log1p(-(double)(i + 1) / (double)n);
        product += x[i] * y;
        square += x[i] * x[i];
    }
    *dimension = square > 0 ? product / square : (double)NAN;
    kr_free(x);
    return KR_OK;
}
