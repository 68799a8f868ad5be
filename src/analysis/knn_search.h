/* SPDX-License-Identifier: MIT
 * knn_search.h - what the files of the neighbour search share. */
#ifndef KR_KNN_SEARCH_H
#define KR_KNN_SEARCH_H

#include "analysis/point_values.h"
#include "core/real.h"
#include "kernels/metric.h"

struct kr_knn {
    int64_t n, k;
    int32_t *index;   /* (n, k) */
    double *distance; /* (n, k) */
    bool is_exact;
    double recall;
    int exponent; /* distances are those of the caller's points times 2^exponent */
};

/* Of each query the k nearest points, nearest first, ties by index. */
typedef struct kr_knn_search {
    const kr_team *team; /* that may be stopped */
    const kr_points *points, *queries;
    const int64_t *own; /* the point that each query leaves out; NULL: none */
    kr__metric metric;
    int64_t k;
    int32_t *index;   /* (queries, k) */
    double *distance; /* (queries, k) */
} kr_knn_search;

/* KR_MEMORY, KR_INTERRUPTED. */
kr_status kr__knn_exact(kr_team *team, const kr_knn_search *search, kr_error *err);

/* The same in a metric other than Euclid's. */
kr_status kr__knn_exact_metric(kr_team *team, const kr_knn_search *search, kr_error *err);

/* Approximate, of all points (options->k of them, not themselves); fills index, distance, is_exact
 * and recall. KR_MEMORY, KR_INTERRUPTED. */
kr_status kr__knn_descent(kr_team *team, const kr_points *points, const kr_knn_options *options,
                          kr__metric metric, kr_knn *knn, kr_error *err);

/* kr_knn_create() (queries NULL) and kr_knn_query_by(), of points that are checked, with distances
 * that may be in another unit (kr_knn.exponent): memberships ask for none. */
kr_status kr__knn_find(kr_team *team, const kr_points *points, const kr_points *queries,
                       const kr_knn_options *options, kr_knn **out, kr_error *err);
/* Distances in the unit of the caller's points. KR_NUMERIC: one is beyond double. */
kr_status kr__knn_set_unit(kr_knn *knn, kr_error *err);
/* KR_SHAPE: not k neighbours of each of n points. */
kr_status kr__knn_check(const kr_knn *knn, int64_t n, int64_t k, kr_error *err);
/* With room for k neighbours of each of n; said to be exact. KR_MEMORY. */
kr_status kr__knn_make(int64_t n, int64_t k, kr_knn **out, kr_error *err);

/* Distances as kr__points_distance2 has them, from row i of `from` to the n points of index. */
void kr__knn_distances2(const kr_points *from, int64_t i, const kr_points *points, int64_t n,
                        const int32_t *index, double *distance2);

/* Distances in the metric, of Euclid's the squares. */
void kr__knn_measure(kr__metric metric, const kr_points *from, int64_t i, const kr_points *points,
                     int64_t n, const int32_t *index, double *distance);

/* The k smallest of each row of distances, (n, dim) to dim points; is_own: to themselves, so that
 * the point itself is left out. KR_SHAPE: is_own and no square; KR_USAGE: one is below 0. */
kr_status kr__knn_of_distances(const kr_points *distances, bool is_own, int64_t k, kr_knn **out,
                               kr_error *err);

/* The k-th smallest of x, k in 1 .. n; x is reordered. */
kr_real kr__knn_select(kr_real *x, int64_t n, int64_t k);

#endif
