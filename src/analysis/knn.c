/* SPDX-License-Identifier: MIT
 * knn.c - neighbours of points: checks the request, then searches. */
#include <math.h>

#include "analysis/knn_search.h"
#include "analysis/point_metrics.h"
#include "core/arena.h"
#include "core/sized_struct.h"

/* ---- the search ------------------------------------------------------------------------- */

/* What a search is asked for. */
typedef struct asked {
    const kr_points *points, *queries; /* queries NULL: the points themselves */
    const kr_knn_options *options;
    kr__metric metric;
} asked;

static kr_status search_exactly(kr_team *team, const kr__sane_points *sane, const asked *s,
                                kr_knn *knn, kr_error *err) {
    bool is_own = s->queries == NULL;
    int64_t *own = is_own ? kr__calloc((size_t)knn->n, sizeof *own) : NULL;
    if (is_own && !own) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)knn->n);
    }
    for (int64_t i = 0; is_own && i < knn->n; i++) own[i] = i;
    kr_status status =
        kr__knn_exact(team,
                      &(kr_knn_search){.team = team,
                                       .points = &sane->points,
                                       .queries = is_own ? &sane->points : &sane->others,
                                       .own = own,
                                       .metric = s->metric,
                                       .k = knn->k,
                                       .index = knn->index,
                                       .distance = knn->distance},
                      err);
    kr_free(own);
    return status;
}

static kr_status search(kr_team *team, const asked *s, kr_knn **out, kr_error *err) {
    kr__sane_points sane;
    kr_knn *knn = NULL;
    kr_knn_method method = s->queries ? KR_KNN_EXACT : s->options->method;
    bool is_exact =
        method == KR_KNN_EXACT || (method == KR_KNN_AUTO && s->points->n <= KR_KNN_EXACT_MAX);
    kr_status status = kr__sane_points_init(&sane, s->points, s->queries, err);
    if (status == KR_OK) status = kr__knn_make(sane.others.n, s->options->k, &knn, err);
    if (status == KR_OK) {
        knn->exponent = sane.exponent;
        status = is_exact ? search_exactly(team, &sane, s, knn, err)
                          : kr__knn_descent(team, &sane.points, s->options, s->metric, knn, err);
    }
    if (status == KR_OK) {
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    kr__sane_points_deinit(&sane);
    return status;
}

/* Points as the metric's map has them, in double. Free out->f64. */
static kr_status map_points(const kr_points *points, const kr__metric_map *map, kr_points *out,
                            kr_error *err) {
    int64_t n = points->n, dim = map->dim(points->dim);
    double *row = kr__calloc((size_t)points->dim, sizeof *row);
    double *values = kr__calloc((size_t)n, (size_t)dim * sizeof *values);
    kr_status status = row && values
                           ? KR_OK
                           : kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n);
    for (int64_t i = 0; i < n && status == KR_OK; i++) {
        for (int64_t c = 0; c < points->dim; c++) row[c] = kr__points_at(points, i, c);
        if (map->map(points->dim, row, values + i * dim)) continue;
        status = kr_fail(err, KR_NUMERIC, "row %lld %s", (long long)i, map->demands);
    }
    kr_free(row);
    if (status != KR_OK) {
        kr_free(values);
        return status;
    }
    *out = kr_points_f64(values, n, dim);
    return KR_OK;
}

static kr_status search_mapped(kr_team *team, const asked *s, const kr__metric_map *map,
                               kr_knn **out, kr_error *err) {
    kr_points points = {0}, queries = {0};
    kr_status status = map_points(s->points, map, &points, err);
    if (status == KR_OK && s->queries) status = map_points(s->queries, map, &queries, err);
    if (status == KR_OK) {
        const asked mapped = {&points, s->queries ? &queries : NULL, s->options, s->metric};
        status = search(team, &mapped, out, err);
    }
    for (int64_t i = 0; status == KR_OK && i < (*out)->n * (*out)->k; i++) {
        (*out)->distance[i] = map->distance((*out)->distance[i]);
    }
    kr_free((void *)(uintptr_t)points.f64);
    kr_free((void *)(uintptr_t)queries.f64);
    return status;
}

kr_status kr__knn_find(kr_team *team, const kr_points *points, const kr_points *queries,
                       const kr_knn_options *options, kr_knn **out, kr_error *err) {
    const kr__metric_row *row;
    asked s = {.points = points, .queries = queries, .options = options};
    KR_TRY(kr__metric_row_of(options->metric, points->dim, &row, err));
    KR_TRY(kr__knn_metric(options, row, &s.metric, err));
    if (row->metric == KR_METRIC_PRECOMPUTED) {
        return kr__knn_of_distances(queries ? queries : points, !queries, options->k, out, err);
    }
    KR_TRY(row->map ? search_mapped(team, &s, row->map, out, err) : search(team, &s, out, err));
    if (!row->has_unit) (*out)->exponent = 0;
    return KR_OK;
}

/* ---- the interface ---------------------------------------------------------------------- */

static kr_status find_in_unit(kr_team *team, const kr_points *points, const kr_points *queries,
                              const kr_knn_options *options, kr_knn **out, kr_error *err) {
    kr_knn *knn = NULL;
    KR_TRY(kr__knn_find(team, points, queries, options, &knn, err));
    kr_status status = kr__knn_set_unit(knn, err);
    if (status == KR_OK) {
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    return status;
}

kr_status kr_knn_create(kr_team *team, const kr_points *points, const kr_knn_options *options,
                        kr_knn **out, kr_error *err) {
    kr_knn_options o;
    KR_TRY(kr__sized_take("kr_knn_options", options, &o, sizeof o, err));
    KR_TRY(kr__points_check(points, 2, err));
    if (o.k < 1 || o.k >= points->n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours of %lld points: use 1 to %lld",
                       (long long)o.k, (long long)points->n, (long long)(points->n - 1));
    }
    return find_in_unit(team, points, NULL, &o, out, err);
}

kr_status kr_knn_query_by(kr_team *team, const kr_points *points, const kr_points *queries,
                          const kr_knn_options *options, kr_knn **out, kr_error *err) {
    kr_knn_options o;
    KR_TRY(kr__sized_take("kr_knn_options", options, &o, sizeof o, err));
    bool are_distances = o.metric == KR_METRIC_PRECOMPUTED;
    KR_TRY(kr__points_check(are_distances ? queries : points, 1, err));
    if (!are_distances) KR_TRY(kr__points_check_queries(points, queries, err));
    int64_t n = are_distances ? queries->dim : points->n;
    if (o.k < 1 || o.k > n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours among %lld points: use 1 to %lld",
                       (long long)o.k, (long long)n, (long long)n);
    }
    if (are_distances) points = queries;
    return find_in_unit(team, points, queries, &o, out, err);
}

kr_status kr_knn_query(kr_team *team, const kr_points *points, const kr_points *queries, int64_t k,
                       kr_knn **out, kr_error *err) {
    return kr_knn_query_by(team, points, queries,
                           &(kr_knn_options){.size = sizeof(kr_knn_options), .k = k}, out, err);
}
