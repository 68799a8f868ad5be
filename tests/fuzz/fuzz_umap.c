/* SPDX-License-Identifier: MIT
 * fuzz_umap.c - any bytes as the file of a map, a few points placed into what was read, and what
 * the program noted in it of the columns. */
#include <kr/points.h>
#include <stdlib.h>
#include <string.h>

#include "points/umap_columns.h"
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

static void require_same(const umap_columns *a, const umap_columns *b) {
    require(a->n == b->n && a->n_file == b->n_file && !a->names == !b->names);
    for (int64_t i = 0; i < a->n; i++) require(a->position[i] == b->position[i]);
    for (int64_t i = 0; i < a->n_file && a->names; i++) {
        require(strcmp(a->names[i], b->names[i]) == 0);
    }
}

static void write_again(const umap_columns *columns, umap_columns *again) {
    char *text = umap_columns_print(columns);
    require(text && umap_columns_parse(text, again, NULL) == KR_OK);
    kr_free(text);
}

/* Columns that are read are the same when they are written and read again; names that are no UTF-8
 * are after the first time. */
static void read_columns(const kr_umap *umap) {
    const char *text = kr_umap_note(umap, "columns");
    umap_columns columns = {0}, again = {0}, third = {0};
    kr_error err = {0};
    if (!text) return;
    kr_status status = umap_columns_parse(text, &columns, &err);
    require_outcome(status, status == KR_OK, &err);
    for (int64_t i = 0; status == KR_OK && i < columns.n; i++) {
        require(columns.position[i] >= 0 && columns.position[i] < columns.n_file);
        require(i == 0 || columns.position[i] > columns.position[i - 1]);
    }
    if (status == KR_OK) {
        write_again(&columns, &again);
        write_again(&again, &third);
        require_same(&again, &third);
    }
    umap_columns_deinit(&columns);
    umap_columns_deinit(&again);
    umap_columns_deinit(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes) {
    kr_error err = {0};
    kr_umap *umap = NULL;
    kr_status status = kr_umap_open_memory("fuzz", bytes, n_bytes, &umap, &err);
    require_outcome(status, umap != NULL, &err);
    if (umap) {
        place_points(umap);
        read_columns(umap);
    }
    kr_umap_destroy(umap);
    return 0;
}
