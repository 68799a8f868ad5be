/* SPDX-License-Identifier: MIT
 * knn_tree.h - groups of points near each other: the leaves of a random-projection tree. */
#ifndef KR_KNN_TREE_H
#define KR_KNN_TREE_H

#include "analysis/knn_floats.h"
#include "core/real.h"

/* Level l has 2^l nodes; node i is order[n i / 2^l .. n (i + 1) / 2^l - 1]. The arrays, n each, are
 * the caller's. */
typedef struct kr_knn_tree {
    const kr_knn_floats *points;
    int depth; /* of the leaves */
    int32_t *order;
    kr_real *projection; /* scratch */
} kr_knn_tree;

/* The depth at which leaves have `least` to 2 * least points, or all points when there are
 * fewer. */
int kr__knn_tree_depth(int64_t n, int64_t least);

/* A node is halved at the median of the projections on the line through two of its points, drawn by
 * (seed, which, node). The same for any number of workers. */
void kr__knn_tree_grow(kr_team *team, kr_knn_tree *tree, uint64_t seed, uint32_t which);

/* [*first, *end) of order. */
void kr__knn_tree_node(const kr_knn_tree *tree, int level, int64_t node, int64_t *first,
                       int64_t *end);

#endif
