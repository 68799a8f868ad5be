/* SPDX-License-Identifier: MIT
 * knn_descent.c - nearest-neighbour descent, by groups.
 *
 * A neighbour of a neighbour is likely to be a neighbour (Dong, Moses and Li, "Efficient k-nearest
 * neighbor graph construction for generic similarity measures", WWW 2011). Every point keeps a list
 * of the nearest points seen so far. In a round the leaves of a new random-projection tree are
 * groups of points near each other; their candidates - the group itself, and the neighbours of its
 * points' neighbours if one of the two steps is new - are nearly the same, so one matrix product
 * measures the distances from the whole group to all of them. A group reads the lists of the last
 * round and writes those of its own points: nothing depends on the order of groups or the number of
 * workers. The last lists are measured again in double. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/knn_floats.h"
#include "analysis/knn_search.h"
#include "analysis/knn_tree.h"
#include "analysis/nearest.h"
#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"

/* The rounds end when less than a hundredth of the entries changed. */
enum {
    MOST_ROUNDS = 12,
    LEAST_GROUP = 64,
    EXPLORED = 24,    /* so many of a list, the nearest ones, are followed further */
    COLUMNS = 512,    /* of a product */
    RECALL_ROWS = 500 /* the sample */
};

/* Lists of n points, length each, nearest first. value: squared distances in float minus the
 * point's own norm. is_new: added in the last round. */
typedef struct lists {
    int32_t *index;
    kr_real *value;
    uint8_t *is_new;
} lists;

typedef struct descent {
    const kr_team *team; /* that may be stopped */
    const kr_points *points;
    kr__metric metric;
    double scale; /* of distances other than Euclid's, so that they are floats */
    const kr_kernels *kernels;
    kr_knn_frame frame;
    kr_knn_floats floats;
    kr_knn_tree tree;
    int64_t n, length, group; /* points; of a list; largest group */
    lists now, next;
    int64_t *n_changed;      /* (groups) list entries */
    struct scratch *scratch; /* one per worker */
    kr_knn *knn;
} descent;

typedef struct scratch {
    int32_t *stamp;           /* (n) the last group that saw the point */
    int32_t *candidates;      /* (n) */
    kr_real *group, *block;   /* their points: (group, dim), (COLUMNS, dim) */
    kr_real *norm2, *product; /* (COLUMNS), (group, COLUMNS) */
    kr_real *select;          /* (capacity) */
    int32_t *n_pending;       /* (group) */
    kr_real *most;            /* (group) larger ones are dropped */
    kr_real *value;           /* (group, capacity) */
    int32_t *position;        /* (group, capacity) in candidates */
    double *distance2;        /* (length, or COLUMNS) */
} scratch;

static int64_t capacity_of(const descent *s) { return 2 * s->length + 1 + COLUMNS; }

/* ---- candidates of a group -------------------------------------------------------------- */

typedef struct gathering {
    scratch *w;
    int32_t mark;
    int64_t n;
} gathering;

static void offer(gathering *g, int32_t point) {
    if (g->w->stamp[point] == g->mark) return;
    g->w->stamp[point] = g->mark;
    g->w->candidates[g->n++] = point;
}

static void offer_second_step(const descent *s, gathering *g, int64_t from, bool is_new) {
    int64_t n = s->length < EXPLORED ? s->length : EXPLORED;
    const int32_t *index = s->now.index + from * s->length;
    const uint8_t *flags = s->now.is_new + from * s->length;
    for (int64_t j = 0; j < n; j++) {
        if (is_new || flags[j]) offer(g, index[j]);
    }
}

static int64_t gather(const descent *s, scratch *w, int64_t first, int64_t end, int32_t mark,
                      bool is_start) {
    gathering g = {w, mark, 0};
    int64_t n = s->length < EXPLORED ? s->length : EXPLORED;
    for (int64_t i = first; i < end; i++) offer(&g, s->tree.order[i]);
    for (int64_t i = first; i < end && !is_start; i++) {
        int64_t row = (int64_t)s->tree.order[i] * s->length;
        for (int64_t j = 0; j < n; j++) {
            offer_second_step(s, &g, s->now.index[row + j], s->now.is_new[row + j] != 0);
        }
    }
    return g.n;
}

/* ---- a point's list --------------------------------------------------------------------- */

/* Keep the nearest of those pending, one more than a list holds because the point itself is among
 * them; if many are as near as the last one, up to as many again. */
