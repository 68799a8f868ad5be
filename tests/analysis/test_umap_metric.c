/* SPDX-License-Identifier: MIT
 * test_umap_metric.c - neighbours in every metric against their definition; maps from distances,
 * neighbours, places and a curve that are given. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/points.h>

#include "analysis/umap_internal.h"
#include "core/arena.h"
#include "core/random.h"
#include "support/golden.h"
#include "support/metric_definitions.h"
#include "support/workers.h"

enum { N = 300, NEW = 20, DIM = 21, K = 9 };
#define POWER 2.5

/* ---- the definitions -------------------------------------------------------------------- */

static const char *const names[] = {
    [KR_METRIC_EUCLIDEAN] = "euclidean",
    [KR_METRIC_COSINE] = "cosine",
    [KR_METRIC_MANHATTAN] = "manhattan",
    [KR_METRIC_CHEBYSHEV] = "chebyshev",
    [KR_METRIC_MINKOWSKI] = "minkowski",
    [KR_METRIC_CORRELATION] = "correlation",
    [KR_METRIC_CANBERRA] = "canberra",
    [KR_METRIC_BRAYCURTIS] = "braycurtis",
    [KR_METRIC_HELLINGER] = "hellinger",
    [KR_METRIC_HAVERSINE] = "haversine",
    [KR_METRIC_HAMMING] = "hamming",
    [KR_METRIC_JACCARD] = "jaccard",
    [KR_METRIC_DICE] = "dice",
    [KR_METRIC_MATCHING] = "matching",
    [KR_METRIC_KULSINSKI] = "kulsinski",
    [KR_METRIC_ROGERSTANIMOTO] = "rogerstanimoto",
    [KR_METRIC_RUSSELLRAO] = "russellrao",
    [KR_METRIC_SOKALMICHENER] = "sokalmichener",
    [KR_METRIC_SOKALSNEATH] = "sokalsneath",
    [KR_METRIC_YULE] = "yule",
    [KR_METRIC_PRECOMPUTED] = "precomputed",
};

static double define(kr_metric metric, const double *p, const double *q) {
    return metric_define(names[metric], DIM, p, q, POWER);
}

/* Whole numbers for the metrics that ask whether numbers are equal, or 0; and 0 or more where
 * shares are compared. */
static void draw(kr_metric metric, int64_t n, uint64_t which, double *x) {
    bool is_whole = metric >= KR_METRIC_HAMMING;
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) {
        double group = floor(4 * kr__rng_uniform(&rng));
        for (int c = 0; c < DIM; c++) {
            double v = kr__rng_normal(&rng) + (c % 4 == group ? 6 : 0);
            if (is_whole || metric == KR_METRIC_HELLINGER) v = fmax(0, v);
            x[i * DIM + c] = is_whole ? floor(v) : v;
        }
    }
}

