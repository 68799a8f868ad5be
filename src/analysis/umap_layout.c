/* SPDX-License-Identifier: MIT
 * umap_layout.c - the places of the points, by stochastic gradient descent with negative samples.
 *
 * umap-learn walks over the edges and moves both ends at once: the result depends on the order and
 * so on the workers. Here an epoch has N_BLOCKS rounds: in each, every N_BLOCKS-th point goes
 * through its edges while all others stand still (kernels: umap_move). Each worker sums the moves
 * of these points and of their neighbours in integers, and at the end of a round all points move.
 * Sums of integers are the same in any order: the same bits for any number of workers. */
#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/real.h"

#include <math.h>
#include <stdlib.h>

enum { N_BLOCKS = 4, PIECE = 512, SETTLE_PIECE = 16384 /* points */, LANES = 16 };

typedef struct layout {
    kr__umap_epoch epoch;
    int64_t n, block, n_drawn, n_places; /* points, the round; of a worker's drawn and places */
    int32_t *rows;                       /* (n) block after block */
    int64_t *start;                      /* (n + 1) edges in the order of rows: read in a stream */
    kr_real *y;                          /* (n, dim) */
    int64_t *moves;                      /* (n_sums, n, dim) of a round */
    int64_t n_sums;  /* one per worker; a single one when only its own piece moves a point */
    int32_t *drawn;  /* (workers, n_drawn) */
    kr_real *places; /* (workers, n_places) */
    int32_t *column; /* (edges) */
    uint32_t *share; /* (edges) */
} layout;

/* The first n % N_BLOCKS blocks have one point more than the others. */
static int64_t start_of_block(const layout *s, int64_t block) {
    int64_t more = s->n % N_BLOCKS;
    return s->n / N_BLOCKS * block + (block < more ? block : more);
}

typedef struct edges {
    const kr__umap_layout *given;
    layout *s;
    double greatest;
} edges;

static void set_edges(void *arg, int64_t piece, int worker) {
    const edges *e = arg;
    const kr__graph *graph = e->given->graph;
    (void)worker;
    for (int64_t r = piece * PIECE; r < graph->n && r < (piece + 1) * PIECE; r++) {
        int64_t to = e->s->start[r], from = graph->start[e->s->rows[r]];
        for (; to < e->s->start[r + 1]; to++, from++) {
            double share = (double)graph->weight[from] / e->greatest * 0x1p32;
            e->s->share[to] = share < 0xffffffffp0 ? (uint32_t)share : UINT32_MAX;
            e->s->column[to] = graph->column[from];
        }
    }
}

static kr_status make(kr_team *team, const kr__umap_layout *given, layout *s, kr_error *err) {
    const kr__graph *graph = given->graph;
    int64_t n_edges = graph->start[graph->n], degree = 0, workers = kr_team_workers(team);
    const int64_t dim = given->options->n_components;
    for (int64_t i = 0; i < graph->n; i++) {
        int64_t d = graph->start[i + 1] - graph->start[i];
        if (d > degree) degree = d;
    }
    s->n = graph->n;
    s->n_sums = given->others ? 1 : workers;
    s->n_drawn = (degree + 1) * LANES * (given->density ? 2 : 1);
    s->n_places = (degree + 1) * (1 + given->options->negative_samples) * dim * LANES;
    if (given->density) s->n_places += (degree + 1) * 3 * LANES;
    s->moves = kr__calloc((size_t)s->n_sums, (size_t)(s->n * dim) * sizeof *s->moves);
    s->rows = kr__calloc((size_t)s->n, sizeof *s->rows);
    s->drawn = kr__calloc((size_t)workers, (size_t)s->n_drawn * sizeof *s->drawn);
    s->places = kr__calloc((size_t)workers, (size_t)s->n_places * sizeof *s->places);
    s->start = kr__calloc((size_t)s->n + 1, sizeof *s->start);
    s->column = kr__calloc((size_t)n_edges + 1, sizeof *s->column);
    s->share = kr__calloc((size_t)n_edges + LANES, sizeof *s->share);
    if (s->moves && s->rows && s->drawn && s->places && s->start && s->column && s->share) {
        return KR_OK;
    }
    return kr_fail(err, KR_MEMORY, "out of memory for a map of %lld points", (long long)graph->n);
}

/* ---- rows that move together ------------------------------------------------------------ */

typedef struct load {
    double draws; /* in an epoch */
    int32_t row;
} load;

static int by_draws(const void *a, const void *b) {
    const load *x = a, *y = b;
    if (x->draws != y->draws) return x->draws < y->draws ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Block b has the points b, b + N_BLOCKS, ..; in it, points with much work come first, next to
 * points with as much: because the lanes of a vector wait for the slowest. */
static kr_status order_rows(const kr__graph *graph, layout *s, kr_error *err) {
    load *loads = kr__calloc((size_t)s->n, sizeof *loads);
    int64_t at = 0;
    if (!loads) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)s->n);
    for (int64_t block = 0; block < N_BLOCKS; block++) {
        int64_t first = at;
        for (int64_t i = block; i < s->n; i += N_BLOCKS, at++) {
            loads[at].row = (int32_t)i;
            for (int64_t e = graph->start[i]; e < graph->start[i + 1]; e++) {
                loads[at].draws += (double)graph->weight[e];
            }
        }
        qsort(loads + first, (size_t)(at - first), sizeof *loads, by_draws);
    }
    for (int64_t i = 0; i < s->n; i++) s->rows[i] = loads[i].row;
    kr_free(loads);
    return KR_OK;
}