static void thin(const descent *s, scratch *w, int64_t r) {
    int32_t n = w->n_pending[r], kept = 0, n_last = 0;
    kr_real *value = w->value + r * capacity_of(s);
    int32_t *position = w->position + r * capacity_of(s);
    if (n <= s->length + 1) return;
    memcpy(w->select, value, (size_t)n * sizeof *value);
    kr_real most = kr__knn_select(w->select, n, s->length + 1);
    for (int32_t p = 0; p < n; p++) {
        if (value[p] > most || (value[p] == most && n_last++ > s->length)) continue;
        value[kept] = value[p];
        position[kept++] = position[p];
    }
    w->n_pending[r] = kept;
    w->most[r] = most;
}

/* Insert into a list that is full; false when it is there already or too far. */
static bool insert(const lists *to, int64_t row, int64_t length, kr_real value, int32_t point) {
    if (!(value < to->value[row + length - 1])) return false;
    for (int64_t j = 0; j < length; j++) {
        if (to->index[row + j] == point) return false;
    }
    int64_t at = length - 1;
    for (; at > 0 && value < to->value[row + at - 1]; at--) {
        to->value[row + at] = to->value[row + at - 1];
        to->index[row + at] = to->index[row + at - 1];
        to->is_new[row + at] = to->is_new[row + at - 1];
    }
    to->value[row + at] = value;
    to->index[row + at] = point;
    to->is_new[row + at] = 1;
    return true;
}

/* The list of the next round: the last one, and those pending. Returns how many were added. */
static int64_t update_list(const descent *s, scratch *w, int64_t r, int32_t point) {
    int64_t row = point * s->length, n_changed = 0;
    size_t n = (size_t)s->length;
    thin(s, w, r);
    memcpy(s->next.index + row, s->now.index + row, n * sizeof *s->next.index);
    memcpy(s->next.value + row, s->now.value + row, n * sizeof *s->next.value);
    memset(s->next.is_new + row, 0, n);
    for (int32_t p = 0; p < w->n_pending[r]; p++) {
        int32_t other = w->candidates[w->position[r * capacity_of(s) + p]];
        if (other == point) continue;
        n_changed += insert(&s->next, row, s->length, w->value[r * capacity_of(s) + p], other);
    }
    return n_changed;
}

/* ---- a group ---------------------------------------------------------------------------- */

static void copy_points(const descent *s, const int32_t *which, int64_t n, kr_real *x) {
    size_t bytes = (size_t)s->frame.dim * sizeof *x;
    for (int64_t i = 0; i < n; i++) {
        memcpy(x + i * s->frame.dim, s->floats.x + which[i] * s->frame.dim, bytes);
    }
}

/* What the sieve wants of all rows and the candidates c .. c + n - 1. */
static void multiply_block(const descent *s, scratch *w, int64_t n_rows, int64_t c, int64_t n) {
    int64_t dim = s->frame.dim;
    copy_points(s, w->candidates + c, n, w->block);
    for (int64_t j = 0; j < n; j++) w->norm2[j] = s->floats.norm2[w->candidates[c + j]];
    kr__gemm('N', 'T', n_rows, n, dim, w->group, dim, w->block, dim, false, w->product, COLUMNS);
}

/* The same in another metric, so that the sieve's value is the distance itself. */
static void compare_block(const descent *s, scratch *w, const int32_t *rows, int64_t n_rows,
                          int64_t c, int64_t n) {
    for (int64_t j = 0; j < n; j++) w->norm2[j] = 0;
    for (int64_t r = 0; r < n_rows; r++) {
        kr__knn_measure(s->metric, s->points, rows[r], s->points, n, w->candidates + c,
                        w->distance2);
        for (int64_t j = 0; j < n; j++) {
            w->product[r * COLUMNS + j] = (kr_real)(-w->distance2[j] * s->scale / 2);
        }
    }
}

/* Candidates c .. c + n - 1 of all rows. */
static void measure_block(const descent *s, scratch *w, const int32_t *rows, int64_t n_rows,
                          int64_t c, int64_t n) {
    int64_t capacity = capacity_of(s);
    if (s->metric.kind == KR__EUCLIDEAN) {
        multiply_block(s, w, n_rows, c, n);
    } else {
        compare_block(s, w, rows, n_rows, c, n);
    }
    for (int64_t r = 0; r < n_rows; r++) {
        if (w->n_pending[r] + n > capacity) thin(s, w, r);
        int64_t count = w->n_pending[r];
        s->kernels->sieve_distances(n, w->product + r * COLUMNS, w->norm2, w->most[r], (int32_t)c,
                                    w->value + r * capacity, w->position + r * capacity, &count);
        w->n_pending[r] = (int32_t)count;
    }
}

typedef struct round_work {
    const descent *s;
    int32_t round;
} round_work;

