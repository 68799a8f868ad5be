/* SPDX-License-Identifier: MIT
 * umap_columns.h - which columns of a file are the coordinates of points, and where they stand in
 * another file. */
#ifndef KRAIT_UMAP_COLUMNS_H
#define KRAIT_UMAP_COLUMNS_H

#include <kr/series.h>

#include "core/arena.h"
#include "core/text.h"

/* Of the file that a map is made of. */
typedef struct umap_columns {
    int64_t n_file;    /* its columns of numbers, without states */
    char **names;      /* (n_file); NULL: they have none */
    int64_t n;         /* those that are coordinates */
    int64_t *position; /* (n) which ones, rising */
    kr_arena arena;    /* holds all that */
} umap_columns;

/* The columns of a series, each of which is a coordinate. Deinit in any case. */
kr_status umap_columns_init(umap_columns *columns, const kr_series *series, kr_error *err);
/* The same of n columns without names. */
kr_status umap_columns_init_plain(umap_columns *columns, int64_t n, kr_error *err);
void umap_columns_deinit(umap_columns *columns);
/* That column is no coordinate; -1, or one that is none already: nothing changes. */
void umap_columns_leave_out(umap_columns *columns, int64_t position);
/* The column of that name, -1: none, and the name that may have been meant, NULL: none. */
int64_t umap_columns_find(const umap_columns *columns, const char *name, const char **meant);

/* how: a table is read. The same coordinates of the points in another file, (n, columns->n) values;
 * free them. When both are tables of names that differ they are found by these, and what stands in
 * other columns may be anything; `unknown` gets the names of those that the first file has not.
 * Else they are found by their places, in a file of all columns or of the coordinates alone.
 * KR_USAGE when one is missing.
 */
kr_status umap_columns_read(const umap_columns *columns, const char *path,
                            const kr_rows_options *how, double **values, int64_t *n,
                            kr_few *unknown, kr_error *err);

/* As a line of JSON, {"names": [..] or null, "columns": 3, "coordinates": [0, 2]}, and back. print:
 * NULL when out of memory; free with kr_free. parse: KR_FORMAT; deinit in any case. */
char *umap_columns_print(const umap_columns *columns);
kr_status umap_columns_parse(const char *text, umap_columns *columns, kr_error *err);

#endif
