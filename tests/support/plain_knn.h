/* SPDX-License-Identifier: MIT
 * plain_knn.h - nearest neighbours as simple loops, to test the fast ones against. */
#ifndef KR_PLAIN_KNN_H
#define KR_PLAIN_KNN_H

#include <kr/points.h>

/* Of each query the k nearest points by kr__points_at() in double, nearest first, ties by index.
 * with_self: a query is no point; else queries are the points and none is its own neighbour. index,
 * distance: (queries, k). */
void kr_plain_knn(const kr_points *points, const kr_points *queries, bool with_self, int64_t k,
                  int32_t *index, double *distance);

/* The squared distance of query i and point j. */
double kr_plain_distance2(const kr_points *queries, int64_t i, const kr_points *points, int64_t j);

#endif
