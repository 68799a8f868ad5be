/* SPDX-License-Identifier: MIT
 * umap_graph.c - the weighted graph of UMAP: how near each pair of neighbours is, as seen from both
 * ends.
 *
 * Names and rules are umap-learn's: rho, sigma, the union, the intersection with classes. */
#include "analysis/umap_internal.h"
#include "core/arena.h"

#include <math.h>
#include <string.h>

enum { ROUNDS = 64, POWER_ROUNDS = 32, PIECE = 256 /* rows */ };
static const double tolerance = 1e-5, least_scale = 1e-3;

static int64_t count_pieces(int64_t n) { return (n + PIECE - 1) / PIECE; }
static int64_t end_of_piece(int64_t piece, int64_t n) {
    return (piece + 1) * PIECE < n ? (piece + 1) * PIECE : n;
}

/* ---- rho and sigma ---------------------------------------------------------------------- */

/* The distance to neighbour number `connectivity`, without equal points; interpolated when it is
 * not an integer. */
static double find_rho(const kr__umap_distances *s, const double *distance) {
    int64_t zeros = 0;
    while (zeros < s->k && distance[zeros] <= 0) zeros++;
    const double *d = distance + zeros;
    int64_t n = s->k - zeros, rank = (int64_t)floor(s->connectivity);
    double fraction = s->connectivity - (double)rank;
    if (n == 0) return 0;
    if (n < rank || (n == rank && fraction > 0)) return d[n - 1];
    if (rank == 0) return fraction * d[0];
    return fraction > tolerance ? d[rank - 1] + fraction * (d[rank] - d[rank - 1]) : d[rank - 1];
}

static double sum_memberships(const kr__umap_distances *s, const double *distance, double rho,
                              double sigma) {
    double sum = 0;
    for (int64_t j = s->first; j < s->k; j++) {
        double d = distance[j] - rho;
        sum += d > 0 ? exp(-d / sigma) : 1;
    }
    return sum;
}

/* Doubling, then halving: the sum grows with sigma. It starts at a power of two near the farthest
 * neighbour's distance, so that sigma follows the unit to the bit. */
static double find_sigma(const kr__umap_distances *s, const double *distance, double rho) {
    double low = 0, high = INFINITY, target = log2((double)s->n_neighbors);
    double farthest = s->k > 0 ? distance[s->k - 1] : 0;
    double sigma = farthest > 0 ? ldexp(1, ilogb(farthest)) : 1;
    for (int round = 0; round < ROUNDS; round++) {
        double sum = sum_memberships(s, distance, rho, sigma);
        if (fabs(sum - target) < tolerance) break;
        if (sum > target) {
            high = sigma;
        } else {
            low = sigma;
        }
        sigma = isinf(high) ? 2 * sigma : (low + high) / 2;
    }
    return sigma;
}

/* How many of a row's are near enough to be neighbours. */
static int64_t count_near(const kr__umap_distances *s, const double *distance) {
    int64_t k = s->k;
    while (s->apart > 0 && k > 0 && distance[k - 1] >= s->apart) k--;
    return k;
}

static double mean_distance(const kr__umap_distances *s, int64_t row) {
    const double *distance = s->distance + row * s->stride;
    int64_t k = count_near(s, distance), n = s->n_neighbors - s->k + k;
    double mean = 0; /* of summands that are small already: the sum could be beyond double */
    for (int64_t j = 0; j < k; j++) mean += distance[j] / (double)n;
    return mean;
}

typedef struct smoothing {
    const kr__umap_distances *distances;
    double mean; /* of all distances */
    double *rho, *sigma;
} smoothing;

static void smooth_piece(void *arg, int64_t piece, int worker) {
    const smoothing *s = arg;
    const kr__umap_distances *all = s->distances;
    (void)worker;
    for (int64_t i = piece * PIECE; i < end_of_piece(piece, all->n); i++) {
        const double *distance = all->distance + i * all->stride;
        kr__umap_distances near = *all;
        near.k = count_near(all, distance);
        double rho = find_rho(&near, distance), sigma = find_sigma(&near, distance, rho);
        double least = least_scale * (rho > 0 ? mean_distance(all, i) : s->mean);
        s->rho[i] = rho;
        s->sigma[i] = sigma < least ? least : sigma;
    }
}

