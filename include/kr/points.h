/* SPDX-License-Identifier: MIT
 * points.h - points in a space of many numbers: their neighbours, components, dimension, a map of
 * them (UMAP), and how well classes and maps agree with them.
 *
 *     kr_points points = kr_points_f32(values, 10000, 128);
 *     kr_umap *umap = NULL;
 *     const kr_umap_options options = {.size = sizeof options, .n_neighbors = 50, .min_dist = 0.1};
 *     kr_status status = kr_umap_fit(team, &points, NULL, &options, &umap, &err);
 *     if (status == KR_OK) draw(10000, kr_umap_embedding(umap));    (10000, 2)
 *     kr_umap_destroy(umap);
 *
 * examples/umap_array.c is a whole program.
 *
 * Every function takes a view of the points, reads it while it runs and keeps no pointer to it. All
 * of them check the points first:
 *
 *   KR_USAGE    fewer points than are needed, no numbers, or too many of either (2^31 - 1 points of
 *               2^24 numbers); a view or options without their size
 *   KR_NUMERIC  a value is not finite; the sentence names row and column
 *
 * and may run out of memory (KR_MEMORY). Searches, components and maps end with KR_INTERRUPTED soon
 * after the team is told to stop. Comments below name other failures. On failure *out stays
 * as it was. What is created is destroyed with the function of the same name; NULL is fine there.
 *
 * Numbers may have any size and any offset: what has no unit (a map, a dimension, ranks, a
 * silhouette, components) is the same, to the bit, for points times a power of two, and for points
 * moved as far as they can be without losing digits. Give points in double where they need them: a
 * float near 1e8 has no digit behind the point.
 *
 * team: who computes (kr/team.h), NULL: the caller alone. The same points, options and seed give
 * the same bits for any number of workers. Several threads may call at the same time, each with its
 * own results. Options begin with their size, so that a later version may have more of them; NULL
 * for options, or a field left zero, is the default that the comment names. */
#ifndef KR_POINTS_H
#define KR_POINTS_H

#include <kr/base.h>
#include <kr/files.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* ---- points ----------------------------------------------------------------------------- */

/* A view of n points of dim numbers each, row after row without gaps: (n, dim). Make it with one of
 * the two functions. */
typedef struct kr_points {
    size_t size; /* sizeof(kr_points) */
    int64_t n, dim;
    const float *f32; /* one of the two is set */
    const double *f64;
} kr_points;

static inline kr_points kr_points_f32(const float *values, int64_t n, int64_t dim) {
    kr_points points = {sizeof(kr_points), n, dim, values, NULL};
    return points;
}
static inline kr_points kr_points_f64(const double *values, int64_t n, int64_t dim) {
    kr_points points = {sizeof(kr_points), n, dim, NULL, values};
    return points;
}

/* A sparse matrix by rows, (n, dim): those of row i are start[i] .. start[i + 1] - 1, in the
 * columns named, which rise; all other numbers are 0. A view. Checked where it comes in: KR_USAGE
 * when starts fall, or columns do not rise or are out of range; KR_NUMERIC for a number that is not
 * finite. */
typedef struct kr_sparse {
    size_t size; /* sizeof(kr_sparse) */
    int64_t n, dim;
    const int64_t *start;  /* (n + 1) */
    const int32_t *column; /* (start[n]) */
    const float *f32;      /* one of the two is set */
    const double *f64;
} kr_sparse;

/* ---- nearest neighbours ----------------------------------------------------------------- */

/* How far apart two points p and q are. Definitions are umap-learn's and, where it has the metric,
 * scipy's; n is the number of columns. Those from hamming on ask only whether numbers are equal, or
 * whether they are 0. */