static void search_group(void *arg, int64_t leaf, int worker) {
    const round_work *work = arg;
    const descent *s = work->s;
    scratch *w = &s->scratch[worker];
    int64_t first, end;
    kr__knn_tree_node(&s->tree, s->tree.depth, leaf, &first, &end);
    const int32_t *rows = s->tree.order + first;
    int64_t n_rows = end - first, n_leaves = (int64_t)1 << s->tree.depth;
    int32_t mark = (int32_t)(work->round * n_leaves + leaf + 1);
    if (kr_team_is_stopping(s->team)) return;
    int64_t n = gather(s, w, first, end, mark, work->round == 0);
    copy_points(s, rows, n_rows, w->group);
    memset(w->n_pending, 0, (size_t)n_rows * sizeof *w->n_pending);
    for (int64_t r = 0; r < n_rows; r++) {
        w->most[r] = s->now.value[rows[r] * s->length + s->length - 1];
    }
    for (int64_t c = 0; c < n; c += COLUMNS) {
        measure_block(s, w, rows, n_rows, c, n - c < COLUMNS ? n - c : COLUMNS);
    }
    s->n_changed[leaf] = 0;
    for (int64_t r = 0; r < n_rows; r++) s->n_changed[leaf] += update_list(s, w, r, rows[r]);
}

static void descend(kr_team *team, descent *s, uint64_t seed) {
    int64_t n_leaves = (int64_t)1 << s->tree.depth, n_entries = s->n * s->length;
    for (int64_t i = 0; i < n_entries; i++) {
        s->now.index[i] = -1;
        s->now.value[i] = INFINITY;
    }
    for (int32_t round = 0; round < MOST_ROUNDS && !kr_team_is_stopping(team); round++) {
        kr__knn_tree_grow(team, &s->tree, seed, (uint32_t)round);
        kr_team_for(team, n_leaves, search_group, &(round_work){s, round});
        lists swapped = s->now;
        s->now = s->next;
        s->next = swapped;
        int64_t n_changed = 0;
        for (int64_t i = 0; i < n_leaves; i++) n_changed += s->n_changed[i];
        if (n_changed < n_entries / 100) break;
    }
}

/* ---- the result ------------------------------------------------------------------------- */

static void settle_group(void *arg, int64_t leaf, int worker) {
    const descent *s = arg;
    double *distance2 = s->scratch[worker].distance2;
    int64_t first, end, k = s->knn->k;
    kr__knn_tree_node(&s->tree, s->tree.depth, leaf, &first, &end);
    for (int64_t i = first; i < end; i++) {
        const int32_t *index = s->now.index + i * s->length;
        kr_nearest nearest = {
            .k = k, .index = s->knn->index + i * k, .distance = s->knn->distance + i * k};
        kr__knn_measure(s->metric, s->points, i, s->points, s->length, index, distance2);
        for (int64_t j = 0; j < s->length; j++) kr__nearest_add(&nearest, distance2[j], index[j]);
        kr__nearest_sort(&nearest);
        for (int64_t j = 0; j < k && s->metric.kind == KR__EUCLIDEAN; j++) {
            nearest.distance[j] = sqrt(nearest.distance[j]);
        }
    }
}

/* For evenly spaced rows: how many of the k are no farther than the true k-th? */
static kr_status measure_recall(kr_team *team, const kr_points *points, kr__metric metric,
                                kr_knn *knn, kr_error *err) {
    int64_t n = points->n < RECALL_ROWS ? points->n : RECALL_ROWS, k = knn->k, n_found = 0;
    kr_points some = {0};
    int64_t *rows = kr__calloc((size_t)n, sizeof *rows);
    int32_t *index = kr__calloc((size_t)(n * k), sizeof *index);
    double *distance = kr__calloc((size_t)(n * k), sizeof *distance);
    kr_status status = rows && index && distance
                           ? KR_OK
                           : kr_fail(err, KR_MEMORY, "out of memory for measuring recall");
    for (int64_t i = 0; status == KR_OK && i < n; i++) rows[i] = i * (points->n / n);
    if (status == KR_OK) status = kr__points_pick(points, n, rows, &some, err);
    if (status == KR_OK) {
        kr_knn_search search = {.team = team,
                                .points = points,
                                .queries = &some,
                                .own = rows,
                                .metric = metric,
                                .k = k,
                                .index = index,
                                .distance = distance};
        status = kr__knn_exact(team, &search, err);
    }
    for (int64_t i = 0; status == KR_OK && i < n * k; i++) {
        n_found += knn->distance[rows[i / k] * k + i % k] <= distance[i / k * k + k - 1];
    }
    if (status == KR_OK) knn->recall = (double)n_found / (double)(n * k);
    kr_free(rows);
    kr_free(index);
    kr_free(distance);
    kr__points_free(&some);
    return status;
}

