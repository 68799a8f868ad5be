/* SPDX-License-Identifier: MIT
 * test_any_unit.c - what does not depend on the unit and the origin of the points does not: maps,
 * neighbours, components, dimensions, silhouette and ranks of the same points times a power of two
 * and moved, to the bit where no digit is lost on the way. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <kr/files.h>
#include <kr/points.h>

#include "analysis/knn_floats.h"
#include "analysis/knn_search.h"
#include "core/arena.h"
#include "core/random.h"
#include "support/golden.h"
#include "support/workers.h"

enum { N = 240, NEW = 40, DIM = 5, CLASSES = 3, K = 12 };

/* What is done to all points: (x + shift) * 2^exponent. The points have few digits, so that none is
 * lost. */
typedef struct change {
    const char *name;
    double shift;
    int exponent;
} change;

static const change changes[] = {
    {"moved by 2^20", 0x1p20, 0},
    {"moved by -2^40", -0x1p40, 0},
    {"times 2^100", 0, 100},
    {"times 2^-100", 0, -100},
    {"times 2^-40", 0, -40},
    {"times 2^450", 0, 450},
    {"near 1e300", 0, 995},
    {"near 1e-300", 0, -998},
    {"moved, times 2^600", 0x1p20, 600},
    {"moved, times 2^-600", 0x1p20, -600},
    {"near the largest", 0, 1014},
};
enum { N_CHANGES = sizeof changes / sizeof changes[0] };

static void apply(const change *c, const double *from, int64_t n, double *to) {
    for (int64_t i = 0; i < n; i++) to[i] = ldexp(from[i] + c->shift, c->exponent);
}

/* `groups` clouds on a grid, points of 10 digits behind the point in binary; column 3 is constant,
 * and the first point is there twice. */
static void draw(double *x, int64_t n, int groups, uint64_t seed, int64_t *labels) {
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, seed);
    for (int64_t i = 0; i < n; i++) {
        if (labels) labels[i] = i % groups % CLASSES;
        for (int c = 0; c < DIM; c++) {
            double centre = c < 2 ? 40.0 * (double)(i % groups / (c == 0 ? 1 : 4) % 4) : 0;
            double value = c == 3 ? 2 : 1.5 * kr__rng_normal(&rng) + (groups > 1 ? centre : 0);
            x[i * DIM + c] = round(value * 1024) / 1024;
        }
    }
    memcpy(x + 7 * DIM, x, DIM * sizeof *x);
}

/* ---- what is compared ------------------------------------------------------------------- */

typedef struct result {
    float map[N * 2], placed[NEW * 2];
    double silhouette, each[N], trust, recall, ratio[DIM - 2], component[(DIM - 2) * DIM];
    double mean, unbiased, mle, two_nn, by_class[CLASSES * 2];
    int32_t near[N * K], near_new[NEW * K];
} result;

static void must(kr_status status, const kr_error *err) {
    if (status != KR_OK) fail_msg("%s", err->text);
}

static void map_points(const kr_points *points, const kr_points *queries, kr_umap_options o,
                       result *r) {
    kr_umap *umap = NULL;
    kr_error err = {.text = ""};
    o.size = sizeof o;
    o.n_neighbors = K;
    o.n_epochs = 30;
    must(kr_umap_fit(test_team, points, NULL, &o, &umap, &err), &err);
    memcpy(r->map, kr_umap_embedding(umap), sizeof r->map);
    must(kr_umap_transform(test_team, umap, points, queries, r->placed, &err), &err);
    kr_umap_destroy(umap);
}

