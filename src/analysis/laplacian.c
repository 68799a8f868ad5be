/* SPDX-License-Identifier: MIT
 * laplacian.c - subspace iteration with a Chebyshev filter.
 *
 * The least eigenvalues of I - D^-1/2 W D^-1/2 are 1 less the greatest of P = D^-1 W, which is
 * symmetric in the inner product x^T D y; a vector of P times sqrt(D) is one of the Laplacian. The
 * constant vector is known, of value 1, and is taken out. A block of vectors, some more than asked
 * for, is multiplied with a polynomial of P that stays within +-1 on [-1, c] and grows above (the
 * filter), then made orthonormal and turned to the best approximations in its span (Rayleigh and
 * Ritz), until their residuals are small. c is the least value of the block: an approximation from
 * a subspace is never above its eigenvalue, so the wanted values lie above c and grow most.
 *
 * A block, not a Lanczos iteration, which misses the second of two equal eigenvalues and is slow
 * when many values are near 0, as on large graphs. Moreover the eight vectors of a panel fill a
 * cache line: for an edge, the product fetches them as fast as one number.
 * Source: Zhou, Saad, Tiago and Chelikowsky, "Self-consistent-field calculations using
 * Chebyshev-filtered subspace iteration", J. Comp. Phys. 219, 2006. */
#include "analysis/laplacian.h"

#include <math.h>
#include <string.h>

#include "analysis/eigen.h"
#include "core/arena.h"
#include "core/random.h"

enum {
    LANES = 8,     /* columns of a panel */
    EXTRA = 4,     /* columns besides those asked for, at least */
    ROWS = 256,    /* of a piece of a product */
    SUMMED = 1024, /* rows of a piece that is summed, at least */
    MOST_SUMS = 64,
    MOST_COLUMNS = KR__LAPLACIAN_MOST / 4 * 5, /* a whole number of panels */
    LEAST_DEGREE = 4,
    MOST_DEGREE = 4000
};
static const double precision = 1e-6, share = 1e-3, least_precision = 1e-9;
/* Of a filter, at most: at the greatest value, where columns that all turn to one vector would
 * become dependent; and at 1, where rounding brings the constant vector back. */
static const double growth = 1e6, growth_at_1 = 1e12;
static const double dependent = 1e-13; /* directions of the block that weigh less are dropped */
static const double least_c = -0.5;    /* the mean of all values but 1 is about 0 */
/* Values of the block that all lie within this fraction of their residuals are treated as one. */
static const double near_residual = 0.01;

typedef struct solver {
    kr_team *team;
    kr__graph graph;               /* the points in an order of its own */
    int32_t *order, *number;       /* (n) the point at a place of it; the place of a point */
    int64_t n, k, width, n_panels; /* points; asked for; columns of the block, and their panels */
    int64_t n_summed, n_sums;      /* rows of a sum; sums */
    double *degree, *inverse;      /* (n) D, and 1 / D or 0 */
    double total;                  /* of D */
    double *x, *px;                /* (n_panels, n, LANES) the block, and P times it */
    double *sums;                  /* (n_sums, size_of_sums) */
    double *small;                 /* (5, width, width) */
    double *turn, *mean;           /* (width, width), (width): the next block is (x - mean) turn */
    double *value, *residual;      /* (width) of the block, falling, `kept` of them */
    double c;                      /* the filter keeps all below it small */
    int64_t kept, n_products;
} solver;

static kr_status out_of_memory(int64_t n, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "out of memory for the spectrum of %lld points", (long long)n);
}

static void free_solver(solver *s) {
    kr__graph_deinit(&s->graph);
    kr_free(s->order);
    kr_free(s->number);
    kr_free(s->degree);
    kr_free(s->inverse);
    kr_free(s->x);
    kr_free(s->px);
    kr_free(s->sums);
    kr_free(s->small);
    kr_free(s->turn);
    kr_free(s->mean);
    kr_free(s->value);
    kr_free(s->residual);
}

