/* SPDX-License-Identifier: MIT
 * fuzz_umap.c - any bytes as the file of a map, and a few points placed into what was read. */
#include <kr/points.h>
#include <stdlib.h>

#include "support/fuzz_array.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

enum { NEW = 3, MOST = 1 << 12 };

static void place_points(const kr_umap *umap) {
    int64_t dim = kr_umap_dim(umap), n_components = kr_umap_n_components(umap);
    const kr_pca *pca = kr_umap_pca(umap);
    kr_error err = {0};
    require(kr_umap_count(umap) >= 2 && dim >= 1 && n_components >= 1);
    require(!pca || kr_pca_count(pca) == dim);
    int64_t given = pca ? kr_pca_dim(pca) : dim;
    if (given > MOST || kr_umap_count(umap) > MOST) return;
    double *x = calloc((size_t)(NEW * given), sizeof *x);
    double *components = calloc((size_t)(NEW * dim), sizeof *components);
    float *places = calloc((size_t)(NEW * n_components), sizeof *places);
    for (int64_t i = 0; x && i < NEW * given; i++) x[i] = (double)(i * 7 % 5) / 4;
    kr_points points = kr_points_f64(x, NEW, given);
    bool is_ready = x && components && places;
    if (is_ready && pca) {
        is_ready = kr_pca_project(NULL, pca, &points, components, NULL) == KR_OK;
        points = kr_points_f64(components, NEW, dim);
    }
    if (is_ready) {
        kr_status status = kr_umap_transform(NULL, umap, NULL, &points, places, &err);
        require_outcome(status, status == KR_OK, &err);
    }
    free(x);
    free(components);
    free(places);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_umap *umap = NULL;
    kr_status status = kr_umap_open_memory("fuzz", bytes, n_bytes, &umap, &err);
    require_outcome(status, umap != NULL, &err);
    if (umap) place_points(umap);
    kr_umap_destroy(umap);
    return 0;
}
