/* SPDX-License-Identifier: MIT
 * saved_map.c - the file of a map: the library's, with the columns as a note. */
#include "points/saved_map.h"

static const char columns_note[] = "columns";

kr_status saved_map_write(const char *path, const kr_umap *umap, const umap_data *data,
                          kr_error *err) {
    kr_points points = umap_data_points(data);
    char *text = umap_columns_print(&data->columns);
    if (!text) return kr_fail(err, KR_MEMORY, "%s: no memory for the names of columns", path);
    const kr_text_pair note = {columns_note, text};
    const kr_umap_extras extras = {
        .size = sizeof extras, .pca = data->pca, .notes = &note, .n_notes = 1};
    kr_status status = kr_umap_save(umap, &points, &extras, path, err);
    kr_free(text);
    return status;
}

/* A map that another program saved says nothing of columns: they are those of its points. */
static kr_status read_columns(const kr_umap *umap, umap_columns *columns, kr_error *err) {
    const char *text = kr_umap_note(umap, columns_note);
    const kr_pca *pca = kr_umap_pca(umap);
    int64_t n = pca ? kr_pca_dim(pca) : kr_umap_dim(umap);
    if (!text) return umap_columns_init_plain(columns, n, err);
    KR_TRY(umap_columns_parse(text, columns, err));
    if (columns->n == n) return KR_OK;
    return kr_fail(err, KR_FORMAT, "%lld of its columns are coordinates, but points have %lld",
                   (long long)columns->n, (long long)n);
}

kr_status saved_map_open(const char *path, kr_umap **umap, umap_columns *columns, kr_error *err) {
    *columns = (umap_columns){0};
    KR_TRY(kr_umap_open(path, umap, err));
    kr_status status = read_columns(*umap, columns, err);
    if (status != KR_OK) kr_error_prefix(err, "%s", path);
    return status;
}