/* x^T D x, x^T D P x, and x^T D 1. */
static int64_t size_of_sums(int64_t width) { return width * (2 * width + 1); }

static kr_status make_degrees(solver *s, kr_error *err) {
    const kr__graph *g = &s->graph;
    s->degree = kr__calloc((size_t)s->n, sizeof *s->degree);
    s->inverse = kr__calloc((size_t)s->n, sizeof *s->inverse);
    if (!s->degree || !s->inverse) return out_of_memory(s->n, err);
    for (int64_t i = 0; i < s->n; i++) {
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            s->degree[i] += (double)g->weight[e];
        }
        s->inverse[i] = s->degree[i] > 0 ? 1 / s->degree[i] : 0;
        s->total += s->degree[i];
    }
    return KR_OK;
}

static kr_status make_block(solver *s, uint64_t seed, kr_error *err) {
    size_t width = (size_t)s->width, square = width * width;
    s->n_summed = (s->n + MOST_SUMS - 1) / MOST_SUMS;
    if (s->n_summed < SUMMED) s->n_summed = SUMMED;
    s->n_sums = (s->n + s->n_summed - 1) / s->n_summed;
    s->x = kr__calloc((size_t)s->n, width * sizeof *s->x);
    s->px = kr__calloc((size_t)s->n, width * sizeof *s->px);
    s->sums = kr__calloc((size_t)s->n_sums, (size_t)size_of_sums(s->width) * sizeof *s->sums);
    s->small = kr__calloc(5 * square, sizeof *s->small);
    s->turn = kr__calloc(square, sizeof *s->turn);
    s->mean = kr__calloc(width, sizeof *s->mean);
    s->value = kr__calloc(width, sizeof *s->value);
    s->residual = kr__calloc(width, sizeof *s->residual);
    if (!s->x || !s->px || !s->sums || !s->small || !s->turn || !s->mean || !s->value ||
        !s->residual) {
        return out_of_memory(s->n, err);
    }
    kr_rng rng = kr__rng_make(seed, KR_STREAM_INIT, (uint64_t)s->n);
    for (int64_t i = 0; i < s->n * s->width; i++) s->x[i] = kr__rng_uniform(&rng) - 0.5;
    return KR_OK;
}

/* ---- neighbours close in memory --------------------------------------------------------- */

/* order (n): points by their distance from `first` along edges, one component after another; number
 * (n): the place of each in it. */
static void walk(const kr__graph *g, int32_t first, int32_t *order, int32_t *number) {
    int64_t found = 0, taken = 0;
    for (int64_t i = 0; i < g->n; i++) number[i] = -1;
    for (int64_t i = -1; i < g->n; i++) {
        int32_t from = i < 0 ? first : (int32_t)i;
        if (number[from] >= 0) continue;
        number[from] = (int32_t)found;
        order[found++] = from;
        for (; taken < found; taken++) {
            for (int64_t e = g->start[order[taken]]; e < g->start[order[taken] + 1]; e++) {
                int32_t to = g->column[e];
                if (number[to] >= 0) continue;
                number[to] = (int32_t)found;
                order[found++] = to;
            }
        }
    }
}

static void renumber(const kr__graph *from, const int32_t *order, const int32_t *number,
                     kr__graph *to) {
    int64_t at = 0;
    for (int64_t i = 0; i < from->n; i++) {
        for (int64_t e = from->start[order[i]]; e < from->start[order[i] + 1]; e++, at++) {
            to->column[at] = number[from->column[e]];
            to->weight[at] = from->weight[e];
        }
        to->start[i + 1] = at;
    }
}

/* A copy in which neighbours have near numbers, as seen from a far end of the graph: so that what a
 * product fetches for a row is still in the cache. */
