/* SPDX-License-Identifier: MIT
 * umap_components.c - where a graph of several connected components starts: the components are
 * placed, then each is laid out alone.
 *
 * As in umap-learn: up to twice as many components as the map has dimensions are put at the ends of
 * the axes; more are placed by the eigenvectors of the affinities of their centres. Each fills half
 * the distance to its nearest neighbour. Unlike umap-learn, affinities are exp(-d^2 / mean d^2), so
 * that units do not matter, and if there are too many components for a dense matrix, or no points
 * are known, they are placed at random. */
#include <math.h>

#include "analysis/eigen.h"
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"

enum { MOST_CENTRES = 1024 };

typedef struct components {
    const kr_points *points;
    const kr__graph *graph;
    int64_t dim, count;
    int32_t *component, *queue; /* (n) of each point; points still to be visited */
    int64_t *size;              /* (count) */
    double *place;              /* (count, dim) */
    kr_rng rng;
} components;

static kr_status out_of_memory(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the components of %lld points", (long long)n);
}

/* ---- the components --------------------------------------------------------------------- */

/* Find all points that edges connect with point i. */
static void fill_component(components *s, int64_t i) {
    const kr__graph *g = s->graph;
    int64_t taken = 0, found = 0;
    s->component[i] = (int32_t)s->count;
    s->queue[found++] = (int32_t)i;
    while (taken < found) {
        int64_t from = s->queue[taken++];
        for (int64_t e = g->start[from]; e < g->start[from + 1]; e++) {
            int32_t to = g->column[e];
            if (s->component[to] >= 0) continue;
            s->component[to] = (int32_t)s->count;
            s->queue[found++] = to;
        }
    }
    s->count++;
}

static kr_status find_components(components *s, kr_error *err) {
    int64_t n = s->graph->n;
    s->component = kr__calloc((size_t)n, sizeof *s->component);
    s->queue = kr__calloc((size_t)n, sizeof *s->queue);
    if (!s->component || !s->queue) return out_of_memory(n, err);
    for (int64_t i = 0; i < n; i++) s->component[i] = -1;
    for (int64_t i = 0; i < n; i++) {
        if (s->component[i] < 0) fill_component(s, i);
    }
    s->size = kr__calloc((size_t)s->count, sizeof *s->size);
    s->place = kr__calloc((size_t)s->count, (size_t)s->dim * sizeof *s->place);
    if (!s->size || !s->place) return out_of_memory(n, err);
    for (int64_t i = 0; i < n; i++) s->size[s->component[i]]++;
    return KR_OK;
}

/* ---- their places ----------------------------------------------------------------------- */

static void place_on_axes(components *s) {
    int64_t half = (s->count + 1) / 2;
    for (int64_t p = 0; p < s->count; p++) s->place[p * s->dim + p % half] = p < half ? 1 : -1;
}

