/* SPDX-License-Identifier: MIT
 * umap_spectral.c - eigenvectors of a graph's Laplacian, where the points of a map start.
 *
 * With D the sums of the rows, I - D^-1/2 W D^-1/2 has sqrt(D) as its first eigenvector, of value
 * 0. It is known, so it is taken out of the product, and ARPACK finds the next ones as those of the
 * greatest values of D^-1/2 W D^-1/2. */
#include "analysis/umap_internal.h"

#include <arpack/arpack.h>
#include <math.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/random.h>

enum { PIECE = 256 /* rows */, LEAST_BASIS = 20 };

static kr_status out_of_memory(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the spectrum of %lld points", (long long)n);
}

/* ---- the operator ----------------------------------------------------------------------- */

typedef struct operator{
    const kr__graph *graph;
    double *scale;   /* (n) 1 / sqrt(D) */
    double *first;   /* (n) sqrt(D), of length 1 */
    double *scaled;  /* (n) of a product */
    const double *x; /* of a product */
    double *y;
    double along; /* x along first */
}
operator;

static void scale_piece(void *arg, int64_t piece, int worker) {
    operator* op = arg;
    (void)worker;
    for (int64_t i = piece * PIECE; i < op->graph->n && i < (piece + 1) * PIECE; i++) {
        op->scaled[i] = op->scale[i] * op->x[i];
    }
}

static void multiply_piece(void *arg, int64_t piece, int worker) {
    operator* op = arg;
    const kr__graph *g = op->graph;
    (void)worker;
    for (int64_t i = piece * PIECE; i < g->n && i < (piece + 1) * PIECE; i++) {
        double sum = 0;
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            sum += (double)g->weight[e] * op->scaled[g->column[e]];
        }
        op->y[i] = op->scale[i] * sum - op->along * op->first[i];
    }
}

/* y = (D^-1/2 W D^-1/2 - first first^T) x */
static void multiply(kr_team *team, operator* op, const double *x, double *y) {
    int64_t n_pieces = (op->graph->n + PIECE - 1) / PIECE;
    op->x = x;
    op->y = y;
    op->along = 0;
    for (int64_t i = 0; i < op->graph->n; i++) op->along += x[i] * op->first[i];
    kr_team_for(team, n_pieces, scale_piece, op);
    kr_team_for(team, n_pieces, multiply_piece, op);
}

static kr_status make_operator(const kr__graph *graph, operator* op, kr_error *err) {
    size_t n = (size_t)graph->n;
    double total = 0;
    op->graph = graph;
    op->scale = kr_calloc(n, sizeof *op->scale);
    op->first = kr_calloc(n, sizeof *op->first);
    op->scaled = kr_calloc(n, sizeof *op->scaled);
    if (!op->scale || !op->first || !op->scaled) return out_of_memory(graph->n, err);
    for (int64_t i = 0; i < graph->n; i++) {
        double sum = 0;
        for (int64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
            sum += (double)graph->weight[e];
        }
        op->scale[i] = sum > 0 ? 1 / sqrt(sum) : 0;
        op->first[i] = sqrt(sum);
        total += sum;
    }
    for (int64_t i = 0; i < graph->n && total > 0; i++) op->first[i] /= sqrt(total);
    return KR_OK;
}

/* ---- eigenvectors ----------------------------------------------------------------------- */

typedef struct solver {
    a_int n, count, basis, size; /* rows, eigenvectors, Lanczos vectors, of workl */
    double *residual, *vectors, *workd, *workl, *values;
    a_int *select;
} solver;

static kr_status make_solver(int64_t n, int64_t count, uint64_t seed, solver *s, kr_error *err) {
    int64_t basis = 2 * count + 1 > LEAST_BASIS ? 2 * count + 1 : LEAST_BASIS;
    if (basis > n) basis = n;
    s->n = (a_int)n;
    s->count = (a_int)count;
    s->basis = (a_int)basis;
    s->size = (a_int)(basis * (basis + 8));
    s->residual = kr_calloc((size_t)n, sizeof *s->residual);
    s->vectors = kr_calloc((size_t)n, (size_t)basis * sizeof *s->vectors);
    s->workd = kr_calloc((size_t)n, 3 * sizeof *s->workd);
    s->workl = kr_calloc((size_t)s->size, sizeof *s->workl);
    s->values = kr_calloc((size_t)count, sizeof *s->values);
    s->select = kr_calloc((size_t)basis, sizeof *s->select);
    if (!s->residual || !s->vectors || !s->workd || !s->workl || !s->values || !s->select) {
        return out_of_memory(n, err);
    }
    kr_rng rng = kr_rng_make(seed, KR_STREAM_INIT, (uint64_t)n);
    for (int64_t i = 0; i < n; i++) s->residual[i] = kr_rng_uniform(&rng) - 0.5;
    return KR_OK;
}

static void free_solver(solver *s) {
    kr_free(s->residual);
    kr_free(s->vectors);
    kr_free(s->workd);
    kr_free(s->workl);
    kr_free(s->values);
    kr_free(s->select);
}

/* Did it converge? Then the vectors stand in s->vectors, the values rising. */
static bool solve(kr_team *team, solver *s, operator* op) {
    const double precision = 1e-6;
    a_int iparam[11] = {1, 0, 5 * s->n, 1, 0, 0, 1}, ipntr[11] = {0}, ido = 0, info = 1;
    for (;;) {
        dsaupd_c(&ido, "I", s->n, "LA", s->count, precision, s->residual, s->basis, s->vectors,
                 s->n, iparam, ipntr, s->workd, s->workl, s->size, &info);
        if (ido != 1 && ido != -1) break;
        multiply(team, op, s->workd + ipntr[0] - 1, s->workd + ipntr[1] - 1);
    }
    if (info != 0 || iparam[4] < s->count) return false;
    dseupd_c(1, "A", s->select, s->values, s->vectors, s->n, 0, "I", s->n, "LA", s->count,
             precision, s->residual, s->basis, s->vectors, s->n, iparam, ipntr, s->workd, s->workl,
             s->size, &info);
    return info == 0;
}

static void draw_places(int64_t n, double low, double high, kr_rng *rng, double *out) {
    for (int64_t i = 0; i < n; i++) out[i] = low + (high - low) * kr_rng_uniform(rng);
}

kr_status kr__umap_spectral(kr_team *team, const kr__graph *graph, int64_t dim, uint64_t seed,
                            double *out, kr_error *err) {
    operator op = {0};
    solver s = {0};
    bool is_good = graph->n > dim + 1;
    kr_status status = KR_OK;
    if (is_good) {
        status = make_operator(graph, &op, err);
        if (status == KR_OK) status = make_solver(graph->n, dim, seed, &s, err);
        is_good = status == KR_OK && solve(team, &s, &op);
        for (int64_t c = 0; c < dim && is_good; c++) {
            const double *vector = s.vectors + (dim - 1 - c) * graph->n;
            for (int64_t i = 0; i < graph->n; i++) out[i * dim + c] = vector[i];
        }
    }
    if (!is_good) {
        kr_rng rng = kr_rng_make(seed, KR_STREAM_SAMPLE, (uint64_t)graph->n);
        draw_places(graph->n * dim, -10, 10, &rng, out);
    }
    free_solver(&s);
    kr_free(op.scale);
    kr_free(op.first);
    kr_free(op.scaled);
    return status;
}