static kr_status make_graph(solver *s, const kr__graph *from, kr_error *err) {
    size_t n = (size_t)from->n, n_edges = (size_t)from->start[n];
    s->order = kr__calloc(n, sizeof *s->order);
    s->number = kr__calloc(n, sizeof *s->number);
    s->graph.n = from->n;
    s->graph.start = kr__calloc(n + 1, sizeof *s->graph.start);
    s->graph.column = kr__calloc(n_edges + 1, sizeof *s->graph.column);
    s->graph.weight = kr__calloc(n_edges + 1, sizeof *s->graph.weight);
    if (!s->order || !s->number || !s->graph.start || !s->graph.column || !s->graph.weight) {
        return out_of_memory(from->n, err);
    }
    walk(from, 0, s->order, s->number);
    walk(from, s->order[n - 1], s->order, s->number);
    renumber(from, s->order, s->number, &s->graph);
    return KR_OK;
}

/* ---- products --------------------------------------------------------------------------- */

/* out = scale P now - shift now - before out, so many times; then now and out change places. */
typedef struct products {
    const solver *s;
    double *now, *out;
    double middle, half; /* of [-1, c]; half 0: no filter, out = P now */
    double scale, shift, before;
} products;

static int64_t begin_product(void *arg, int64_t step) {
    products *p = arg;
    const solver *s = p->s;
    p->scale = p->half > 0 ? (step > 0 ? 2 : 1) / p->half : 1;
    p->shift = p->half > 0 ? p->scale * p->middle : 0;
    p->before = p->half > 0 && step > 0 ? 1 : 0;
    return kr_team_is_stopping(s->team) ? 0 : s->n_panels * ((s->n + ROWS - 1) / ROWS);
}

static void multiply(void *arg, int64_t step, int64_t piece, int worker) {
    const products *p = arg;
    const solver *s = p->s;
    const kr__graph *g = &s->graph;
    int64_t panel = piece % s->n_panels, first = piece / s->n_panels * ROWS;
    int64_t end = first + ROWS < s->n ? first + ROWS : s->n;
    const double *restrict now = p->now + panel * s->n * LANES;
    double *restrict out = p->out + panel * s->n * LANES;
    (void)step;
    (void)worker;
    for (int64_t i = first; i < end; i++) {
        double sum[LANES] = {0};
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            const double weight = (double)g->weight[e], *other = now + g->column[e] * LANES;
            for (int l = 0; l < LANES; l++) sum[l] += weight * other[l];
        }
        const double scale = p->scale * s->inverse[i];
        for (int l = 0; l < LANES; l++) {
            out[i * LANES + l] =
                scale * sum[l] - p->shift * now[i * LANES + l] - p->before * out[i * LANES + l];
        }
    }
}

static void end_product(void *arg, int64_t step) {
    products *p = arg;
    double *now = p->now;
    (void)step;
    p->now = p->out;
    p->out = now;
}

static void run_products(solver *s, products *p, int64_t count) {
    const kr_steps steps = {
        .count = count, .pieces = begin_product, .run = multiply, .done = end_product};
    kr_team_steps(s->team, &steps, p);
    s->n_products += count;
}

/* px = P x */
static void multiply_block(solver *s) {
    products p = {.s = s, .now = s->x, .out = s->px};
    run_products(s, &p, 1);
}

/* x = T(x), the Chebyshev polynomial of P of a degree on [-1, c]. */
static void filter_block(solver *s, int64_t degree) {
    products p = {
        .s = s, .now = s->x, .out = s->px, .middle = (s->c - 1) / 2, .half = (s->c + 1) / 2};
    run_products(s, &p, degree);
    s->x = p.now;
    s->px = p.out;
}

/* ---- Rayleigh and Ritz ------------------------------------------------------------------ */

static void get_row(const solver *s, const double *block, int64_t i, double *row) {
    for (int64_t p = 0; p < s->n_panels; p++) {
        memcpy(row + p * LANES, block + (p * s->n + i) * LANES, LANES * sizeof *row);
    }
}

static void put_row(const solver *s, const double *row, int64_t i, double *block) {
    for (int64_t p = 0; p < s->n_panels; p++) {
        memcpy(block + (p * s->n + i) * LANES, row + p * LANES, LANES * sizeof *row);
    }
}

