/* SPDX-License-Identifier: MIT
 * umap_neighbours.c - neighbours in the metric that was asked for.
 *
 * For rows of length 1 the squared Euclidean distance is twice the cosine distance: the order is
 * the same, so the same search serves. */
#include "analysis/umap_internal.h"
#include "core/arena.h"

#include <math.h>

/* A row of length 1 into `to`; false when it is all zeros. Its largest number is brought near 1
 * first, so that no square is beyond double or vanishes. */
static bool normalise_row(const kr_points *points, int64_t row, double *to) {
    double largest = 0, sum = 0;
    for (int64_t c = 0; c < points->dim; c++) {
        largest = fmax(largest, fabs(kr__points_at(points, row, c)));
    }
    if (largest == 0) return false;
    for (int64_t c = 0; c < points->dim; c++) {
        to[c] = ldexp(kr__points_at(points, row, c), -ilogb(largest));
        sum += to[c] * to[c];
    }
    for (int64_t c = 0; c < points->dim; c++) to[c] /= sqrt(sum);
    return true;
}

/* Rows of length 1, in double. Free out->f64. */
static kr_status normalise(const kr_points *points, kr_points *out, kr_error *err) {
    int64_t n = points->n, dim = points->dim;
    double *values = kr__calloc((size_t)n, (size_t)dim * sizeof *values);
    if (!values) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        if (normalise_row(points, i, values + i * dim)) continue;
        kr_free(values);
        return kr_fail(err, KR_NUMERIC,
                       "row %lld is all zeros and has no direction, which the cosine needs; "
                       "remove that row or use the Euclidean metric",
                       (long long)i);
    }
    *out = kr_points_f64(values, n, dim);
    return KR_OK;
}

static kr_status search(kr_team *team, const kr_points *points, const kr_points *queries,
                        const kr_umap_options *options, int64_t k, kr_knn **out, kr_error *err) {
    if (queries) return kr_knn_query(team, points, queries, k, out, err);
    const kr_knn_options o = {.size = sizeof o,
                              .k = k,
                              .method = options->knn_method,
                              .seed = options->seed,
                              .with_recall = true};
    return kr_knn_create(team, points, &o, out, err);
}

/* Their unit is that of the copy, if there is one: memberships ask for none. */
static kr_status search_places(kr_team *team, const kr_points *points, const kr_points *queries,
                               const kr_umap_options *options, int64_t k, kr_knn **out,
                               kr_error *err) {
    kr__sane_points sane;
    kr_status status = kr__sane_points_init(&sane, points, queries, err);
    if (status == KR_OK) {
        status = search(team, &sane.points, queries ? &sane.others : NULL, options, k, out, err);
    }
    kr__sane_points_deinit(&sane);
    return status;
}

static kr_status search_directions(kr_team *team, const kr_points *points, const kr_points *queries,
                                   const kr_umap_options *options, int64_t k, kr_knn **out,
                                   kr_error *err) {
    kr_points directions = {0}, asked = {0};
    kr_status status = normalise(points, &directions, err);
    if (status == KR_OK && queries) status = normalise(queries, &asked, err);
    if (status == KR_OK) {
        status = search(team, &directions, queries ? &asked : NULL, options, k, out, err);
    }
    for (int64_t i = 0; status == KR_OK && i < (*out)->n * k; i++) {
        (*out)->distance[i] *= (*out)->distance[i] / 2;
    }
    kr_free((void *)directions.f64);
    kr_free((void *)asked.f64);
    return status;
}

kr_status kr__umap_neighbours(kr_team *team, const kr_points *points, const kr_points *queries,
                              const kr_umap_options *options, int64_t k, kr_knn **out,
                              kr_error *err) {
    return options->metric == KR_UMAP_EUCLIDEAN
               ? search_places(team, points, queries, options, k, out, err)
               : search_directions(team, points, queries, options, k, out, err);
}
