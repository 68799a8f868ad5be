/* SPDX-License-Identifier: MIT
 * umap_internal.h - the steps of UMAP, one file each. */
#ifndef KR_UMAP_INTERNAL_H
#define KR_UMAP_INTERNAL_H

#include <kr/files.h>

#include "analysis/knn_search.h"
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernels.h"

/* ---- umap.c ----------------------------------------------------------------------------- */

struct kr_umap {
    kr_umap_options options; /* all set */
    double a, b;
    int64_t n, dim;
    float *embedding;            /* (n, n_components) */
    double *radius, *map_radius; /* (n) both or none: with_radii */
    double neighbour_recall;     /* of the search; NaN: neighbours were given */
    /* Of a map out of a file: */
    kr_points points;    /* (n, dim), its own; all zero: it was fitted here */
    kr_pca *pca;         /* NULL: the points are as they were given */
    kr_text_pair *notes; /* (n_notes) */
    int64_t n_notes;
    kr_arena arena; /* holds the notes */
};

/* With room for the embedding; a, b and the rest are the caller's to set. */
kr_status kr__umap_make(int64_t n, int64_t dim, const kr_umap_options *options, kr_umap **out,
                        kr_error *err);

/* The points of a map: those given, which must be of its size, or, NULL, its own. */
kr_status kr__umap_take_points(const kr_umap *umap, const kr_points *given, kr_points *out,
                               kr_error *err);

/* ---- umap_options.c --------------------------------------------------------------------- */

/* Those given for n points, with all defaults set. */
kr_status kr__umap_options_take(const kr_umap_options *given, int64_t n, kr_umap_options *taken,
                                kr_error *err);
kr_status kr__umap_options_check(const kr_umap_options *options, int64_t n, kr_error *err);
/* What its neighbours are searched by. */
kr_knn_options kr__umap_search(const kr_umap_options *options, int64_t k);
/* From this distance on points are no neighbours, in the unit of knn. */
double kr__umap_apart(const kr_umap_options *options, const kr_knn *knn);
/* As a JSON object; NULL when out of memory; free with cJSON_free. */
char *kr__umap_options_print(const kr_umap_options *options);
/* The same back, checked for n points: KR_FORMAT, KR_USAGE. */
kr_status kr__umap_options_parse(const char *text, int64_t n, kr_umap_options *out, kr_error *err);

/* ---- umap_graph.c ----------------------------------------------------------------------- */

/* A sparse matrix by rows: those of row i are start[i] .. start[i + 1] - 1, columns rising. */
typedef struct kr_graph {
    int64_t n, n_columns; /* n_columns 0: as many as rows */
    int64_t *start;       /* (n + 1) */
    int32_t *column;
    float *weight;
    float *distance; /* of an edge; or NULL */
    double recall;   /* of the neighbours that it was made of */
} kr__graph;

void kr__graph_deinit(kr__graph *graph);

/* Distances of points to their neighbours, from which memberships are made. */
typedef struct kr__umap_distances {
    int64_t n, stride;
    const double *distance; /* (n, stride); the first k of a row are used, rising */
    int64_t k, n_neighbors; /* k + 1 when the point itself is included, else k */
    int64_t first;          /* the sum that sigma is found by starts here */
    double connectivity;
    double apart; /* as far, or farther: no neighbour; 0 is INFINITY */
} kr__umap_distances;
/* rho, the distance that is treated as 0, and sigma: the memberships exp(-(d - rho)+ / sigma) of a
 * row have the sum log2(n_neighbors), up to 1e-5. Both (n). */
void kr__umap_smooth(kr_team *team, const kr__umap_distances *distances, double *rho,
                     double *sigma);
/* A membership of distance d. */
float kr__umap_membership(double d, double rho, double sigma);
/* Densities ask for the distances of the graph's edges. */
static inline bool kr__umap_needs_distances(const kr_umap_options *options) {
    return options->densmap || options->with_radii;
}

/* The fuzzy union of the points' neighbourhoods: symmetric. Uses the first n_neighbors - 1. */
kr_status kr__umap_graph_create(kr_team *team, const kr_knn *knn, const kr_umap_options *options,
                                kr__graph *out, kr_error *err);
/* As sure as before of the nearest of each point: each row over its greatest weight, to a power, if
 * as_of_15, with which its sum is log2(15), and then the union of both directions of an edge. */
kr_status kr__graph_reconnect(kr_team *team, kr__graph *graph, bool as_of_15, kr_error *err);
/* Room for rows, or for the edges that start[n] counts. KR_MEMORY. */
kr_status kr__graph_make_rows(int64_t n, kr__graph *graph, kr_error *err);
kr_status kr__graph_make_edges(kr__graph *graph, bool has_distance, kr_error *err);
/* KR_MEMORY. */
kr_status kr__graph_copy(const kr__graph *graph, kr__graph *out, kr_error *err);
/* Points without an edge. */
int64_t kr__umap_graph_count_alone(const kr__graph *graph);
/* Remove edges below the greatest weight / n_epochs: they would never be drawn. */
void kr__umap_graph_prune(kr__graph *graph, int64_t n_epochs);

/* ---- graph.c, graph_targets.c, graph_join.c ---------------------------------------------- */