static int64_t end_of_sum(const solver *s, int64_t piece) {
    return (piece + 1) * s->n_summed < s->n ? (piece + 1) * s->n_summed : s->n;
}

static void sum_piece(void *arg, int64_t piece, int worker) {
    const solver *s = arg;
    const int64_t width = s->width;
    double x[MOST_COLUMNS], px[MOST_COLUMNS];
    double *xx = s->sums + piece * size_of_sums(width), *xpx = xx + width * width;
    double *x1 = xpx + width * width;
    (void)worker;
    memset(xx, 0, (size_t)size_of_sums(width) * sizeof *xx);
    for (int64_t i = piece * s->n_summed; i < end_of_sum(s, piece); i++) {
        get_row(s, s->x, i, x);
        get_row(s, s->px, i, px);
        for (int64_t a = 0; a < width; a++) {
            double left = s->degree[i] * x[a];
            x1[a] += left;
            for (int64_t b = 0; b < width; b++) {
                xx[a * width + b] += left * x[b];
                xpx[a * width + b] += left * px[b];
            }
        }
    }
}

/* The sums of all pieces, in their order, in the first one's place. */
static void add_sums(const solver *s, int64_t size) {
    for (int64_t piece = 1; piece < s->n_sums; piece++) {
        for (int64_t i = 0; i < size; i++) s->sums[i] += s->sums[piece * size + i];
    }
}

/* x^T D x and x^T D P x of the block without its part along the constant vector, which P keeps. */
static void sum_block(solver *s, double *xx, double *xpx) {
    const int64_t width = s->width, square = width * width;
    kr_team_for(s->team, s->n_sums, sum_piece, s);
    add_sums(s, size_of_sums(width));
    for (int64_t a = 0; a < width; a++) s->mean[a] = s->sums[2 * square + a] / s->total;
    for (int64_t a = 0; a < width; a++) {
        for (int64_t b = 0; b < width; b++) {
            double along = s->total * s->mean[a] * s->mean[b];
            xx[a * width + b] = s->sums[a * width + b] - along;
            xpx[a * width + b] = s->sums[square + a * width + b] - along;
        }
    }
}

/* basis (kept, width): rows that make x orthonormal: basis xx basis^T = 1. Destroys xx. */
static kr_status find_basis(solver *s, double *xx, double *basis, kr_error *err) {
    const int64_t width = s->width;
    double *scale = s->residual; /* free now */
    for (int64_t a = 0; a < width; a++) {
        double square = xx[a * width + a];
        scale[a] = square > 0 ? 1 / sqrt(square) : 0;
    }
    for (int64_t a = 0; a < width; a++) {
        for (int64_t b = 0; b < width; b++) xx[a * width + b] *= scale[a] * scale[b];
    }
    KR_TRY(kr__eigen_largest(s->team, width, xx, width, s->value, basis, err));
    for (s->kept = 0; s->kept < width && s->value[s->kept] > dependent; s->kept++) {
        double root = sqrt(s->value[s->kept]);
        for (int64_t a = 0; a < width; a++) basis[s->kept * width + a] *= scale[a] / root;
    }
    return KR_OK;
}

/* inner (kept, kept) = basis xpx basis^T, but for rounding symmetric. */
static void project(const solver *s, const double *basis, const double *xpx, double *half,
                    double *inner) {
    const int64_t width = s->width, kept = s->kept;
    memset(half, 0, (size_t)(width * width) * sizeof *half);
    for (int64_t j = 0; j < kept; j++) {
        for (int64_t a = 0; a < width; a++) {
            for (int64_t b = 0; b < width; b++) {
                half[j * width + b] += basis[j * width + a] * xpx[a * width + b];
            }
        }
    }
    for (int64_t i = 0; i < kept; i++) {
        for (int64_t j = 0; j < kept; j++) {
            double sum = 0;
            for (int64_t b = 0; b < width; b++) {
                sum += half[i * width + b] * basis[j * width + b] +
                       half[j * width + b] * basis[i * width + b];
            }
            inner[i * kept + j] = sum / 2;
        }
    }
}