typedef enum kr_metric {
    KR_METRIC_EUCLIDEAN,
    KR_METRIC_COSINE,      /* 1 - cosine of the angle; a row of zeros is KR_NUMERIC */
    KR_METRIC_MANHATTAN,   /* sum of |p - q| */
    KR_METRIC_CHEBYSHEV,   /* the largest |p - q| */
    KR_METRIC_MINKOWSKI,   /* (sum of |p - q|^power)^(1/power) */
    KR_METRIC_CORRELATION, /* 1 - Pearson's; a row of equal numbers is KR_NUMERIC */
    KR_METRIC_CANBERRA,    /* sum of |p - q| / (|p| + |q|), 0 / 0 being 0 */
    KR_METRIC_BRAYCURTIS,  /* sum of |p - q| over sum of |p + q|; 0 where p = q */
    KR_METRIC_HELLINGER, /* sqrt(1 - sum of sqrt(p q) / sqrt(sum p sum q)); a row of zeros is 1 from
                            any other; a number below 0 is KR_NUMERIC */
    KR_METRIC_HAVERSINE, /* on a globe of radius 1: latitude and longitude, radians; KR_USAGE for
                            points of other than two numbers */
    KR_METRIC_HAMMING,   /* share of the numbers that differ */
    /* Of those that follow, tt: columns in which both are not 0; d: those in which one is; ff:
     * those in which none is. */
    KR_METRIC_JACCARD,        /* d / (tt + d); 0 where all are 0 */
    KR_METRIC_DICE,           /* d / (2 tt + d); 0 where d is */
    KR_METRIC_MATCHING,       /* d / n */
    KR_METRIC_KULSINSKI,      /* (d - tt + n) / (d + n); 0 where d is */
    KR_METRIC_ROGERSTANIMOTO, /* 2 d / (n + d) */
    KR_METRIC_RUSSELLRAO,     /* (n - tt) / n; 0 where d is, unlike scipy's */
    KR_METRIC_SOKALMICHENER,  /* 2 d / (n + d) */
    KR_METRIC_SOKALSNEATH,    /* d / (tt / 2 + d); 0 where d is */
    KR_METRIC_YULE, /* 2 r / (tt ff + r), r the product of the columns in which only p is not 0 and
                       of those in which only q is not; 0 where r is */
    /* The points are distances: (n, n) of all points, of the point of a row to that of a column,
     * the diagonal not looked at; queries (n_queries, n) to all points. KR_SHAPE: they are no
     * square; KR_USAGE: one is below 0. */
    KR_METRIC_PRECOMPUTED
} kr_metric;

#define KR_METRIC_NAMES                                                                            \
    "euclidean|cosine|manhattan|chebyshev|minkowski|correlation|canberra|braycurtis|hellinger|"    \
    "haversine|hamming|jaccard|dice|matching|kulsinski|rogerstanimoto|russellrao|sokalmichener|"   \
    "sokalsneath|yule|precomputed"
/* KR_USAGE for another name. */
KR_API kr_status kr_metric_find(const char *name, kr_metric *metric, kr_error *err);

/* Exact: by Euclidean distance, or a metric that can be made of it (cosine, correlation, hellinger,
 * haversine), inner products in float select candidates block by block, and differences in double
 * decide among them; by others each pair is measured in double. Neighbours at equal distance are
 * ordered by their index, and the bits are the same at every CPU level. Approximate:
 * nearest-neighbour descent, for more points than an n^2 search can handle. Numbers may have any
 * size; those below 1e-120 of the largest may be taken as 0. */
typedef enum kr_knn_method {
    KR_KNN_AUTO, /* exact up to KR_KNN_EXACT_MAX points, descent above */
    KR_KNN_EXACT,
    KR_KNN_DESCENT
} kr_knn_method;

enum { KR_KNN_EXACT_MAX = 50000 };

typedef struct kr_knn_options {
    size_t size; /* sizeof(kr_knn_options) */
    int64_t k;   /* neighbours of a point, itself not counted; 1 .. n - 1; has no default */
    kr_knn_method method;
    uint64_t seed;    /* of the descent */
    bool with_recall; /* of the descent: measure recall on a sample of points */
    kr_metric metric;
    double power; /* of KR_METRIC_MINKOWSKI, 0.1 .. 1e6; 0: 2 */
} kr_knn_options;