void kr__umap_smooth(kr_team *team, const kr__umap_distances *distances, double *rho,
                     double *sigma) {
    smoothing s = {.distances = distances, .rho = rho, .sigma = sigma};
    for (int64_t i = 0; i < distances->n; i++) {
        s.mean += mean_distance(distances, i) / (double)distances->n;
    }
    kr_team_for(team, count_pieces(distances->n), smooth_piece, &s);
}

float kr__umap_membership(double d, double rho, double sigma) {
    double beyond = d - rho;
    return beyond > 0 && sigma > 0 ? (float)exp(-beyond / sigma) : 1;
}

/* ---- a graph ---------------------------------------------------------------------------- */

void kr__graph_deinit(kr__graph *graph) {
    kr_free(graph->start);
    kr_free(graph->column);
    kr_free(graph->weight);
    kr_free(graph->distance);
    *graph = (kr__graph){0};
}

static kr_status out_of_memory(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the graph of %lld points", (long long)n);
}

kr_status kr__graph_make_rows(int64_t n, kr__graph *graph, kr_error *err) {
    graph->n = n;
    graph->start = kr__calloc((size_t)n + 1, sizeof *graph->start);
    return graph->start ? KR_OK : out_of_memory(n, err);
}

/* Allocate the edges that start[n] counts. */
kr_status kr__graph_make_edges(kr__graph *graph, bool has_distance, kr_error *err) {
    size_t n_edges = (size_t)(graph->start[graph->n] > 0 ? graph->start[graph->n] : 1);
    graph->column = kr__calloc(n_edges, sizeof *graph->column);
    graph->weight = kr__calloc(n_edges, sizeof *graph->weight);
    if (has_distance) graph->distance = kr__calloc(n_edges, sizeof *graph->distance);
    bool has_room = graph->column && graph->weight && (graph->distance || !has_distance);
    return has_room ? KR_OK : out_of_memory(graph->n, err);
}

/* Counts of rows 0 .. n-1, kept at start[1 .. n], become starts. */
static void sum_counts(kr__graph *graph) {
    for (int64_t i = 0; i < graph->n; i++) graph->start[i + 1] += graph->start[i];
}

static kr_status transpose(const kr__graph *from, kr__graph *to, kr_error *err) {
    int64_t n = from->n;
    KR_TRY(kr__graph_make_rows(n, to, err));
    for (int64_t e = 0; e < from->start[n]; e++) to->start[from->column[e] + 1]++;
    sum_counts(to);
    KR_TRY(kr__graph_make_edges(to, from->distance, err));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t e = from->start[i]; e < from->start[i + 1]; e++) {
            int64_t at = to->start[from->column[e]]++;
            to->column[at] = (int32_t)i;
            to->weight[at] = from->weight[e];
            if (from->distance) to->distance[at] = from->distance[e];
        }
    }
    memmove(to->start + 1, to->start, (size_t)n * sizeof *to->start); /* each is at its row's end */
    to->start[0] = 0;
    return KR_OK;
}

/* ---- the union -------------------------------------------------------------------------- */

typedef struct joining {
    const kr__graph *a, *b; /* a matrix and its transpose */
    double mix;             /* 1: union, 0: intersection */
    kr__graph *out;         /* its edges NULL: only count them, into start[row + 1] */
} joining;

static float join_weights(double a, double b, double mix) {
    return (float)(mix * (a + b - a * b) + (1 - mix) * (a * b));
}

/* Where both ends know it, they differ only if the caller's distances do: the larger counts. */
static float join_distances(const kr__graph *a, int64_t in_a, const kr__graph *b, int64_t in_b) {
    float x = in_a >= 0 ? a->distance[in_a] : 0, y = in_b >= 0 ? b->distance[in_b] : 0;
    return x > y ? x : y;
}

static void join_row(const joining *s, int64_t row) {
    const kr__graph *a = s->a, *b = s->b;
    int64_t i = a->start[row], j = b->start[row], n = 0;
    const int64_t i_end = a->start[row + 1], j_end = b->start[row + 1];
    while (i < i_end || j < j_end) {
        int32_t from_a = i < i_end ? a->column[i] : INT32_MAX;
        int32_t from_b = j < j_end ? b->column[j] : INT32_MAX;
        int32_t column = from_a < from_b ? from_a : from_b;
        int64_t in_a = from_a == column ? i++ : -1, in_b = from_b == column ? j++ : -1;
        double x = in_a >= 0 ? (double)a->weight[in_a] : 0;
        double y = in_b >= 0 ? (double)b->weight[in_b] : 0;
        float weight = join_weights(x, y, s->mix);
        if (!(weight > 0)) continue;
        if (s->out->column) {
            int64_t at = s->out->start[row] + n;
            s->out->column[at] = column;
            s->out->weight[at] = weight;
            if (s->out->distance) s->out->distance[at] = join_distances(a, in_a, b, in_b);
        }
        n++;
    }
    if (!s->out->column) s->out->start[row + 1] = n;
}