/* The turn to the best approximations, and their values. */
static kr_status find_turn(solver *s, kr_error *err) {
    const int64_t width = s->width, square = width * width;
    double *xx = s->small, *xpx = xx + square, *basis = xpx + square;
    double *half = basis + square, *inner = half + square, *vectors = xx;
    sum_block(s, xx, xpx);
    KR_TRY(find_basis(s, xx, basis, err));
    if (s->kept < s->k) {
        return kr_fail(err, KR_NUMERIC, "only %lld vectors of a graph of %lld points are left",
                       (long long)s->kept, (long long)s->n);
    }
    project(s, basis, xpx, half, inner);
    KR_TRY(kr__eigen_largest(s->team, s->kept, inner, s->kept, s->value, vectors, err));
    memset(s->turn, 0, (size_t)square * sizeof *s->turn);
    for (int64_t a = 0; a < width; a++) {
        for (int64_t i = 0; i < s->kept; i++) {
            for (int64_t j = 0; j < s->kept; j++) {
                s->turn[a * width + j] += basis[i * width + a] * vectors[j * s->kept + i];
            }
        }
    }
    return KR_OK;
}

static void turn_row(const solver *s, double *row) {
    const int64_t width = s->width;
    double turned[MOST_COLUMNS] = {0};
    for (int64_t a = 0; a < width; a++) {
        double x = row[a] - s->mean[a];
        for (int64_t c = 0; c < width; c++) turned[c] += x * s->turn[a * width + c];
    }
    memcpy(row, turned, (size_t)width * sizeof *row);
}

static void turn_piece(void *arg, int64_t piece, int worker) {
    const solver *s = arg;
    double x[MOST_COLUMNS] = {0}, px[MOST_COLUMNS] = {0}, *square = s->sums + piece * s->width;
    (void)worker;
    memset(square, 0, (size_t)s->width * sizeof *square);
    for (int64_t i = piece * s->n_summed; i < end_of_sum(s, piece); i++) {
        get_row(s, s->x, i, x);
        get_row(s, s->px, i, px);
        turn_row(s, x);
        turn_row(s, px);
        for (int64_t c = 0; c < s->kept; c++) {
            double off = px[c] - s->value[c] * x[c];
            square[c] += s->degree[i] * off * off;
        }
        put_row(s, x, i, s->x);
    }
}

/* The block becomes the best approximations; their values and residuals. */
static kr_status improve_block(solver *s, kr_error *err) {
    multiply_block(s);
    KR_TRY(find_turn(s, err));
    kr_team_for(s->team, s->n_sums, turn_piece, s);
    add_sums(s, s->width);
    for (int64_t c = 0; c < s->kept; c++) s->residual[c] = sqrt(s->sums[c]);
    return KR_OK;
}

/* ---- until they are precise -------------------------------------------------------------- */

static double find_precision(const solver *s, int64_t c) {
    return fmax(least_precision, fmin(precision, share * (1 - s->value[c])));
}

/* enough: a residual that will do, however small the value is. */
static bool is_precise(const solver *s, double enough) {
    for (int64_t c = 0; c < s->k; c++) {
        if (!(s->residual[c] <= fmax(enough, find_precision(s, c)))) return false;
    }
    return true;
}

/* c is the least value of the block, unless all of its values are equal within their residuals:
 * then more vectors may share that value than the block has columns, and a c so near would not
 * separate them from the others. */
static void raise_c(solver *s) {
    double residual = 0, last = s->value[s->kept - 1];
    for (int64_t i = 0; i < s->k; i++) residual = fmax(residual, s->residual[i]);
    if (s->value[s->k - 1] - last > near_residual * residual) s->c = fmax(least_c, last);
}

/* The filter's value at x is cosh of this times the degree. */
static double find_rate(double x, double c) { return acosh(fmax(1, (2 * x + 1 - c) / (1 + c))); }

