/* SPDX-License-Identifier: MIT
 * umap_steps.c - from a graph to a map: pruning, start, layout, radii. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"

enum {
    FEW = 10000 /* points */,
    EPOCHS_OF_FEW = 500,
    EPOCHS_OF_MANY = 200,
    LEAST_EPOCHS = 10,
    MORE_FOR_DENSITY = 200
};

typedef struct making {
    const kr_points *points; /* or NULL */
    kr_umap *umap;
    int64_t n_epochs, usual_epochs;
    bool *is_alone; /* (n) points that have no neighbours near enough; NULL: there are none */
    kr__graph *graph;
    kr__umap_density density;
    kr_real *y;
} making;

static kr_status find_alone(kr_team *team, making *s, kr_error *err) {
    const kr__graph *graph = s->graph;
    double apart = s->umap->options.disconnection;
    int64_t n_alone = kr__umap_graph_count_alone(graph);
    if (n_alone == 0 || isinf(apart)) return KR_OK;
    s->is_alone = kr__calloc((size_t)graph->n, sizeof *s->is_alone);
    if (!s->is_alone) {
        return kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points",
                       (long long)graph->n);
    }
    for (int64_t i = 0; i < graph->n; i++) {
        s->is_alone[i] = graph->start[i + 1] == graph->start[i];
    }
    kr_team_log(team, KR_LOG_NOTE,
                "%lld of %lld points have no neighbour nearer than %g, and no place on the map "
                "(NaN); a larger `disconnection` keeps them",
                (long long)n_alone, (long long)graph->n, apart);
    return KR_OK;
}

/* Where components start is a matter of squared distances. */
static kr_status start(kr_team *team, const kr_points *points, const kr__graph *graph,
                       const kr_umap_options *options, kr_real *y, kr_error *err) {
    kr__sane_points sane;
    if (!points) return kr__umap_start(team, NULL, graph, options, y, err);
    kr_status status = kr__sane_points_init(&sane, points, NULL, err);
    if (status == KR_OK) status = kr__umap_start(team, &sane.points, graph, options, y, err);
    kr__sane_points_deinit(&sane);
    return status;
}

static kr_status move(kr_team *team, making *s, kr_error *err) {
    const kr_umap *umap = s->umap;
    const kr_umap_options *o = &umap->options;
    kr__umap_layout layout = {.graph = s->graph,
                              .options = o,
                              .a = umap->a,
                              .b = umap->b,
                              .rate = o->learning_rate,
                              .n_epochs = s->n_epochs};
    if (o->densmap) {
        KR_TRY(kr__umap_density_init(&s->density, s->graph, o, err));
        layout.density = &s->density;
    }
    return kr__umap_layout_run(team, &layout, s->y, err);
}

/* As umap-learn has it: neighbours on the map, and their graph, are found anew. */
static kr_status read_map_radii(kr_team *team, kr_umap *umap, kr_error *err) {
    const kr_umap_options *o = &umap->options;
    const kr_points map = kr_points_f32(umap->embedding, umap->n, o->n_components);
    const kr_knn_options search = {
        .size = sizeof search, .k = o->n_neighbors - 1, .method = o->knn_method, .seed = o->seed};
    const kr_umap_options usual = {.n_neighbors = o->n_neighbors,
                                   .local_connectivity = 1,
                                   .set_op_mix = 1,
                                   .with_radii = true};
    kr_knn *knn = NULL;
    kr__graph graph = {0};
    KR_TRY(kr_knn_create(team, &map, &search, &knn, err));
    kr_status status = kr__umap_graph_create(team, knn, &usual, &graph, err);
    if (status == KR_OK) kr__umap_take_radii(&graph, 1, umap->map_radius);
    kr__graph_deinit(&graph);
    kr_knn_destroy(knn);
    return status;
}

static kr_status read_radii(kr_team *team, making *s, kr_error *err) {
    kr_umap *umap = s->umap;
    if (!umap->options.with_radii) return KR_OK;
    umap->radius = kr__calloc((size_t)umap->n, sizeof *umap->radius);
    umap->map_radius = kr__calloc((size_t)umap->n, sizeof *umap->map_radius);
    if (!umap->radius || !umap->map_radius) {
        return kr_fail(err, KR_MEMORY, "out of memory for the radii of %lld points",
                       (long long)umap->n);
    }
    kr__umap_take_radii(s->graph, 2, umap->radius);
    return read_map_radii(team, umap, err);
}

static void take_away_places(making *s) {
    const kr_umap_options *o = &s->umap->options;
    int64_t dim = o->n_components, n = s->umap->n;
    for (int64_t i = 0; s->is_alone && i < n; i++) {
        if (!s->is_alone[i]) continue;
        for (int64_t c = 0; c < dim; c++) {
            s->umap->embedding[i * dim + c] = NAN;
            for (int64_t k = 0; k < o->n_kept; k++) o->kept[(k * n + i) * dim + c] = NAN;
        }
        if (s->umap->map_radius) s->umap->map_radius[i] = NAN;
    }
}

static kr_status lay_out(kr_team *team, making *s, kr_error *err) {
    kr_umap *umap = s->umap;
    size_t n = (size_t)(umap->n * umap->options.n_components);
    s->y = kr__calloc(n, sizeof *s->y);
    if (!s->y) {
        return kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points",
                       (long long)umap->n);
    }
    KR_TRY(find_alone(team, s, err));
    kr__umap_graph_prune(s->graph, s->n_epochs > LEAST_EPOCHS ? s->n_epochs : s->usual_epochs);
    KR_TRY(start(team, s->points, s->graph, &umap->options, s->y, err));
    KR_TRY(move(team, s, err));
    for (size_t i = 0; i < n; i++) umap->embedding[i] = (float)s->y[i];
    KR_TRY(read_radii(team, s, err));
    take_away_places(s);
    return KR_OK;
}

kr_status kr__umap_lay_out(kr_team *team, const kr_points *points, kr__graph *graph, kr_umap *umap,
                           kr_error *err) {
    const kr_umap_options *o = &umap->options;
    making s = {.points = points, .graph = graph, .umap = umap};
    if (kr__umap_needs_distances(o) && !graph->distance) {
        return kr_fail(err, KR_USAGE,
                       "densities ask for a graph with distances: make it with densmap or "
                       "with_radii, not of two graphs");
    }
    s.usual_epochs = umap->n <= FEW ? EPOCHS_OF_FEW : EPOCHS_OF_MANY;
    if (o->densmap) s.usual_epochs += MORE_FOR_DENSITY;
    s.n_epochs = o->n_epochs > 0 ? o->n_epochs : s.usual_epochs;
    kr_status status = lay_out(team, &s, err);
    kr__umap_density_deinit(&s.density);
    kr_free(s.is_alone);
    kr_free(s.y);
    return status;
}
