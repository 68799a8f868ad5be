/* SPDX-License-Identifier: MIT
 * knn_exact.c - every query against every point.
 *
 * Products of blocks in float give of each pair a lower and an upper bound of its squared distance
 * (knn_floats.h). A row keeps, as `pending`, the points whose lower bound is not above the k-th
 * smallest upper bound known so far: a point that is dropped is farther than k others. At the end,
 * or when many are too close together for the bounds to tell apart, the pending ones are settled:
 * measured in double, and the k nearest kept. So the answer is exact, and the same at every CPU
 * level, whatever order the products' sums have. A piece is a block of rows. */
#include <math.h>
#include <string.h>

#include "analysis/knn_floats.h"
#include "analysis/knn_search.h"
#include "analysis/nearest.h"
#include "core/arena.h"
#include "core/real.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"

enum {
    ROWS = 128,    /* of a piece, and of a product */
    COLUMNS = 512, /* of a product */
    RUN = 256      /* columns that go through the sieve at a time */
};

/* What is constant while the pieces run. Bounds are those of squared distances in the frame's
 * units, less the row's norm. */
typedef struct exact {
    const kr_knn_search *search;
    const kr_kernels *kernels;
    kr_knn_frame frame;
    kr_knn_floats points, own_queries;
    const kr_knn_floats *queries; /* &points when they are the same */
    int64_t capacity;             /* of a row's pending ones */
    struct scratch *scratch;      /* one per worker */
} exact;

typedef struct row {
    kr_nearest settled;
    int64_t query, n_pending;
    kr_real most; /* larger ones are dropped */
    kr_real *value;
    int32_t *index;
} row;

typedef struct scratch {
    kr_real *product;  /* (ROWS, COLUMNS) */
    row *rows;         /* (ROWS) */
    kr_real *upper;    /* (capacity) */
    double *distance2; /* (capacity) */
} scratch;

/* The float not below x. */
static kr_real round_up(double x) {
    kr_real y = (kr_real)x;
    return sizeof y == 4 ? (kr_real)nextafterf((float)y, INFINITY)
                         : (kr_real)nextafter((double)y, INFINITY);
}

/* ---- a row ------------------------------------------------------------------------------ */

static void keep_at_most(row *r, kr_real most) {
    int64_t kept = 0;
    if (most < r->most) r->most = most;
    for (int64_t p = 0; p < r->n_pending; p++) {
        if (r->value[p] > r->most) continue;
        r->value[kept] = r->value[p];
        r->index[kept++] = r->index[p];
    }
    r->n_pending = kept;
}

/* Drop the pending ones that are farther than k others of them. */
static void thin(const exact *s, const scratch *w, row *r) {
    const kr_real *norm2 = s->points.norm2;
    double slack = s->frame.slack, own = (double)s->queries->norm2[r->query];
    if (r->n_pending < s->search->k) return;
    for (int64_t p = 0; p < r->n_pending; p++) {
        double both = own + (double)norm2[r->index[p]];
        w->upper[p] = (kr_real)((double)r->value[p] + 2 * (slack * both + s->frame.tiny));
    }
    keep_at_most(r, round_up((double)kr__knn_select(w->upper, r->n_pending, s->search->k)));
}

/* Measure the pending ones. */
static void settle(const exact *s, const scratch *w, row *r) {
    kr__knn_distances2(s->search->queries, r->query, s->search->points, r->n_pending, r->index,
                       w->distance2);
    for (int64_t p = 0; p < r->n_pending; p++) {
        kr__nearest_add(&r->settled, w->distance2[p], r->index[p]);
    }
    r->n_pending = 0;
    if (!kr__nearest_is_full(&r->settled)) return;
    double scale = s->frame.scale, farthest = kr__nearest_farthest(&r->settled) * scale * scale;
    double own = (double)s->queries->norm2[r->query] * (1 - s->frame.slack);
    keep_at_most(r, round_up(farthest * (1 + 1e-9) - own + s->frame.tiny));
}

static void make_room(const exact *s, const scratch *w, row *r) {
    if (r->n_pending + RUN <= s->capacity) return;
    thin(s, w, r);
    if (r->n_pending > s->capacity / 2) settle(s, w, r);
}

/* The query's own point was appended last. */
static void drop_own(row *r, int64_t before, int64_t own) {
    for (int64_t p = before; p < r->n_pending; p++) {
        if (r->index[p] != own) continue;
        r->n_pending--;
        memmove(r->value + p, r->value + p + 1, (size_t)(r->n_pending - p) * sizeof *r->value);
        memmove(r->index + p, r->index + p + 1, (size_t)(r->n_pending - p) * sizeof *r->index);
        return;
    }
}

/* Columns first .. first + n - 1, whose products lie in `product`. */
static void sieve(const exact *s, const scratch *w, row *r, int64_t first, int64_t n,
                  const kr_real *product) {
    int64_t own = s->search->own ? s->search->own[r->query] : -1;
    for (int64_t c = 0; c < n; c += RUN) {
        make_room(s, w, r);
        int64_t run = n - c < RUN ? n - c : RUN, before = r->n_pending;
        s->kernels->sieve_distances(run, product + c, s->points.least + first + c, r->most,
                                    (int32_t)(first + c), r->value, r->index, &r->n_pending);
        if (own >= first + c && own < first + c + run) drop_own(r, before, own);
    }
}

