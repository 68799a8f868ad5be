/* SPDX-License-Identifier: MIT
 * umap.h - UMAP: a map of points in a few dimensions that keeps their neighbourhoods.
 *
 *     kr_umap *umap = NULL;
 *     KR_TRY(kr_umap_fit(&points, NULL, &(kr_umap_options){.n_neighbors = 50}, &umap, err));
 *     const float *map = kr_umap_embedding(umap);    (n, n_components)
 *
 * The same points, options and seed give the same bits, for any number of workers. Several threads
 * may fit maps at the same time.
 * Source: McInnes, Healy, Melville, arXiv:1802.03426; names and defaults of umap-learn. */
#ifndef KR_UMAP_H
#define KR_UMAP_H

#include <kr/flags.h>
#include <kr/knn.h>
#include <kr/team.h>

KR_BEGIN_DECLS

typedef enum kr_umap_init { KR_UMAP_SPECTRAL, KR_UMAP_PCA, KR_UMAP_RANDOM } kr_umap_init;
typedef enum kr_umap_metric {
    KR_UMAP_EUCLIDEAN,
    KR_UMAP_COSINE /* 1 - cosine of the angle; a row of zeros is KR_NUMERIC */
} kr_umap_metric;

enum { KR_UMAP_MAX_COMPONENTS = 256 };

/* Fields left zero take the default. */
typedef struct kr_umap_options {
    int64_t n_neighbors;      /* the point itself counted, as in umap-learn; 2 .. n; 0: 15, or fewer
                                 points */
    int64_t n_components;     /* 1 .. KR_UMAP_MAX_COMPONENTS; 0: 2 */
    double min_dist, spread;  /* spread 0: 1; min_dist 0 is 0, negative: 0.1 */
    int64_t n_epochs;         /* 0: 500 up to 10,000 points, 200 above */
    double learning_rate;     /* 0: 1 */
    double repulsion;         /* 0: 1 */
    int64_t negative_samples; /* a positive one; 0: 5 */
    double local_connectivity; /* 0: 1 */
    double set_op_mix;         /* 1: union, towards 0: intersection; 0: 1 */
    double target_weight;      /* of labels against places, in (0, 1]; 0: 0.5 */
    kr_umap_init init;
    kr_umap_metric metric;
    kr_knn_method knn_method;
    uint64_t seed;
    /* After each epoch, also of kr_umap_transform; false: stop, KR_INTERRUPTED. Or NULL. */
    bool (*progress)(void *arg, int64_t epoch, int64_t n_epochs);
    void *progress_arg;
} kr_umap_options;

typedef struct kr_umap kr_umap;

/* labels: a class a point (-1: not known) for a supervised map, or NULL. Keeps no pointer to the
 * points except for kr_umap_transform, which is given them again. KR_USAGE: options that do not
 * fit; kr_points_check(). Points that are all equal give a defined map (all at one place, near 0).
 */
KR_API kr_status kr_umap_fit(kr_team *team, const kr_points *points, const int64_t *labels,
                             const kr_umap_options *options, kr_umap **out, kr_error *err);
/* The same from neighbours found before; knn->k >= n_neighbors - 1. */
KR_API kr_status kr_umap_fit_knn(kr_team *team, const kr_points *points, const kr_knn *knn,
                                 const int64_t *labels, const kr_umap_options *options,
                                 kr_umap **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_umap_destroy(kr_umap *umap);

/* (n, n_components); lives as long as umap. */
KR_API const float *kr_umap_embedding(const kr_umap *umap);
/* Share of the true neighbours that the search found: 1 when it was exact, measured on a sample
 * when it was a descent; NaN when the neighbours were given. */
KR_API double kr_umap_neighbour_recall(const kr_umap *umap);
/* Place new points into the map: out (queries->n, n_components). points: those of the fit. */
KR_API kr_status kr_umap_transform(kr_team *team, const kr_umap *umap, const kr_points *points,
                                   const kr_points *queries, float *out, kr_error *err);

/* The settings of krait umap; fields named as the flags in umap_flags.inc. */
typedef struct kr_umap_config {
#define KR_FLAG_LIST <kr/umap_flags.inc>
#include <kr/flags.inc>
} kr_umap_config;
KR_API const kr_flag_table *kr_umap_flags(void);

KR_END_DECLS

#endif
