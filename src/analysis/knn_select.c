/* SPDX-License-Identifier: MIT
 * knn_select.c - what both searches need for a few distances. */
#include "analysis/knn_search.h"
#include "core/real.h"
#include "kernels/kernels.h"

void kr__knn_distances2(const kr_points *from, int64_t i, const kr_points *points, int64_t n,
                        const int32_t *index, double *distance2) {
    const kr_kernels *kernels = kr__kernels();
    int64_t dim = points->dim;
    if (points->f32) {
        kernels->squared_distances_f32(dim, from->f32 + i * dim, n, index, points->f32, distance2);
    } else {
        kernels->squared_distances_f64(dim, from->f64 + i * dim, n, index, points->f64, distance2);
    }
}

void kr__knn_measure(kr__metric metric, const kr_points *from, int64_t i, const kr_points *points,
                     int64_t n, const int32_t *index, double *distance) {
    const kr_kernels *kernels = kr__kernels();
    int64_t dim = points->dim;
    if (metric.kind == KR__EUCLIDEAN) {
        kr__knn_distances2(from, i, points, n, index, distance);
    } else if (points->f32) {
        kernels->metric_rows_f32(metric, dim, from->f32 + i * dim, n, index, points->f32, distance);
    } else {
        kernels->metric_rows_f64(metric, dim, from->f64 + i * dim, n, index, points->f64, distance);
    }
}

/* Hoare's: after each partition it continues in the part that holds the k-th. */
kr_real kr__knn_select(kr_real *x, int64_t n, int64_t k) {
    int64_t low = 0, high = n - 1, wanted = k - 1;
    while (low < high) {
        kr_real pivot = x[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot) i++;
            while (pivot < x[j]) j--;
            if (i > j) break;
            kr_real swapped = x[i];
            x[i++] = x[j];
            x[j--] = swapped;
        }
        if (wanted <= j) {
            high = j;
        } else if (wanted >= i) {
            low = i;
        } else {
            break;
        }
    }
    return x[wanted];
}
