/* SPDX-License-Identifier: MIT
 * knn_tree.c - a random-projection tree, grown level by level; a piece is a node.
 *
 * Source: Dasgupta and Freund, "Random projection trees and low dimensional manifolds", STOC 2008;
 * lines through two points as in Annoy. */
#include "analysis/knn_tree.h"

#include "core/random.h"
#include "core/real.h"

enum { LANES = 16 };

int kr__knn_tree_depth(int64_t n, int64_t least) {
    int depth = 0;
    while (n >> (depth + 1) >= least) depth++;
    return depth;
}

void kr__knn_tree_node(const kr_knn_tree *tree, int level, int64_t node, int64_t *first,
                       int64_t *end) {
    *first = (tree->points->n * node) >> level;
    *end = (tree->points->n * (node + 1)) >> level;
}

/* x . (a - b), in lanes, so that a compiler may use wide registers. */
static kr_real project(const kr_real *x, const kr_real *a, const kr_real *b, int64_t dim) {
    kr_real lane[LANES] = {0};
    int64_t c = 0;
    for (; c + LANES <= dim; c += LANES) {
        for (int l = 0; l < LANES; l++) lane[l] += x[c + l] * (a[c + l] - b[c + l]);
    }
    for (int l = 0; c + l < dim; l++) lane[l] += x[c + l] * (a[c + l] - b[c + l]);
    for (int half = LANES / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
    }
    return lane[0];
}

static void swap(kr_knn_tree *t, int64_t i, int64_t j) {
    int32_t point = t->order[i];
    kr_real value = t->projection[i];
    t->order[i] = t->order[j];
    t->projection[i] = t->projection[j];
    t->order[j] = point;
    t->projection[j] = value;
}

/* Reorder [low, high] so that no projection before `middle` is above one from there on. */
static void split(kr_knn_tree *t, int64_t low, int64_t high, int64_t middle) {
    while (low < high) {
        kr_real pivot = t->projection[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (t->projection[i] < pivot) i++;
            while (pivot < t->projection[j]) j--;
            if (i <= j) swap(t, i++, j--);
        }
        if (middle <= j) {
            high = j;
        } else if (middle >= i) {
            low = i;
        } else {
            break;
        }
    }
}

typedef struct growth {
    kr_knn_tree *tree;
    int level;
    uint64_t seed;
    uint32_t which;
} growth;

static void split_node(void *arg, int64_t node, int worker) {
    (void)worker;
    const growth *g = arg;
    kr_knn_tree *t = g->tree;
    int64_t first, middle, end, dim = t->points->dim;
    kr__knn_tree_node(t, g->level, node, &first, &end);
    kr__knn_tree_node(t, g->level + 1, 2 * node, &first, &middle);
    uint64_t place = (uint64_t)g->which << 32 | ((uint64_t)1 << g->level) | (uint64_t)node;
    kr_rng rng = kr__rng_make(g->seed, KR_STREAM_SAMPLE, place);
    const int64_t a = t->order[first + (int64_t)kr__rng_below(&rng, (uint64_t)(end - first))];
    const int64_t b = t->order[first + (int64_t)kr__rng_below(&rng, (uint64_t)(end - first))];
    const kr_real *x = t->points->x;
    for (int64_t i = first; i < end; i++) {
        t->projection[i] = project(x + t->order[i] * dim, x + a * dim, x + b * dim, dim);
    }
    split(t, first, end - 1, middle);
}

void kr__knn_tree_grow(kr_team *team, kr_knn_tree *tree, uint64_t seed, uint32_t which) {
    growth g = {.tree = tree, .seed = seed, .which = which};
    for (int64_t i = 0; i < tree->points->n; i++) tree->order[i] = (int32_t)i;
    for (; g.level < tree->depth; g.level++) {
        kr_team_for(team, (int64_t)1 << g.level, split_node, &g);
    }
}
