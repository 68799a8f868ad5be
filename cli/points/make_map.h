/* SPDX-License-Identifier: MIT
 * make_map.h - UMAP as the originals' programs call it. */
#ifndef KRAIT_MAKE_MAP_H
#define KRAIT_MAKE_MAP_H

#include <stdio.h>

#include <kr/points.h>

typedef struct map_request {
    kr_points points;
    int64_t n_neighbors;
    uint64_t seed;
    float *map; /* (n, 2): filled */
} map_request;

/* With min_dist 0.3. A bar on a terminal, unless out is NULL. */
kr_status map_make(FILE *out, const map_request *request, kr_error *err);
/* KR_USAGE when --umap_neighbors does not fit n points. */
kr_status map_check_neighbors(int64_t n_neighbors, int64_t n, kr_error *err);

#endif
