/* SPDX-License-Identifier: MIT
 * graph.c - graphs of neighbours as objects of their own. */
#include <math.h>
#include <string.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"

void kr_graph_destroy(kr_graph *graph) {
    if (!graph) return;
    kr__graph_deinit(graph);
    kr_free(graph);
}

kr_sparse kr_graph_view(const kr_graph *graph) {
    return (kr_sparse){.size = sizeof(kr_sparse),
                       .n = graph->n,
                       .dim = graph->n_columns > 0 ? graph->n_columns : graph->n,
                       .start = graph->start,
                       .column = graph->column,
                       .f32 = graph->weight};
}

/* The object takes what the graph holds; or else the status, and the graph is freed. */
kr_status kr__graph_hand_over(kr_status status, kr__graph *graph, kr_graph **out, kr_error *err) {
    kr_graph *made = status == KR_OK ? kr__calloc(1, sizeof *made) : NULL;
    if (made) {
        *made = *graph;
        *out = made;
        return KR_OK;
    }
    if (status == KR_OK) {
        status = kr_fail(err, KR_MEMORY, "out of memory for the graph of %lld points",
                         (long long)graph->n);
    }
    kr__graph_deinit(graph);
    return status;
}

/* The weight of an edge, by bisection; 0: there is none. */
static double find_weight(const kr_sparse *m, int64_t row, int32_t column) {
    int64_t low = m->start[row], high = m->start[row + 1];
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (m->column[middle] == column) return kr__sparse_at(m, middle);
        if (m->column[middle] < column) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return 0;
}

static kr_status check_weights(const kr_sparse *m, kr_error *err) {
    if (m->n != m->dim) {
        return kr_fail(err, KR_SHAPE, "a graph of points is a square, not (%lld, %lld)",
                       (long long)m->n, (long long)m->dim);
    }
    for (int64_t i = 0; i < m->n; i++) {
        for (int64_t e = m->start[i]; e < m->start[i + 1]; e++) {
            double weight = kr__sparse_at(m, e), back = find_weight(m, m->column[e], (int32_t)i);
            if (weight > 0 && weight <= 1 && fabs(weight - back) <= 1e-6) continue;
            return kr_fail(err, KR_USAGE,
                           "edge %lld - %ld weighs %g, and back %g: both must be the same, above 0 "
                           "and up to 1",
                           (long long)i, (long)m->column[e], weight, back);
        }
    }
    return KR_OK;
}

kr_status kr_graph_copy(const kr_sparse *weights, kr_graph **out, kr_error *err) {
    kr_sparse m;
    kr__graph graph = {0};
    KR_TRY(kr__sparse_take(weights, 2, &m, err));
    KR_TRY(check_weights(&m, err));
    kr_status status = kr__graph_make_rows(m.n, &graph, err);
    if (status == KR_OK) {
        memcpy(graph.start, m.start, ((size_t)m.n + 1) * sizeof *m.start);
        status = kr__graph_make_edges(&graph, false, err);
    }
    for (int64_t e = 0; status == KR_OK && e < m.start[m.n]; e++) {
        graph.column[e] = m.column[e];
        graph.weight[e] = (float)kr__sparse_at(&m, e);
    }
    graph.recall = NAN;
    return kr__graph_hand_over(status, &graph, out, err);
}

kr_status kr_graph_create(kr_team *team, const kr_knn *knn, const kr_umap_options *options,
                          kr_graph **out, kr_error *err) {
    kr_umap_options o;
    kr__graph graph = {0};
    KR_TRY(kr__umap_options_take(options, knn->n, &o, err));
    KR_TRY(kr__umap_options_check(&o, knn->n, err));
    KR_TRY(kr__knn_check(knn, knn->n, o.n_neighbors - 1, err));
    return kr__graph_hand_over(kr__umap_graph_create(team, knn, &o, &graph, err), &graph, out, err);
}

static kr_status take_weight(double given, double *weight, kr_error *err) {
    *weight = given == 0 ? 0.5 : given;
    if (*weight > 0 && *weight <= 1) return KR_OK;
    return kr_fail(err, KR_USAGE, "target_weight: %g is out of range; use 0 to 1", given);
}

/* Not one of new points and others. */
static kr_status check_own(const kr_graph *graph, kr_error *err) {
    if (graph->n_columns == 0) return KR_OK;
    return kr_fail(err, KR_SHAPE,
                   "the graph is one of %lld new points and %lld others, not of points among "
                   "themselves",
                   (long long)graph->n, (long long)graph->n_columns);
}

kr_status kr_graph_supervise(kr_team *team, const kr_graph *graph, kr_target kind,
                             const double *target, double weight, kr_graph **out, kr_error *err) {
    kr__graph copy = {0};
    KR_TRY(check_own(graph, err));
    KR_TRY(take_weight(weight, &weight, err));
    kr_status status = kr__graph_copy(graph, &copy, err);
    if (status == KR_OK) {
        status = kr__graph_supervise(team, &copy, kind, target, weight, err);
    }
    return kr__graph_hand_over(status, &copy, out, err);
}

kr_status kr_graph_combine(kr_team *team, const kr_graph *a, const kr_graph *b, kr_graph_join join,
                           double weight, kr_graph **out, kr_error *err) {
    kr__graph joined = {0};
    KR_TRY(take_weight(join == KR_GRAPH_TARGET ? weight : 0, &weight, err));
    KR_TRY(check_own(a, err));
    KR_TRY(check_own(b, err));
    if (a->n != b->n) {
        return kr_fail(err, KR_SHAPE, "graphs of %lld and of %lld points are not of the same",
                       (long long)a->n, (long long)b->n);
    }
    return kr__graph_hand_over(kr__graph_join(team, a, b, join, weight, &joined, err), &joined, out,
                               err);
}