typedef struct kr_knn kr_knn;

/* The k nearest of every point among the others. KR_USAGE, too, when k does not fit; KR_NUMERIC,
 * too, when the distance of a neighbour is beyond double. */
KR_API kr_status kr_knn_create(kr_team *team, const kr_points *points,
                               const kr_knn_options *options, kr_knn **out, kr_error *err);
/* The k nearest points of each query. A query is not itself a point, so no point is left out.
 * Exact; k in 1 .. points->n. KR_SHAPE when they differ in dim; KR_NUMERIC as above. */
KR_API kr_status kr_knn_query(kr_team *team, const kr_points *points, const kr_points *queries,
                              int64_t k, kr_knn **out, kr_error *err);
/* The same in the metric of the options, whose k is 1 .. points->n. By KR_METRIC_PRECOMPUTED points
 * are not looked at, and may be NULL. */
KR_API kr_status kr_knn_query_by(kr_team *team, const kr_points *points, const kr_points *queries,
                                 const kr_knn_options *options, kr_knn **out, kr_error *err);
/* Neighbours that are known, of n points among themselves. Both arrays (n, k), nearest first; they
 * are copied. has_own: the point itself is among its neighbours, as a rule the first, and does not
 * count; in a row without it the last is left out. So k, or k - 1 of each remain. Of their recall
 * nothing is known: NaN. KR_USAGE: an index is out of range, or a distance is not finite, below 0,
 * or less than the one before it. */
typedef struct kr_knn_lists {
    size_t size; /* sizeof(kr_knn_lists) */
    int64_t n, k;
    const int32_t *index;
    const double *distance;
    bool has_own;
} kr_knn_lists;
KR_API kr_status kr_knn_copy(const kr_knn_lists *lists, kr_knn **out, kr_error *err);
/* Neighbours by distances that are known of some pairs: the k nearest that row i names, of point i,
 * or of query i. is_own: of points among themselves, (n, n), which do not count themselves.
 * KR_USAGE: a row has fewer, or a distance is below 0. */
KR_API kr_status kr_knn_of_sparse(const kr_sparse *distances, bool is_own, int64_t k, kr_knn **out,
                                  kr_error *err);
/* kr_knn_create() (queries NULL) and kr_knn_query_by() of sparse points: every pair is measured,
 * which takes as long as both have numbers. KR_UNSUPPORTED: by
 * correlation, hellinger or haversine, for which zeros count, too. */
KR_API kr_status kr_knn_sparse(kr_team *team, const kr_sparse *points, const kr_sparse *queries,
                               const kr_knn_options *options, kr_knn **out, kr_error *err);
KR_API void kr_knn_destroy(kr_knn *knn);

/* The number of points (or queries) whose neighbours these are; the number of neighbours of
 * each. */
KR_API int64_t kr_knn_count(const kr_knn *knn);
KR_API int64_t kr_knn_k(const kr_knn *knn);
/* (n, k): row i has the neighbours of point i, nearest first: which points they are, and how far
 * away, in the unit of the points. Both live as long as knn. */
KR_API const int32_t *kr_knn_index(const kr_knn *knn);
KR_API const double *kr_knn_distance(const kr_knn *knn);
/* False: by descent. */
KR_API bool kr_knn_is_exact(const kr_knn *knn);
/* Share of the true neighbours that were found: 1 when exact; of a descent NaN unless measured. */
KR_API double kr_knn_recall(const kr_knn *knn);

/* ---- principal components --------------------------------------------------------------- */

typedef struct kr_pca kr_pca;

/* n_components in 1 .. min(n, dim), of 2 points or more. Works in double. Time min(n, dim)^2
 * max(n, dim), memory min(n, dim)^2. KR_USAGE, too, for another number of components. */
KR_API kr_status kr_pca_create(kr_team *team, const kr_points *points, int64_t n_components,
                               kr_pca **out, kr_error *err);
KR_API void kr_pca_destroy(kr_pca *pca);

