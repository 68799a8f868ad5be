/* SPDX-License-Identifier: MIT
 * test_trustworthiness.c - against scikit-learn's numbers, and what is refused. */
#include <kr/points.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "support/golden.h"
#include "support/starve.h"
#include "support/workers.h"

/* trustworthiness of scikit-learn 1.9, of points in double (its distances of float points are
 * rounded to float, which moves a rank here and there) */
static void values_are_those_of_the_reference(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/pca.npz");
    kr_points points = kr_points_f64(kr_golden_double(g, "z2/X", NULL), 500, 30);
    kr_points map = kr_points_f64(kr_golden_double(g, "z2/projection", NULL), 500, 2);
    const int64_t k[] = {1, 15, 200};
    const double expected[] = {0.800008032128514, 0.811116142557652, 0.8667050125313284};
    double value = 0;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(kr_trustworthiness(test_team, &points, &map, k[i], &value, NULL), KR_OK);
        assert_true(fabs(value - expected[i]) < 1e-12);
    }
    points = kr_points_f64(kr_golden_double(g, "circles2/X", NULL), 800, 20);
    map = kr_points_f64(kr_golden_double(g, "circles2/projection", NULL), 800, 2);
    assert_int_equal(kr_trustworthiness(test_team, &points, &map, 15, &value, NULL), KR_OK);
    assert_true(fabs(value - 0.7776276276276276) < 1e-12);
    kr_golden_close(g);
}

static void threads_give_the_same_bits(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/pca.npz");
    kr_points points = kr_points_f64(kr_golden_double(g, "z2/X", NULL), 497, 30);
    kr_points map = kr_points_f64(kr_golden_double(g, "z2/projection", NULL), 497, 2);
    double one = 0, seven = 1;
    test_workers(1);
    assert_int_equal(kr_trustworthiness(test_team, &points, &map, 10, &one, NULL), KR_OK);
    test_workers(7);
    assert_int_equal(kr_trustworthiness(test_team, &points, &map, 10, &seven, NULL), KR_OK);
    test_workers(0);
    assert_true(one == seven);
    kr_golden_close(g);
}

static const float square[] = {0, 0, 3, 0, 3, 4, 0, 4, 9, 9};

static void a_map_that_is_the_space_is_perfect(void **state) {
    (void)state;
    kr_points points = kr_points_f32(square, 5, 2);
    double value = 0;
    assert_int_equal(kr_trustworthiness(test_team, &points, &points, 2, &value, NULL), KR_OK);
    assert_true(value == 1);
    assert_int_equal(kr_map_recall(test_team, &points, &points, 4, &value, NULL), KR_OK);
    assert_true(value == 1);
}

/* On the line 0 1 2 10 the nearest are 1 0 1 2; on the map 0 1 10 2 they are 1 0 3 1. */
static void recall_counts_neighbours_that_are_kept(void **state) {
    (void)state;
    const float line[] = {0, 1, 2, 10}, on_map[] = {0, 1, 10, 2};
    kr_points points = kr_points_f32(line, 4, 1), map = kr_points_f32(on_map, 4, 1);
    double value = 0;
    assert_int_equal(kr_map_recall(test_team, &points, &map, 1, &value, NULL), KR_OK);
    assert_true(value == 0.5);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    kr_points points = kr_points_f32(square, 5, 2), map = kr_points_f32(square, 4, 2);
    kr_error err;
    double value = 7;
    assert_int_equal(kr_trustworthiness(test_team, &points, &map, 1, &value, &err), KR_SHAPE);
    assert_string_equal(err.text, "the map has 4 points, but 5 points are mapped");
    assert_int_equal(kr_map_recall(test_team, &points, &map, 1, &value, &err), KR_SHAPE);
    assert_int_equal(kr_trustworthiness(test_team, &points, &points, 3, &value, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "trustworthiness of 5 points: 3 neighbours do not fit, use 1 and "
                        "more, but less than half of the points");
    assert_int_equal(kr_trustworthiness(test_team, &points, &points, 0, &value, &err), KR_USAGE);
    assert_int_equal(kr_trustworthiness(test_team, &map, &map, 2, &value, &err), KR_USAGE);
    assert_int_equal(kr_map_recall(test_team, &points, &points, 5, &value, &err), KR_USAGE);
    assert_true(value == 7);
}

static kr_status measure_map(void *arg, kr_error *err) {
    const kr_points *points = arg;
    double value = 7;
    kr_status status = kr_trustworthiness(NULL, points, points, 2, &value, err);
    assert_int_equal(status == KR_OK, value != 7);
    return status == KR_OK ? kr_map_recall(NULL, points, points, 2, &value, err) : status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    kr_points points = kr_points_f32(square, 5, 2);
    kr_starve("trustworthiness and recall", measure_map, &points);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_reference),
        cmocka_unit_test(threads_give_the_same_bits),
        cmocka_unit_test(a_map_that_is_the_space_is_perfect),
        cmocka_unit_test(recall_counts_neighbours_that_are_kept),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