/* High enough to bring the residuals down, low enough to keep the columns independent. */
static int64_t choose_degree(const solver *s) {
    const double c = s->c;
    double greatest = fmin(1, s->value[0] + 4 * s->residual[0]), wanted = LEAST_DEGREE;
    double most =
        fmin(acosh(growth) / find_rate(greatest, c), acosh(growth_at_1) / find_rate(1, c));
    for (int64_t i = 0; i < s->k; i++) {
        double lacks = fmax(1, 1.5 * s->residual[i] / find_precision(s, i));
        wanted = fmax(wanted, acosh(lacks) / find_rate(s->value[i], c));
    }
    return (int64_t)ceil(fmax(LEAST_DEGREE, fmin(MOST_DEGREE, fmin(most, wanted))));
}

static kr_status iterate(solver *s, int64_t most_products, kr_error *err) {
    for (;;) {
        kr_status status = improve_block(s, err);
        if (kr_team_is_stopping(s->team)) {
            return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        }
        if (status != KR_OK || is_precise(s, 0)) return status;
        if (s->n_products >= most_products) {
            if (is_precise(s, precision)) return KR_OK;
            return kr_fail(err, KR_NUMERIC, "the spectrum of %lld points does not converge",
                           (long long)s->n);
        }
        raise_c(s);
        filter_block(s, choose_degree(s));
    }
}

static void hand_over(const solver *s, double *values, double *vectors) {
    for (int64_t c = 0; c < s->k; c++) {
        const double *panel = s->x + c / LANES * s->n * LANES + c % LANES;
        values[c] = fmax(0, 1 - s->value[c]);
        for (int64_t i = 0; i < s->n; i++) {
            vectors[c * s->n + s->order[i]] = sqrt(s->degree[i]) * panel[i * LANES];
        }
    }
}

/* ---- few points ------------------------------------------------------------------------- */

/* All of the matrix D^-1/2 W D^-1/2, where sqrt(D) gets the value -2, which is below all others. */
static kr_status solve_densely(solver *s, double *values, double *vectors, kr_error *err) {
    const kr__graph *g = &s->graph;
    const int64_t n = s->n;
    double *matrix = kr__calloc((size_t)n, (size_t)n * sizeof *matrix);
    if (!matrix) return out_of_memory(n, err);
    for (int64_t i = 0; i < n; i++) {
        double *row = matrix + s->order[i] * n;
        for (int64_t e = g->start[i]; e < g->start[i + 1]; e++) {
            int64_t j = g->column[e];
            row[s->order[j]] += (double)g->weight[e] * sqrt(s->inverse[i] * s->inverse[j]);
        }
        for (int64_t j = 0; j < n && s->total > 0; j++) {
            row[s->order[j]] -= 3 * sqrt(s->degree[i] * s->degree[j]) / s->total;
        }
    }
    kr_status status = kr__eigen_largest(s->team, n, matrix, s->k, values, vectors, err);
    for (int64_t c = 0; c < s->k && status == KR_OK; c++) values[c] = fmax(0, 1 - values[c]);
    kr_free(matrix);
    return status;
}

kr_status kr__laplacian_lowest(kr_team *team, const kr__laplacian *asked, double *values,
                               double *vectors, kr_error *err) {
    int64_t extra = asked->k / 4 > EXTRA ? asked->k / 4 : EXTRA;
    solver s = {.team = team, .n = asked->graph->n, .k = asked->k, .c = least_c};
    s.n_panels = (s.k + extra + LANES - 1) / LANES;
    s.width = s.n_panels * LANES;
    kr_status status = make_graph(&s, asked->graph, err);
    if (status == KR_OK) status = make_degrees(&s, err);
    if (status == KR_OK && s.n <= 4 * s.width) {
        status = solve_densely(&s, values, vectors, err);
    } else if (status == KR_OK) {
        status = make_block(&s, asked->seed, err);
        if (status == KR_OK) status = iterate(&s, asked->most_products, err);
        if (status == KR_OK) hand_over(&s, values, vectors);
    }
    free_solver(&s);
    return status;
}
