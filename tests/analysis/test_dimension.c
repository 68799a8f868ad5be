/* SPDX-License-Identifier: MIT
 * test_dimension.c - the reference's estimates and its rules; the other two forms; TwoNN; classes.
 */
#include <kr/series.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/knn_search.h"
#include "core/arena.h"
#include "core/pcg64.h"
#include "nextstep/nextstep_config.h"
#include "support/golden.h"
#include "support/settings_of.h"
#include "support/starve.h"
#include "support/workers.h"

static kr_golden *golden;

static const double *numbers(const char *cloud, const char *what, int64_t *n) {
    char name[64];
    snprintf(name, sizeof name, "%s/%s", cloud, what);
    return kr_golden_double(golden, name, n);
}

static kr_knn *find_neighbours(const kr_points *points, int64_t k) {
    kr_knn *knn = NULL;
    if (k > points->n - 1) k = points->n - 1;
    assert_int_equal(
        kr_knn_create(test_team, points, &(kr_knn_options){.size = sizeof(kr_knn_options), .k = k},
                      &knn, NULL),
        KR_OK);
    return knn;
}

/* ---- Levina-Bickel ---------------------------------------------------------------------- */

static void compare_points(const kr_knn *knn, const char *cloud, int64_t k) {
    char what[32];
    int64_t n = 0;
    double value[400];
    snprintf(what, sizeof what, "per_point_k%lld", (long long)k);
    const double *expected = numbers(cloud, what, &n);
    kr_levina_bickel(knn, k, KR_LB_MEAN, value);
    assert_close_double(value, expected, n, 1e-10);
}

static void compare_cloud(const char *cloud) {
    int64_t n = 0, n_k = 0, n_values = 0;
    const double *X = numbers(cloud, "X", &n_values), *ks = numbers(cloud, "k", &n_k);
    const double *mean = numbers(cloud, "mean", NULL);
    const double *from_floats = numbers(cloud, "mean_from_f32_X", NULL);
    numbers(cloud, "nn31_dist", &n);
    n /= strcmp(cloud, "tiny") == 0 ? 8 : 31;
    kr_points points = kr_points_f64(X, n, n_values / n);
    float *rounded = kr__calloc((size_t)n_values, sizeof *rounded);
    for (int64_t i = 0; i < n_values; i++) rounded[i] = (float)X[i];
    kr_points in_float = kr_points_f32(rounded, n, n_values / n);
    kr_knn *knn = find_neighbours(&points, 200), *float_knn = find_neighbours(&in_float, 200);
    for (int64_t i = 0; i < n_k; i++) {
        double value = kr_levina_bickel(knn, (int64_t)ks[i], KR_LB_MEAN, NULL);
        assert_true(fabs(value - mean[i]) < 1e-10 * mean[i]);
        value = kr_levina_bickel(float_knn, (int64_t)ks[i], KR_LB_MEAN, NULL);
        assert_true(fabs(value - from_floats[i]) < 1e-10 * mean[i]);
    }
    if (n > 100) {
        compare_points(knn, cloud, 10);
        compare_points(knn, cloud, 30);
        compare_points(knn, cloud, 100);
    }
    kr_knn_destroy(knn);
    kr_knn_destroy(float_knn);
    kr_free(rounded);
}

static void clouds_have_the_dimensions_of_the_reference(void **state) {
    (void)state;
    compare_cloud("swissroll");
    compare_cloud("gauss5in20");
    compare_cloud("circle");
    compare_cloud("duplicates");
    compare_cloud("tiny");
}

static void more_neighbours_than_points_are_all_there_are(void **state) {
    (void)state;
    kr_points points = kr_points_f64(numbers("tiny", "X", NULL), 8, 3);
    kr_knn *knn = find_neighbours(&points, 20);
    double expected = *numbers("tiny", "mean_k20_more_than_points", NULL);
    assert_true(fabs(kr_levina_bickel(knn, 20, KR_LB_MEAN, NULL) - expected) < 1e-10);
    kr_knn_destroy(knn);
}

/* Distances made up: a point, a twin, a point on k twins, k + 1 at one distance. */
static void forms_differ_in_the_mean_that_they_take(void **state) {
    (void)state;
    double e = exp(1);
    double distance[] = {1, e, e * e, /* logs 2, 1 */
                         1, 1, e,     /* logs 1, 1 */
                         0, 1, e,     /* a twin */
                         0, 0, 1e-13};
    kr_knn knn = {.n = 4, .k = 3, .distance = distance};
    double value[4];
    double mean = kr_levina_bickel(&knn, 3, KR_LB_MEAN, value);
    assert_true(fabs(mean - (2.0 / 3 + 1 + 0) / 3) < 1e-15);
    assert_true(fabs(value[0] - 2.0 / 3) < 1e-15 && value[2] == 0 && isnan(value[3]));
    double unbiased = kr_levina_bickel(&knn, 3, KR_LB_UNBIASED, value);
    assert_true(fabs(unbiased - (1.0 / 3 + 0.5 + 0) / 3) < 1e-15);
    double mle = kr_levina_bickel(&knn, 3, KR_LB_MLE, value);
    assert_true(fabs(mle - 1 / ((1.5 + 1) / 2)) < 1e-15);
    assert_true(value[2] == 0 && isnan(value[3]));
}