static void measure(const kr_points *points, const kr_points *queries, const int64_t *labels,
                    result *r) {
    const kr_points map = kr_points_f32(r->map, N, 2);
    const int64_t k[] = {4, 9};
    int64_t count[CLASSES];
    kr_error err = {.text = ""};
    kr_knn *knn = NULL, *near = NULL;
    kr_pca *pca = NULL;
    must(kr_silhouette(test_team, points, labels, &r->silhouette, r->each, &err), &err);
    must(kr_trustworthiness(test_team, points, &map, K, &r->trust, &err), &err);
    must(kr_map_recall(test_team, points, &map, K, &r->recall, &err), &err);
    must(kr_pca_create(test_team, points, DIM - 2, &pca, &err), &err);
    memcpy(r->ratio, kr_pca_ratio(pca), sizeof r->ratio);
    memcpy(r->component, kr_pca_components(pca), sizeof r->component);
    kr_pca_destroy(pca);
    must(kr_knn_create(test_team, points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = K},
                       &knn, &err),
         &err);
    memcpy(r->near, kr_knn_index(knn), sizeof r->near);
    r->mean = kr_levina_bickel(knn, K, KR_LB_MEAN, NULL);
    r->unbiased = kr_levina_bickel(knn, K, KR_LB_UNBIASED, NULL);
    r->mle = kr_levina_bickel(knn, K, KR_LB_MLE, NULL);
    must(kr_two_nn(knn, &r->two_nn, &err), &err);
    kr_knn_destroy(knn);
    must(kr_knn_query(test_team, points, queries, K, &near, &err), &err);
    memcpy(r->near_new, kr_knn_index(near), sizeof r->near_new);
    kr_knn_destroy(near);
    must(kr_levina_bickel_by_class(test_team, points, labels, CLASSES, 2, k, KR_LB_MEAN, count,
                                   r->by_class, &err),
         &err);
}

/* Of the points as they are, and changed: the same bits. */
static void compare(int groups, kr_umap_options options) {
    static double x[N * DIM], y[NEW * DIM], moved_x[N * DIM], moved_y[NEW * DIM];
    static result plain, moved;
    static int64_t labels[N];
    draw(x, N, groups, 0, labels);
    draw(y, NEW, groups, 1, NULL);
    for (int64_t i = 0; i < N; i++) labels[i] = i % CLASSES;
    for (int c = -1; c < N_CHANGES; c++) {
        const change *what = c < 0 ? &(change){"plain", 0, 0} : &changes[c];
        bool is_cosine = options.metric == KR_METRIC_COSINE;
        result *r = c < 0 ? &plain : &moved;
        if (is_cosine && what->shift != 0) continue; /* angles depend on the origin */
        apply(what, x, N * DIM, moved_x);
        apply(what, y, NEW * DIM, moved_y);
        const kr_points points = kr_points_f64(moved_x, N, DIM);
        const kr_points queries = kr_points_f64(moved_y, NEW, DIM);
        memset(r, 0, sizeof *r);
        map_points(&points, &queries, options, r);
        measure(&points, &queries, labels, r);
        if (memcmp(&plain, r, sizeof plain) == 0) continue;
        fail_msg(
            "%s, %d groups, start %d, metric %d: map %d, new places %d, silhouette %g and "
            "%g, trustworthiness %g and %g, dimension %g and %g",
            what->name, groups, (int)options.init, (int)options.metric,
            memcmp(plain.map, r->map, sizeof plain.map),
            memcmp(plain.placed, r->placed, sizeof plain.placed), plain.silhouette, r->silhouette,
            plain.trust, r->trust, plain.mean, r->mean);
    }
    assert_true(plain.trust > 0.6 && plain.mean > 1 && plain.two_nn > 1 && plain.ratio[0] > 0.2);
}

static void units_and_origins_change_no_bit(void **state) {
    (void)state;
    compare(1, (kr_umap_options){.min_dist = 0.1});
    compare(1, (kr_umap_options){.min_dist = 0.1, .init = KR_UMAP_PCA});
    compare(1, (kr_umap_options){.min_dist = 0.1, .knn_method = KR_KNN_DESCENT});
    compare(1, (kr_umap_options){.min_dist = 0.1, .metric = KR_METRIC_COSINE});
    compare(1, (kr_umap_options){.min_dist = 0.1, .metric = KR_METRIC_CORRELATION});
    compare(1, (kr_umap_options){.min_dist = 0.1, .metric = KR_METRIC_MANHATTAN});
    compare(1, (kr_umap_options){
                   .min_dist = 0.1, .metric = KR_METRIC_CHEBYSHEV, .knn_method = KR_KNN_DESCENT});
    compare(3, (kr_umap_options){.min_dist = 0.1});  /* components on the axes */
    compare(12, (kr_umap_options){.min_dist = 0.1}); /* and by their affinities */
}

