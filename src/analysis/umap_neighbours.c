/* SPDX-License-Identifier: MIT
 * umap_neighbours.c - neighbours in the metric that was asked for.
 *
 * For rows of length 1 the squared Euclidean distance is twice the cosine distance: the order is
 * the same, so the same search serves. */
#include "analysis/umap_internal.h"
#include "core/arena.h"

#include <math.h>

/* The largest number is brought near 1, so that no square is beyond double or vanishes; false when
 * all are 0. */
static bool scale_row(int64_t dim, double *row) {
    double largest = 0;
    for (int64_t c = 0; c < dim; c++) largest = fmax(largest, fabs(row[c]));
    if (largest == 0) return false;
    for (int64_t c = 0; c < dim; c++) row[c] = ldexp(row[c], -ilogb(largest));
    return true;
}

/* Less its mean, seen from the first number: what is the same in all leaves nothing behind. */
static void centre_row(int64_t dim, double *row) {
    double first = row[0], mean = 0;
    for (int64_t c = 0; c < dim; c++) {
        row[c] -= first;
        mean += row[c] / (double)dim;
    }
    for (int64_t c = 0; c < dim; c++) row[c] -= mean;
}

/* A row of length 1 into `to`; false when it is all zeros, or all the same if it is centred. */
static bool normalise_row(const kr_points *points, int64_t row, bool is_centred, double *to) {
    int64_t dim = points->dim;
    double sum = 0;
    for (int64_t c = 0; c < dim; c++) to[c] = kr__points_at(points, row, c);
    bool has_direction = scale_row(dim, to);
    if (is_centred && has_direction) {
        centre_row(dim, to);
        has_direction = scale_row(dim, to);
    }
    if (!has_direction) return false;
    for (int64_t c = 0; c < dim; c++) sum += to[c] * to[c];
    for (int64_t c = 0; c < dim; c++) to[c] /= sqrt(sum);
    return true;
}

/* Rows of length 1, in double. Free out->f64. */
static kr_status normalise(const kr_points *points, bool is_centred, kr_points *out,
                           kr_error *err) {
    int64_t n = points->n, dim = points->dim;
    double *values = kr__calloc((size_t)n, (size_t)dim * sizeof *values);
    if (!values) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        if (normalise_row(points, i, is_centred, values + i * dim)) continue;
        kr_free(values);
        return kr_fail(err, KR_NUMERIC,
                       "row %lld is all %s and has no direction, which the %s needs; "
                       "remove that row or use the Euclidean metric",
                       (long long)i, is_centred ? "equal" : "zeros",
                       is_centred ? "correlation" : "cosine");
    }
    *out = kr_points_f64(values, n, dim);
    return KR_OK;
}

static kr_status search(kr_team *team, const kr_points *points, const kr_points *queries,
                        const kr_umap_options *options, kr__metric metric, int64_t k, kr_knn **out,
                        kr_error *err) {
    const kr_knn_options o = {.size = sizeof o,
                              .k = k,
                              .method = queries ? KR_KNN_EXACT : options->knn_method,
                              .seed = options->seed,
                              .with_recall = true};
    return kr__knn_find(team, points, queries, &o, metric, out, err);
}

/* Their unit is that of the copy, if there is one: memberships ask for none. */
static kr_status search_places(kr_team *team, const kr_points *points, const kr_points *queries,
                               const kr_umap_options *options, kr__metric metric, int64_t k,
                               kr_knn **out, kr_error *err) {
    kr__sane_points sane;
    kr_status status = kr__sane_points_init(&sane, points, queries, err);
    if (status == KR_OK) {
        status =
            search(team, &sane.points, queries ? &sane.others : NULL, options, metric, k, out, err);
    }
    kr__sane_points_deinit(&sane);
    return status;
}

static kr_status search_directions(kr_team *team, const kr_points *points, const kr_points *queries,
                                   const kr_umap_options *options, int64_t k, kr_knn **out,
                                   kr_error *err) {
    kr_points directions = {0}, asked = {0};
    bool is_centred = options->metric == KR_UMAP_CORRELATION;
    kr_status status = normalise(points, is_centred, &directions, err);
    if (status == KR_OK && queries) status = normalise(queries, is_centred, &asked, err);
    if (status == KR_OK) {
        status =
            search(team, &directions, queries ? &asked : NULL, options, KR__EUCLIDEAN, k, out, err);
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
    static const kr__metric metrics[] = {[KR_UMAP_EUCLIDEAN] = KR__EUCLIDEAN,
                                         [KR_UMAP_MANHATTAN] = KR__MANHATTAN,
                                         [KR_UMAP_CHEBYSHEV] = KR__CHEBYSHEV,
                                         [KR_UMAP_HAMMING] = KR__HAMMING,
                                         [KR_UMAP_JACCARD] = KR__JACCARD};
    switch (options->metric) {
        case KR_UMAP_COSINE:
        case KR_UMAP_CORRELATION:
            return search_directions(team, points, queries, options, k, out, err);
        case KR_UMAP_PRECOMPUTED:
            return kr__knn_of_distances(queries ? queries : points, !queries, k, out, err);
        case KR_UMAP_EUCLIDEAN:
        case KR_UMAP_MANHATTAN:
        case KR_UMAP_CHEBYSHEV:
        case KR_UMAP_HAMMING:
        case KR_UMAP_JACCARD:
            break;
    }
    return search_places(team, points, queries, options, metrics[options->metric], k, out, err);
}
