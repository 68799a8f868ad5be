/* SPDX-License-Identifier: MIT
 * umap_command.h - the points that krait umap looks at. */
#ifndef KRAIT_UMAP_COMMAND_H
#define KRAIT_UMAP_COMMAND_H

#include <kr/points.h>
#include <kr/series.h>

#include "core/flags.h"
#include "points/umap_columns.h"

/* Fields named as the flags in umap_flags.inc. */
typedef struct umap_config {
#define KR_FLAG_LIST "points/umap_flags.inc"
#include "core/flags.inc"
} umap_config;
const kr_flag_table *umap_flags(void);

/* What a column says about the points. */
typedef struct umap_column {
    const char *name; /* NULL: there is none */
    double *values;   /* (n) */
} umap_column;

typedef struct umap_data {
    kr_series *series; /* in double; NULL: none was read */
    umap_columns columns;
    int64_t n;
    const double *given; /* (n, columns.n) the rows and columns that were asked for: those of the
                            series, or own_given */
    double *own_given;
    kr_pca *pca;        /* NULL: off */
    double *components; /* (n, count of pca); NULL: off */
    umap_column color, label;
    int64_t *classes, n_classes; /* (n) of color when it has few whole numbers; else NULL */
    int64_t *labels;             /* (n), or NULL */
} umap_data;

/* How the flags say that tables are read. */
kr_rows_options umap_reading(const umap_config *config);

/* how: a table is read. Free with umap_data_deinit, also after a failure. */
kr_status umap_data_read(const char *path, const umap_config *config, const kr_rows_options *how,
                         umap_data *data, kr_error *err);
void umap_data_deinit(umap_data *data);
/* As they were given, and as the map takes them: the same, or components. */
kr_points umap_data_given(const umap_data *data);
kr_points umap_data_points(const umap_data *data);

/* Points of another file as a map takes them, (n, points->dim) in *values; free them. pca: NULL, or
 * what makes components of the coordinates. */
kr_status umap_data_read_more(const char *path, const umap_columns *columns, const kr_pca *pca,
                              const kr_rows_options *how, double **values, int64_t *n,
                              kr_few *unknown, kr_error *err);

#endif
