/* SPDX-License-Identifier: MIT
 * umap_transform.c - places new points on a finished map. */
#include <math.h>
#include <string.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"

enum { FEW = 10000 /* points */, EPOCHS_OF_FEW = 100, EPOCHS_OF_MANY = 30 };

typedef struct placing {
    const kr_umap *umap;
    const kr_knn *knn; /* of the queries, among the fitted points */
    kr__graph graph;
    kr_real *y, *others;
} placing;

/* Row i: the neighbours of query i, except those of weight 0. */
static kr_status make_graph(kr_team *team, placing *s, kr_error *err) {
    int64_t n = s->knn->n, k = s->knn->k, n_edges = 0;
    double connectivity = s->umap->options.local_connectivity - 1;
    double *rho = kr__calloc((size_t)n, sizeof *rho);
    double *sigma = kr__calloc((size_t)n, sizeof *sigma);
    s->graph.n = n;
    s->graph.start = kr__calloc((size_t)n + 1, sizeof *s->graph.start);
    s->graph.column = kr__calloc((size_t)n, (size_t)k * sizeof *s->graph.column);
    s->graph.weight = kr__calloc((size_t)n, (size_t)k * sizeof *s->graph.weight);
    bool has_room = rho && sigma && s->graph.start && s->graph.column && s->graph.weight;
    if (has_room) {
        kr__umap_smooth(team,
                        &(kr__umap_distances){.n = n,
                                              .stride = k,
                                              .distance = s->knn->distance,
                                              .k = k,
                                              .n_neighbors = k,
                                              .first = 1,
                                              .connectivity = connectivity > 0 ? connectivity : 0},
                        rho, sigma);
    }
    for (int64_t i = 0; i < n && has_room; i++) {
        for (int64_t j = i * k; j < (i + 1) * k; j++) {
            float weight = kr__umap_membership(s->knn->distance[j], rho[i], sigma[i]);
            if (!(weight > 0)) continue;
            s->graph.column[n_edges] = s->knn->index[j];
            s->graph.weight[n_edges++] = weight;
        }
        s->graph.start[i + 1] = n_edges;
    }
    kr_free(rho);
    kr_free(sigma);
    return has_room ? KR_OK
                    : kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n);
}

/* The weighted mean of the neighbours' places; the place of a point that is equal. */
static void start_at_neighbours(placing *s) {
    const kr__graph *g = &s->graph;
    int64_t dim = s->umap->options.n_components;
    for (int64_t i = 0; i < g->n; i++) {
        const kr_real *place = NULL;
        kr_real *y = s->y + i * dim;
        double sum = 0;
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            sum += (double)g->weight[e];
            if (!place && g->weight[e] >= 1) place = s->others + g->column[e] * dim;
        }
        for (int64_t c = 0; c < dim; c++) {
            double mean = 0;
            for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
                mean += (double)g->weight[e] / sum * (double)s->others[g->column[e] * dim + c];
            }
            y[c] = place ? place[c] : (kr_real)mean;
        }
    }
}

static kr_status place(kr_team *team, placing *s, kr_error *err) {
    const kr_umap *umap = s->umap;
    const kr_umap_options *o = &umap->options;
    int64_t usual = s->knn->n <= FEW ? EPOCHS_OF_FEW : EPOCHS_OF_MANY;
    int64_t n_epochs = o->n_epochs > 0 ? o->n_epochs / 3 : usual, dim = o->n_components;
    s->y = kr__calloc((size_t)s->knn->n, (size_t)dim * sizeof *s->y);
    s->others = kr__calloc((size_t)umap->n, (size_t)dim * sizeof *s->others);
    if (!s->y || !s->others) return kr_fail(err, KR_MEMORY, "out of memory for the new points");
    KR_TRY(make_graph(team, s, err));
    for (int64_t i = 0; i < umap->n * dim; i++) s->others[i] = (kr_real)umap->embedding[i];
    start_at_neighbours(s);
    kr__umap_graph_prune(&s->graph, n_epochs > 0 ? n_epochs : 1);
    kr__umap_layout layout = {.graph = &s->graph,
                              .options = o,
                              .a = umap->a,
                              .b = umap->b,
                              .rate = o->learning_rate / 4,
                              .others = s->others,
                              .n_others = umap->n,
                              .n_epochs = n_epochs};
    return kr__umap_layout_run(team, &layout, s->y, err);
}

kr_status kr_umap_transform(kr_team *team, const kr_umap *umap, const kr_points *points,
                            const kr_points *queries, float *out, kr_error *err) {
    kr_points fitted;
    kr_knn *knn = NULL;
    KR_TRY(kr__umap_take_points(umap, points, &fitted, err));
    KR_TRY(kr__points_check_queries(&fitted, queries, err));
    KR_TRY(kr__umap_neighbours(team, &fitted, queries, &umap->options, umap->options.n_neighbors,
                               &knn, err));
    placing s = {.umap = umap, .knn = knn};
    kr_status status = place(team, &s, err);
    for (int64_t i = 0; i < knn->n * umap->options.n_components && status == KR_OK; i++) {
        out[i] = (float)s.y[i];
    }
    kr__graph_deinit(&s.graph);
    kr_free(s.y);
    kr_free(s.others);
    kr_knn_destroy(knn);
    return status;
}
