/* SPDX-License-Identifier: MIT
 * umap_command.h - the points that krait umap looks at. */
#ifndef KRAIT_UMAP_COMMAND_H
#define KRAIT_UMAP_COMMAND_H

#include <kr/points.h>
#include <kr/series.h>

#include "analysis/umap.h"

/* What a column says about the points. */
typedef struct umap_column {
    const char *name; /* NULL: there is none */
    double *values;   /* (n) */
    int64_t position; /* among the series' columns; -1: not there */
} umap_column;

typedef struct umap_data {
    kr_series *series;
    int64_t n, n_features;
    kr_pca *pca;   /* NULL: off */
    float *values; /* (n, umap_data_dim()): rows and columns that were asked for, or components */
    umap_column color, label;
    int64_t *classes, n_classes; /* (n) of color when it has few whole numbers; else NULL */
    int64_t *labels;             /* (n), or NULL */
} umap_data;

/* Free with umap_data_deinit, also after a failure. */
kr_status umap_data_read(const char *path, const kr_umap_config *config, umap_data *data,
                         kr_error *err);
void umap_data_deinit(umap_data *data);
int64_t umap_data_dim(const umap_data *data);
/* The coordinates of other points in the same columns. Free *values. */
kr_status umap_data_read_more(const char *path, const umap_data *data, float **values, int64_t *n,
                              kr_error *err);

#endif
