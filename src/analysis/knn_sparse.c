/* SPDX-License-Identifier: MIT
 * knn_sparse.c - neighbours of sparse points, and out of sparse distances.
 *
 * Two rows are merged into the columns in which one of them has a number, and the metric's kernel
 * measures these: columns in which both are 0 add nothing to any of its sums. The query is spread
 * over all columns once, so that the merge needs no branch. */
#include <math.h>
#include <string.h>

#include "analysis/knn_search.h"
#include "analysis/nearest.h"
#include "analysis/point_metrics.h"
#include "core/arena.h"
#include "core/sized_struct.h"
#include "kernels/kernels.h"

enum { ROWS = 8 /* of a piece */ };

/* ---- sparse matrices that come in ------------------------------------------------------- */

static kr_status check_row(const kr_sparse *m, int64_t row, kr_error *err) {
    int64_t first = m->start[row], end = m->start[row + 1];
    for (int64_t i = first; i < end; i++) {
        bool rises = i == first || m->column[i] > m->column[i - 1];
        if (!rises || m->column[i] < 0 || m->column[i] >= m->dim) {
            return kr_fail(err, KR_USAGE,
                           "row %lld of a sparse matrix: its columns must rise, from 0 to %lld",
                           (long long)row, (long long)m->dim - 1);
        }
        if (isfinite(kr__sparse_at(m, i))) continue;
        return kr_fail(err, KR_NUMERIC, "row %lld, column %ld holds %s; remove that row",
                       (long long)row, (long)m->column[i],
                       isnan(kr__sparse_at(m, i)) ? "NaN" : "an infinite number");
    }
    return KR_OK;
}

kr_status kr__sparse_take(const kr_sparse *given, int64_t least, kr_sparse *m, kr_error *err) {
    KR_TRY(kr__sized_take("kr_sparse", given, m, sizeof *m, err));
    if (m->n < least || m->n > INT32_MAX || m->dim < 1 || m->dim > INT32_MAX) {
        return kr_fail(err, KR_USAGE, "(%lld, %lld) sparse points: at least %lld are needed",
                       (long long)m->n, (long long)m->dim, (long long)least);
    }
    for (int64_t i = 0; i < m->n; i++) {
        if (m->start[0] != 0 || m->start[i + 1] < m->start[i]) {
            return kr_fail(err, KR_USAGE, "row %lld of a sparse matrix: starts must rise from 0",
                           (long long)i);
        }
        KR_TRY(check_row(m, i, err));
    }
    return KR_OK;
}

/* ---- distances that are known ----------------------------------------------------------- */

static kr_status choose(const kr_sparse *m, int64_t row, bool is_own, kr_nearest *nearest,
                        kr_error *err) {
    for (int64_t i = m->start[row]; i < m->start[row + 1]; i++) {
        double distance = kr__sparse_at(m, i);
        if (distance < 0) {
            return kr_fail(err, KR_USAGE, "row %lld, column %ld: a distance is %g, below 0",
                           (long long)row, (long)m->column[i], distance);
        }
        if (!is_own || m->column[i] != row) kr__nearest_add(nearest, distance, m->column[i]);
    }
    if (!kr__nearest_is_full(nearest)) {
        return kr_fail(err, KR_USAGE,
                       "row %lld knows %lld distances, and %lld are needed: give more of them, or "
                       "ask for fewer neighbours",
                       (long long)row, (long long)nearest->n, (long long)nearest->k);
    }
    kr__nearest_sort(nearest);
    return KR_OK;
}

kr_status kr_knn_of_sparse(const kr_sparse *distances, bool is_own, int64_t k, kr_knn **out,
                           kr_error *err) {
    kr_sparse m;
    kr_knn *knn = NULL;
    KR_TRY(kr__sparse_take(distances, is_own ? 2 : 1, &m, err));
    if (is_own && m.n != m.dim) {
        return kr_fail(err, KR_SHAPE,
                       "distances of points among themselves are a square, not (%lld, %lld)",
                       (long long)m.n, (long long)m.dim);
    }
    if (k < 1 || k > m.dim - is_own) {
        return kr_fail(err, KR_USAGE, "%lld neighbours among %lld points", (long long)k,
                       (long long)m.dim);
    }
    KR_TRY(kr__knn_make(m.n, k, &knn, err));
    knn->is_exact = false;
    knn->recall = NAN;
    kr_status status = KR_OK;
    for (int64_t i = 0; i < m.n && status == KR_OK; i++) {
        kr_nearest nearest = {
            .k = k, .index = knn->index + i * k, .distance = knn->distance + i * k};
        status = choose(&m, i, is_own, &nearest, err);
    }
    if (status == KR_OK) {
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    return status;
}

/* ---- the points ------------------------------------------------------------------------- */

/* Numbers in double: as the metric's map has them, and times a power of two that keeps squares in
 * range. */
typedef struct rows {
    kr_sparse m;
    double *value; /* (start[n]) */
} rows;

static double largest_of(const kr_sparse *m) {
    double largest = 0;
    for (int64_t i = 0; i < m->start[m->n]; i++) largest = fmax(largest, fabs(kr__sparse_at(m, i)));
    return largest;
}

static kr_status make_rows(const kr_sparse *m, const kr__metric_map *map, int exponent, rows *out,
                           kr_error *err) {
    *out = (rows){.m = *m};
    out->value = kr__calloc((size_t)m->start[m->n] + 1, sizeof *out->value);
    if (!out->value) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)m->n);
    }
    for (int64_t i = 0; i < m->start[m->n]; i++)
        out->value[i] = ldexp(kr__sparse_at(m, i), exponent);
    for (int64_t i = 0; i < m->n && map; i++) {
        if (map->map_sparse(m->start[i + 1] - m->start[i], out->value + m->start[i])) continue;
        return kr_fail(err, KR_NUMERIC, "row %lld %s", (long long)i, map->demands);
    }
    return KR_OK;
}