KR_API int64_t kr_pca_dim(const kr_pca *pca);
KR_API int64_t kr_pca_count(const kr_pca *pca); /* n_components */
/* What follows lives as long as pca. */
KR_API const double *kr_pca_mean(const kr_pca *pca); /* (dim) */
/* (n_components, dim), orthonormal rows; the entry of largest magnitude of each is positive. Beyond
 * the rank of the points they are arbitrary directions that complete the others. */
KR_API const double *kr_pca_components(const kr_pca *pca);
/* (n_components), falling: the variance of the points along each component, with divisor n - 1; 0
 * beyond the rank. A variance beyond the range of double is infinite, or 0; its ratio is right. */
KR_API const double *kr_pca_variance(const kr_pca *pca);
/* (n_components), share of the total variance; 0 when that is 0. */
KR_API const double *kr_pca_ratio(const kr_pca *pca);

/* Points, these or others, along the components: out (points->n, n_components). KR_SHAPE when
 * points->dim is not kr_pca_dim(); KR_NUMERIC, too, when a result is beyond double, or float, and
 * then out holds nothing of use. */
KR_API kr_status kr_pca_project(kr_team *team, const kr_pca *pca, const kr_points *points,
                                double *out, kr_error *err);
KR_API kr_status kr_pca_project_f32(kr_team *team, const kr_pca *pca, const kr_points *points,
                                    float *out, kr_error *err);

/* Components of another kind, dim of them, for metrics that come with numbers. The distance of two
 * points is that of what kr_pca_project() makes of them:
 *
 *   KR_STRETCH_VARIANCES    Euclid's: sqrt(sum of (p - q)^2 / v), scipy's seuclidean
 *   KR_STRETCH_WEIGHTS      Minkowski's: (sum of w |p - q|^power)^(1/power)
 *   KR_STRETCH_COVARIANCE   Euclid's: sqrt((p - q)' V^-1 (p - q)), Mahalanobis'
 *   KR_STRETCH_INVERSE      the same; the numbers are V^-1
 *
 * numbers: v (dim), above 0; w (dim), 0 or more; V or V^-1 (dim, dim). NULL: variances (divisor
 * n - 1) or covariance of the points, where columns or directions that do not vary count nothing;
 * weights of 1; no V^-1. power: of weights alone. The rows are not of length 1; the mean is the
 * first of the points, variances and ratios are 0. Memory, and time a point, dim^2; time dim^3 for
 * a matrix. KR_USAGE, too, for numbers that are none of these. */
typedef enum kr_stretch {
    KR_STRETCH_VARIANCES,
    KR_STRETCH_WEIGHTS,
    KR_STRETCH_COVARIANCE,
    KR_STRETCH_INVERSE
} kr_stretch;
KR_API kr_status kr_pca_create_stretch(kr_team *team, const kr_points *points, kr_stretch kind,
                                       const double *numbers, double power, kr_pca **out,
                                       kr_error *err);

/* ---- intrinsic dimension ---------------------------------------------------------------- */

/* Levina-Bickel at a point, with T_j the distance of its j-th neighbour:
 *
 *     m(k) = 1 / mean over j < k of log(T_k / T_j)         mean of k - 1 terms
 *
 * and over the points in one of three published ways.
 * Sources: Levina and Bickel, NIPS 2004; MacKay and Ghahramani's comment on it, 2005. */
typedef enum kr_lb_form {
    KR_LB_MEAN,    /* mean of the estimates at the points; MambaSynth's */
    KR_LB_MLE,     /* inverse of the mean of the inverses (MacKay and Ghahramani) */
    KR_LB_UNBIASED /* mean of the estimates with k - 2 in place of k - 1 (Levina and Bickel) */
} kr_lb_form;

#define KR_LB_FORM_NAMES "mean|mle|unbiased"
/* KR_USAGE for another name. */
KR_API kr_status kr_lb_form_find(const char *name, kr_lb_form *form, kr_error *err);

