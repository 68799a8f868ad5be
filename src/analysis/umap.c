/* SPDX-License-Identifier: MIT
 * umap.c - UMAP from points to a map: the steps in their order. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"

enum { FEW = 10000 /* points */, EPOCHS_OF_FEW = 500, EPOCHS_OF_MANY = 200, LEAST_EPOCHS = 10 };

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

static kr_status make_graph(kr_team *team, const kr_knn *knn, const int64_t *labels,
                            const kr_umap *umap, int64_t n_epochs, kr__graph *graph,
                            kr_error *err) {
    const kr_umap_options *o = &umap->options;
    KR_TRY(kr__umap_graph_create(team, knn, o, graph, err));
    if (labels) KR_TRY(kr__umap_graph_supervise(team, graph, labels, o->target_weight, err));
    kr__umap_graph_prune(graph, n_epochs);
    return KR_OK;
}

/* Where components start is a matter of squared distances. */
static kr_status start(kr_team *team, const kr_points *points, const kr__graph *graph,
                       const kr_umap_options *options, kr_real *y, kr_error *err) {
    kr__sane_points sane;
    kr_status status = kr__sane_points_init(&sane, points, NULL, err);
    if (status == KR_OK) status = kr__umap_start(team, &sane.points, graph, options, y, err);
    kr__sane_points_deinit(&sane);
    return status;
}

static kr_status lay_out(kr_team *team, const kr_points *points, const kr_knn *knn,
                         const int64_t *labels, kr_umap *umap, kr_error *err) {
    const kr_umap_options *o = &umap->options;
    int64_t usual = points->n <= FEW ? EPOCHS_OF_FEW : EPOCHS_OF_MANY;
    int64_t n_epochs = o->n_epochs > 0 ? o->n_epochs : usual;
    size_t n = (size_t)(points->n * o->n_components);
    kr__graph graph = {0};
    kr_real *y = kr__calloc(n, sizeof *y);
    kr_status status =
        y ? make_graph(team, knn, labels, umap, n_epochs > LEAST_EPOCHS ? n_epochs : usual, &graph,
                       err)
          : kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points", (long long)points->n);
    if (status == KR_OK) status = start(team, points, &graph, o, y, err);
    if (status == KR_OK) {
        kr__umap_layout layout = {.graph = &graph,
                                  .options = o,
                                  .a = umap->a,
                                  .b = umap->b,
                                  .rate = o->learning_rate,
                                  .n_epochs = n_epochs};
        status = kr__umap_layout_run(team, &layout, y, err);
    }
    for (size_t i = 0; i < n && status == KR_OK; i++) umap->embedding[i] = (float)y[i];
    kr__graph_deinit(&graph);
    kr_free(y);
    return status;
}

/* ---- the interface ---------------------------------------------------------------------- */

kr_status kr_umap_fit_knn(kr_team *team, const kr_points *points, const kr_knn *knn,
                          const int64_t *labels, const kr_umap_options *options, kr_umap **out,
                          kr_error *err) {
    kr_umap_options o;
    kr_umap *umap = NULL;
    KR_TRY(kr__points_check(points, 2, err));
    KR_TRY(kr__umap_options_take(options, points->n, &o, err));
    KR_TRY(kr__umap_options_check(&o, points->n, err));
    if (knn->n != points->n || knn->k < o.n_neighbors - 1) {
        return kr_fail(err, KR_SHAPE,
                       "%lld neighbours of %lld points were given, and %lld of %lld are needed",
                       (long long)knn->k, (long long)knn->n, (long long)o.n_neighbors - 1,
                       (long long)points->n);
    }
    KR_TRY(kr__umap_make(points->n, points->dim, &o, &umap, err));
    kr__umap_curve(&o, &umap->a, &umap->b);
    umap->neighbour_recall = NAN;
    kr_status status =
        are_all_equal(points) ? KR_OK : lay_out(team, points, knn, labels, umap, err);
    umap->options.start = NULL; /* the caller's */
    if (status == KR_OK) {
        *out = umap;
    } else {
        kr_umap_destroy(umap);
    }
    return status;
}

kr_status kr_umap_fit(kr_team *team, const kr_points *points, const int64_t *labels,
                      const kr_umap_options *options, kr_umap **out, kr_error *err) {
    kr_umap_options o;
    kr_knn *knn = NULL;
    KR_TRY(kr__points_check(points, 2, err));
    KR_TRY(kr__umap_options_take(options, points->n, &o, err));
    KR_TRY(kr__umap_options_check(&o, points->n, err));
    KR_TRY(kr__umap_neighbours(team, points, NULL, &o, o.n_neighbors - 1, &knn, err));
    kr_status status = kr_umap_fit_knn(team, points, knn, labels, options, out, err);
    if (status == KR_OK) (*out)->neighbour_recall = knn->recall;
    kr_knn_destroy(knn);
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
    kr__points_free(&umap->points);
    kr_pca_destroy(umap->pca);
    kr__arena_deinit(&umap->arena);
    kr_free(umap);
}

int64_t kr_umap_count(const kr_umap *umap) { return umap->n; }
int64_t kr_umap_dim(const kr_umap *umap) { return umap->dim; }
int64_t kr_umap_n_components(const kr_umap *umap) { return umap->options.n_components; }

const float *kr_umap_embedding(const kr_umap *umap) { return umap->embedding; }

double kr_umap_neighbour_recall(const kr_umap *umap) { return umap->neighbour_recall; }