/* ---- the search ------------------------------------------------------------------------- */

typedef struct search {
    const kr_team *team; /* that may be stopped */
    const rows *points, *queries;
    bool is_own;
    kr__metric metric;
    const kr__metric_map *map;
    int64_t room; /* columns of the longest pair */
    kr_per_worker memory;
    kr_knn *knn;
} search;

/* Of a worker: a pair of rows in the columns in which one of them has a number, and the query,
 * which is the same for all points: its numbers from 1 on, which of these a point has met, and
 * where the number of a column is, 0 if there is none. */
typedef struct scratch {
    double *p, *q, *value; /* (room), (room), (room + 1) */
    uint8_t *is_met;       /* (room + 1) */
    int32_t *at;           /* (columns) */
} scratch;

static size_t scratch_size(int64_t room, int64_t dim) {
    return (size_t)(3 * room + 1) * sizeof(double) + (size_t)dim * sizeof(int32_t) + (size_t)room +
           1;
}

static scratch scratch_at(const search *s, int worker) {
    double *base = kr_per_worker_at(&s->memory, worker);
    scratch w = {.p = base, .q = base + s->room, .value = base + 2 * s->room};
    w.at = (int32_t *)(w.value + s->room + 1);
    w.is_met = (uint8_t *)(w.at + s->points->m.dim);
    return w;
}

/* The columns in which one of the two has a number, without a branch; how many there are. */
static int64_t merge(const scratch *w, int64_t n_query, const rows *points, int64_t point) {
    int64_t n = 0;
    for (int64_t i = points->m.start[point]; i < points->m.start[point + 1]; i++, n++) {
        int32_t at = w->at[points->m.column[i]];
        w->p[n] = points->value[i];
        w->q[n] = w->value[at];
        w->is_met[at] = 1;
    }
    for (int64_t i = 1; i <= n_query; i++) {
        w->p[n] = 0;
        w->q[n] = w->value[i];
        n += !w->is_met[i];
        w->is_met[i] = 0;
    }
    return n;
}

/* Of Euclid's the square. */
static double measure(const search *s, const scratch *w, int64_t n_query, int64_t point) {
    static const int32_t first = 0;
    double distance = 0;
    int64_t n = merge(w, n_query, s->points, point);
    if (s->metric.kind == KR__EUCLIDEAN) {
        kr__kernels()->squared_distances_f64(n, w->p, 1, &first, w->q, &distance);
    } else {
        kr__metric metric = s->metric;
        metric.n_columns = s->points->m.dim;
        kr__kernels()->metric_rows_f64(metric, n, w->p, 1, &first, w->q, &distance);
    }
    return distance;
}

/* Spread the query over the columns; how many numbers it has. */
static int64_t open_query(const rows *queries, int64_t query, const scratch *w) {
    int64_t first = queries->m.start[query], n = queries->m.start[query + 1] - first;
    for (int64_t i = 0; i < n; i++) {
        w->value[i + 1] = queries->value[first + i];
        w->at[queries->m.column[first + i]] = (int32_t)i + 1;
    }
    return n;
}

static void close_query(const rows *queries, int64_t query, const scratch *w) {
    for (int64_t i = queries->m.start[query]; i < queries->m.start[query + 1]; i++) {
        w->at[queries->m.column[i]] = 0;
    }
}

