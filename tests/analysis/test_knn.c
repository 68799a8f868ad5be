/* SPDX-License-Identifier: MIT
 * test_knn.c - neighbours against plain loops, umap-learn's, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/knn_search.h"
#include "core/arena.h"
#include "core/cpu.h"
#include "core/random.h"
#include "support/golden.h"
#include "support/plain_knn.h"
#include "support/starve.h"
#include "support/workers.h"

/* ---- points ----------------------------------------------------------------------------- */

enum { MOST = 40000 };
static double f64[MOST], queries64[MOST];
static float f32[MOST];

/* What point (row, column) is. */
typedef double (*shape_fn)(kr_rng *rng, int64_t row, int64_t column);

static double normal(kr_rng *rng, int64_t row, int64_t column) {
    (void)row, (void)column;
    return kr__rng_normal(rng);
}
/* Many at the same place, many distances equal. */
static double coarse(kr_rng *rng, int64_t row, int64_t column) {
    (void)row, (void)column;
    return (double)kr__rng_below(rng, 3);
}
static double all_equal(kr_rng *rng, int64_t row, int64_t column) {
    (void)rng, (void)row;
    return 0.1 * (double)column + 0.7;
}
/* So far from zero that float knows nothing of the differences. */
static double far_away(kr_rng *rng, int64_t row, int64_t column) {
    (void)row, (void)column;
    return 1e12 + kr__rng_normal(rng);
}
/* Two clusters far from each other: float cannot tell the points of one apart. */
static double two_places(kr_rng *rng, int64_t row, int64_t column) {
    (void)column;
    return (row % 2 ? 1e4 : -1e4) + 1e-3 * kr__rng_normal(rng);
}
static double with_outliers(kr_rng *rng, int64_t row, int64_t column) {
    (void)column;
    return kr__rng_normal(rng) * (row % 50 == 7 ? 1e12 : 1);
}
static double large(kr_rng *rng, int64_t row, int64_t column) {
    (void)row, (void)column;
    return 1e30 * kr__rng_normal(rng);
}
static double small(kr_rng *rng, int64_t row, int64_t column) {
    (void)row, (void)column;
    return 1e-30 * kr__rng_normal(rng);
}
static double on_a_path(kr_rng *rng, int64_t row, int64_t column) {
    return sin(0.01 * (double)row * (double)(column + 1)) + 1e-3 * kr__rng_normal(rng);
}

/* rounding: of a squared distance, relative; 0 where there is none. */
typedef struct shape {
    const char *name;
    shape_fn fn;
    double rounding;
} shape;

static const shape shapes[] = {
    {"normal", normal, 1e-15},         {"coarse", coarse, 0},
    {"all equal", all_equal, 0},       {"far away", far_away, 1e-15},
    {"two places", two_places, 1e-15}, {"with outliers", with_outliers, 1e-15},
    {"large", large, 1e-15},           {"small", small, 1e-15},
    {"on a path", on_a_path, 1e-15}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

/* The same numbers in both precisions. */
static void make_points(shape_fn fn, int64_t n, int64_t dim, bool is_double, kr_points *points) {
    assert_true(n * dim <= MOST);
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, (uint64_t)(n * dim));
    for (int64_t i = 0; i < n * dim; i++) {
        f64[i] = fn(&rng, i / dim, i % dim);
        f32[i] = (float)f64[i];
    }
    *points = is_double ? kr_points_f64(f64, n, dim) : kr_points_f32(f32, n, dim);
}

/* ---- comparing -------------------------------------------------------------------------- */

