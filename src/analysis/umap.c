/* SPDX-License-Identifier: MIT
 * umap.c - UMAP from points to a map: the steps in their order. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"

/* ---- the steps -------------------------------------------------------------------------- */

static bool are_all_equal(const kr_points *points) {
    for (int64_t i = 1; i < points->n; i++) {
        for (int64_t c = 0; c < points->dim; c++) {
            if (kr__points_at(points, i, c) != kr__points_at(points, 0, c)) return false;
        }
    }
    return true;
}

kr_status kr__umap_make(int64_t n, int64_t dim, const kr_umap_options *options, kr_umap **out,
                        kr_error *err) {
    kr_umap *umap = kr__calloc(1, sizeof *umap);
    size_t size = 0;
    if (umap && kr__size_mul((size_t)n, (size_t)options->n_components, &size)) {
        *umap = (kr_umap){.options = *options, .n = n, .dim = dim};
        umap->embedding = kr__calloc(size, sizeof *umap->embedding);
    }
    if (umap && umap->embedding) {
        *out = umap;
        return KR_OK;
    }
    kr_umap_destroy(umap);
    return kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points", (long long)n);
}

/* ---- the interface ---------------------------------------------------------------------- */

/* Options as they are when all is set. */
static kr_status take_options(const kr_points *points, const kr_umap_options *given,
                              kr_umap_options *o, kr_error *err) {
    KR_TRY(kr__points_check(points, 2, err));
    KR_TRY(kr__umap_options_take(given, points->n, o, err));
    return kr__umap_options_check(o, points->n, err);
}

/* Of the graph, which it changes; points NULL: not known. */
static kr_status make_map(kr_team *team, const kr_points *points, kr__graph *graph,
                          const kr_umap_options *o, kr_umap **out, kr_error *err) {
    kr_umap *umap = NULL;
    KR_TRY(kr__umap_make(graph->n, points ? points->dim : 0, o, &umap, err));
    kr__umap_curve(o, &umap->a, &umap->b);
    umap->neighbour_recall = graph->recall;
    for (int64_t i = 0; i < o->n_kept * graph->n * o->n_components; i++) o->kept[i] = 0;
    kr_status status =
        points && are_all_equal(points) ? KR_OK : kr__umap_lay_out(team, points, graph, umap, err);
    umap->options.start = NULL; /* the caller's, as is what follows */
    umap->options.kept_epochs = NULL;
    umap->options.kept = NULL;
    umap->options.n_kept = 0;
    if (status == KR_OK) {
        *out = umap;
    } else {
        kr_umap_destroy(umap);
    }
    return status;
}

static kr_status supervise(kr_team *team, kr__graph *graph, const int64_t *labels, double weight,
                           kr_error *err) {
    double *target = labels ? kr__calloc((size_t)graph->n, sizeof *target) : NULL;
    if (!labels) return KR_OK;
    if (!target) return kr_fail(err, KR_MEMORY, "out of memory for the classes");
    for (int64_t i = 0; i < graph->n; i++) target[i] = (double)labels[i];
    kr_status status = kr__graph_supervise(team, graph, KR_TARGET_CLASSES, target, weight, err);
    kr_free(target);
    return status;
}

static kr_status fit_knn(kr_team *team, const kr_points *points, const kr_knn *knn,
                         const int64_t *labels, const kr_umap_options *o, kr_umap **out,
                         kr_error *err) {
    kr__graph graph = {0};
    kr_status status = kr__umap_graph_create(team, knn, o, &graph, err);
    if (status == KR_OK) status = supervise(team, &graph, labels, o->target_weight, err);
    if (status == KR_OK) status = make_map(team, points, &graph, o, out, err);
    kr__graph_deinit(&graph);
    return status;
}

kr_status kr_umap_fit_knn(kr_team *team, const kr_points *points, const kr_knn *knn,
                          const int64_t *labels, const kr_umap_options *options, kr_umap **out,
                          kr_error *err) {
    kr_umap_options o;
    KR_TRY(take_options(points, options, &o, err));
    KR_TRY(kr__knn_check(knn, points->n, o.n_neighbors - 1, err));
    KR_TRY(fit_knn(team, points, knn, labels, &o, out, err));
    (*out)->neighbour_recall = NAN;
    return KR_OK;
}

kr_status kr_umap_fit(kr_team *team, const kr_points *points, const int64_t *labels,
                      const kr_umap_options *options, kr_umap **out, kr_error *err) {
    kr_umap_options o;
    kr_knn *knn = NULL;
    KR_TRY(take_options(points, options, &o, err));
    const kr_knn_options search = kr__umap_search(&o, o.n_neighbors - 1);
    KR_TRY(kr__knn_find(team, points, NULL, &search, &knn, err));
    kr_status status = fit_knn(team, points, knn, labels, &o, out, err);
    kr_knn_destroy(knn);
    return status;
}

kr_status kr_umap_fit_graph(kr_team *team, const kr_points *points, const kr_graph *graph,
                            const kr_umap_options *options, kr_umap **out, kr_error *err) {
    kr_umap_options o;
    kr__graph copy = {0};
    if (points) KR_TRY(kr__points_check(points, 2, err));
    if (graph->n_columns > 0 || (points && points->n != graph->n)) {
        return kr_fail(err, KR_SHAPE, "the graph is not one of these points among themselves");
    }
    KR_TRY(kr__umap_options_take(options, graph->n, &o, err));
    KR_TRY(kr__umap_options_check(&o, graph->n, err));
    KR_TRY(kr__graph_copy(graph, &copy, err));
    kr_status status = make_map(team, points, &copy, &o, out, err);
    kr__graph_deinit(&copy);
    return status;
}

kr_status kr__umap_take_points(const kr_umap *umap, const kr_points *given, kr_points *out,
                               kr_error *err) {
    if (!given && umap->points.size == 0) {
        return kr_fail(err, KR_USAGE,
                       "the map was fitted here and keeps no points: give those of the fit");
    }
    const kr_points *points = given ? given : &umap->points;
    KR_TRY(kr__points_check(points, 2, err));
    if (points->n != umap->n || points->dim != umap->dim) {
        return kr_fail(err, KR_SHAPE, "the map was made from (%lld, %lld) points, not (%lld, %lld)",
                       (long long)umap->n, (long long)umap->dim, (long long)points->n,
                       (long long)points->dim);
    }
    *out = *points;
    return KR_OK;
}

void kr_umap_destroy(kr_umap *umap) {
    if (!umap) return;
    kr_free(umap->embedding);
    kr_free(umap->radius);
    kr_free(umap->map_radius);
    kr__points_free(&umap->points);
    kr_pca_destroy(umap->pca);
    kr__arena_deinit(&umap->arena);
    kr_free(umap);
}

int64_t kr_umap_count(const kr_umap *umap) { return umap->n; }
int64_t kr_umap_dim(const kr_umap *umap) { return umap->dim; }
int64_t kr_umap_n_components(const kr_umap *umap) { return umap->options.n_components; }

const float *kr_umap_embedding(const kr_umap *umap) { return umap->embedding; }

const double *kr_umap_radii(const kr_umap *umap) { return umap->radius; }
const double *kr_umap_map_radii(const kr_umap *umap) { return umap->map_radius; }

void kr_umap_curve(const kr_umap *umap, double *a, double *b) {
    *a = umap->a;
    *b = umap->b;
}

double kr_umap_neighbour_recall(const kr_umap *umap) { return umap->neighbour_recall; }