/* A cosine knows no length: each row has a unit of its own. */
static void rows_of_any_length_have_the_same_directions(void **state) {
    (void)state;
    static double x[N * DIM], moved[N * DIM];
    const kr_umap_options o = {
        .size = sizeof o, .min_dist = 0.1, .n_epochs = 20, .metric = KR_METRIC_COSINE};
    kr_umap *umap[2] = {NULL, NULL};
    draw(x, N, 3, 0, NULL);
    for (int i = 0; i < N * DIM; i++) moved[i] = ldexp(x[i], i / DIM % 7 * 250 - 700);
    for (int i = 0; i < 2; i++) {
        kr_points points = kr_points_f64(i == 0 ? x : moved, N, DIM);
        assert_int_equal(kr_umap_fit(NULL, &points, NULL, &o, &umap[i], NULL), KR_OK);
    }
    assert_memory_equal(kr_umap_embedding(umap[0]), kr_umap_embedding(umap[1]),
                        N * 2 * sizeof(float));
    for (int i = 0; i < 2; i++) kr_umap_destroy(umap[i]);
}

/* The descent sees the points in float alone. */
static void floats_of_the_search_are_those_of_the_points_unmoved(void **state) {
    (void)state;
    static double x[N * DIM], moved[N * DIM];
    kr_knn_frame frame[2];
    kr_knn_floats floats[2];
    draw(x, N, 3, 0, NULL);
    apply(&(change){"", 0x1p40, -30}, x, N * DIM, moved);
    for (int i = 0; i < 2; i++) {
        kr_points points = kr_points_f64(i == 0 ? x : moved, N, DIM);
        assert_int_equal(kr__knn_frame_init(&frame[i], &points, NULL, NULL), KR_OK);
        assert_int_equal(kr__knn_floats_init(NULL, &floats[i], &frame[i], &points, NULL), KR_OK);
    }
    assert_memory_equal(floats[0].x, floats[1].x, N * DIM * sizeof *floats[0].x);
    for (int i = 0; i < 2; i++) {
        kr__knn_floats_deinit(&floats[i]);
        kr__knn_frame_deinit(&frame[i]);
    }
}

/* ---- distances, means and variances follow the unit ------------------------------------- */

static void what_has_a_unit_follows_it(void **state) {
    (void)state;
    static double x[N * DIM], moved[N * DIM], places[N * 2], expected[N * 2];
    kr_pca *plain = NULL, *pca = NULL;
    kr_error err = {.text = ""};
    draw(x, N, 3, 0, NULL);
    kr_points points = kr_points_f64(x, N, DIM);
    must(kr_pca_create(NULL, &points, 2, &plain, &err), &err);
    must(kr_pca_project(NULL, plain, &points, expected, &err), &err);
    for (int c = 0; c < N_CHANGES; c++) {
        int exponent = changes[c].exponent;
        apply(&changes[c], x, N * DIM, moved);
        points = kr_points_f64(moved, N, DIM);
        must(kr_pca_create(NULL, &points, 2, &pca, &err), &err);
        must(kr_pca_project(NULL, pca, &points, places, &err), &err);
        for (int64_t i = 0; i < N * 2; i++) {
            assert_true(places[i] == ldexp(expected[i], exponent));
        }
        for (int i = 0; i < 2; i++) { /* infinite or 0 where a double cannot say it */
            assert_true(kr_pca_variance(pca)[i] == ldexp(kr_pca_variance(plain)[i], 2 * exponent));
        }
        for (int i = 0; i < DIM; i++) {
            double mean = ldexp(kr_pca_mean(plain)[i] + changes[c].shift, exponent);
            assert_true(fabs(kr_pca_mean(pca)[i] - mean) <= 2 * DBL_EPSILON * fabs(mean));
        }
        kr_pca_destroy(pca);
        pca = NULL;
    }
    kr_pca_destroy(plain);
}

static void a_projection_beyond_float_is_refused(void **state) {
    (void)state;
    const double x[] = {0, 0, 1e39, 0, 0, 1e39};
    float places[6];
    kr_points points = kr_points_f64(x, 3, 2);
    kr_pca *pca = NULL;
    kr_error err;
    assert_int_equal(kr_pca_create(NULL, &points, 1, &pca, NULL), KR_OK);
    assert_int_equal(kr_pca_project_f32(NULL, pca, &points, places, &err), KR_NUMERIC);
    assert_string_equal(err.text, "row 1: its component 0 is beyond float; divide the values");
    kr_pca_destroy(pca);
}