static kr_knn *find(const kr_points *points, int64_t k) {
    kr_knn *knn = NULL;
    kr_error err;
    if (kr_knn_create(test_team, points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = k},
                      &knn, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    return knn;
}

static void assert_same(const kr_knn *a, const kr_knn *b) {
    size_t n = (size_t)(a->n * a->k);
    assert_int_equal(a->n * a->k, b->n * b->k);
    assert_memory_equal(a->index, b->index, n * sizeof *a->index);
    assert_memory_equal(a->distance, b->distance, n * sizeof *a->distance);
    assert_true(a->recall == b->recall || isnan(a->recall));
}

static void assert_plain(const shape *kind, const kr_points *points, const kr_points *queries,
                         bool with_self, const kr_knn *knn) {
    int64_t n = queries->n, k = knn->k;
    int32_t *index = kr__calloc((size_t)(n * k), sizeof *index);
    double *distance = kr__calloc((size_t)(n * k), sizeof *distance);
    assert_non_null(index);
    assert_non_null(distance);
    kr_plain_knn(points, queries, with_self, k, index, distance);
    for (int64_t i = 0; i < n * k; i++) {
        /* The library sums in another order: who is as far but for rounding may stand here, too. */
        double want2 = kr_plain_distance2(queries, i / k, points, index[i]);
        double here2 = kr_plain_distance2(queries, i / k, points, knn->index[i]);
        bool is_as_far = fabs(here2 - want2) < kind->rounding * want2;
        if ((knn->index[i] != index[i] && !is_as_far) ||
            !(fabs(knn->distance[i] - distance[i]) <= 1e-14 * distance[i])) {
            fail_msg("%s, %d x %d, k %d, row %d, neighbour %d: point %d at %.17g, not %d at %.17g",
                     kind->name, (int)n, (int)points->dim, (int)k, (int)(i / k), (int)(i % k),
                     knn->index[i], knn->distance[i], index[i], distance[i]);
        }
    }
    kr_free(index);
    kr_free(distance);
}

/* ---- tests ------------------------------------------------------------------------------ */

static void slow_neighbours_are_those_of_plain_loops(void **state) {
    (void)state;
    const int64_t sizes[][3] = {{2, 1, 1},   {3, 5, 2},    {17, 1, 16},  {130, 16, 129},
                                {300, 3, 7}, {313, 33, 1}, {530, 17, 40}};
    for (size_t z = 0; z < sizeof sizes / sizeof sizes[0]; z++) {
        for (int s = 0; s < 2 * N_SHAPES; s++) {
            kr_points points;
            make_points(shapes[s / 2].fn, sizes[z][0], sizes[z][1], s % 2, &points);
            kr_knn *knn = find(&points, sizes[z][2]);
            assert_true(knn->is_exact);
            assert_true(knn->recall == 1);
            assert_plain(&shapes[s / 2], &points, &points, false, knn);
            kr_knn_destroy(knn);
        }
    }
}

static void queries_find_all_points(void **state) {
    (void)state;
    for (int s = 0; s < N_SHAPES; s++) {
        kr_points points, some;
        make_points(shapes[s].fn, 140, 9, true, &some);
        memcpy(queries64, f64, sizeof queries64);
        some.f64 = queries64;
        make_points(shapes[s].fn, 700, 9, true, &points);
        kr_knn *knn = NULL;
        assert_int_equal(kr_knn_query(test_team, &points, &some, 700, &knn, NULL), KR_OK);
        assert_plain(&shapes[s], &points, &some, true, knn);
        kr_knn_destroy(knn);
        assert_int_equal(kr_knn_query(test_team, &points, &points, 3, &knn, NULL), KR_OK);
        assert_plain(&shapes[s], &points, &points, true, knn);
        kr_knn_destroy(knn);
    }
}

/* Points in float among points in double, and the other way round. */
static void precisions_may_differ(void **state) {
    (void)state;
    kr_points points;
    make_points(normal, 300, 20, true, &points);
    kr_points some = kr_points_f32(f32, 50, 20);
    kr_knn *knn = NULL;
    assert_int_equal(kr_knn_query(test_team, &points, &some, 5, &knn, NULL), KR_OK);
    assert_plain(&shapes[0], &points, &some, true, knn);
    kr_knn_destroy(knn);
    some = kr_points_f64(f64, 50, 20);
    points = kr_points_f32(f32, 300, 20);
    assert_int_equal(kr_knn_query(test_team, &points, &some, 5, &knn, NULL), KR_OK);
    assert_plain(&shapes[0], &points, &some, true, knn);
    kr_knn_destroy(knn);
}

/* Squares of such numbers are no doubles; distances are. */
static void the_largest_doubles_have_distances(void **state) {
    (void)state;
    const double scales[] = {0x1p1000, 0x1p-1000, 0x1p700, 0x1p-510};
    for (size_t s = 0; s < sizeof scales / sizeof scales[0]; s++) {
        kr_points points;
        make_points(normal, 200, 7, true, &points);
        kr_knn *plain = find(&points, 6);
        for (int i = 0; i < 200 * 7; i++) f64[i] *= scales[s];
        kr_knn *knn = find(&points, 6);
        for (int i = 0; i < 200 * 6; i++) {
            assert_int_equal(knn->index[i], plain->index[i]);
            assert_true(knn->distance[i] == plain->distance[i] * scales[s]);
        }
        kr_knn_destroy(plain);
        kr_knn_destroy(knn);
    }
}

static void slow_threads_and_levels_do_not_matter(void **state) {
    (void)state;
    for (int s = 0; s < N_SHAPES; s++) {
        kr_points points;
        make_points(shapes[s].fn, 611, 35, s % 2, &points);
        test_workers(1);
        kr_knn *one = find(&points, 12);
        for (int level = 0; level < KR_CPU_LEVELS; level++) {
            if (!kr__cpu_level_force((kr_cpu_level)level)) continue;
            test_workers(7);
            kr_knn *seven = find(&points, 12);
            assert_same(one, seven);
            kr_knn_destroy(seven);
        }
        kr__cpu_level_force(kr__cpu_level_detect());
        test_workers(0);
        kr_knn_destroy(one);
    }
}

/* umap-learn counts the point itself as the first. */
static void neighbours_are_those_of_umap_learn(void **state) {
    (void)state;
    const char *const cases[] = {"three", "circles"};
    kr_golden *golden = kr_golden_open("synth/umap.npz");
    for (int c = 0; c < 2; c++) {
        char name[64];
        snprintf(name, sizeof name, "%s/X", cases[c]);
        const kr_array *x = kr_golden_array(golden, name);
        const kr_points points =
            kr_points_f64(kr_golden_double(golden, name, NULL), x->shape[0], x->shape[1]);
        snprintf(name, sizeof name, "%s/knn_index", cases[c]);
        const int64_t *index = kr_golden_int64(golden, name, NULL);
        int64_t k = kr_golden_array(golden, name)->shape[1];
        snprintf(name, sizeof name, "%s/knn_dist", cases[c]);
        const double *distance = kr_golden_double(golden, name, NULL);
        kr_knn *knn = find(&points, k - 1);
        for (int64_t i = 0; i < points.n; i++) {
            for (int64_t j = 1; j < k; j++) {
                assert_int_equal(knn->index[i * (k - 1) + j - 1], index[i * k + j]);
                assert_true(fabs(knn->distance[i * (k - 1) + j - 1] - distance[i * k + j]) < 1e-5);
            }
        }
        kr_knn_destroy(knn);
    }
    kr_golden_close(golden);
}

static kr_knn *descend(const kr_points *points, int64_t k, uint64_t seed) {
    kr_knn *knn = NULL;
    kr_error err;
    const kr_knn_options options = {.size = sizeof options,
                                    .k = k,
                                    .method = KR_KNN_DESCENT,
                                    .seed = seed,
                                    .with_recall = true};
    if (kr_knn_create(test_team, points, &options, &knn, &err) != KR_OK) fail_msg("%s", err.text);
    assert_false(knn->is_exact);
    return knn;
}

/* Distances are those of the points named, in order; nobody is named twice, or is itself. */
static void assert_sound(const kr_points *points, const kr_knn *knn) {
    for (int64_t i = 0; i < knn->n * knn->k; i++) {
        int64_t row = i / knn->k, first = row * knn->k;
        assert_true(knn->index[i] >= 0 && knn->index[i] < knn->n && knn->index[i] != row);
        assert_true(knn->distance[i] == sqrt(kr__points_distance2(points, row, knn->index[i])));
        assert_true(i == first || knn->distance[i] >= knn->distance[i - 1]);
        for (int64_t j = first; j < i; j++) assert_true(knn->index[j] != knn->index[i]);
    }
}

static void check_descent(int s, int64_t n) {
    kr_points points;
    make_points(shapes[s].fn, n, 10, s % 2, &points);
    kr_knn *knn = descend(&points, 15, 3), *exact = find(&points, 15);
    assert_sound(&points, knn);
    int64_t n_found = 0;
    for (int64_t i = 0; i < knn->n * knn->k; i++) {
        n_found += knn->distance[i] <= exact->distance[i / 15 * 15 + 14];
    }
    double recall = (double)n_found / (double)(knn->n * knn->k);
    /* float cannot tell the points of one of the two places apart */
    double bar = shapes[s].fn == two_places || shapes[s].fn == with_outliers ? 0 : 0.998;
    if (recall < bar) fail_msg("%s: recall %.4f", shapes[s].name, recall);
    assert_true(fabs(knn->recall - recall) < 0.02); /* a sample of 500 */
    kr_knn_destroy(knn);
    kr_knn_destroy(exact);
}

static void slow_descent_finds_nearly_all(void **state) {
    (void)state;
    for (int s = 2; s < N_SHAPES; s++) check_descent(s, 1500);
}

static void descent_finds_nearly_all(void **state) {
    (void)state;
    check_descent(0, 1500);
    check_descent(1, 1500);
}

static void descent_of_few_points_is_exact(void **state) {
    (void)state;
    const int64_t sizes[][2] = {{2, 1}, {3, 2}, {50, 49}, {127, 10}};
    for (size_t z = 0; z < sizeof sizes / sizeof sizes[0]; z++) {
        kr_points points;
        make_points(normal, sizes[z][0], 6, true, &points);
        kr_knn *knn = descend(&points, sizes[z][1], 0), *exact = find(&points, sizes[z][1]);
        assert_same(knn, exact);
        kr_knn_destroy(knn);
        kr_knn_destroy(exact);
    }
}

static void descent_does_not_depend_on_threads(void **state) {
    (void)state;
    kr_points points;
    make_points(normal, 3001, 13, false, &points);
    test_workers(1);
    kr_knn *one = descend(&points, 9, 4);
    test_workers(7);
    kr_knn *seven = descend(&points, 9, 4), *other = descend(&points, 9, 5);
    test_workers(0);
    assert_same(one, seven);
    size_t bytes = (size_t)(one->n * one->k) * sizeof *one->index;
    assert_memory_not_equal(one->index, other->index, bytes);
    kr_knn_destroy(one);
    kr_knn_destroy(seven);
    kr_knn_destroy(other);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    kr_error err;
    kr_knn *knn = NULL;
    kr_points points, other = kr_points_f64(f64, 5, 4);
    make_points(normal, 10, 3, false, &points);
    const int64_t wrong[] = {0, -1, 10, 11};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            kr_knn_create(test_team, &points,
                          &(kr_knn_options){.size = sizeof(kr_knn_options), .k = wrong[i]}, &knn,
                          &err),
            KR_USAGE);
        if (wrong[i] == 10) {
            assert_string_equal(err.text, "10 neighbours of 10 points: use 1 to 9");
        }
    }
    const kr_knn_options descent = {.size = sizeof descent, .k = 10, .method = KR_KNN_DESCENT};
    assert_int_equal(kr_knn_create(test_team, &points, &descent, &knn, &err), KR_USAGE);
    assert_string_equal(err.text, "10 neighbours of 10 points: use 1 to 9");
    assert_int_equal(kr_knn_query(test_team, &points, &points, 11, &knn, &err), KR_USAGE);
    assert_string_equal(err.text, "11 neighbours among 10 points: use 1 to 10");
    assert_int_equal(kr_knn_query(test_team, &points, &other, 1, &knn, &err), KR_SHAPE);
    assert_string_equal(err.text, "queries have 4 numbers and points have 3: they need the same");
    points.n = 1;
    assert_int_equal(
        kr_knn_create(test_team, &points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = 1},
                      &knn, &err),
        KR_USAGE);
    assert_string_equal(err.text, "there are 1 points, and at least 2 are needed");
    points.n = 10;
    f32[5] = NAN;
    assert_int_equal(
        kr_knn_create(test_team, &points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = 1},
                      &knn, &err),
        KR_NUMERIC);
    assert_string_equal(err.text, "row 1, column 2 holds NaN; remove that row");
    kr_points fine = kr_points_f64(f64, 10, 3);
    assert_int_equal(kr_knn_query(test_team, &fine, &points, 1, &knn, &err), KR_NUMERIC);
    assert_string_equal(err.text, "queries: row 1, column 2 holds NaN; remove that row");
    assert_null(knn);
}

