/* SPDX-License-Identifier: MIT
 * nearest.h - the k nearest of all that were offered: a heap with the farthest at the root. */
#ifndef KR_NEAREST_H
#define KR_NEAREST_H

#include <kr/base.h>

/* Nearer means a smaller (distance, index), so the result does not depend on the order of adding.
 * The two arrays, of k numbers each, are the caller's. */
typedef struct kr_nearest {
    int64_t n, k;
    int32_t *index;
    double *distance;
} kr_nearest;

static inline bool kr__nearest_is_full(const kr_nearest *h) { return h->n == h->k; }
/* The heap must not be empty. */
static inline double kr__nearest_farthest(const kr_nearest *h) { return h->distance[0]; }

void kr__nearest_add(kr_nearest *h, double distance, int32_t index);
/* Nearest first. Nothing can be added after it. */
void kr__nearest_sort(kr_nearest *h);

#endif
