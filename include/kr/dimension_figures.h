/* SPDX-License-Identifier: MIT
 * dimension_figures.h - the picture of krait dimension. */
#ifndef KR_DIMENSION_FIGURES_H
#define KR_DIMENSION_FIGURES_H

#include <kr/plot.h>

KR_BEGIN_DECLS

/* Estimates that are NaN are not drawn. */
typedef struct kr_dimension_picture {
    int64_t n_k;
    const int64_t *k;       /* (n_k) neighbours, rising */
    const double *estimate; /* (n_k) */
    double two_nn;          /* a line; NaN: none */
    int64_t ambient_dim;    /* columns of the points; drawn where it is near the estimates */
    bool has_circles;       /* classes are circles: their own dimension, 2, is drawn */
    int64_t n_classes;      /* 0: no panel for them */
    const int64_t *class_names;
    int64_t n_class_k;
    const int64_t *class_k;
    const double *class_estimate; /* (n_classes, n_class_k) */
    kr_palette palette;
} kr_dimension_picture;

/* The estimate against k, and bars for every class: dimension_estimates. path ends in .png, .pdf or
 * .svg. KR_USAGE for another ending, KR_SHAPE without any k, KR_IO, KR_MEMORY. */
KR_API kr_status kr_figure_dimension(const char *path, const kr_dimension_picture *picture,
                                     kr_error *err);

KR_END_DECLS

#endif