static void a_team_that_stops_ends_a_search(void **state) {
    (void)state;
    const struct {
        kr_knn_method method;
        kr_metric metric;
    } rows[] = {{KR_KNN_EXACT, KR_METRIC_EUCLIDEAN},
                {KR_KNN_DESCENT, KR_METRIC_EUCLIDEAN},
                {KR_KNN_EXACT, KR_METRIC_COSINE},
                {KR_KNN_EXACT, KR_METRIC_MANHATTAN},
                {KR_KNN_DESCENT, KR_METRIC_MANHATTAN}};
    kr_points points;
    kr_knn *knn = NULL;
    kr_error err;
    make_points(normal, 60, 4, true, &points);
    test_workers(2);
    kr_team_stop(test_team);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const kr_knn_options options = {
            .size = sizeof options, .k = 5, .method = rows[i].method, .metric = rows[i].metric};
        assert_int_equal(kr_knn_create(test_team, &points, &options, &knn, &err), KR_INTERRUPTED);
        assert_string_equal(err.text, "stopped on request");
    }
    const int64_t start[] = {0, 1, 2, 3};
    const int32_t column[] = {0, 1, 0};
    const double value[] = {1, 2, 3};
    const kr_sparse sparse = {sizeof sparse, 3, 2, start, column, NULL, value};
    const kr_knn_options one = {.size = sizeof one, .k = 1};
    assert_int_equal(kr_knn_sparse(test_team, &sparse, NULL, &one, &knn, &err), KR_INTERRUPTED);
    kr_team_go_on(test_team);
    assert_int_equal(kr_knn_sparse(test_team, &sparse, NULL, &one, &knn, NULL), KR_OK);
    kr_knn_destroy(knn);
    test_workers(0);
}