static void join_piece(void *arg, int64_t piece, int worker) {
    const joining *s = arg;
    (void)worker;
    for (int64_t i = piece * PIECE; i < end_of_piece(piece, s->a->n); i++) join_row(s, i);
}

/* Each row is merged twice: to be counted, and to be written where the counts say. */
static kr_status join_with_transpose(kr_team *team, const kr__graph *graph, double mix,
                                     kr__graph *out, kr_error *err) {
    kr__graph other = {0};
    joining s = {.a = graph, .b = &other, .mix = mix, .out = out};
    kr_status status = transpose(graph, &other, err);
    if (status == KR_OK) status = kr__graph_make_rows(graph->n, out, err);
    if (status == KR_OK) {
        kr_team_for(team, count_pieces(graph->n), join_piece, &s);
        sum_counts(out);
        status = kr__graph_make_edges(out, graph->distance, err);
    }
    if (status == KR_OK) kr_team_for(team, count_pieces(graph->n), join_piece, &s);
    kr__graph_deinit(&other);
    return status;
}

/* Write row i of the neighbourhoods by insertion: neighbours come nearest first, but columns must
 * rise. */
static void insert_edges(const kr_knn *knn, int64_t i, int64_t k, double apart, const double *rho,
                         const double *sigma, kr__graph *out) {
    int32_t *column = out->column + i * k;
    float *weight = out->weight + i * k, *far = out->distance ? out->distance + i * k : NULL;
    for (int64_t j = 0; j < k; j++) {
        int32_t other = knn->index[i * knn->k + j];
        double distance = knn->distance[i * knn->k + j];
        int64_t at = j;
        for (; at > 0 && column[at - 1] > other; at--) {
            column[at] = column[at - 1];
            weight[at] = weight[at - 1];
            if (far) far[at] = far[at - 1];
        }
        column[at] = other;
        weight[at] = distance < apart ? kr__umap_membership(distance, rho[i], sigma[i]) : 0;
        if (far) far[at] = (float)distance;
    }
}

typedef struct neighbourhoods {
    const kr_knn *knn;
    int64_t k;
    double apart;
    const double *rho, *sigma;
    kr__graph *out;
} neighbourhoods;

static void insert_piece(void *arg, int64_t piece, int worker) {
    const neighbourhoods *s = arg;
    (void)worker;
    for (int64_t i = piece * PIECE; i < end_of_piece(piece, s->knn->n); i++) {
        insert_edges(s->knn, i, s->k, s->apart, s->rho, s->sigma, s->out);
    }
}

/* The neighbourhood of each point, as that point sees it. */
static kr_status make_neighbourhoods(kr_team *team, const kr_knn *knn,
                                     const kr_umap_options *options, kr__graph *out,
                                     kr_error *err) {
    int64_t n = knn->n, k = options->n_neighbors - 1;
    double apart = options->disconnection > 0 ? kr__umap_apart(options, knn) : (double)INFINITY;
    double *rho = kr__calloc((size_t)n, sizeof *rho);
    double *sigma = kr__calloc((size_t)n, sizeof *sigma);
    kr_status status = rho && sigma ? kr__graph_make_rows(n, out, err) : out_of_memory(n, err);
    if (status == KR_OK) {
        for (int64_t i = 0; i <= n; i++) out->start[i] = i * k;
        status = kr__graph_make_edges(out, kr__umap_needs_distances(options), err);
    }
    if (status == KR_OK) {
        kr__umap_smooth(team,
                        &(kr__umap_distances){.n = n,
                                              .stride = knn->k,
                                              .distance = knn->distance,
                                              .k = k,
                                              .n_neighbors = k + 1,
                                              .connectivity = options->local_connectivity,
                                              .apart = apart},
                        rho, sigma);
        neighbourhoods s = {knn, k, apart, rho, sigma, out};
        kr_team_for(team, count_pieces(n), insert_piece, &s);
    }
    kr_free(rho);
    kr_free(sigma);
    return status;
}