static void finish(const exact *s, const scratch *w, row *r) {
    thin(s, w, r);
    settle(s, w, r);
    kr__nearest_sort(&r->settled);
    for (int64_t i = 0; i < r->settled.k; i++) {
        r->settled.distance[i] = sqrt(r->settled.distance[i]);
    }
}

/* ---- a block of rows -------------------------------------------------------------------- */

static void start_row(const exact *s, row *r, int64_t query) {
    int64_t k = s->search->k;
    r->query = query;
    r->n_pending = 0;
    r->most = INFINITY;
    r->settled = (kr_nearest){
        .k = k, .index = s->search->index + query * k, .distance = s->search->distance + query * k};
}

static void search_piece(void *arg, int64_t piece, int worker) {
    const exact *s = arg;
    const scratch *w = &s->scratch[worker];
    int64_t dim = s->frame.dim, n_points = s->points.n, first_row = piece * ROWS;
    int64_t n_rows = s->queries->n - first_row < ROWS ? s->queries->n - first_row : ROWS;
    int64_t n_blocks = (n_points + COLUMNS - 1) / COLUMNS;
    for (int64_t i = 0; i < n_rows; i++) start_row(s, &w->rows[i], first_row + i);
    /* The block that contains the rows comes first: neighbours in time are often near in space. */
    int64_t block = s->search->own ? s->search->own[first_row] / COLUMNS : 0;
    for (int64_t b = 0; b < n_blocks; b++, block = block + 1 < n_blocks ? block + 1 : 0) {
        if (kr_team_is_stopping(s->search->team)) return;
        int64_t first = block * COLUMNS;
        int64_t n = n_points - first < COLUMNS ? n_points - first : COLUMNS;
        kr__gemm('N', 'T', n_rows, n, dim, s->queries->x + first_row * dim, dim,
                 s->points.x + first * dim, dim, false, w->product, COLUMNS);
        for (int64_t i = 0; i < n_rows; i++) {
            sieve(s, w, &w->rows[i], first, n, w->product + i * COLUMNS);
        }
    }
    for (int64_t i = 0; i < n_rows; i++) finish(s, w, &w->rows[i]);
}

/* ---- all -------------------------------------------------------------------------------- */

static bool init_scratch(kr_arena *arena, int64_t capacity, scratch *w) {
    size_t size = (size_t)capacity;
    w->product = kr__arena_alloc(arena, (size_t)ROWS * COLUMNS, sizeof *w->product);
    w->rows = kr__arena_alloc(arena, ROWS, sizeof *w->rows);
    w->upper = kr__arena_alloc(arena, size, sizeof *w->upper);
    w->distance2 = kr__arena_alloc(arena, size, sizeof *w->distance2);
    if (!w->product || !w->rows || !w->upper || !w->distance2) return false;
    for (int i = 0; i < ROWS; i++) {
        w->rows[i].value = kr__arena_alloc(arena, size, sizeof *w->rows[i].value);
        w->rows[i].index = kr__arena_alloc(arena, size, sizeof *w->rows[i].index);
        if (!w->rows[i].value || !w->rows[i].index) return false;
    }
    return true;
}

static kr_status init_all_scratch(kr_team *team, exact *s, kr_arena *arena, kr_error *err) {
    int n_workers = kr_team_workers(team);
    s->scratch = kr__arena_alloc(arena, (size_t)n_workers, sizeof *s->scratch);
    bool is_ready = s->scratch != NULL;
    for (int i = 0; is_ready && i < n_workers; i++) {
        is_ready = init_scratch(arena, s->capacity, &s->scratch[i]);
    }
    return is_ready ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the search of neighbours");
}

kr_status kr__knn_exact(kr_team *team, const kr_knn_search *search, kr_error *err) {
    if (search->metric.kind != KR__EUCLIDEAN) return kr__knn_exact_metric(team, search, err);
    exact s = {.search = search, .kernels = kr__kernels(), .capacity = 2 * (search->k + RUN)};
    kr_arena arena = {0};
    bool is_own = search->queries == search->points;
    s.queries = is_own ? &s.points : &s.own_queries;
    kr_status status =
        kr__knn_frame_init(&s.frame, search->points, is_own ? NULL : search->queries, err);
    if (status == KR_OK)
        status = kr__knn_floats_init(team, &s.points, &s.frame, search->points, err);
    if (status == KR_OK && !is_own) {
        status = kr__knn_floats_init(team, &s.own_queries, &s.frame, search->queries, err);
    }
    if (status == KR_OK) status = init_all_scratch(team, &s, &arena, err);
    if (status == KR_OK) {
        kr_team_for(team, (search->queries->n + ROWS - 1) / ROWS, search_piece, &s);
        status = kr__points_check_stop(team, err);
    }
    kr__arena_deinit(&arena);
    kr__knn_floats_deinit(&s.own_queries);
    kr__knn_floats_deinit(&s.points);
    kr__knn_frame_deinit(&s.frame);
    return status;
}