typedef struct searching {
    kr_points points;
    kr_knn_options options;
} searching;

static kr_status search(void *arg, kr_error *err) {
    const searching *s = arg;
    kr_knn *knn = NULL;
    kr_status status = kr_knn_create(test_team, &s->points, &s->options, &knn, err);
    assert_int_equal(status == KR_OK, knn != NULL);
    kr_knn_destroy(knn);
    if (status == KR_OK) status = kr_knn_query(test_team, &s->points, &s->points, 3, &knn, err);
    if (status == KR_OK) kr_knn_destroy(knn);
    return status;
}

static void running_out_of_memory_is_an_error(void **state) {
    (void)state;
    searching s = {.options = {.size = sizeof s.options, .k = 5, .with_recall = true}};
    make_points(normal, 60, 4, true, &s.points);
    f64[0] = 1e300; /* a scaled copy is needed, too */
    for (int method = KR_KNN_EXACT; method <= KR_KNN_DESCENT; method++) {
        s.options.method = (kr_knn_method)method;
        kr_starve("neighbours", search, &s);
    }
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slow_neighbours_are_those_of_plain_loops),
        cmocka_unit_test(queries_find_all_points),
        cmocka_unit_test(precisions_may_differ),
        cmocka_unit_test(the_largest_doubles_have_distances),
        cmocka_unit_test(slow_threads_and_levels_do_not_matter),
        cmocka_unit_test(neighbours_are_those_of_umap_learn),
        cmocka_unit_test(slow_descent_finds_nearly_all),
        cmocka_unit_test(descent_finds_nearly_all),
        cmocka_unit_test(descent_of_few_points_is_exact),
        cmocka_unit_test(descent_does_not_depend_on_threads),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_team_that_stops_ends_a_search),
        cmocka_unit_test(running_out_of_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
