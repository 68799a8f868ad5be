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
    bool *is_alone; /* (queries) without a neighbour */
} placing;

/* Row i: the neighbours of query i, except those of weight 0, those too far away, and those that
 * have no place among `places`, (n, n_components), or NULL. */
static kr_status make_graph(kr_team *team, const kr_knn *near, const kr_umap_options *o,
                            const float *places, kr__graph *graph, kr_error *err) {
    int64_t n = near->n, k = o->n_neighbors, n_edges = 0;
    double connectivity = o->local_connectivity - 1, apart = kr__umap_apart(o, near);
    double *rho = kr__calloc((size_t)n, sizeof *rho);
    double *sigma = kr__calloc((size_t)n, sizeof *sigma);
    graph->n = n;
    graph->start = kr__calloc((size_t)n + 1, sizeof *graph->start);
    graph->column = kr__calloc((size_t)n, (size_t)k * sizeof *graph->column);
    graph->weight = kr__calloc((size_t)n, (size_t)k * sizeof *graph->weight);
    bool has_room = rho && sigma && graph->start && graph->column && graph->weight;
    if (has_room) {
        kr__umap_smooth(team,
                        &(kr__umap_distances){.n = n,
                                              .stride = near->k,
                                              .distance = near->distance,
                                              .k = k,
                                              .n_neighbors = k,
                                              .first = 1,
                                              .apart = apart,
                                              .connectivity = connectivity > 0 ? connectivity : 0},
                        rho, sigma);
    }
    for (int64_t i = 0; i < n && has_room; i++) {
        for (int64_t j = i * near->k; j < i * near->k + k; j++) {
            float weight = kr__umap_membership(near->distance[j], rho[i], sigma[i]);
            if (!(weight > 0) || near->distance[j] >= apart) continue;
            if (places && isnan(places[near->index[j] * o->n_components])) continue;
            graph->column[n_edges] = near->index[j];
            graph->weight[n_edges++] = weight;
        }
        graph->start[i + 1] = n_edges;
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
            y[c] = place ? place[c] : (kr_real)mean; /* 0: there are no neighbours */
        }
    }
}

static kr_status find_alone(kr_team *team, placing *s, kr_error *err) {
    int64_t n_alone = kr__umap_graph_count_alone(&s->graph);
    if (n_alone == 0) return KR_OK;
    s->is_alone = kr__calloc((size_t)s->graph.n, sizeof *s->is_alone);
    if (!s->is_alone) return kr_fail(err, KR_MEMORY, "out of memory for the new points");
    for (int64_t i = 0; i < s->graph.n; i++) {
        s->is_alone[i] = s->graph.start[i + 1] == s->graph.start[i];
    }
    kr_team_log(team, KR_LOG_NOTE,
                "%lld of %lld new points have no neighbour on the map nearer than %g, and no place "
                "(NaN)",
                (long long)n_alone, (long long)s->graph.n, s->umap->options.disconnection);
    return KR_OK;
}

static kr_status place(kr_team *team, placing *s, kr_error *err) {
    const kr_umap *umap = s->umap;
    const kr_umap_options *o = &umap->options;
    int64_t usual = s->knn->n <= FEW ? EPOCHS_OF_FEW : EPOCHS_OF_MANY;
    int64_t n_epochs = o->n_epochs > 0 ? o->n_epochs / 3 : usual, dim = o->n_components;
    s->y = kr__calloc((size_t)s->knn->n, (size_t)dim * sizeof *s->y);
    s->others = kr__calloc((size_t)umap->n, (size_t)dim * sizeof *s->others);
    if (!s->y || !s->others) return kr_fail(err, KR_MEMORY, "out of memory for the new points");
    KR_TRY(make_graph(team, s->knn, o, umap->embedding, &s->graph, err));
    for (int64_t i = 0; i < umap->n * dim; i++) {
        /* who has no place pushes nobody from there */
        s->others[i] =
            isnan(umap->embedding[i]) ? (kr_real)KR__UMAP_FARTHEST : (kr_real)umap->embedding[i];
    }
    start_at_neighbours(s);
    KR_TRY(find_alone(team, s, err));
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

kr_status kr__umap_refuse_density(const kr_umap *umap, kr_error *err) {
    if (!umap->options.densmap) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED,
                   "a map that keeps densities (densmap) takes no new points and gives none back: "
                   "the objective does not say where they belong; fit without densmap");
}