/* Workers take a subnormal number for 0; points of such numbers are not all equal. */
static void subnormal_floats_are_numbers(void **state) {
    (void)state;
    static double x[N * DIM];
    static float small[N * DIM], large[N * DIM];
    static int64_t labels[N];
    draw(x, N, 3, 0, labels);
    for (int i = 0; i < N * DIM; i++) {
        large[i] = i == 20 * DIM ? 0x1p70F : (float)x[i]; /* a point that is not tiny, too */
        small[i] = ldexpf(large[i], -136); /* 10 digits behind the point, 7 before it */
        assert_true(ldexpf(small[i], 136) == large[i]);
    }
    const kr_points plain = kr_points_f32(large, N, DIM), points = kr_points_f32(small, N, DIM);
    double expected = 0, value = 0;
    kr_knn *knn[2] = {NULL, NULL};
    const kr_knn_options o = {.size = sizeof o, .k = K};
    assert_int_equal(kr_knn_create(NULL, &plain, &o, &knn[0], NULL), KR_OK);
    assert_int_equal(kr_knn_create(NULL, &points, &o, &knn[1], NULL), KR_OK);
    assert_memory_equal(knn[0]->index, knn[1]->index, N * K * sizeof(int32_t));
    for (int i = 0; i < N * K; i++) {
        assert_true(knn[1]->distance[i] == ldexp(knn[0]->distance[i], -136));
    }
    for (int i = 0; i < 2; i++) kr_knn_destroy(knn[i]);
    assert_int_equal(kr_silhouette(NULL, &plain, labels, &expected, NULL, NULL), KR_OK);
    assert_int_equal(kr_silhouette(NULL, &points, labels, &value, NULL, NULL), KR_OK);
    assert_true(value == expected);
}

/* ---- where digits are lost, maps are as good -------------------------------------------- */

static double trust_of(const double *x, int64_t n, int64_t dim) {
    kr_points points = kr_points_f64(x, n, dim);
    kr_umap *umap = NULL;
    double trust = 0;
    const kr_umap_options o = {.size = sizeof o, .min_dist = 0.1, .n_epochs = 200};
    assert_int_equal(kr_umap_fit(NULL, &points, NULL, &o, &umap, NULL), KR_OK);
    kr_points map = kr_points_f32(kr_umap_embedding(umap), n, 2);
    assert_int_equal(kr_trustworthiness(NULL, &points, &map, 10, &trust, NULL), KR_OK);
    kr_umap_destroy(umap);
    return trust;
}

/* 100 normal points of 4 numbers plus 1e8, which takes 8 of their 16 digits: what is left, less
 * 1e8, has the same map, and the points before they were moved one as good. */
static void an_offset_of_1e8_has_the_map_of_the_points_without(void **state) {
    (void)state;
    enum { ROWS = 100, COLUMNS = 4 };
    kr_array array = {0};
    char path[512];
    double without[ROWS * COLUMNS];
    kr_umap *umap[2] = {NULL, NULL};
    snprintf(path, sizeof path, "%s/points/offset_1e8.npy", KR_GOLDEN_DIR);
    assert_int_equal(kr_npy_read(path, &array, NULL), KR_OK);
    assert_true(array.dtype == KR_DTYPE_F64 && array.n == ROWS * COLUMNS);
    const double *with = array.data;
    for (int i = 0; i < ROWS * COLUMNS; i++) without[i] = with[i] - 1e8;
    for (int i = 0; i < 2; i++) {
        kr_points points = kr_points_f64(i == 0 ? with : without, ROWS, COLUMNS);
        const kr_umap_options o = {.size = sizeof o, .min_dist = 0.1, .seed = 42};
        assert_int_equal(kr_umap_fit(NULL, &points, NULL, &o, &umap[i], NULL), KR_OK);
    }
    assert_memory_equal(kr_umap_embedding(umap[0]), kr_umap_embedding(umap[1]),
                        ROWS * 2 * sizeof(float));
    for (int i = 0; i < 2; i++) kr_umap_destroy(umap[i]);
    kr_array_deinit(&array);
}

static void rounded_points_have_maps_as_good(void **state) {
    (void)state;
    static double x[N * DIM], moved[N * DIM];
    draw(x, N, 3, 0, NULL);
    double plain = trust_of(x, N, DIM);
    const double shifts[] = {1e8, -123456789.1, 1e11}, scales[] = {1e30, 3e-200, 7e250};
    for (int s = 0; s < 3; s++) {
        for (int i = 0; i < N * DIM; i++) moved[i] = (x[i] + shifts[s]) * scales[s];
        double trust = trust_of(moved, N, DIM);
        if (!(fabs(trust - plain) < 0.01)) fail_msg("%g: %g and %g", shifts[s], plain, trust);
    }
}

/* ---- the ends of double ------------------------------------------------------------------ */