static void search_row(const search *s, const scratch *w, int64_t query) {
    int64_t k = s->knn->k, n_query = open_query(s->queries, query, w);
    kr_nearest nearest = {
        .k = k, .index = s->knn->index + query * k, .distance = s->knn->distance + query * k};
    for (int64_t i = 0; i < s->points->m.n; i++) {
        if (s->is_own && i == query) continue;
        kr__nearest_add(&nearest, measure(s, w, n_query, i), (int32_t)i);
    }
    close_query(s->queries, query, w);
    kr__nearest_sort(&nearest);
    for (int64_t j = 0; j < k && s->metric.kind == KR__EUCLIDEAN; j++) {
        double distance = sqrt(nearest.distance[j]);
        nearest.distance[j] = s->map ? s->map->distance(distance) : distance;
    }
}

static void search_piece(void *arg, int64_t piece, int worker) {
    const search *s = arg;
    const scratch w = scratch_at(s, worker);
    int64_t end = (piece + 1) * ROWS;
    for (int64_t i = piece * ROWS; i < end && i < s->queries->m.n; i++) {
        if (kr_team_is_stopping(s->team)) return;
        search_row(s, &w, i);
    }
}

static int64_t longest(const kr_sparse *m) {
    int64_t most = 0;
    for (int64_t i = 0; i < m->n; i++) {
        int64_t n = m->start[i + 1] - m->start[i];
        if (n > most) most = n;
    }
    return most;
}

/* A power of two that brings the largest number near 1, where squares need it. */
static int find_exponent(const kr_sparse *points, const kr_sparse *queries) {
    double largest = fmax(largest_of(points), largest_of(queries));
    bool is_sane = largest == 0 || (largest >= 0x1p-100 && largest <= 0x1p480);
    return is_sane ? 0 : -ilogb(largest);
}

static kr_status search_all(kr_team *team, search *s, const rows *points, const rows *queries,
                            kr_error *err) {
    s->room = longest(&points->m) + longest(&queries->m) + 1;
    KR_TRY(kr_per_worker_init(&s->memory, team, scratch_size(s->room, points->m.dim), err));
    s->points = points;
    s->queries = queries;
    s->team = team;
    kr_team_for(team, (queries->m.n + ROWS - 1) / ROWS, search_piece, s);
    return kr__points_check_stop(team, err);
}

static kr_status find(kr_team *team, search *s, const kr_sparse *points, const kr_sparse *queries,
                      kr_error *err) {
    rows own = {0}, asked = {0};
    bool is_mapped = s->map != NULL;
    s->knn->exponent = is_mapped ? 0 : find_exponent(points, queries);
    kr_status status = make_rows(points, s->map, s->knn->exponent, &own, err);
    if (status == KR_OK && !s->is_own) {
        status = make_rows(queries, s->map, s->knn->exponent, &asked, err);
    }
    if (status == KR_OK) status = search_all(team, s, &own, s->is_own ? &own : &asked, err);
    if (!s->metric.has_unit) s->knn->exponent = 0;
    if (status == KR_OK) status = kr__knn_set_unit(s->knn, err);
    kr_per_worker_deinit(&s->memory);
    kr_free(own.value);
    kr_free(asked.value);
    return status;
}

static kr_status take_metric(const kr_knn_options *o, int64_t dim, search *s, kr_error *err) {
    const kr__metric_row *row;
    KR_TRY(kr__metric_row_of(o->metric, dim, &row, err));
    if (o->metric == KR_METRIC_PRECOMPUTED || (row->map && !row->map->map_sparse)) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "sparse points are not compared by %s, which looks at zeros, too; give them "
                       "densely",
                       row->name);
    }
    s->map = row->map;
    return kr__knn_metric(o, row, &s->metric, err);
}

kr_status kr_knn_sparse(kr_team *team, const kr_sparse *points, const kr_sparse *queries,
                        const kr_knn_options *options, kr_knn **out, kr_error *err) {
    kr_knn_options o;
    kr_sparse m, asked;
    search s = {.is_own = !queries};
    KR_TRY(kr__sized_take("kr_knn_options", options, &o, sizeof o, err));
    KR_TRY(kr__sparse_take(points, queries ? 1 : 2, &m, err));
    KR_TRY(queries ? kr__sparse_take(queries, 1, &asked, err) : KR_OK);
    if (!queries) asked = m;
    if (asked.dim != m.dim) {
        return kr_fail(err, KR_SHAPE, "points have %lld numbers, and queries %lld",
                       (long long)m.dim, (long long)asked.dim);
    }
    if (o.k < 1 || o.k > m.n - s.is_own) {
        return kr_fail(err, KR_USAGE, "%lld neighbours of %lld points: use 1 to %lld",
                       (long long)o.k, (long long)m.n, (long long)(m.n - s.is_own));
    }
    KR_TRY(take_metric(&o, m.dim, &s, err));
    KR_TRY(kr__knn_make(asked.n, o.k, &s.knn, err));
    kr_status status = find(team, &s, &m, &asked, err);
    if (status == KR_OK) {
        *out = s.knn;
    } else {
        kr_knn_destroy(s.knn);
    }
    return status;
}
