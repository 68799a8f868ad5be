/* SPDX-License-Identifier: MIT
 * plain_knn.c - every query against every point, in the order of the columns. */
#include "support/plain_knn.h"

#include "analysis/point_values.h"

#include <math.h>

/* Put (distance, index) where it belongs among the first n of a row; the last of k falls out. */
static void insert(double *distance, int32_t *index, int64_t n, int64_t k, double d, int32_t j) {
    if (n == k && !(d < distance[k - 1])) return;
    int64_t at = n < k ? n : k - 1;
    for (; at > 0 && d < distance[at - 1]; at--) {
        distance[at] = distance[at - 1];
        index[at] = index[at - 1];
    }
    distance[at] = d;
    index[at] = j;
}

double kr_plain_distance2(const kr_points *queries, int64_t i, const kr_points *points, int64_t j) {
    double sum = 0;
    for (int64_t c = 0; c < points->dim; c++) {
        double d = kr__points_at(queries, i, c) - kr__points_at(points, j, c);
        sum += d * d;
    }
    return sum;
}

void kr_plain_knn(const kr_points *points, const kr_points *queries, bool with_self, int64_t k,
                  int32_t *index, double *distance) {
    for (int64_t i = 0; i < queries->n; i++) {
        int64_t n = 0;
        for (int64_t j = 0; j < points->n; j++) {
            if (!with_self && j == i) continue;
            insert(distance + i * k, index + i * k, n, k, kr_plain_distance2(queries, i, points, j),
                   (int32_t)j);
            if (n < k) n++;
        }
        for (int64_t c = 0; c < k; c++) distance[i * k + c] = sqrt(distance[i * k + c]);
    }
}