/* k neighbours of each new point, or more, among n. */
static kr_status check_near(const kr_knn *near, int64_t n, int64_t k, kr_error *err) {
    KR_TRY(kr__knn_check(near, near->n, k, err));
    for (int64_t i = 0; i < near->n * near->k; i++) {
        if (near->index[i] < n) continue;
        return kr_fail(err, KR_USAGE, "new point %lld: its neighbour %ld is none of %lld points",
                       (long long)(i / near->k), (long)near->index[i], (long long)n);
    }
    return KR_OK;
}

kr_status kr_umap_transform_knn(kr_team *team, const kr_umap *umap, const kr_knn *near, float *out,
                                kr_error *err) {
    KR_TRY(kr__umap_refuse_density(umap, err));
    KR_TRY(check_near(near, umap->n, umap->options.n_neighbors, err));
    placing s = {.umap = umap, .knn = near};
    kr_status status = place(team, &s, err);
    int64_t dim = umap->options.n_components;
    for (int64_t i = 0; i < near->n * dim && status == KR_OK; i++) {
        bool is_alone = s.is_alone && s.is_alone[i / dim];
        out[i] = is_alone ? NAN : (float)s.y[i];
    }
    kr__graph_deinit(&s.graph);
    kr_free(s.is_alone);
    kr_free(s.y);
    kr_free(s.others);
    return status;
}

static void sort_row(kr__graph *graph, int64_t row) {
    for (int64_t e = graph->start[row] + 1; e < graph->start[row + 1]; e++) {
        int32_t column = graph->column[e];
        float weight = graph->weight[e];
        int64_t at = e;
        for (; at > graph->start[row] && graph->column[at - 1] > column; at--) {
            graph->column[at] = graph->column[at - 1];
            graph->weight[at] = graph->weight[at - 1];
        }
        graph->column[at] = column;
        graph->weight[at] = weight;
    }
}

kr_status kr_graph_create_between(kr_team *team, const kr_knn *near, int64_t n_points,
                                  const kr_umap_options *options, kr_graph **out, kr_error *err) {
    kr_umap_options o;
    kr__graph graph = {0};
    KR_TRY(kr__umap_options_take(options, n_points, &o, err));
    KR_TRY(kr__umap_options_check(&o, n_points, err));
    KR_TRY(check_near(near, n_points, o.n_neighbors, err));
    kr_status status = make_graph(team, near, &o, NULL, &graph, err);
    for (int64_t i = 0; i < near->n && status == KR_OK; i++) sort_row(&graph, i);
    graph.n_columns = n_points;
    return kr__graph_hand_over(status, &graph, out, err);
}

kr_status kr_umap_transform(kr_team *team, const kr_umap *umap, const kr_points *points,
                            const kr_points *queries, float *out, kr_error *err) {
    kr_points fitted;
    kr_knn *near = NULL;
    KR_TRY(kr__umap_refuse_density(umap, err));
    KR_TRY(kr__umap_take_points(umap, points, &fitted, err));
    KR_TRY(kr__points_check_queries(&fitted, queries, err));
    const kr_knn_options search = kr__umap_search(&umap->options, umap->options.n_neighbors);
    KR_TRY(kr__knn_find(team, &fitted, queries, &search, &near, err));
    kr_status status = kr_umap_transform_knn(team, umap, near, out, err);
    kr_knn_destroy(near);
    return status;
}