/* ---- epochs ----------------------------------------------------------------------------- */

static void set_epoch(kr_team *team, const kr__umap_layout *given, layout *s) {
    const kr__graph *graph = given->graph;
    const kr_umap_options *o = given->options;
    edges e = {.given = given, .s = s};
    for (int64_t k = 0; k < graph->start[graph->n]; k++) {
        e.greatest = fmax(e.greatest, (double)graph->weight[k]);
    }
    for (int64_t r = 0; r < s->n; r++) {
        const int64_t *of_row = graph->start + s->rows[r];
        s->start[r + 1] = s->start[r] + of_row[1] - of_row[0];
    }
    kr_team_for(team, (graph->n + PIECE - 1) / PIECE, set_edges, &e);
    s->epoch = (kr__umap_epoch){.rows = s->rows,
                                .start = s->start,
                                .column = s->column,
                                .share = s->share,
                                .others = given->others ? given->others : s->y,
                                .n_others = given->others ? given->n_others : s->n,
                                .dim = o->n_components,
                                .n_negative = o->negative_samples,
                                .seed = o->seed,
                                .a = given->a,
                                .b = given->b,
                                .repulsion = o->repulsion,
                                .moves_both = !given->others};
}

static void move_piece(void *arg, int64_t piece, int worker) {
    layout *s = arg;
    int64_t from = start_of_block(s, s->block), n = start_of_block(s, s->block + 1) - from;
    int64_t first = piece * PIECE, count = n - first < PIECE ? n - first : PIECE;
    kr__kernels()->umap_move(&s->epoch, from + first, count, s->y,
                             s->moves + worker % s->n_sums * s->n * s->epoch.dim,
                             s->drawn + worker * s->n_drawn, s->places + worker * s->n_places);
}

/* Move the points by what the workers have summed, and set these sums to 0. */
static void settle_piece(void *arg, int64_t piece, int worker) {
    layout *s = arg;
    const int64_t dim = s->epoch.dim, end = (piece + 1) * SETTLE_PIECE * dim, n = s->n * dim;
    (void)worker;
    for (int64_t i = piece * SETTLE_PIECE * dim; i < end && i < n; i++) {
        int64_t sum = 0;
        for (int64_t t = 0; t < s->n_sums; t++) {
            sum += s->moves[t * n + i];
            s->moves[t * n + i] = 0;
        }
        s->y[i] += (kr_real)((double)sum / KR__UMAP_PER_UNIT);
    }
}

static void run_epoch(kr_team *team, layout *s) {
    for (s->block = 0; s->block < N_BLOCKS; s->block++) {
        int64_t n = start_of_block(s, s->block + 1) - start_of_block(s, s->block);
        kr_team_for(team, (n + PIECE - 1) / PIECE, move_piece, s);
        kr_team_for(team, (s->n + SETTLE_PIECE - 1) / SETTLE_PIECE, settle_piece, s);
    }
}

static bool go_on(const kr_team *team, const kr__umap_layout *given, int64_t n_done) {
    const kr_umap_options *o = given->options;
    if (kr_team_is_stopping(team)) return false;
    return !o->progress || o->progress(o->progress_arg, n_done, given->n_epochs);
}

/* The places after so many epochs, where they are wanted. */
static void keep_places(const kr__umap_layout *given, const kr_real *y, int64_t n_done) {
    const kr_umap_options *o = given->options;
    int64_t n = given->graph->n * o->n_components;
    for (int64_t k = 0; k < o->n_kept; k++) {
        if (o->kept_epochs[k] != n_done) continue;
        for (int64_t i = 0; i < n; i++) o->kept[k * n + i] = (float)y[i];
    }
}

static kr_status check_places(const kr__umap_layout *given, const kr_real *y, kr_error *err) {
    int64_t dim = given->options->n_components;
    for (int64_t i = 0; i < given->graph->n * dim; i++) {
        if (fabs((double)y[i]) <= KR__UMAP_FARTHEST) continue;
        return kr_fail(err, KR_NUMERIC, "point %lld has left the map; lower the `learning_rate`",
                       (long long)(i / dim));
    }
    return KR_OK;
}

kr_status kr__umap_layout_run(kr_team *team, const kr__umap_layout *given, kr_real *y,
                              kr_error *err) {
    layout s = {.y = y};
    kr_status status = make(team, given, &s, err);
    if (status == KR_OK) status = order_rows(given->graph, &s, err);
    if (status == KR_OK) set_epoch(team, given, &s);
    for (int64_t epoch = 0; epoch < given->n_epochs && status == KR_OK; epoch++) {
        s.epoch.epoch = (uint32_t)epoch + 1;
        s.epoch.rate = given->rate * (1 - (double)epoch / (double)given->n_epochs);
        if (given->density && kr__umap_density_counts(given->density, epoch, given->n_epochs)) {
            kr__umap_density_read(team, given->density, y, &s.epoch);
        }
        run_epoch(team, &s);
        keep_places(given, y, epoch + 1);
        if (!go_on(team, given, epoch + 1)) {
            status = kr_fail(err, KR_INTERRUPTED, "stopped on request");
        }
    }
    if (status == KR_OK) status = check_places(given, y, err);
    kr_free(s.moves);
    kr_free(s.rows);
    kr_free(s.drawn);
    kr_free(s.places);
    kr_free(s.start);
    kr_free(s.column);
    kr_free(s.share);
    return status;
}