/* The distance of two points may be beyond double; their map is not. */
static void the_whole_range_of_double_has_a_map(void **state) {
    (void)state;
    static double x[N * DIM];
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, 0);
    for (int i = 0; i < N * DIM; i++) x[i] = (kr__rng_uniform(&rng) < 0.5 ? -1 : 1) * 1.7e308;
    for (int i = 0; i < N * DIM; i++) x[i] *= 0.9 + 0.1 * kr__rng_uniform(&rng);
    kr_points points = kr_points_f64(x, N, DIM);
    kr_knn *knn = NULL;
    kr_umap *umap = NULL;
    kr_error err;
    const kr_umap_options o = {.size = sizeof o, .min_dist = 0.1, .n_epochs = 20};
    assert_int_equal(kr_umap_fit(NULL, &points, NULL, &o, &umap, NULL), KR_OK);
    for (int i = 0; i < N * 2; i++) assert_true(isfinite(kr_umap_embedding(umap)[i]));
    kr_umap_destroy(umap);
    static int64_t labels[N];
    const int64_t k = K;
    int64_t count = 0;
    double estimate = 0;
    assert_int_equal(kr_levina_bickel_by_class(NULL, &points, labels, 1, 1, &k, KR_LB_MEAN, &count,
                                               &estimate, NULL),
                     KR_OK);
    assert_true(estimate > 0.1 && estimate < DIM);
    const kr_knn_options far = {.size = sizeof far, .k = N - 1};
    assert_int_equal(kr_knn_create(NULL, &points, &far, &knn, &err), KR_NUMERIC);
    assert_string_equal(err.text,
                        "row 0: a neighbour is farther away than a number can say; divide the "
                        "values");
    assert_null(knn);
}

/* An outlier takes no digit from the others: their memberships are as without it. */
static void one_point_far_away_does_not_join_the_others(void **state) {
    (void)state;
    static double x[N * DIM];
    kr_points points = kr_points_f64(x, N, DIM);
    double dimension[2];
    for (int i = 0; i < 2; i++) {
        kr_knn *knn = NULL;
        draw(x, N, 1, 0, NULL);
        x[(N - 1) * DIM] = i == 0 ? 50 : 1e25;
        assert_int_equal(
            kr_knn_create(NULL, &points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = K},
                          &knn, NULL),
            KR_OK);
        double value[N];
        kr_levina_bickel(knn, K, KR_LB_MEAN, value);
        dimension[i] = value[0];
        for (int j = 0; j < N - 1; j++) assert_true(value[j] > 0 || j == 0 || j == 7);
        kr_knn_destroy(knn);
    }
    assert_true(dimension[0] == dimension[1]);
    assert_true(trust_of(x, N, DIM) > 0.75);
}

/* Two points, and points that differ in one column by little. */
static void few_points_and_constant_columns_have_maps(void **state) {
    (void)state;
    const double pairs[][4] = {{0, 0, 1, 1}, {1e300, 0, -1e300, 0}, {5, 1e-300, 5, 2e-300}};
    for (int i = 0; i < 3; i++) {
        kr_points points = kr_points_f64(pairs[i], 2, 2);
        kr_umap *umap = NULL;
        assert_int_equal(kr_umap_fit(NULL, &points, NULL, NULL, &umap, NULL), KR_OK);
        for (int j = 0; j < 4; j++) assert_true(isfinite(kr_umap_embedding(umap)[j]));
        kr_umap_destroy(umap);
    }
    kr_points one = kr_points_f64(pairs[0], 1, 2);
    kr_umap *umap = NULL;
    assert_int_equal(kr_umap_fit(NULL, &one, NULL, NULL, &umap, NULL), KR_USAGE);
    assert_null(umap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_and_origins_change_no_bit),
        cmocka_unit_test(rows_of_any_length_have_the_same_directions),
        cmocka_unit_test(floats_of_the_search_are_those_of_the_points_unmoved),
        cmocka_unit_test(what_has_a_unit_follows_it),
        cmocka_unit_test(a_projection_beyond_float_is_refused),
        cmocka_unit_test(subnormal_floats_are_numbers),
        cmocka_unit_test(an_offset_of_1e8_has_the_map_of_the_points_without),
        cmocka_unit_test(rounded_points_have_maps_as_good),
        cmocka_unit_test(the_whole_range_of_double_has_a_map),
        cmocka_unit_test(one_point_far_away_does_not_join_the_others),
        cmocka_unit_test(few_points_and_constant_columns_have_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