static kr_knn *find(kr_team *team, const kr_points *points, const kr_points *queries,
                    kr_knn_options o) {
    kr_knn *knn = NULL;
    kr_error err = {0};
    o.size = sizeof o;
    o.k = K;
    o.power = POWER;
    kr_status status = queries ? kr_knn_query_by(team, points, queries, &o, &knn, &err)
                               : kr_knn_create(team, points, &o, &knn, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    return knn;
}

/* ---- neighbours ------------------------------------------------------------------------- */

/* Distances rise, are those of the definition, and no point left out is nearer. */
static void check_row(kr_metric metric, const double *query, int64_t own, const double *points,
                      const kr_knn *knn, int64_t row) {
    const double *distance = kr_knn_distance(knn) + row * K;
    const int32_t *index = kr_knn_index(knn) + row * K;
    int64_t nearer = 0;
    for (int j = 0; j < K; j++) {
        double expected = define(metric, query, points + (int64_t)index[j] * DIM);
        assert_true(index[j] != own && (j == 0 || distance[j] >= distance[j - 1]));
        if (!(fabs(distance[j] - expected) <= 1e-12 * (1 + expected))) {
            fail_msg("%s, row %d: %.17g, not %.17g", names[metric], (int)row, distance[j],
                     expected);
        }
    }
    for (int64_t i = 0; i < N; i++) {
        nearer += i != own && define(metric, query, points + i * DIM) < distance[K - 1] - 1e-12;
    }
    assert_true(nearer < K);
}

static void neighbours_are_those_of_the_definition(void **state) {
    (void)state;
    static double x[N * DIM], y[NEW * DIM];
    static float x32[N * DIM];
    for (int m = 0; m < KR_METRIC_PRECOMPUTED; m++) {
        const kr_knn_options o = {.metric = (kr_metric)m};
        if (m == KR_METRIC_HAVERSINE) continue; /* of two numbers */
        draw(o.metric, N, 0, x);
        draw(o.metric, NEW, 1, y);
        for (int i = 0; i < N * DIM; i++) x[i] = x32[i] = (float)x[i];
        const kr_points points = kr_points_f64(x, N, DIM), queries = kr_points_f64(y, NEW, DIM);
        const kr_points floats = kr_points_f32(x32, N, DIM);
        kr_knn *knn = find(test_team, &points, NULL, o), *single = find(NULL, &floats, NULL, o);
        kr_knn *near = find(test_team, &points, &queries, o);
        for (int64_t i = 0; i < N; i++) check_row(o.metric, x + i * DIM, i, x, knn, i);
        for (int64_t i = 0; i < NEW; i++) check_row(o.metric, y + i * DIM, -1, x, near, i);
        assert_memory_equal(kr_knn_index(knn), kr_knn_index(single), N * K * sizeof(int32_t));
        assert_memory_equal(kr_knn_distance(knn), kr_knn_distance(single), N * K * sizeof(double));
        kr_knn_destroy(knn);
        kr_knn_destroy(near);
        kr_knn_destroy(single);
    }
}

static void descent_finds_them_too(void **state) {
    (void)state;
    enum { MANY = 1200 };
    double *x = kr__calloc((size_t)MANY * DIM, sizeof *x);
    assert_non_null(x);
    /* one of each kind: Euclid's, mapped to it, with and without a unit, of counts */
    static const kr_metric some[] = {KR_METRIC_EUCLIDEAN, KR_METRIC_COSINE,   KR_METRIC_MANHATTAN,
                                     KR_METRIC_MINKOWSKI, KR_METRIC_CANBERRA, KR_METRIC_JACCARD};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        const kr_metric m = some[i];
        const kr_knn_options o = {
            .metric = m, .method = KR_KNN_DESCENT, .seed = 3, .with_recall = true};
        draw(o.metric, MANY, 2, x);
        const kr_points points = kr_points_f64(x, MANY, DIM);
        kr_knn *knn = find(test_team, &points, NULL, o), *again = find(NULL, &points, NULL, o);
        assert_false(kr_knn_is_exact(knn));
        if (!(kr_knn_recall(knn) > 0.9)) fail_msg("%s: %g", names[m], kr_knn_recall(knn));
        assert_memory_equal(kr_knn_index(knn), kr_knn_index(again), MANY * K * sizeof(int32_t));
        kr_knn_destroy(knn);
        kr_knn_destroy(again);
    }
    kr_free(x);
}

/* All distances of a few points, by umap-learn's own functions. */
static void distances_are_umap_learns(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("points/metrics.npz");
    for (int m = 0; m < KR_METRIC_PRECOMPUTED; m++) {
        bool is_real = m == KR_METRIC_COSINE || m == KR_METRIC_CORRELATION ||
                       m == KR_METRIC_CANBERRA || m == KR_METRIC_MINKOWSKI;
        const char *set = m == KR_METRIC_HAVERSINE ? "globe" : is_real ? "real" : "counts";
        const kr_array *x = kr_golden_array(golden, set);
        const double *want = kr_golden_double(golden, names[m], NULL);
        const kr_points points = kr_points_f64(x->data, x->shape[0], x->shape[1]);
        const kr_knn_options o = {
            .size = sizeof o, .k = points.n, .metric = (kr_metric)m, .power = POWER};
        kr_knn *knn = NULL;
        assert_int_equal(kr_knn_query_by(NULL, &points, &points, &o, &knn, NULL), KR_OK);
        for (int64_t i = 0; i < points.n * points.n; i++) {
            double expected = want[i / points.n * points.n + kr_knn_index(knn)[i]];
            if (!(fabs(kr_knn_distance(knn)[i] - expected) <= 1e-7 * (1 + expected))) {
                fail_msg("%s, row %d: %.9g, not %.9g", names[m], (int)(i / points.n),
                         kr_knn_distance(knn)[i], expected);
            }
        }
        kr_knn_destroy(knn);
    }
    kr_golden_close(golden);
}