kr_status kr__graph_hand_over(kr_status status, kr__graph *graph, kr_graph **out, kr_error *err);
/* Both as the public functions, but the first changes the graph. */
kr_status kr__graph_supervise(kr_team *team, kr__graph *graph, kr_target kind, const double *target,
                              double weight, kr_error *err);
kr_status kr__graph_join(kr_team *team, const kr__graph *a, const kr__graph *b, kr_graph_join join,
                         double weight, kr__graph *out, kr_error *err);

/* ---- umap_density.c ---------------------------------------------------------------------- */

/* Of each point log(1e-8 m + mean distance^power) less log m, where the mean over its edges is
 * weighted and m, a power of two near the mean of all, is 2^ what is returned. NaN: no edge. The
 * graph has distances. */
int kr__umap_radii(const kr__graph *graph, int power, double *radius);
/* The same plus log m: in the unit of the distances. */
void kr__umap_take_radii(const kr__graph *graph, int power, double *radius);

typedef struct kr__umap_density {
    const kr__graph *graph; /* with distances; symmetric */
    const kr_umap_options *options;
    double *wanted;       /* (n) logs of the points' radii, of mean 0 and deviation 1 */
    double total;         /* of all weights, over the greatest */
    double *phi, *radius; /* (n) of the map, in an epoch */
    kr_real *u_v;         /* (n, 2) */
} kr__umap_density;
/* KR_MEMORY; deinit in any case. */
kr_status kr__umap_density_init(kr__umap_density *density, const kr__graph *graph,
                                const kr_umap_options *options, kr_error *err);
void kr__umap_density_deinit(kr__umap_density *density);
/* Does it count in this epoch, the first being 0? */
bool kr__umap_density_counts(const kr__umap_density *density, int64_t epoch, int64_t n_epochs);
/* Sets what the epoch's moves need to know of the places y. */
void kr__umap_density_read(kr_team *team, kr__umap_density *density, const kr_real *y,
                           kr__umap_epoch *epoch);

/* ---- umap_ab.c -------------------------------------------------------------------------- */

/* The curve 1 / (1 + a d^(2 b)) nearest to 1 below min_dist, exp(-(d - min_dist) / spread) above,
 * by least squares over 300 distances from 0 to 3 spread. */
void kr__umap_fit_curve(double spread, double min_dist, double *a, double *b);
/* That of the options: given, or of min_dist and spread. */
void kr__umap_curve(const kr_umap_options *options, double *a, double *b);

/* ---- umap_spectral.c -------------------------------------------------------------------- */

/* The eigenvectors of the normalised Laplacian with the smallest eigenvalues, without the very
 * smallest, out (n, dim), of length 1. The graph must be connected. The places are random when it
 * has no more than dim + 1 points or no vectors are found (laplacian.h). KR_INTERRUPTED; KR_MEMORY.
 */
kr_status kr__umap_spectral(kr_team *team, const kr__graph *graph, int64_t dim, uint64_t seed,
                            double *out, kr_error *err);

/* ---- umap_components.c ------------------------------------------------------------------ */

/* The same for any graph: its connected components are placed, and each is laid out alone. */
kr_status kr__umap_start_spectral(kr_team *team, const kr_points *points, const kr__graph *graph,
                                  int64_t dim, uint64_t seed, double *out, kr_error *err);

/* ---- umap_start.c ----------------------------------------------------------------------- */

/* Where the layout starts: places by options->init, each axis scaled to 0 .. 10. y (n,
 * n_components). points may be NULL: then components are placed at random, and KR_UMAP_PCA is
 * KR_USAGE. */
kr_status kr__umap_start(kr_team *team, const kr_points *points, const kr__graph *graph,
                         const kr_umap_options *options, kr_real *y, kr_error *err);

/* ---- umap_steps.c ------------------------------------------------------------------------ */

/* Fills a map's places, and its radii if they are asked for. points may be NULL; the graph is
 * pruned. */
kr_status kr__umap_lay_out(kr_team *team, const kr_points *points, kr__graph *graph, kr_umap *umap,
                           kr_error *err);

/* ---- umap_transform.c -------------------------------------------------------------------- */

/* KR_UNSUPPORTED for a map made with densmap. */
kr_status kr__umap_refuse_density(const kr_umap *umap, kr_error *err);

/* ---- umap_layout.c ---------------------------------------------------------------------- */

/* A place farther away has left the map. Squares of these, in all dimensions, are floats. */
#define KR__UMAP_FARTHEST 1e9

typedef struct kr__umap_layout {
    const kr__graph *graph;         /* from the rows that move to the columns of others */
    const kr_umap_options *options; /* all set */
    double a, b;
    double rate;           /* of the first epoch; it falls to 0 */
    const kr_real *others; /* (n_others, n_components), or NULL: the rows themselves */
    int64_t n_others, n_epochs;
    kr__umap_density *density; /* NULL: it does not count */
} kr__umap_layout;
/* y (graph->n, n_components): in, where they start, out, where they end. KR_INTERRUPTED, KR_NUMERIC
 * when one has left the map, KR_MEMORY. */
kr_status kr__umap_layout_run(kr_team *team, const kr__umap_layout *layout, kr_real *y,
                              kr_error *err);

#endif