/* From the first point, so that an offset changes nothing. */
static void find_centres(const components *s, double *centre) {
    int64_t n = s->graph->n, width = s->points->dim;
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < width; c++) {
            double x = kr__points_at(s->points, i, c) - kr__points_at(s->points, 0, c);
            centre[s->component[i] * width + c] += x / (double)s->size[s->component[i]];
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

static kr_status place_by_affinity(kr_team *team, components *s, kr_error *err) {
    int64_t count = s->count, n_vectors = s->dim + 1;
    double *centre = kr__calloc((size_t)count, (size_t)s->points->dim * sizeof *centre);
    double *matrix = kr__calloc((size_t)count, (size_t)count * sizeof *matrix);
    double *root = kr__calloc((size_t)count, sizeof *root);
    double *values = kr__calloc((size_t)n_vectors, sizeof *values);
    double *vectors = kr__calloc((size_t)n_vectors, (size_t)count * sizeof *vectors);
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

static kr_status place_components(kr_team *team, components *s, kr_error *err) {
    if (s->count <= 2 * s->dim) {
        place_on_axes(s);
    } else if (s->points && s->count <= MOST_CENTRES) {
        return place_by_affinity(team, s, err);
    } else {
        for (int64_t i = 0; i < s->count * s->dim; i++) {
            s->place[i] = 2 * kr__rng_uniform(&s->rng) - 1;
        }
    }
    return KR_OK;
}

/* Half the distance to the nearest component in another place. Beyond MOST_CENTRES, when all pairs
 * would take too long, the distance that a grid would have. */
static double find_reach(const components *s, int64_t component) {
    double nearest = INFINITY;
    if (s->count > MOST_CENTRES) return pow((double)s->count, -1 / (double)s->dim);
    kr_points places = kr_points_f64(s->place, s->count, s->dim);
    for (int64_t p = 0; p < s->count; p++) {
        double d2 = kr__points_distance2(&places, component, p);
        if (d2 > 0) nearest = fmin(nearest, d2);
    }
    return isfinite(nearest) ? sqrt(nearest) / 2 : 0.5;
}

/* ---- a component ------------------------------------------------------------------------ */

/* The rows `rows` of a graph as a graph of its own. number (all points): the place of each of them
 * in `rows`. */
static kr_status cut_out(const kr__graph *from, int64_t n, const int32_t *rows, int32_t *number,
                         kr__graph *out, kr_error *err) {
    int64_t n_edges = 0;
    for (int64_t i = 0; i < n; i++) {
        number[rows[i]] = (int32_t)i;
        n_edges += from->start[rows[i] + 1] - from->start[rows[i]];
    }
    out->n = n;
    out->start = kr__calloc((size_t)n + 1, sizeof *out->start);
    out->column = kr__calloc((size_t)n_edges + 1, sizeof *out->column);
    out->weight = kr__calloc((size_t)n_edges + 1, sizeof *out->weight);
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

/* rows: the points of the component; own (size, dim): room for its layout. */
static kr_status lay_out_component(kr_team *team, components *s, int64_t component,
                                   const int32_t *rows, double *own, uint64_t seed, double *out,
                                   kr_error *err) {
    int64_t n = s->size[component], dim = s->dim;
    double reach = find_reach(s, component), largest = 1;
    if (n < 2 * dim || n <= dim + 1) {
        for (int64_t i = 0; i < n * dim; i++) own[i] = 2 * kr__rng_uniform(&s->rng) - 1;
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
            out[rows[i] * dim + c] = s->place[component * dim + c] +
                                     own[i * dim + c] * (largest > 0 ? reach / largest : 0);
        }
    }
    return KR_OK;
}

static kr_status lay_out_components(kr_team *team, components *s, uint64_t seed, double *out,
                                    kr_error *err) {
    int64_t n = s->graph->n, first = 0;
    int32_t *rows = kr__calloc((size_t)n, sizeof *rows);
    int64_t *next = kr__calloc((size_t)s->count, sizeof *next);
    double *own = kr__calloc((size_t)n, (size_t)s->dim * sizeof *own);
    kr_status status = rows && next && own ? place_components(team, s, err) : out_of_memory(n, err);
    if (status == KR_OK) {
        for (int64_t p = 1; p < s->count; p++) next[p] = next[p - 1] + s->size[p - 1];
        for (int64_t i = 0; i < n; i++) rows[next[s->component[i]]++] = (int32_t)i;
    }
    for (int64_t p = 0; p < s->count && status == KR_OK; first += s->size[p], p++) {
        status = lay_out_component(team, s, p, rows + first, own, seed, out, err);
    }
    kr_free(rows);
    kr_free(next);
    kr_free(own);
    return status;
}

kr_status kr__umap_start_spectral(kr_team *team, const kr_points *points, const kr__graph *graph,
                                  int64_t dim, uint64_t seed, double *out, kr_error *err) {
    components s = {.points = points,
                    .graph = graph,
                    .dim = dim,
                    .rng = kr__rng_make(seed, KR_STREAM_SAMPLE, 0)};
    kr_status status = find_components(&s, err);
    if (status == KR_OK) {
        status = s.count == 1 ? kr__umap_spectral(team, graph, dim, seed, out, err)
                              : lay_out_components(team, &s, seed, out, err);
    }
    kr_free(s.component);
    kr_free(s.queue);
    kr_free(s.size);
    kr_free(s.place);
    return status;
}