static void names_are_those_of_the_metrics(void **state) {
    (void)state;
    char all[512] = "";
    for (int m = 0; m <= KR_METRIC_PRECOMPUTED; m++) {
        kr_metric metric = KR_METRIC_EUCLIDEAN;
        assert_int_equal(kr_metric_find(names[m], &metric, NULL), KR_OK);
        assert_int_equal(metric, m);
        if (m > 0) strcat(all, "|");
        strcat(all, names[m]);
    }
    assert_string_equal(all, KR_METRIC_NAMES);
}

/* ---- maps ------------------------------------------------------------------------------- */

static kr_umap *fit(const double *x, int64_t dim, kr_umap_options options) {
    kr_umap *umap = NULL;
    kr_error err = {0};
    const kr_points points = kr_points_f64(x, N, dim);
    options.size = sizeof options;
    options.n_neighbors = K + 1;
    options.n_epochs = 30;
    if (kr_umap_fit(test_team, &points, NULL, &options, &umap, &err) != KR_OK)
        fail_msg("%s", err.text);
    return umap;
}

static void expect_equal_maps(kr_umap *a, kr_umap *b) {
    assert_memory_equal(kr_umap_embedding(a), kr_umap_embedding(b), N * 2 * sizeof(float));
    kr_umap_destroy(a);
    kr_umap_destroy(b);
}

/* All distances of rows of y to those of x. */
static double *measure(kr_metric metric, int64_t n, const double *y, const double *x) {
    double *distances = kr__calloc((size_t)n, N * sizeof *distances);
    assert_non_null(distances);
    for (int64_t i = 0; i < n * N; i++) {
        distances[i] = define(metric, y + i / N * DIM, x + i % N * DIM);
    }
    return distances;
}

static void distances_give_the_map_of_their_points(void **state) {
    (void)state;
    static double x[N * DIM], y[NEW * DIM];
    static float placed[2][NEW * 2];
    draw(KR_METRIC_HAMMING, N, 0, x);
    draw(KR_METRIC_HAMMING, NEW, 1, y);
    double *own = measure(KR_METRIC_HAMMING, N, x, x),
           *asked = measure(KR_METRIC_HAMMING, NEW, y, x);
    kr_umap *of_points = fit(x, DIM, (kr_umap_options){.metric = KR_METRIC_HAMMING});
    kr_umap *of_distances = fit(own, N, (kr_umap_options){.metric = KR_METRIC_PRECOMPUTED});
    const kr_points points = kr_points_f64(x, N, DIM), queries = kr_points_f64(y, NEW, DIM);
    const kr_points square = kr_points_f64(own, N, N), rows = kr_points_f64(asked, NEW, N);
    assert_int_equal(kr_umap_transform(NULL, of_points, &points, &queries, placed[0], NULL), KR_OK);
    assert_int_equal(kr_umap_transform(NULL, of_distances, &square, &rows, placed[1], NULL), KR_OK);
    assert_memory_equal(placed[0], placed[1], sizeof placed[0]);
    expect_equal_maps(of_points, of_distances);
    kr_free(own);
    kr_free(asked);
}

/* The neighbours that a search finds, with the point itself before them, or without it. */
static void neighbours_that_are_given_make_the_same_map(void **state) {
    (void)state;
    static double x[N * DIM], distance[N * (K + 1)];
    static int32_t index[N * (K + 1)];
    const kr_umap_options o = {.metric = KR_METRIC_MANHATTAN};
    kr_knn *copied = NULL;
    kr_umap *umap = NULL;
    draw(KR_METRIC_MANHATTAN, N, 0, x);
    const kr_points points = kr_points_f64(x, N, DIM);
    kr_knn *found = find(NULL, &points, NULL, (kr_knn_options){.metric = KR_METRIC_MANHATTAN});
    for (int64_t i = 0; i < N; i++) {
        index[i * (K + 1)] = (int32_t)i;
        memcpy(index + i * (K + 1) + 1, kr_knn_index(found) + i * K, K * sizeof *index);
        memcpy(distance + i * (K + 1) + 1, kr_knn_distance(found) + i * K, K * sizeof *distance);
    }
    kr_knn_lists lists = {sizeof lists, N, K + 1, index, distance, true};
    assert_int_equal(kr_knn_copy(&lists, &copied, NULL), KR_OK);
    assert_int_equal(kr_knn_k(copied), K);
    assert_true(isnan(kr_knn_recall(copied)) && !kr_knn_is_exact(copied));
    assert_memory_equal(kr_knn_index(copied), kr_knn_index(found), N * K * sizeof *index);
    const kr_umap_options with = {
        .size = sizeof with, .n_neighbors = K + 1, .n_epochs = 30, .metric = KR_METRIC_MANHATTAN};
    assert_int_equal(kr_umap_fit_knn(test_team, &points, copied, NULL, &with, &umap, NULL), KR_OK);
    expect_equal_maps(umap, fit(x, DIM, o));
    kr_knn_destroy(found);
    kr_knn_destroy(copied);
}