static void estimates_without_a_point_are_nan(void **state) {
    (void)state;
    double distance[] = {0, 0, 0, 2, 2, 2};
    kr_knn knn = {.n = 1, .k = 3, .distance = distance};
    assert_true(isnan(kr_levina_bickel(&knn, 3, KR_LB_MEAN, NULL)));
    knn.distance += 3; /* all equal */
    assert_true(isnan(kr_levina_bickel(&knn, 3, KR_LB_MEAN, NULL)));
    assert_true(isnan(kr_levina_bickel(&knn, 3, KR_LB_MLE, NULL)));
    distance[5] = 4;
    assert_true(kr_levina_bickel(&knn, 3, KR_LB_MEAN, NULL) == 1 / log(2));
    assert_true(isnan(kr_levina_bickel(&knn, 1, KR_LB_MEAN, NULL)));
    assert_true(isnan(kr_levina_bickel(&knn, 2, KR_LB_UNBIASED, NULL)));
}

static void names_are_found(void **state) {
    (void)state;
    kr_lb_form form = KR_LB_MEAN;
    kr_error err;
    assert_int_equal(kr_lb_form_find("unbiased", &form, NULL), KR_OK);
    assert_int_equal(form, KR_LB_UNBIASED);
    assert_int_equal(kr_lb_form_find("mle", &form, NULL), KR_OK);
    assert_int_equal(form, KR_LB_MLE);
    assert_int_equal(kr_lb_form_find("median", &form, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "\"median\" is not a form of Levina-Bickel; use mean|mle|unbiased");
    assert_int_equal(form, KR_LB_MLE);
}

/* ---- classes: estimate_dimension of the original ----------------------------------------- */

enum { STEPS = 8000, SAMPLE = 2000, CIRCLES = 10 };

typedef struct sample {
    kr_points points;
    int64_t state[SAMPLE];
} sample;

static void make_sample(sample *s) {
    kr_synth_config config;
    kr_synth *synth = NULL;
    static int64_t rows[STEPS];
    kr__flags_init(kr__synth_flags(), &config);
    config.n_steps = STEPS;
    kr_settings *settings = SYNTH_SETTINGS(&config);
    assert_int_equal(kr_synth_create(settings, &synth, NULL), KR_OK);
    kr_settings_destroy(settings);
    kr_pcg64 rng = kr__pcg64_make(0);
    kr__pcg64_choose(&rng, STEPS, SAMPLE, rows);
    const int64_t *expected = kr_golden_int64(golden, "circles/index", NULL);
    assert_memory_equal(rows, expected, SAMPLE * sizeof *rows);
    kr_points all = kr_points_f64(kr_synth_X(synth), STEPS, kr_synth_ambient_dim(synth));
    assert_int_equal(kr__points_pick(&all, SAMPLE, rows, &s->points, NULL), KR_OK);
    for (int i = 0; i < SAMPLE; i++) s->state[i] = kr_synth_states(synth)[rows[i]];
    kr_synth_destroy(synth);
}

static void circles_have_the_dimensions_of_the_reference(void **state) {
    (void)state;
    static sample s;
    const int64_t k[] = {10, 30, 100};
    int64_t n_k = 0, count[CIRCLES];
    double estimate[CIRCLES * 3];
    make_sample(&s);
    const double *ks = numbers("circles", "k", &n_k), *mean = numbers("circles", "mean", NULL);
    kr_knn *knn = find_neighbours(&s.points, 200);
    for (int64_t i = 0; i < n_k; i++) {
        double value = kr_levina_bickel(knn, (int64_t)ks[i], KR_LB_MEAN, NULL);
        assert_true(fabs(value - mean[i]) < 1e-10 * mean[i]);
    }
    kr_knn_destroy(knn);
    for (int threads = 1; threads <= 7; threads += 6) {
        test_workers(threads);
        assert_int_equal(kr_levina_bickel_by_class(test_team, &s.points, s.state, CIRCLES, 3, k,
                                                   KR_LB_MEAN, count, estimate, NULL),
                         KR_OK);
        assert_close_double(estimate, numbers("circles", "per_circle_k10_30_100", NULL),
                            CIRCLES * 3, 1e-10);
        assert_memory_equal(count, kr_golden_int64(golden, "circles/count_per_circle", NULL),
                            sizeof count);
    }
    test_workers(0);
    kr_free((void *)s.points.f64);
}

static void small_classes_and_strange_labels_are_defined(void **state) {
    (void)state;
    const float line[] = {0, 1, 3, 7, 15, 31};
    const int64_t labels[] = {0, 0, 0, 0, 2, -1}, k[] = {2, 3};
    kr_points points = kr_points_f32(line, 6, 1);
    int64_t count[3];
    double estimate[6];
    assert_int_equal(kr_levina_bickel_by_class(test_team, &points, labels, 3, 2, k, KR_LB_MEAN,
                                               count, estimate, NULL),
                     KR_OK);
    assert_true(count[0] == 4 && count[1] == 0 && count[2] == 1);
    assert_true(estimate[0] > 0); /* four points, k + 1 = 3 */
    for (int i = 1; i < 6; i++) assert_true(isnan(estimate[i]));
    kr_error err;
    assert_int_equal(kr_levina_bickel_by_class(test_team, &points, labels, 3, 1, &(int64_t){0},
                                               KR_LB_MEAN, count, estimate, &err),
                     KR_USAGE);
    assert_string_equal(err.text, "0 neighbours: use 1 and more");
}

/* ---- TwoNN ------------------------------------------------------------------------------- */

/* Formula by hand: ratios e^1 .. e^10 in another order, nine are kept. */
static void two_nn_is_the_slope_through_the_origin(void **state) {
    (void)state;
    double distance[22] = {0, 1}, product = 0, square = 0, value = 0; /* and a twin */
    for (int i = 0; i < 10; i++) {
        distance[2 * i + 2] = 0.5;
        distance[2 * i + 3] = 0.5 * exp(1 + 7 * i % 10);
    }
    for (int i = 1; i <= 9; i++) {
        product += -log(1 - i / 10.0) * i;
        square += i * i;
    }
    kr_knn knn = {.n = 11, .k = 2, .distance = distance};
    assert_int_equal(kr_two_nn(&knn, &value, NULL), KR_OK);
    assert_true(fabs(value - product / square) < 1e-12);
    knn.n = 3; /* two points without a twin */
    assert_int_equal(kr_two_nn(&knn, &value, NULL), KR_OK);
    assert_true(isnan(value));
    knn.k = 1;
    kr_error err;
    assert_int_equal(kr_two_nn(&knn, &value, &err), KR_USAGE);
    assert_string_equal(err.text, "TwoNN needs two neighbours of each point, there is one");
}

static void two_nn_finds_known_dimensions(void **state) {
    (void)state;
    kr_pcg64 rng = kr__pcg64_make(1);
    enum { POINTS = 2000, DIM = 6 };
    static double x[POINTS * DIM];
    for (int dim = 1; dim <= 3; dim++) {
        double value = 0;
        for (int i = 0; i < POINTS * DIM; i++) {
            x[i] = i % DIM < dim ? kr__pcg64_random(&rng) : 3 * x[i - dim];
        }
        kr_points points = kr_points_f64(x, POINTS, DIM);
        kr_knn *knn = find_neighbours(&points, 2);
        assert_int_equal(kr_two_nn(knn, &value, NULL), KR_OK);
        assert_true(fabs(value - dim) < 0.12 * dim);
        kr_knn_destroy(knn);
    }
}

static kr_status estimate(void *arg, kr_error *err) {
    static const int64_t labels[] = {0, 0, 0, 1, 1, 1}, k = 1;
    int64_t count[2];
    double value[2];
    return kr_levina_bickel_by_class(test_team, arg, labels, 2, 1, &k, KR_LB_MLE, count, value,
                                     err);
}

static kr_status estimate_by_two(void *arg, kr_error *err) {
    double value;
    return kr_two_nn(arg, &value, err);
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const float line[] = {0, 1, 3, 7, 15, 31};
    kr_points points = kr_points_f32(line, 6, 1);
    kr_starve("a dimension of each class", estimate, &points);
    kr_knn *knn = find_neighbours(&points, 2);
    kr_starve("a dimension by two neighbours", estimate_by_two, knn);
    kr_knn_destroy(knn);
}

static int open_golden(void **state) {
    (void)state;
    golden = kr_golden_open("synth/levina_bickel.npz");
    return 0;
}

static int close_golden(void **state) {
    (void)state;
    kr_golden_close(golden);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clouds_have_the_dimensions_of_the_reference),
        cmocka_unit_test(more_neighbours_than_points_are_all_there_are),
        cmocka_unit_test(forms_differ_in_the_mean_that_they_take),
        cmocka_unit_test(estimates_without_a_point_are_nan),
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(circles_have_the_dimensions_of_the_reference),
        cmocka_unit_test(small_classes_and_strange_labels_are_defined),
        cmocka_unit_test(two_nn_is_the_slope_through_the_origin),
        cmocka_unit_test(two_nn_finds_known_dimensions),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
