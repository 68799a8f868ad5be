/* SPDX-License-Identifier: MIT
 * knn_metric.c - every query against every point in a metric that a kernel measures. All is
 * measured in double, with the same bits at every CPU level. A piece is a block of rows. */
#include "analysis/knn_search.h"
#include "analysis/nearest.h"

enum { ROWS = 32, /* of a piece */ COLUMNS = 256 /* measured at a time */ };

static void search_block(const kr_knn_search *s, kr_nearest *nearest, int64_t query, int64_t first,
                         int64_t n) {
    int32_t index[COLUMNS];
    double distance[COLUMNS];
    int64_t own = s->own ? s->own[query] : -1;
    for (int64_t j = 0; j < n; j++) index[j] = (int32_t)(first + j);
    kr__knn_measure(s->metric, s->queries, query, s->points, n, index, distance);
    for (int64_t j = 0; j < n; j++) {
        if (index[j] == own) continue;
        if (kr__nearest_is_full(nearest) && distance[j] > kr__nearest_farthest(nearest)) continue;
        kr__nearest_add(nearest, distance[j], index[j]);
    }
}

/* A block of points meets all rows of the piece while it is in the cache. */
static void search_piece(void *arg, int64_t piece, int worker) {
    const kr_knn_search *s = arg;
    kr_nearest nearest[ROWS];
    int64_t first_row = piece * ROWS, k = s->k;
    int64_t n_rows = s->queries->n - first_row < ROWS ? s->queries->n - first_row : ROWS;
    (void)worker;
    for (int64_t i = 0; i < n_rows; i++) {
        int64_t at = (first_row + i) * k;
        nearest[i] = (kr_nearest){.k = k, .index = s->index + at, .distance = s->distance + at};
    }
    for (int64_t first = 0; first < s->points->n; first += COLUMNS) {
        int64_t left = s->points->n - first, n = left < COLUMNS ? left : COLUMNS;
        if (kr_team_is_stopping(s->team)) return;
        for (int64_t i = 0; i < n_rows; i++) {
            search_block(s, &nearest[i], first_row + i, first, n);
        }
    }
    for (int64_t i = 0; i < n_rows; i++) kr__nearest_sort(&nearest[i]);
}

kr_status kr__knn_exact_metric(kr_team *team, const kr_knn_search *search, kr_error *err) {
    kr_team_for(team, (search->queries->n + ROWS - 1) / ROWS, search_piece,
                (void *)(uintptr_t)search);
    return kr__points_check_stop(team, err);
}