static void a_start_is_taken(void **state) {
    (void)state;
    static double x[N * DIM];
    static float start[N * 2], scaled[N * 2];
    draw(KR_METRIC_EUCLIDEAN, N, 0, x);
    kr_rng rng = kr__rng_make(8, KR_STREAM_TEST, 3);
    for (int i = 0; i < N * 2; i++) {
        start[i] = (float)kr__rng_normal(&rng);
        scaled[i] = 4 * start[i];
    }
    kr_umap *usual = fit(x, DIM, (kr_umap_options){.min_dist = 0.1});
    kr_umap *given = fit(x, DIM, (kr_umap_options){.min_dist = 0.1, .start = start});
    assert_memory_not_equal(kr_umap_embedding(usual), kr_umap_embedding(given), sizeof start);
    kr_umap_destroy(usual);
    expect_equal_maps(given, fit(x, DIM, (kr_umap_options){.min_dist = 0.1, .start = scaled}));
    /* with a rate near 0 points stay where they start: apart, also where two start together */
    memcpy(start, start + 2, 2 * sizeof *start);
    kr_umap *still =
        fit(x, DIM, (kr_umap_options){.min_dist = 0.1, .start = start, .learning_rate = 1e-9});
    const float *y = kr_umap_embedding(still);
    double apart = hypot((double)(y[0] - y[2]), (double)(y[1] - y[3]));
    assert_true(apart > 0 && apart < 0.05);
    kr_umap_destroy(still);
}

static void a_curve_is_taken(void **state) {
    (void)state;
    static double x[N * DIM];
    double a, b;
    kr_umap *opened = NULL;
    void *bytes = NULL;
    size_t n_bytes = 0;
    draw(KR_METRIC_EUCLIDEAN, N, 0, x);
    const kr_points points = kr_points_f64(x, N, DIM);
    kr__umap_fit_curve(1, 0.4, &a, &b);
    kr_umap *umap = fit(x, DIM, (kr_umap_options){.a = a, .b = b});
    assert_int_equal(kr_umap_save_memory(umap, &points, NULL, &bytes, &n_bytes, NULL), KR_OK);
    assert_int_equal(kr_umap_open_memory("map", bytes, n_bytes, &opened, NULL), KR_OK);
    assert_true(opened->a == a && opened->b == b && opened->options.a == a);
    kr_umap_destroy(opened);
    kr_free(bytes);
    expect_equal_maps(umap, fit(x, DIM, (kr_umap_options){.min_dist = 0.4}));
}

/* ---- points without neighbours ---------------------------------------------------------- */

/* Two groups that share no column, and three points that share none with anybody. */
enum { GROUP = 12, ALONE = 3, ALL = 2 * GROUP + ALONE, WIDE = 15 };

static void draw_sets(double *x) {
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, 0);
    memset(x, 0, ALL * WIDE * sizeof *x);
    for (int i = 0; i < 2 * GROUP; i++) {
        for (int c = 0; c < 6; c++) {
            x[i * WIDE + i / GROUP * 6 + c] = c == i % 2 || kr__rng_uniform(&rng) < 0.6;
        }
    }
    for (int i = 0; i < ALONE; i++) x[(2 * GROUP + i) * WIDE + 12 + i] = 1;
}

static void keep_line(void *arg, kr_log_level level, const char *line) {
    if (level == KR_LOG_NOTE) snprintf(arg, 200, "%s", line);
}

