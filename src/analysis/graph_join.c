/* SPDX-License-Identifier: MIT
 * graph_join.c - two graphs of the same points as one.
 *
 * As umap-learn's general_simplicial_set_intersection() and _union(): where one graph has no edge,
 * a weight below all of its own stands for it. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"

typedef struct joining {
    const kr__graph *a, *b;
    kr_graph_join join;
    double weight;     /* of b against a */
    double no_a, no_b; /* stand for edges that are not there */
    kr__graph *out;    /* its edges NULL: only count them, into start[row + 1] */
} joining;

static double complement(double weight) { return 1 - weight; }
static double itself(double weight) { return weight; }

/* Half of the least weight, at least 1e-8. */
static double half_of_least(const kr__graph *graph, double (*as)(double)) {
    double least = 1;
    for (int64_t e = 0; e < graph->start[graph->n]; e++) {
        least = fmin(least, as((double)graph->weight[e]));
    }
    return fmax(least / 2, 1e-8);
}

static double join_weights(const joining *s, double a, double b) {
    if (s->join == KR_GRAPH_OR) return a + b - a * b;
    double w = s->weight;
    return w < 0.5 ? a * pow(b, w / (1 - w)) : pow(a, (1 - w) / w) * b;
}

static void keep(const joining *s, int64_t row, int64_t *n, int32_t column, double weight) {
    if (!((float)weight > 0)) return;
    if (s->out->column) {
        s->out->column[s->out->start[row] + *n] = column;
        s->out->weight[s->out->start[row] + *n] = (float)weight;
    }
    ++*n;
}

static void join_row(const joining *s, int64_t row) {
    const kr__graph *a = s->a, *b = s->b;
    int64_t i = a->start[row], j = b->start[row], n = 0;
    const int64_t i_end = a->start[row + 1], j_end = b->start[row + 1];
    bool is_without = s->join == KR_GRAPH_WITHOUT;
    while (i < i_end || j < j_end) {
        int32_t from_a = i < i_end ? a->column[i] : INT32_MAX;
        int32_t from_b = j < j_end ? b->column[j] : INT32_MAX;
        double of_a = from_a <= from_b ? (double)a->weight[i] : s->no_a;
        double of_b = from_b <= from_a ? (double)b->weight[j] : s->no_b;
        if (is_without && from_b <= from_a) of_b = complement(of_b);
        if (!is_without || from_a <= from_b) {
            keep(s, row, &n, from_a < from_b ? from_a : from_b, join_weights(s, of_a, of_b));
        }
        i += from_a <= from_b;
        j += from_b <= from_a;
    }
    if (!s->out->column) s->out->start[row + 1] = n;
}

static kr_status join_rows(joining *s, kr_error *err) {
    int64_t n = s->a->n;
    KR_TRY(kr__graph_make_rows(n, s->out, err));
    for (int64_t i = 0; i < n; i++) join_row(s, i);
    for (int64_t i = 0; i < n; i++) s->out->start[i + 1] += s->out->start[i];
    KR_TRY(kr__graph_make_edges(s->out, false, err));
    for (int64_t i = 0; i < n; i++) join_row(s, i);
    s->out->recall = fmin(s->a->recall, s->b->recall);
    return KR_OK;
}

kr_status kr__graph_join(kr_team *team, const kr__graph *a, const kr__graph *b, kr_graph_join join,
                         double weight, kr__graph *out, kr_error *err) {
    joining s = {.a = a, .b = b, .join = join, .weight = weight, .out = out};
    s.no_a = half_of_least(a, itself);
    s.no_b = half_of_least(b, join == KR_GRAPH_WITHOUT ? complement : itself);
    if (join != KR_GRAPH_OR) s.no_b = fmin(s.no_b, 1e-4); /* all of b may be large */
    KR_TRY(join_rows(&s, err));
    return kr__graph_reconnect(team, out, join == KR_GRAPH_AND || join == KR_GRAPH_OR, err);
}