/* A zero distance (a point that occurs twice) makes the sum infinite and the estimate 0, which
 * enters the mean; with KR_LB_MLE it would make the whole result 0 and is left out. A T_k of 0, or
 * below 2^-40 of the median T_k (up to a factor of 2), and distances that are all the same (a mean
 * of logs up to 1e-10) give NaN, which is left out. A k above that of knn is lowered to it. NaN
 * when no point is left, or k is below 2 (KR_LB_UNBIASED:
 * 3). per_point (n) or NULL: the estimates at the points. */
KR_API double kr_levina_bickel(const kr_knn *knn, int64_t k, kr_lb_form form, double *per_point);

/* The same within each class: only points of one class are neighbours. labels (n), those below 0
 * and from n_classes on are left out; k (n_k). count (n_classes) points of each; estimate
 * (n_classes, n_k), NaN where a class has no more than k + 1 points. KR_USAGE, too, for a k below
 * 1. */
KR_API kr_status kr_levina_bickel_by_class(kr_team *team, const kr_points *points,
                                           const int64_t *labels, int64_t n_classes, int64_t n_k,
                                           const int64_t *k, kr_lb_form form, int64_t *count,
                                           double *estimate, kr_error *err);

/* TwoNN: the slope through the origin of -log(1 - F(mu)) over log(mu), mu = T_2 / T_1, without the
 * upper tenth. NaN when fewer than three points have T_1 > 0, or when T_1 = T_2 at all of them.
 * KR_USAGE when knn has fewer than two neighbours a point.
 * Source: Facco et al., Scientific Reports 7, 2017. */
KR_API kr_status kr_two_nn(const kr_knn *knn, double *dimension, kr_error *err);

/* ---- UMAP ------------------------------------------------------------------------------- */

/* A map of the points in a few dimensions that keeps their neighbourhoods. Names and defaults are
 * umap-learn's. Source: McInnes, Healy, Melville, arXiv:1802.03426. */
typedef enum kr_umap_init { KR_UMAP_SPECTRAL, KR_UMAP_PCA, KR_UMAP_RANDOM } kr_umap_init;
enum { KR_UMAP_MAX_COMPONENTS = 256 };

typedef struct kr_umap_options {
    size_t size;              /* sizeof(kr_umap_options) */
    int64_t n_neighbors;      /* the point itself counted, as in umap-learn; 2 .. n; 0: 15, or fewer
                                 points */
    int64_t n_components;     /* 1 .. KR_UMAP_MAX_COMPONENTS; 0: 2 */
    double min_dist, spread;  /* spread 0: 1; min_dist 0 is 0, negative (and NULL options): 0.1 */
    int64_t n_epochs;         /* 0: 500 up to 10,000 points, 200 above */
    double learning_rate;     /* 0: 1 */
    double repulsion;         /* 0: 1 */
    int64_t negative_samples; /* a positive one; 0: 5 */
    double local_connectivity; /* 0: 1 */
    double set_op_mix;         /* 1: union, towards 0: intersection; 0: 1 */
    double target_weight;      /* of labels against places, in (0, 1]; 0: 0.5 */
    kr_umap_init init;
    kr_metric metric;
    kr_knn_method knn_method;
    uint64_t seed;
    /* After each epoch, also of kr_umap_transform; false: stop, KR_INTERRUPTED. Or NULL. */
    bool (*progress)(void *arg, int64_t epoch, int64_t n_epochs);
    void *progress_arg;
    /* (n, n_components): places to start from instead of init; each axis is scaled to 0 .. 10, and
     * points that start together are moved a little. Read during the fit. NULL: init. */
    const float *start;
    /* The curve 1 / (1 + a d^(2 b)) from places d apart to their membership. Both or none; 0: those
     * that fit min_dist and spread. */
    double a, b;
    /* densMAP: a map that also keeps how densely points lie: in the last dens_frac of the epochs
     * (in (0, 1]; 0: 0.3), of which there are 200 more, with weight dens_lambda (0: 2);
     * dens_var_shift (0: 0.1) is added to the variance of the radii on the map. Such a map takes no
     * new points. Source: Narayan, Berger, Cho, Nature Biotechnology 39, 2021. */
    bool densmap;
    double dens_lambda, dens_frac, dens_var_shift;
    bool with_radii;     /* with or without densmap: kr_umap_radii(), kr_umap_map_radii() */
    double metric_power; /* of KR_METRIC_MINKOWSKI; 0: 2 */
    /* Points so far apart, or farther, are no neighbours. 0: those that have nothing in common in
     * the metric: from 1 on by jaccard, dice and hellinger, from 2 on by cosine and correlation;
     * other metrics know no such distance. INFINITY: none are. A point without neighbours has no
     * place: its numbers are NaN, and a note says how many there are. */
    double disconnection;
    /* The places after some of the epochs: kept_epochs (n_kept), rising, 1 .. n_epochs, which must
     * be given then; kept (n_kept, n, n_components) is written during the fit. NULL: none. */
    const int64_t *kept_epochs;
    int64_t n_kept;
    float *kept;
} kr_umap_options;

