/* SPDX-License-Identifier: MIT
 * umap_parts.c - where a graph of several parts starts: parts are placed, each is laid out alone.
 *
 * As in umap-learn: up to 2 n_components parts stand at the ends of the axes; more of them where
 * the eigenvectors of their centres' affinities say. Each fills half the way to its nearest
 * neighbour. Other than there, affinities are exp(-d^2 / mean d^2), so that units do not matter,
 * and so many parts that a dense matrix of them is too much are placed at random. */
#include <math.h>

#include "analysis/eigen.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"

enum { MOST_CENTRES = 1024 };

typedef struct parts {
    const kr_points *points;
    const kr__graph *graph;
    int64_t dim, count;
    int32_t *part, *queue; /* (n) of each point; and points to be looked at */
    int64_t *size;         /* (count) */
    double *place;         /* (count, dim) */
    kr_rng rng;
} parts;

static kr_status out_of_memory(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the parts of %lld points", (long long)n);
}

/* ---- the parts -------------------------------------------------------------------------- */

/* All that hangs together with point i. */
static void fill_part(parts *s, int64_t i) {
    const kr__graph *g = s->graph;
    int64_t taken = 0, known = 0;
    s->part[i] = (int32_t)s->count;
    s->queue[known++] = (int32_t)i;
    while (taken < known) {
        int64_t from = s->queue[taken++];
        for (int64_t e = g->start[from]; e < g->start[from + 1]; e++) {
            int32_t to = g->column[e];
            if (s->part[to] >= 0) continue;
            s->part[to] = (int32_t)s->count;
            s->queue[known++] = to;
        }
    }
    s->count++;
}

static kr_status find_parts(parts *s, kr_error *err) {
    int64_t n = s->graph->n;
    s->part = kr_calloc((size_t)n, sizeof *s->part);
    s->queue = kr_calloc((size_t)n, sizeof *s->queue);
    if (!s->part || !s->queue) return out_of_memory(n, err);
    for (int64_t i = 0; i < n; i++) s->part[i] = -1;
    for (int64_t i = 0; i < n; i++) {
        if (s->part[i] < 0) fill_part(s, i);
    }
    s->size = kr_calloc((size_t)s->count, sizeof *s->size);
    s->place = kr_calloc((size_t)s->count, (size_t)s->dim * sizeof *s->place);
    if (!s->size || !s->place) return out_of_memory(n, err);
    for (int64_t i = 0; i < n; i++) s->size[s->part[i]]++;
    return KR_OK;
}

/* ---- their places ----------------------------------------------------------------------- */

static void place_on_axes(parts *s) {
    int64_t half = (s->count + 1) / 2;
    for (int64_t p = 0; p < s->count; p++) s->place[p * s->dim + p % half] = p < half ? 1 : -1;
}

static void find_centres(const parts *s, double *centre) {
    int64_t n = s->graph->n, width = s->points->dim;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < width; c++) {
            centre[s->part[i] * width + c] +=
                kr__points_at(s->points, i, c) / (double)s->size[s->part[i]];
        }
    }
}

/* Affinities of the centres over the roots of their sums: D^-1/2 A D^-1/2. */
static void fill_affinities(int64_t count, const kr_points *centres, double *matrix, double *root) {
    double mean = 0;
    for (int64_t a = 0; a < count; a++) {
        for (int64_t b = 0; b < count; b++) {
            mean += matrix[a * count + b] = kr__points_distance2(centres, a, b);
        }
    }
    mean /= (double)(count * count);
    for (int64_t a = 0; a < count; a++) {
        for (int64_t b = 0; b < count; b++) {
            double d2 = matrix[a * count + b], affinity = mean > 0 ? exp(-d2 / mean) : 1;
            matrix[a * count + b] = a == b ? 0 : affinity;
            root[a] += matrix[a * count + b];
        }
        root[a] = sqrt(root[a]);
    }
    for (int64_t a = 0; a < count; a++) {
        for (int64_t b = 0; b < count; b++) matrix[a * count + b] /= root[a] * root[b];
    }
}

static kr_status place_by_affinity(kr_team *team, parts *s, kr_error *err) {
    int64_t count = s->count, n_vectors = s->dim + 1;
    double *centre = kr_calloc((size_t)count, (size_t)s->points->dim * sizeof *centre);
    double *matrix = kr_calloc((size_t)count, (size_t)count * sizeof *matrix);
    double *root = kr_calloc((size_t)count, sizeof *root);
    double *values = kr_calloc((size_t)n_vectors, sizeof *values);
    double *vectors = kr_calloc((size_t)n_vectors, (size_t)count * sizeof *vectors);
    kr_status status = out_of_memory(s->graph->n, NULL);
    if (centre && matrix && root && values && vectors) {
        kr_points centres = kr_points_f64(centre, count, s->points->dim);
        find_centres(s, centre);
        fill_affinities(count, &centres, matrix, root);
        status = kr__eigen_largest(team, count, matrix, n_vectors, values, vectors, err);
    }
    double largest = 0;
    for (int64_t p = 0; p < count && status == KR_OK; p++) {
        for (int64_t c = 0; c < s->dim; c++) { /* the first vector is the same for all */
            double x = vectors[(c + 1) * count + p] / root[p];
            s->place[p * s->dim + c] = x;
            largest = fmax(largest, fabs(x));
        }
    }
    for (int64_t i = 0; i < count * s->dim && largest > 0; i++) s->place[i] /= largest;
    kr_free(centre);
    kr_free(matrix);
    kr_free(root);
    kr_free(values);
    kr_free(vectors);
    return status == KR_MEMORY ? out_of_memory(s->graph->n, err) : status;
}

