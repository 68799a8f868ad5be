/* SPDX-License-Identifier: MIT
 * nearest.c - a binary heap in two arrays; the children of i are 2i + 1 and 2i + 2. */
#include "analysis/nearest.h"

static bool is_nearer(double distance, int32_t index, const kr_nearest *h, int64_t than) {
    double other = h->distance[than];
    return distance < other || (distance == other && index < h->index[than]);
}

static void put(kr_nearest *h, int64_t at, double distance, int32_t index) {
    h->distance[at] = distance;
    h->index[at] = index;
}

/* Fill the hole at `at`, below which nothing is missing: moves the new one down to its place in the
 * first n.
 */
static void sink(kr_nearest *h, int64_t n, int64_t at, double distance, int32_t index) {
    for (;;) {
        int64_t child = 2 * at + 1;
        if (child >= n) break;
        if (child + 1 < n && is_nearer(h->distance[child], h->index[child], h, child + 1)) child++;
        if (!is_nearer(distance, index, h, child)) break;
        put(h, at, h->distance[child], h->index[child]);
        at = child;
    }
    put(h, at, distance, index);
}

void kr__nearest_add(kr_nearest *h, double distance, int32_t index) {
    if (h->n == h->k) {
        if (is_nearer(distance, index, h, 0)) sink(h, h->n, 0, distance, index);
        return;
    }
    int64_t at = h->n++;
    for (; at > 0; at = (at - 1) / 2) {
        int64_t parent = (at - 1) / 2;
        if (is_nearer(distance, index, h, parent)) break;
        put(h, at, h->distance[parent], h->index[parent]);
    }
    put(h, at, distance, index);
}

void kr__nearest_sort(kr_nearest *h) {
    for (int64_t last = h->n - 1; last > 0; last--) {
        double distance = h->distance[last];
        int32_t index = h->index[last];
        put(h, last, h->distance[0], h->index[0]);
        sink(h, last, 0, distance, index);
    }
}