static void points_with_nothing_in_common_are_apart(void **state) {
    (void)state;
    double x[ALL * WIDE], new[2 * WIDE] = {0};
    float placed[4];
    char line[200] = "";
    kr_team *team = NULL;
    kr_umap *umap = NULL;
    draw_sets(x);
    const kr_points points = kr_points_f64(x, ALL, WIDE), more = kr_points_f64(new, 2, WIDE);
    kr_umap_options o = {.size = sizeof o,
                         .n_neighbors = 5,
                         .n_epochs = 30,
                         .metric = KR_METRIC_JACCARD,
                         .with_radii = true};
    assert_int_equal(kr_team_create(2, keep_line, line, &team, NULL), KR_OK);
    assert_int_equal(kr_umap_fit(team, &points, NULL, &o, &umap, NULL), KR_OK);
    assert_string_equal(line,
                        "3 of 27 points have no neighbour nearer than 1, and no place on the map "
                        "(NaN); a larger `disconnection` keeps them");
    for (int i = 0; i < ALL * 2; i++) {
        assert_int_equal(isnan(kr_umap_embedding(umap)[i]) != 0, i >= 4 * GROUP);
        assert_int_equal(isnan(kr_umap_map_radii(umap)[i / 2]) != 0, i >= 4 * GROUP);
        assert_int_equal(isnan(kr_umap_radii(umap)[i / 2]) != 0, i >= 4 * GROUP);
    }
    /* one like the first group, one like the point that stands alone, which has no place either */
    new[0] = new[1] = new[WIDE + 12] = 1;
    assert_int_equal(kr_umap_transform(team, umap, &points, &more, placed, NULL), KR_OK);
    assert_true(isfinite(placed[0]) && isfinite(placed[1]) && isnan(placed[2]));
    assert_string_equal(line,
                        "1 of 2 new points have no neighbour on the map nearer than 1, and no "
                        "place (NaN)");
    void *bytes = NULL;
    size_t n_bytes = 0;
    kr_umap *opened = NULL;
    assert_int_equal(kr_umap_save_memory(umap, &points, NULL, &bytes, &n_bytes, NULL), KR_OK);
    assert_int_equal(kr_umap_open_memory("map", bytes, n_bytes, &opened, NULL), KR_OK);
    assert_true(isnan(kr_umap_embedding(opened)[ALL * 2 - 1]));
    assert_true(opened->options.disconnection == 1);
    kr_umap_destroy(opened);
    kr_free(bytes);
    kr_umap_destroy(umap);
    umap = NULL;
    o.disconnection = (double)INFINITY;
    assert_int_equal(kr_umap_fit(NULL, &points, NULL, &o, &umap, NULL), KR_OK);
    for (int i = 0; i < ALL * 2; i++) assert_true(isfinite(kr_umap_embedding(umap)[i]));
    kr_umap_destroy(umap);
    kr_team_destroy(team);
}

/* The distance is in the unit of the points, also where the search works in another. */
static void disconnection_has_the_unit_of_the_points(void **state) {
    (void)state;
    double x[20 * 2];
    for (int exponent = -400; exponent <= 400; exponent += 400) {
        kr_umap *umap = NULL;
        for (int i = 0; i < 20; i++) {
            x[2 * i] = ldexp(i == 19 ? 100 : i, exponent);
            x[2 * i + 1] = ldexp(i % 3, exponent);
        }
        const kr_points points = kr_points_f64(x, 20, 2);
        const kr_umap_options o = {.size = sizeof o,
                                   .n_neighbors = 4,
                                   .n_epochs = 20,
                                   .disconnection = ldexp(50, exponent)};
        assert_int_equal(kr_umap_fit(NULL, &points, NULL, &o, &umap, NULL), KR_OK);
        for (int i = 0; i < 40; i++) {
            assert_int_equal(isnan(kr_umap_embedding(umap)[i]) != 0, i >= 38);
        }
        kr_umap_destroy(umap);
    }
}

/* ---- what is refused -------------------------------------------------------------------- */

static void refuse(const kr_points *points, kr_umap_options options, kr_status status,
                   const char *text) {
    kr_umap *umap = NULL;
    kr_error err = {0};
    options.size = sizeof options;
    assert_int_equal(kr_umap_fit(NULL, points, NULL, &options, &umap, &err), status);
    assert_string_equal(err.text, text);
    assert_null(umap);
}

