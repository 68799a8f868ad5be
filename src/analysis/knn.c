/* SPDX-License-Identifier: MIT
 * knn.c - neighbours of points: checks the request, then searches. */
#include <math.h>

#include "analysis/knn_search.h"
#include "core/arena.h"
#include "core/sized_struct.h"

/* ---- points to search in ---------------------------------------------------------------- */

/* Points and queries of one type, small enough for their squares to fit a double: the caller's, or
 * copies times a power of two. */
typedef struct ready {
    kr_points points, queries;
    double *points_copy, *queries_copy; /* NULL when not needed */
    double factor;
} ready;

static double find_largest(const kr_points *points) {
    double largest = 0;
    for (int64_t i = 0; points->f64 && i < points->n * points->dim; i++) {
        double size = fabs(points->f64[i]);
        largest = size > largest ? size : largest;
    }
    return largest;
}

static double choose_factor(const kr_points *points, const kr_points *queries) {
    double a = find_largest(points), b = find_largest(queries), largest = a > b ? a : b;
    if (largest == 0 || (largest < 0x1p480 && largest > 0x1p-400)) return 1;
    int exponent = -ilogb(largest);
    return ldexp(1, exponent < 1000 ? exponent : 1000);
}

static kr_status copy_scaled(kr_points *points, double factor, double **copy, kr_error *err) {
    size_t n = (size_t)(points->n * points->dim);
    *copy = kr__calloc(n, sizeof **copy);
    if (!*copy) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points in double",
                       (long long)points->n);
    }
    for (size_t i = 0; i < n; i++) {
        (*copy)[i] = factor * (points->f32 ? (double)points->f32[i] : points->f64[i]);
    }
    *points = kr_points_f64(*copy, points->n, points->dim);
    return KR_OK;
}

static void deinit_ready(ready *r) {
    kr_free(r->points_copy);
    kr_free(r->queries_copy);
}

/* queries may be points itself. Deinit in any case. */
static kr_status init_ready(ready *r, const kr_points *points, const kr_points *queries,
                            kr_error *err) {
    *r = (ready){.points = *points, .queries = *queries, .factor = choose_factor(points, queries)};
    bool is_mixed = (points->f32 != NULL) != (queries->f32 != NULL);
    if (r->factor != 1 || (is_mixed && points->f32)) {
        KR_TRY(copy_scaled(&r->points, r->factor, &r->points_copy, err));
    }
    if (queries == points) {
        r->queries = r->points;
    } else if (r->factor != 1 || (is_mixed && queries->f32)) {
        KR_TRY(copy_scaled(&r->queries, r->factor, &r->queries_copy, err));
    }
    return KR_OK;
}

/* ---- results ---------------------------------------------------------------------------- */

void kr_knn_destroy(kr_knn *knn) {
    if (!knn) return;
    kr_free(knn->index);
    kr_free(knn->distance);
    kr_free(knn);
}

int64_t kr_knn_count(const kr_knn *knn) { return knn->n; }
int64_t kr_knn_k(const kr_knn *knn) { return knn->k; }
const int32_t *kr_knn_index(const kr_knn *knn) { return knn->index; }
const double *kr_knn_distance(const kr_knn *knn) { return knn->distance; }
bool kr_knn_is_exact(const kr_knn *knn) { return knn->is_exact; }
double kr_knn_recall(const kr_knn *knn) { return knn->recall; }

static kr_status make(int64_t n, int64_t k, kr_knn **out, kr_error *err) {
    kr_knn *knn = kr__calloc(1, sizeof *knn);
    size_t size = 0;
    if (knn) *knn = (kr_knn){.n = n, .k = k, .is_exact = true, .recall = 1};
    if (knn && kr__size_mul((size_t)n, (size_t)k, &size)) {
        knn->index = kr__calloc(size, sizeof *knn->index);
        knn->distance = kr__calloc(size, sizeof *knn->distance);
    }
    if (knn && knn->index && knn->distance) {
        *out = knn;
        return KR_OK;
    }
    kr_knn_destroy(knn);
    return kr_fail(err, KR_MEMORY, "out of memory for %lld neighbours of each of %lld points",
                   (long long)k, (long long)n);
}

static kr_status search_exactly(kr_team *team, const ready *r, bool is_own, kr_knn *knn,
                                kr_error *err) {
    int64_t *own = is_own ? kr__calloc((size_t)knn->n, sizeof *own) : NULL;
    if (is_own && !own) {
        return kr_fail(err, KR_MEMORY, "out of memory for %lld points", (long long)knn->n);
    }
    for (int64_t i = 0; is_own && i < knn->n; i++) own[i] = i;
    kr_status status = kr__knn_exact(team,
                                     &(kr_knn_search){.points = &r->points,
                                                      .queries = is_own ? &r->points : &r->queries,
                                                      .own = own,
                                                      .k = knn->k,
                                                      .index = knn->index,
                                                      .distance = knn->distance},
                                     err);
    kr_free(own);
    return status;
}

static kr_status search(kr_team *team, const kr_points *points, const kr_points *queries,
                        const kr_knn_options *options, kr_knn **out, kr_error *err) {
    ready r;
    kr_knn *knn = NULL;
    bool is_own = queries == NULL;
    bool is_exact = options->method == KR_KNN_EXACT ||
                    (options->method == KR_KNN_AUTO && points->n <= KR_KNN_EXACT_MAX);
    kr_status status = init_ready(&r, points, is_own ? points : queries, err);
    if (status == KR_OK) status = make(r.queries.n, options->k, &knn, err);
    if (status == KR_OK) {
        status = is_exact ? search_exactly(team, &r, is_own, knn, err)
                          : kr__knn_descent(team, &r.points, options, knn, err);
    }
    if (status == KR_OK) {
        for (int64_t i = 0; r.factor != 1 && i < knn->n * knn->k; i++) knn->distance[i] /= r.factor;
        *out = knn;
    } else {
        kr_knn_destroy(knn);
    }
    deinit_ready(&r);
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
    return search(team, points, NULL, &o, out, err);
}

kr_status kr_knn_query(kr_team *team, const kr_points *points, const kr_points *queries, int64_t k,
                       kr_knn **out, kr_error *err) {
    KR_TRY(kr__points_check(points, 1, err));
    KR_TRY(kr__points_check_queries(points, queries, err));
    if (k < 1 || k > points->n) {
        return kr_fail(err, KR_USAGE, "%lld neighbours among %lld points: use 1 to %lld",
                       (long long)k, (long long)points->n, (long long)points->n);
    }
    return search(team, points, queries, &(kr_knn_options){.k = k, .method = KR_KNN_EXACT}, out,
                  err);
}
