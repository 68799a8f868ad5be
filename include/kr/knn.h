/* SPDX-License-Identifier: MIT
 * knn.h - the nearest neighbours of points, by Euclidean distance.
 *
 * Exact: blocks of inner products in float say who may be near, differences in double say who is;
 * neighbours at equal squared distance stand by their index. The same bits at every CPU level.
 * Approximate: nearest-neighbour descent, for more points than an n^2 search is good for. Both: the
 * same bits for any number of threads. Numbers in double may have any size; what is less than
 * 1e-150 of the largest may count as nothing when that one is above 1e144 or below 1e-120. */
#ifndef KR_KNN_H
#define KR_KNN_H

#include <kr/points.h>
#include <kr/team.h>

KR_BEGIN_DECLS

typedef enum kr_knn_method {
    KR_KNN_AUTO, /* exact up to KR_KNN_EXACT_MAX points, descent above */
    KR_KNN_EXACT,
    KR_KNN_DESCENT
} kr_knn_method;

enum { KR_KNN_EXACT_MAX = 50000 };

typedef struct kr_knn_options {
    int64_t k; /* neighbours of a point, itself not counted; 1 .. n - 1 */
    kr_knn_method method;
    uint64_t seed;    /* of the descent */
    bool with_recall; /* of the descent: measure recall on a sample of points */
} kr_knn_options;

/* Row i: the k nearest of point i, nearest first, without i itself. */
typedef struct kr_knn {
    int64_t n, k;
    int32_t *index;       /* (n, k) */
    double *distance;     /* (n, k) */
    kr_knn_method method; /* that was taken */
    double recall;        /* of the descent, share of true neighbours found; 1 when exact, NaN when
                             not measured */
} kr_knn;

/* KR_USAGE when k does not fit n; KR_MEMORY; see kr_points_check(). Destroy with kr_knn_destroy. */
KR_API kr_status kr_knn_create(kr_team *team, const kr_points *points,
                               const kr_knn_options *options, kr_knn **out, kr_error *err);
/* Of each of `queries` the k nearest among points (a query is no point: nothing is left out).
 * Exact; k in 1 .. points->n. KR_SHAPE when they differ in dimension, else the same errors. */
KR_API kr_status kr_knn_query(kr_team *team, const kr_points *points, const kr_points *queries,
                              int64_t k, kr_knn **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_knn_destroy(kr_knn *knn);

KR_END_DECLS

#endif