/* How surely points are neighbours, in (0, 1], as UMAP sees it: a symmetric sparse matrix (n, n).
 */
typedef struct kr_graph kr_graph;

/* From the first n_neighbors - 1 neighbours of each point. Of the options n_neighbors,
 * local_connectivity, set_op_mix, metric and disconnection count, and with densmap or with_radii it
 * also keeps distances. KR_SHAPE when there are too few neighbours. */
KR_API kr_status kr_graph_create(kr_team *team, const kr_knn *knn, const kr_umap_options *options,
                                 kr_graph **out, kr_error *err);
KR_API void kr_graph_destroy(kr_graph *graph);
/* How surely new points are neighbours of n_points others, with the same options as those among
 * themselves; near: n_neighbors or more of each. A graph of kr_knn_count(near) rows and n_points
 * columns. */
KR_API kr_status kr_graph_create_between(kr_team *team, const kr_knn *near, int64_t n_points,
                                         const kr_umap_options *options, kr_graph **out,
                                         kr_error *err);
/* One out of such a matrix of weights above 0, up to 1; the matrix is copied. KR_SHAPE: it is no
 * square; KR_USAGE: a weight is out of range, or an edge not the same in both directions. */
KR_API kr_status kr_graph_copy(const kr_sparse *weights, kr_graph **out, kr_error *err);
/* Its weights in f32; lives as long as graph. */
KR_API kr_sparse kr_graph_view(const kr_graph *graph);

/* A graph for a supervised map: edges between points whose targets, (n), differ are weaker, the
 * more the greater weight in (0, 1] is (0: 0.5). */
typedef enum kr_target {
    KR_TARGET_CLASSES, /* equal or not; below 0 or NaN: not known */
    KR_TARGET_ORDINAL, /* |a - b| over half the range */
    KR_TARGET_COUNT /* counts, 0 or more: logs of Poisson's probabilities between a and b, over half
                       of those between the least and the greatest */
} kr_target;
KR_API kr_status kr_graph_supervise(kr_team *team, const kr_graph *graph, kr_target kind,
                                    const double *target, double weight, kr_graph **out,
                                    kr_error *err);

/* Two graphs of the same points as one. KR_SHAPE when they are not of as many. */
typedef enum kr_graph_join {
    KR_GRAPH_TARGET, /* near in a and, with a weight in (0, 1] (0: 0.5), in b, a graph of targets */
    KR_GRAPH_AND,    /* near in both; each point sees as many as 15 neighbours then */
    KR_GRAPH_OR,     /* near in one of them; the same */
    KR_GRAPH_WITHOUT /* near in a and not in b */
} kr_graph_join;
KR_API kr_status kr_graph_combine(kr_team *team, const kr_graph *a, const kr_graph *b,
                                  kr_graph_join join, double weight, kr_graph **out, kr_error *err);

typedef struct kr_umap kr_umap;

