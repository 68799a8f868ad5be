/* SPDX-License-Identifier: MIT
 * pca.h - principal components. */
#ifndef KR_PCA_H
#define KR_PCA_H

#include <kr/points.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* Component i is row i; its entry of largest magnitude is positive. Variances divide by n - 1.
 * Beyond the rank of the points variances are 0 and components some directions that complete the
 * others. */
typedef struct kr_pca {
    int64_t dim, n_components;
    double *mean;       /* (dim) */
    double *components; /* (n_components, dim), orthonormal */
    double *by_column;  /* (dim, n_components), the same again, for projections */
    double *variance;   /* (n_components), falling */
    double *ratio;      /* (n_components), share of the total variance; 0 when that is 0 */
} kr_pca;

/* n_components in 1 .. min(n, dim), n at least 2. Works in double; the same bits for any number of
 * threads. Time min(n, dim)^2 max(n, dim), memory min(n, dim)^2. KR_USAGE; KR_NUMERIC when squares
 * of the values are beyond double; see kr_points_check(). Destroy with kr_pca_destroy. */
KR_API kr_status kr_pca_create(kr_team *team, const kr_points *points, int64_t n_components,
                               kr_pca **out, kr_error *err);
KR_API void kr_pca_destroy(kr_pca *pca); /* NULL is fine */
/* out (points->n, n_components), in double or float; points->dim is pca->dim. */
KR_API void kr_pca_project(kr_team *team, const kr_pca *pca, const kr_points *points, double *out);
KR_API void kr_pca_project_f32(kr_team *team, const kr_pca *pca, const kr_points *points,
                               float *out);

KR_END_DECLS

#endif
