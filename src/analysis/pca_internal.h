/* SPDX-License-Identifier: MIT
 * pca_internal.h - what components are made of, for the file that keeps them. */
#ifndef KR_PCA_INTERNAL_H
#define KR_PCA_INTERNAL_H

#include <kr/points.h>

struct kr_pca {
    int64_t dim, n_components;
    double *mean;       /* (dim) origin + offset */
    double *origin;     /* (dim) the first point */
    double *offset;     /* (dim) from there; apart, as all deviations of the points are taken from
                           the origin first: what is added to all points changes nothing */
    double *components; /* (n_components, dim) */
    double *by_column;  /* (dim, n_components), the same again, for projections */
    double *variance, *ratio;
};

/* All zero; NULL when out of memory. */
kr_pca *kr__pca_make(int64_t dim, int64_t n_components);
/* by_column out of components. */
void kr__pca_turn(kr_pca *pca);

#endif