/* labels (n): a class a point (-1: not known) for a supervised map, or NULL. KR_USAGE, too, for
 * options that do not fit the points; KR_INTERRUPTED when progress says so or the team is stopping;
 * KR_NUMERIC, too, when a point leaves the map (too high a learning rate).
 * Points that are all equal give a defined map (all at one place, near 0). */
KR_API kr_status kr_umap_fit(kr_team *team, const kr_points *points, const int64_t *labels,
                             const kr_umap_options *options, kr_umap **out, kr_error *err);
/* The same from neighbours found before, n_neighbors - 1 or more of each point: KR_SHAPE when they
 * are not those of all points, or too few. */
KR_API kr_status kr_umap_fit_knn(kr_team *team, const kr_points *points, const kr_knn *knn,
                                 const int64_t *labels, const kr_umap_options *options,
                                 kr_umap **out, kr_error *err);
/* The same of a graph made before; labels are its maker's matter. points: those of the graph, which
 * are looked at where the graph has several components, and by KR_UMAP_PCA; NULL: such components
 * start at random places, and the map does not know how many numbers a point has. */
KR_API kr_status kr_umap_fit_graph(kr_team *team, const kr_points *points, const kr_graph *graph,
                                   const kr_umap_options *options, kr_umap **out, kr_error *err);
KR_API void kr_umap_destroy(kr_umap *umap);

/* The places on the map, (n, n_components), without unit; they live as long as umap. */
KR_API const float *kr_umap_embedding(const kr_umap *umap);
/* How far apart points lie, (n), when with_radii asked for it; else NULL. Of a point the log of the
 * mean squared distance to its neighbours in the graph, weighted by membership, in the unit of the
 * points; and the same on the map, in whose graph, of as many neighbours, distances are not
 * squared, as in umap-learn. They live as long as umap; a map out of a file has none. */
KR_API const double *kr_umap_radii(const kr_umap *umap);
KR_API const double *kr_umap_map_radii(const kr_umap *umap);
/* Share of the true neighbours that the search found: 1 when it was exact, measured on a sample
 * when it was a descent; NaN when the neighbours were given. */
KR_API double kr_umap_neighbour_recall(const kr_umap *umap);
/* The number of points it was made from, of numbers in each, and of dimensions of the map. */
KR_API int64_t kr_umap_count(const kr_umap *umap);
KR_API int64_t kr_umap_dim(const kr_umap *umap);
KR_API int64_t kr_umap_n_components(const kr_umap *umap);
/* Place new points on the map; the old ones stay where they are: out (queries->n, n_components).
 * points: those of the fit; NULL: those of the file that the map was opened from. KR_SHAPE when
 * they are not, or queries differ in dim. */
KR_API kr_status kr_umap_transform(kr_team *team, const kr_umap *umap, const kr_points *points,
                                   const kr_points *queries, float *out, kr_error *err);

/* The same of new points whose neighbours among those of the fit are known, n_neighbors or more of
 * each: out (kr_knn_count(near), n_components). KR_SHAPE: there are too few. KR_USAGE: an index is
 * not one of the fit's. */
KR_API kr_status kr_umap_transform_knn(kr_team *team, const kr_umap *umap, const kr_knn *near,
                                       float *out, kr_error *err);
/* The curve of the map. */
KR_API void kr_umap_curve(const kr_umap *umap, double *a, double *b);

/* Where a map of knn's points would start, the first of which are those of umap, in their order:
 * they where they are, and the others at the mean of the places of their neighbours among those;
 * out (kr_knn_count(knn), n_components), for kr_umap_options.start. KR_SHAPE: there are fewer
 * points. */
KR_API kr_status kr_umap_start(const kr_umap *umap, const kr_knn *knn, float *out, kr_error *err);
/* A map of the points of the fit and more, which starts where those are, and the new ones amid
 * their neighbours; all of them move, with the options of the fit. points: as above.
 * KR_UNSUPPORTED: they are distances. */
KR_API kr_status kr_umap_update(kr_team *team, const kr_umap *umap, const kr_points *points,
                                const kr_points *more, kr_umap **out, kr_error *err);