kr_status kr__umap_graph_create(kr_team *team, const kr_knn *knn, const kr_umap_options *options,
                                kr__graph *out, kr_error *err) {
    kr__graph directed = {0};
    kr_status status = make_neighbourhoods(team, knn, options, &directed, err);
    if (status == KR_OK)
        status = join_with_transpose(team, &directed, options->set_op_mix, out, err);
    if (status == KR_OK) out->recall = knn->recall;
    kr__graph_deinit(&directed);
    return status;
}

/* ---- after weights have changed --------------------------------------------------------- */

/* The power to which a row's weights, the greatest of which is 1, have the sum log2(15). */
static double find_power(const float *weight, int64_t n) {
    const double target = log2(15);
    double low = 0, high = INFINITY, power = 1;
    for (int round = 0; round < POWER_ROUNDS; round++) {
        double sum = 0;
        for (int64_t e = 0; e < n; e++) sum += pow((double)weight[e], power);
        if (fabs(sum - target) < tolerance) break;
        if (sum < target) {
            high = power;
        } else {
            low = power;
        }
        power = isinf(high) ? 2 * power : (low + high) / 2;
    }
    return power;
}

static void reconnect_row(kr__graph *graph, int64_t row, bool as_of_15) {
    float *weight = graph->weight + graph->start[row], greatest = 0;
    int64_t n = graph->start[row + 1] - graph->start[row];
    for (int64_t e = 0; e < n; e++) greatest = fmaxf(greatest, weight[e]);
    for (int64_t e = 0; e < n && greatest > 0; e++) weight[e] /= greatest;
    if (!as_of_15 || n == 0) return;
    double power = find_power(weight, n);
    for (int64_t e = 0; e < n; e++) weight[e] = (float)pow((double)weight[e], power);
}

kr_status kr__graph_reconnect(kr_team *team, kr__graph *graph, bool as_of_15, kr_error *err) {
    kr__graph joined = {0};
    for (int64_t i = 0; i < graph->n; i++) reconnect_row(graph, i, as_of_15);
    kr_status status = join_with_transpose(team, graph, 1, &joined, err);
    if (status == KR_OK) {
        joined.recall = graph->recall;
        kr__graph_deinit(graph);
        *graph = joined;
    } else {
        kr__graph_deinit(&joined);
    }
    return status;
}

static void *copy_of(const void *from, int64_t n, size_t size) {
    void *to = kr__calloc((size_t)(n > 0 ? n : 1), size);
    if (to) memcpy(to, from, (size_t)n * size);
    return to;
}

kr_status kr__graph_copy(const kr__graph *from, kr__graph *out, kr_error *err) {
    int64_t n_edges = from->start[from->n];
    kr__graph copy = *from;
    copy.start = copy_of(from->start, from->n + 1, sizeof *copy.start);
    copy.column = copy_of(from->column, n_edges, sizeof *copy.column);
    copy.weight = copy_of(from->weight, n_edges, sizeof *copy.weight);
    if (from->distance) copy.distance = copy_of(from->distance, n_edges, sizeof *copy.distance);
    if (copy.start && copy.column && copy.weight && !copy.distance == !from->distance) {
        *out = copy;
        return KR_OK;
    }
    kr__graph_deinit(&copy);
    return out_of_memory(from->n, err);
}

/* ---- pruning ---------------------------------------------------------------------------- */

int64_t kr__umap_graph_count_alone(const kr__graph *graph) {
    int64_t n_alone = 0;
    for (int64_t i = 0; i < graph->n; i++) n_alone += graph->start[i + 1] == graph->start[i];
    return n_alone;
}

void kr__umap_graph_prune(kr__graph *graph, int64_t n_epochs) {
    int64_t n_edges = graph->start[graph->n], kept = 0, e = 0;
    float greatest = 0;
    for (int64_t i = 0; i < n_edges; i++) greatest = fmaxf(greatest, graph->weight[i]);
    float least = (float)((double)greatest / (double)n_epochs);
    for (int64_t i = 0; i < graph->n; i++) {
        for (; e < graph->start[i + 1]; e++) {
            if (graph->weight[e] < least) continue;
            graph->column[kept] = graph->column[e];
            if (graph->distance) graph->distance[kept] = graph->distance[e];
            graph->weight[kept++] = graph->weight[e];
        }
        graph->start[i + 1] = kept;
    }
}
