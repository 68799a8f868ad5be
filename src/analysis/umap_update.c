/* SPDX-License-Identifier: MIT
 * umap_update.c - a map that takes in more points.
 *
 * As umap-learn's update(): neighbours and graph are made anew of all points, those of before start
 * where they were, and each new one at the mean of the places of its neighbours among them. */
#include <math.h>
#include <string.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"

/* ---- where it starts --------------------------------------------------------------------- */

/* The mean of the places that there are. */
static void find_middle(const kr_umap *umap, double *middle) {
    int64_t dim = umap->options.n_components;
    for (int64_t c = 0; c < dim; c++) {
        double count = 0;
        middle[c] = 0;
        for (int64_t i = 0; i < umap->n; i++) {
            double y = (double)umap->embedding[i * dim + c];
            if (isnan(y)) continue;
            middle[c] += y;
            count++;
        }
        if (count > 0) middle[c] /= count;
    }
}

/* The mean place of a point's neighbours among those of the map; the middle: it has none. */
static void start_new(const kr_umap *umap, const kr_knn *knn, int64_t i, const double *middle,
                      float *place) {
    int64_t dim = umap->options.n_components;
    double count = 0, sum[KR_UMAP_MAX_COMPONENTS] = {0};
    for (int64_t j = i * knn->k; j < (i + 1) * knn->k; j++) {
        const float *near = umap->embedding + knn->index[j] * dim;
        if (knn->index[j] >= umap->n || isnan(near[0])) continue;
        for (int64_t c = 0; c < dim; c++) sum[c] += (double)near[c];
        count++;
    }
    for (int64_t c = 0; c < dim; c++) place[c] = (float)(count > 0 ? sum[c] / count : middle[c]);
}

kr_status kr_umap_start(const kr_umap *umap, const kr_knn *knn, float *out, kr_error *err) {
    int64_t dim = umap->options.n_components;
    double middle[KR_UMAP_MAX_COMPONENTS];
    KR_TRY(kr__knn_check(knn, knn->n > umap->n ? knn->n : umap->n, 1, err));
    find_middle(umap, middle);
    for (int64_t i = 0; i < knn->n; i++) {
        const float *place = umap->embedding + i * dim;
        if (i < umap->n && !isnan(place[0])) {
            memcpy(out + i * dim, place, (size_t)dim * sizeof *out);
        } else {
            start_new(umap, knn, i, middle, out + i * dim);
        }
    }
    return KR_OK;
}

/* ---- all at once ------------------------------------------------------------------------ */

/* The points of before and the new ones, (n + more->n, dim); free it. Double where one of them is.
 */
static kr_status append(const kr_points *points, const kr_points *more, kr_points *out,
                        kr_error *err) {
    int64_t n = points->n + more->n, dim = points->dim;
    bool is_float = points->f32 && more->f32;
    float *f32 = is_float ? kr__calloc((size_t)n, (size_t)dim * sizeof *f32) : NULL;
    double *f64 = is_float ? NULL : kr__calloc((size_t)n, (size_t)dim * sizeof *f64);
    if (!f32 && !f64) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)n);
    for (int64_t i = 0; i < n; i++) {
        const kr_points *from = i < points->n ? points : more;
        int64_t row = i < points->n ? i : i - points->n;
        for (int64_t c = 0; c < dim; c++) {
            double x = kr__points_at(from, row, c);
            if (is_float) {
                f32[i * dim + c] = (float)x;
            } else {
                f64[i * dim + c] = x;
            }
        }
    }
    *out = is_float ? kr_points_f32(f32, n, dim) : kr_points_f64(f64, n, dim);
    return KR_OK;
}

static kr_status fit_all(kr_team *team, const kr_umap *umap, const kr_points *all, kr_umap **out,
                         kr_error *err) {
    kr_umap_options o = umap->options;
    kr_knn *knn = NULL;
    float *start = kr__calloc((size_t)all->n, (size_t)o.n_components * sizeof *start);
    if (!start) return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)all->n);
    o.size = sizeof o;
    const kr_knn_options search = kr__umap_search(&o, o.n_neighbors - 1);
    kr_status status = kr__knn_find(team, all, NULL, &search, &knn, err);
    if (status == KR_OK) status = kr_umap_start(umap, knn, start, err);
    if (status == KR_OK) {
        o.start = start;
        status = kr_umap_fit_knn(team, all, knn, NULL, &o, out, err);
    }
    if (status == KR_OK) (*out)->neighbour_recall = knn->recall;
    kr_knn_destroy(knn);
    kr_free(start);
    return status;
}

kr_status kr_umap_update(kr_team *team, const kr_umap *umap, const kr_points *points,
                         const kr_points *more, kr_umap **out, kr_error *err) {
    kr_points fitted, all = {0};
    KR_TRY(kr__umap_take_points(umap, points, &fitted, err));
    if (umap->options.metric == KR_METRIC_PRECOMPUTED) {
        return kr_fail(err, KR_UNSUPPORTED,
                       "a map of distances (precomputed) takes in no more points; fit all of them");
    }
    KR_TRY(kr__points_check_queries(&fitted, more, err));
    KR_TRY(append(&fitted, more, &all, err));
    kr_status status = fit_all(team, umap, &all, out, err);
    kr__points_free(&all);
    return status;
}