/* Points that would be at places of the map, (n_places, n_components): out (n_places, dim), in the
 * unit of the points. points: as above. KR_UNSUPPORTED: the metric is not Euclid's. A place far
 * from all points gives their mean. Searches the neighbours of the points again. */
KR_API kr_status kr_umap_inverse(kr_team *team, const kr_umap *umap, const kr_points *points,
                                 const float *places, int64_t n_places, double *out, kr_error *err);

/* What may go into a map's file besides. All zero but its size, and NULL in its place: nothing. */
typedef struct kr_umap_extras {
    size_t size;               /* sizeof(kr_umap_extras) */
    const kr_pca *pca;         /* the points are what kr_pca_project() made of others: so that new
                                  ones can be projected, too */
    const kr_text_pair *notes; /* texts of yours, (n_notes), UTF-8, by keys that differ */
    int64_t n_notes;
} kr_umap_extras;

/* The map, its options and its points, so that new ones can be placed later, with the same bits as
 * now: a .safetensors file (docs/umap.md). points: those of the fit, floats or doubles as they were
 * given there; NULL: those that the map was opened with, and its extras where none are given. The
 * file replaces path only when complete. KR_SHAPE when points or components are not the map's. */
KR_API kr_status kr_umap_save(const kr_umap *umap, const kr_points *points,
                              const kr_umap_extras *extras, const char *path, kr_error *err);
/* The same bytes in memory, to be freed with kr_free. */
KR_API kr_status kr_umap_save_memory(const kr_umap *umap, const kr_points *points,
                                     const kr_umap_extras *extras, void **bytes, size_t *n_bytes,
                                     kr_error *err);
/* KR_IO; KR_FORMAT when it is no map, or a damaged one, KR_UNSUPPORTED when it is of a version that
 * this library does not know. Memory grows with the file, whatever it says. Options are those of
 * the fit, without progress. */
KR_API kr_status kr_umap_open(const char *path, kr_umap **out, kr_error *err);
/* The same bytes in memory; name stands for them in sentences. */
KR_API kr_status kr_umap_open_memory(const char *name, const void *bytes, size_t n_bytes,
                                     kr_umap **out, kr_error *err);
/* Of a map that was opened: the components (kr_pca_project() makes its points out of those of
 * kr_pca_dim() numbers), and a note; NULL: there is none. Both live as long as umap. */
KR_API const kr_pca *kr_umap_pca(const kr_umap *umap);
KR_API const char *kr_umap_note(const kr_umap *umap, const char *key);

/* ---- how well they agree ---------------------------------------------------------------- */

/* Mean over the points of (b - a) / max(a, b): a, the mean distance to the others of the point's
 * class, b, the least mean distance to another class. Points that are alone in their class count 0;
 * labels below 0 are left out. KR_USAGE, too, when fewer than two classes are there. per_point (n)
 * or NULL (left out: NaN). Memory grows with n times classes. Source: Rousseeuw 1987. */
KR_API kr_status kr_silhouette(kr_team *team, const kr_points *points, const int64_t *labels,
                               double *mean, double *per_point, kr_error *err);

/* In [0, 1]: are the k nearest of each point on the map near in space, too? By ranks, as in Venna
 * and Kaski 2001. k < n / 2. Time n^2. KR_SHAPE when points and map are not equally many. */
KR_API kr_status kr_trustworthiness(kr_team *team, const kr_points *points, const kr_points *map,
                                    int64_t k, double *out, kr_error *err);

/* Share of the k nearest in space that are among the k nearest on the map. */
KR_API kr_status kr_map_recall(kr_team *team, const kr_points *points, const kr_points *map,
                               int64_t k, double *out, kr_error *err);

/* ---- rows ------------------------------------------------------------------------------- */

/* The rows named, each in 0 .. n - 1, into a new array (n_rows, dim) of the type of the points;
 * free it with kr_free(). */
KR_API kr_status kr_points_pick(const kr_points *points, int64_t n_rows, const int64_t *rows,
                                void **out, kr_error *err);

KR_END_DECLS

#endif
