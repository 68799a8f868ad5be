/* SPDX-License-Identifier: MIT
 * knn_search.h - between the files of the neighbours' search. */
#ifndef KR_KNN_SEARCH_H
#define KR_KNN_SEARCH_H

#include <kr/knn.h>

/* Of each query the k nearest points, nearest first, ties by index. */
typedef struct kr_knn_search {
    const kr_points *points, *queries;
    const int64_t *own; /* of each query the point that is left out; NULL: none is */
    int64_t k;
    int32_t *index;   /* (queries, k) */
    double *distance; /* (queries, k) */
} kr_knn_search;

kr_status kr__knn_exact(const kr_knn_search *search, kr_error *err);

#endif