static void bad_input_is_refused(void **state) {
    (void)state;
    double x[] = {1, 1, 1, 1, 2, -3, 0, 5, 6};
    const kr_points points = kr_points_f64(x, 3, 3), few = kr_points_f64(x, 2, 3);
    float start[6] = {0, 1, 2, NAN, 1, 2};
    refuse(&points, (kr_umap_options){.metric = KR_METRIC_CORRELATION}, KR_NUMERIC,
           "row 0 is all equal and has no direction, which the correlation needs; remove that row "
           "or use the Euclidean metric");
    refuse(&points, (kr_umap_options){.metric = KR_METRIC_PRECOMPUTED}, KR_USAGE,
           "row 1, column 2: a distance is -3, below 0");
    refuse(&few, (kr_umap_options){.metric = KR_METRIC_PRECOMPUTED}, KR_SHAPE,
           "distances of points among themselves are a square, not (2, 3)");
    refuse(&points, (kr_umap_options){.metric = KR_METRIC_HELLINGER}, KR_NUMERIC,
           "row 1 has a number below 0, and the metric hellinger is one of shares");
    refuse(&points, (kr_umap_options){.metric = KR_METRIC_HAVERSINE}, KR_USAGE,
           "haversine: points of 3 numbers; it takes latitude and longitude, in radians");
    refuse(&points, (kr_umap_options){.metric = KR_METRIC_MINKOWSKI, .metric_power = -1}, KR_USAGE,
           "power: -1 is out of range; use 0.1 to 1e6");
    refuse(&points, (kr_umap_options){.metric = (kr_metric)99}, KR_USAGE,
           "metric: there is none of number 99");
    refuse(&points, (kr_umap_options){.a = 1}, KR_USAGE, "a is given without b: both or none");
    refuse(&points, (kr_umap_options){.a = 1, .b = -1}, KR_USAGE,
           "b: -1 is out of range; use 0.001 to 100");
    refuse(&points, (kr_umap_options){.start = start}, KR_NUMERIC,
           "start: row 1, column 1 holds NaN; remove that row");
    kr_metric metric = KR_METRIC_EUCLIDEAN;
    assert_int_equal(kr_metric_find("hamming", &metric, NULL), KR_OK);
    assert_int_equal(metric, KR_METRIC_HAMMING);
    assert_int_equal(kr_metric_find("ham", &metric, NULL), KR_USAGE);
}

static void bad_neighbours_are_refused(void **state) {
    (void)state;
    const struct {
        int32_t index[4];
        double distance[4];
    } rows[] = {{{1, 2, 0, 2}, {1, 2, 2, 1}},   {{1, 3, 0, 2}, {1, 2, 1, 2}},
                {{1, 2, 0, -1}, {1, 2, 1, 2}},  {{1, 2, 0, 2}, {-1, 2, 1, 2}},
                {{1, 2, 0, 2}, {1, NAN, 1, 2}}, {{1, 2, 0, 2}, {1, INFINITY, 1, 2}}};
    kr_knn *knn = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        kr_knn_lists lists = {sizeof lists, 2, 2, rows[i].index, rows[i].distance, false};
        assert_int_equal(kr_knn_copy(&lists, &knn, NULL), KR_USAGE);
    }
    kr_knn_lists none = {sizeof none, 2, 1, rows[0].index, rows[0].distance, true};
    assert_int_equal(kr_knn_copy(&none, &knn, NULL), KR_USAGE);
    assert_null(knn);
}

int main(void) {
    test_workers(3);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_those_of_the_definition),
        cmocka_unit_test(descent_finds_them_too),
        cmocka_unit_test(distances_are_umap_learns),
        cmocka_unit_test(names_are_those_of_the_metrics),
        cmocka_unit_test(points_with_nothing_in_common_are_apart),
        cmocka_unit_test(distances_give_the_map_of_their_points),
        cmocka_unit_test(neighbours_that_are_given_make_the_same_map),
        cmocka_unit_test(disconnection_has_the_unit_of_the_points),
        cmocka_unit_test(a_start_is_taken),
        cmocka_unit_test(a_curve_is_taken),
        cmocka_unit_test(bad_input_is_refused),
        cmocka_unit_test(bad_neighbours_are_refused),
    };
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    test_workers(0);
    return n_failed;
}
