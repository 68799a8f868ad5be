/* SPDX-License-Identifier: MIT
 * knn_exact.c - every query against every point. */
#include <kr/arena.h>
#include <kr/threads.h>
#include <math.h>

#include "analysis/knn_search.h"

/* Put (distance2, index) where it belongs in the first n of a row; the last of k falls out. */
static void insert(double *distance2, int32_t *index, int64_t n, int64_t k, double d, int32_t j) {
    if (n == k && !(d < distance2[k - 1])) return;
    int64_t at = n < k ? n : k - 1;
    for (; at > 0 && d < distance2[at - 1]; at--) {
        distance2[at] = distance2[at - 1];
        index[at] = index[at - 1];
    }
    distance2[at] = d;
    index[at] = j;
}

static double distance2_of(const kr_points *a, int64_t i, const kr_points *b, int64_t j) {
    double sum = 0;
    for (int64_t c = 0; c < a->dim; c++) {
        double d = kr_points_at(a, i, c) - kr_points_at(b, j, c);
        sum += d * d;
    }
    return sum;
}

static void search_row(void *arg, int64_t i, int thread) {
    (void)thread;
    const kr_knn_search *s = arg;
    double *distance = s->distance + i * s->k;
    int32_t *index = s->index + i * s->k;
    int64_t n = 0;
    for (int64_t j = 0; j < s->points->n; j++) {
        if (s->own && s->own[i] == j) continue;
        insert(distance, index, n, s->k, distance2_of(s->queries, i, s->points, j), (int32_t)j);
        if (n < s->k) n++;
    }
    for (int64_t c = 0; c < s->k; c++) distance[c] = sqrt(distance[c]);
}

kr_status kr__knn_exact(const kr_knn_search *search, kr_error *err) {
    (void)err;
    kr_parallel_for(search->queries->n, search_row, (void *)search);
    return KR_OK;
}