/* ---- all -------------------------------------------------------------------------------- */

static bool init_lists(kr_arena *arena, size_t n, lists *l) {
    l->index = kr__arena_alloc(arena, n, sizeof *l->index);
    l->value = kr__arena_alloc(arena, n, sizeof *l->value);
    l->is_new = kr__arena_alloc(arena, n, sizeof *l->is_new);
    return l->index && l->value && l->is_new;
}

static bool init_scratch(const descent *s, kr_arena *arena, scratch *w) {
    size_t n = (size_t)s->n, dim = (size_t)s->frame.dim, group = (size_t)s->group;
    size_t pending = (size_t)capacity_of(s);
    w->stamp = kr__arena_alloc(arena, n, sizeof *w->stamp);
    w->candidates = kr__arena_alloc(arena, n, sizeof *w->candidates);
    w->group = kr__arena_alloc(arena, group * dim, sizeof *w->group);
    w->block = kr__arena_alloc(arena, COLUMNS * dim, sizeof *w->block);
    w->norm2 = kr__arena_alloc(arena, COLUMNS, sizeof *w->norm2);
    w->product = kr__arena_alloc(arena, group * COLUMNS, sizeof *w->product);
    w->select = kr__arena_alloc(arena, pending, sizeof *w->select);
    w->n_pending = kr__arena_alloc(arena, group, sizeof *w->n_pending);
    w->most = kr__arena_alloc(arena, group, sizeof *w->most);
    w->value = kr__arena_alloc(arena, group * pending, sizeof *w->value);
    w->position = kr__arena_alloc(arena, group * pending, sizeof *w->position);
    w->distance2 = kr__arena_alloc(arena, (size_t)s->length + COLUMNS, sizeof *w->distance2);
    return w->stamp && w->candidates && w->group && w->block && w->norm2 && w->product &&
           w->select && w->n_pending && w->most && w->value && w->position && w->distance2;
}

static bool init_memory(kr_team *team, descent *s, kr_arena *arena) {
    size_t n = (size_t)s->n, entries = n * (size_t)s->length;
    int n_workers = kr_team_workers(team);
    s->tree.order = kr__arena_alloc(arena, n, sizeof *s->tree.order);
    s->tree.projection = kr__arena_alloc(arena, n, sizeof *s->tree.projection);
    s->n_changed = kr__arena_alloc(arena, (size_t)1 << s->tree.depth, sizeof *s->n_changed);
    s->scratch = kr__arena_alloc(arena, (size_t)n_workers, sizeof *s->scratch);
    bool is_ready = s->tree.order && s->tree.projection && s->n_changed && s->scratch &&
                    init_lists(arena, entries, &s->now) && init_lists(arena, entries, &s->next);
    for (int i = 0; is_ready && i < n_workers; i++) {
        is_ready = init_scratch(s, arena, &s->scratch[i]);
    }
    return is_ready;
}

kr_status kr__knn_descent(kr_team *team, const kr_points *points, const kr_knn_options *options,
                          kr__metric metric, kr_knn *knn, kr_error *err) {
    int64_t n = points->n, wanted = options->k + options->k / 4 + 8;
    descent s = {.team = team,
                 .points = points,
                 .metric = metric,
                 .kernels = kr__kernels(),
                 .n = n,
                 .knn = knn};
    kr_arena arena = {0};
    s.length = wanted < n ? wanted : n - 1;
    int64_t least = s.length + 1 > LEAST_GROUP ? s.length + 1 : LEAST_GROUP;
    s.tree = (kr_knn_tree){.points = &s.floats, .depth = kr__knn_tree_depth(n, least)};
    s.group = (n >> s.tree.depth) + 1;
    kr_status status = kr__knn_frame_init(&s.frame, points, NULL, err);
    if (status == KR_OK) status = kr__knn_floats_init(team, &s.floats, &s.frame, points, err);
    s.scale = metric.has_unit ? s.frame.scale : 1;
    if (status == KR_OK && !init_memory(team, &s, &arena)) {
        status = kr_fail(err, KR_MEMORY, "out of memory for the search of neighbours");
    }
    if (status == KR_OK) {
        descend(team, &s, options->seed);
        status = kr__points_check_stop(team, err);
    }
    if (status == KR_OK) {
        kr_team_for(team, (int64_t)1 << s.tree.depth, settle_group, &s);
        knn->is_exact = false;
        knn->recall = NAN;
    }
    kr__arena_deinit(&arena);
    kr__knn_floats_deinit(&s.floats);
    kr__knn_frame_deinit(&s.frame);
    if (status == KR_OK && options->with_recall)
        status = measure_recall(team, points, metric, knn, err);
    return status;
}