static kr_status place_parts(kr_team *team, parts *s, kr_error *err) {
    if (s->count <= 2 * s->dim) {
        place_on_axes(s);
    } else if (s->count <= MOST_CENTRES) {
        return place_by_affinity(team, s, err);
    } else {
        for (int64_t i = 0; i < s->count * s->dim; i++) {
            s->place[i] = 2 * kr_rng_uniform(&s->rng) - 1;
        }
    }
    return KR_OK;
}

/* Half the way to the nearest part that is somewhere else. Beyond MOST_CENTRES, where looking at
 * all pairs takes too long, what it would be on a grid. */
static double find_reach(const parts *s, int64_t part) {
    double nearest = INFINITY;
    if (s->count > MOST_CENTRES) return pow((double)s->count, -1 / (double)s->dim);
    kr_points places = kr_points_f64(s->place, s->count, s->dim);
    for (int64_t p = 0; p < s->count; p++) {
        double d2 = kr__points_distance2(&places, part, p);
        if (d2 > 0) nearest = fmin(nearest, d2);
    }
    return isfinite(nearest) ? sqrt(nearest) / 2 : 0.5;
}

/* ---- a part ----------------------------------------------------------------------------- */

/* The rows `rows` of a graph as a graph of its own; number: (all points) place among them. */
static kr_status cut_out(const kr__graph *from, int64_t n, const int32_t *rows, int32_t *number,
                         kr__graph *out, kr_error *err) {
    int64_t n_edges = 0;
    for (int64_t i = 0; i < n; i++) {
        number[rows[i]] = (int32_t)i;
        n_edges += from->start[rows[i] + 1] - from->start[rows[i]];
    }
    out->n = n;
    out->start = kr_calloc((size_t)n + 1, sizeof *out->start);
    out->column = kr_calloc((size_t)n_edges + 1, sizeof *out->column);
    out->weight = kr_calloc((size_t)n_edges + 1, sizeof *out->weight);
    if (!out->start || !out->column || !out->weight) return out_of_memory(n, err);
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t e = from->start[rows[i]]; e < from->start[rows[i] + 1]; e++) {
            out->column[at] = number[from->column[e]];
            out->weight[at++] = from->weight[e];
        }
        out->start[i + 1] = at;
    }
    return KR_OK;
}

/* rows: the points of the part; own (size, dim): room for its layout. */
static kr_status lay_out_part(kr_team *team, parts *s, int64_t part, const int32_t *rows,
                              double *own, uint64_t seed, double *out, kr_error *err) {
    int64_t n = s->size[part], dim = s->dim;
    double reach = find_reach(s, part), largest = 1;
    if (n < 2 * dim || n <= dim + 1) {
        for (int64_t i = 0; i < n * dim; i++) own[i] = 2 * kr_rng_uniform(&s->rng) - 1;
    } else {
        kr__graph graph = {0};
        kr_status status = cut_out(s->graph, n, rows, s->queue, &graph, err);
        if (status == KR_OK) status = kr__umap_spectral(team, &graph, dim, seed, own, err);
        kr__graph_deinit(&graph);
        if (status != KR_OK) return status;
        largest = 0;
        for (int64_t i = 0; i < n * dim; i++) largest = fmax(largest, fabs(own[i]));
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < dim; c++) {
            out[rows[i] * dim + c] =
                s->place[part * dim + c] + own[i * dim + c] * (largest > 0 ? reach / largest : 0);
        }
    }
    return KR_OK;
}

static kr_status lay_out_parts(kr_team *team, parts *s, uint64_t seed, double *out, kr_error *err) {
    int64_t n = s->graph->n, first = 0;
    int32_t *rows = kr_calloc((size_t)n, sizeof *rows);
    int64_t *next = kr_calloc((size_t)s->count, sizeof *next);
    double *own = kr_calloc((size_t)n, (size_t)s->dim * sizeof *own);
    kr_status status = rows && next && own ? place_parts(team, s, err) : out_of_memory(n, err);
    if (status == KR_OK) {
        for (int64_t p = 1; p < s->count; p++) next[p] = next[p - 1] + s->size[p - 1];
        for (int64_t i = 0; i < n; i++) rows[next[s->part[i]]++] = (int32_t)i;
    }
    for (int64_t p = 0; p < s->count && status == KR_OK; first += s->size[p], p++) {
        status = lay_out_part(team, s, p, rows + first, own, seed, out, err);
    }
    kr_free(rows);
    kr_free(next);
    kr_free(own);
    return status;
}

kr_status kr__umap_start_spectral(kr_team *team, const kr_points *points, const kr__graph *graph,
                                  int64_t dim, uint64_t seed, double *out, kr_error *err) {
    parts s = {.points = points,
               .graph = graph,
               .dim = dim,
               .rng = kr_rng_make(seed, KR_STREAM_SAMPLE, 0)};
    kr_status status = find_parts(&s, err);
    if (status == KR_OK) {
        status = s.count == 1 ? kr__umap_spectral(team, graph, dim, seed, out, err)
                              : lay_out_parts(team, &s, seed, out, err);
    }
    kr_free(s.part);
    kr_free(s.queue);
    kr_free(s.size);
    kr_free(s.place);
    return status;
}
