/* SPDX-License-Identifier: MIT
 * test_silhouette.c - against scikit-learn's numbers, by hand, and what is refused. */
#include <kr/points.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/golden.h"
#include "support/starve.h"
#include "support/workers.h"

enum { N = 500 };

/* Classes that lie beside each other along the first component. */
static void label_by_place(kr_golden *g, int64_t labels[N]) {
    const double *place = kr_golden_double(g, "z2/projection", NULL);
    for (int i = 0; i < N; i++) labels[i] = place[2 * i] > 3 ? 2 : place[2 * i] < -3 ? 0 : 1;
}

static kr_points open_points(kr_golden *g) {
    return kr_points_f64(kr_golden_double(g, "z2/X", NULL), N, 30);
}

/* silhouette_score and silhouette_samples of scikit-learn 1.9 */
static void scores_are_those_of_the_reference(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/pca.npz");
    kr_points points = open_points(g);
    int64_t labels[N];
    double mean = 0, value[N];
    for (int i = 0; i < N; i++) labels[i] = 7 * i % 4;
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, value, NULL), KR_OK);
    assert_true(fabs(mean - -0.01795467696640672) < 1e-9);
    label_by_place(g, labels);
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, value, NULL), KR_OK);
    assert_true(fabs(mean - 0.06338719947928309) < 1e-9);
    assert_true(fabs(value[0] - 0.055066017645935494) < 1e-9);
    assert_true(fabs(value[499] - 0.07511617311938547) < 1e-9);
    kr_golden_close(g);
}

static void it_does_not_depend_on_names_order_and_threads(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/pca.npz");
    kr_points points = open_points(g);
    int64_t labels[N], other[N];
    double mean = 0, value[N], mean_of_other = 0, value_of_other[N];
    label_by_place(g, labels);
    for (int i = 0; i < N; i++) other[i] = 1000000007 * labels[i] + 5;
    test_workers(1);
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, value, NULL), KR_OK);
    test_workers(7);
    assert_int_equal(kr_silhouette(test_team, &points, other, &mean_of_other, value_of_other, NULL),
                     KR_OK);
    test_workers(0);
    assert_true(mean == mean_of_other);
    assert_memory_equal(value, value_of_other, sizeof value);
    kr_golden_close(g);
}

/* 0, 1 | 5 | 9 (left out): a point of the pair has a = 1, b = 5 or 4; the single one counts 0. */
static void a_small_case_by_hand(void **state) {
    (void)state;
    const float line[] = {0, 5, 1, 9};
    const int64_t labels[] = {0, 3, 0, -1};
    kr_points points = kr_points_f32(line, 4, 1);
    double mean = 0, value[4];
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, value, NULL), KR_OK);
    assert_true(value[0] == 0.8 && value[1] == 0 && value[2] == 0.75 && isnan(value[3]));
    assert_true(fabs(mean - 1.55 / 3) < 1e-15);
}

static void points_that_are_all_equal_count_0(void **state) {
    (void)state;
    const double same[] = {2, 3, 2, 3, 2, 3, 2, 3};
    const int64_t labels[] = {0, 1, 0, 1};
    kr_points points = kr_points_f64(same, 4, 2);
    double mean = 7;
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, NULL, NULL), KR_OK);
    assert_true(mean == 0);
}

static void one_class_is_refused(void **state) {
    (void)state;
    double values[] = {1, 2, 3}, mean = 7;
    int64_t labels[] = {4, 4, -1};
    kr_points points = kr_points_f64(values, 3, 1);
    kr_error err;
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, NULL, &err), KR_USAGE);
    assert_string_equal(err.text, "a silhouette needs points of two classes, there is one");
    labels[0] = labels[1] = -1;
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, NULL, &err), KR_USAGE);
    assert_string_equal(err.text, "a silhouette needs points of two classes, there is none");
    values[1] = NAN;
    assert_int_equal(kr_silhouette(test_team, &points, labels, &mean, NULL, &err), KR_NUMERIC);
    assert_true(mean == 7);
}

static kr_status score(void *arg, kr_error *err) {
    static const int64_t labels[] = {0, 3, 0};
    double mean = 7;
    kr_status status = kr_silhouette(test_team, arg, labels, &mean, NULL, err);
    assert_int_equal(status == KR_OK, mean != 7);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    const double line[] = {0, 5, 1};
    kr_points points = kr_points_f64(line, 3, 1);
    kr_starve("a silhouette", score, &points);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_the_reference),
        cmocka_unit_test(it_does_not_depend_on_names_order_and_threads),
        cmocka_unit_test(a_small_case_by_hand),
        cmocka_unit_test(points_that_are_all_equal_count_0),
        cmocka_unit_test(one_class_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
