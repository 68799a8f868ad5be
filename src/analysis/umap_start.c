/* SPDX-License-Identifier: MIT
 * umap_start.c - where the points of a map start. */
#include <math.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"

static const double reach = 10, noise = 1e-4;

/* The largest coordinate becomes `reach`; a little noise separates points that start together. */
static void scale_and_shake(int64_t n, uint64_t seed, double *places) {
    double largest = 0;
    kr_rng rng = kr__rng_make(seed, KR_STREAM_NOISE, 0);
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(places[i]));
    for (int64_t i = 0; i < n; i++) {
        if (largest > 0) places[i] *= reach / largest;
        places[i] += noise * kr__rng_normal(&rng);
    }
}

/* Each axis to 0 .. reach. */
static void fit_axes(int64_t n, int64_t dim, const double *places, kr_real *y) {
    for (int64_t c = 0; c < dim; c++) {
        double least = INFINITY, most = -INFINITY;
        for (int64_t i = 0; i < n; i++) {
            least = fmin(least, places[i * dim + c]);
            most = fmax(most, places[i * dim + c]);
        }
        double scale = most > least ? reach / (most - least) : 0;
        for (int64_t i = 0; i < n; i++) {
            y[i * dim + c] = (kr_real)(scale * (places[i * dim + c] - least));
        }
    }
}

static kr_status project(kr_team *team, const kr_points *points, int64_t dim, double *places,
                         kr_error *err) {
    kr_pca *pca = NULL;
    if (!points) {
        return kr_fail(err, KR_USAGE,
                       "a graph alone has no principal components to start from; "
                       "start from the spectrum or at random");
    }
    int64_t most = points->n < points->dim ? points->n : points->dim;
    if (dim > most) {
        return kr_fail(err, KR_USAGE,
                       "%lld points of %lld numbers have no %lld principal components to start "
                       "from; start from the spectrum or at random",
                       (long long)points->n, (long long)points->dim, (long long)dim);
    }
    KR_TRY(kr_pca_create(team, points, dim, &pca, err));
    kr_status status = kr_pca_project(team, pca, points, places, err);
    kr_pca_destroy(pca);
    return status;
}

static bool are_apart(const kr_knn *knn) {
    for (int64_t i = 0; i < knn->n; i++) {
        if (!(knn->distance[i] > 0)) return false;
    }
    return true;
}

/* Where two are at one place, all are moved by a thousandth of their mean distance to the nearest,
 * as umap-learn does. */
static kr_status take_given(kr_team *team, int64_t n, const kr_umap_options *options,
                            double *places, kr_error *err) {
    int64_t dim = options->n_components;
    kr_knn *knn = NULL;
    const kr_points given = kr_points_f32(options->start, n, dim);
    const kr_knn_options o = {.size = sizeof o, .k = 1, .seed = options->seed};
    kr_status status = kr_knn_create(team, &given, &o, &knn, err);
    if (status != KR_OK) {
        kr_error_prefix(err, "start");
        return status;
    }
    double mean = 0;
    for (int64_t i = 0; i < n; i++) mean += knn->distance[i] / (double)n;
    double deviation = are_apart(knn) ? 0 : 1e-3 * mean;
    kr_rng rng = kr__rng_make(options->seed, KR_STREAM_NOISE, 0);
    for (int64_t i = 0; i < n * dim; i++) {
        places[i] = (double)options->start[i];
        if (deviation > 0) places[i] += deviation * kr__rng_normal(&rng);
    }
    kr_knn_destroy(knn);
    return KR_OK;
}

kr_status kr__umap_start(kr_team *team, const kr_points *points, const kr__graph *graph,
                         const kr_umap_options *options, kr_real *y, kr_error *err) {
    int64_t n = graph->n, dim = options->n_components;
    uint64_t seed = options->seed;
    double *places = kr__calloc((size_t)n, (size_t)dim * sizeof *places);
    kr_status status = KR_OK;
    if (!places) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n);
    if (options->start) {
        status = take_given(team, n, options, places, err);
    } else if (options->init == KR_UMAP_RANDOM) {
        kr_rng rng = kr__rng_make(seed, KR_STREAM_INIT, 0);
        for (int64_t i = 0; i < n * dim; i++) places[i] = kr__rng_uniform(&rng);
    } else {
        status = options->init == KR_UMAP_PCA
                     ? project(team, points, dim, places, err)
                     : kr__umap_start_spectral(team, points, graph, dim, seed, places, err);
        if (status == KR_OK) scale_and_shake(n * dim, seed, places);
    }
    if (status == KR_OK) fit_axes(n, dim, places, y);
    kr_free(places);
    return status;
}
