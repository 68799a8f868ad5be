/* SPDX-License-Identifier: MIT
 * test_points.c - what is refused, and what rows and distances are. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "analysis/point_values.h"
#include "core/arena.h"

static const float square[] = {0, 0, 3, 0, 3, 4, 0, 4};

static void sizes_that_do_not_fit_are_refused(void **state) {
    (void)state;
    kr_error err;
    kr_points points = kr_points_f32(square, 4, 2);
    assert_int_equal(kr__points_check(&points, 4, &err), KR_OK);
    assert_int_equal(kr__points_check(&points, 5, &err), KR_USAGE);
    assert_string_equal(err.text, "there are 4 points, and at least 5 are needed");
    points.dim = 0;
    assert_int_equal(kr__points_check(&points, 1, &err), KR_USAGE);
}

static void a_value_that_is_not_finite_is_named(void **state) {
    (void)state;
    kr_error err;
    double values[] = {1, 2, 3, NAN, 5, INFINITY};
    kr_points points = kr_points_f64(values, 3, 2);
    assert_int_equal(kr__points_check(&points, 1, &err), KR_NUMERIC);
    assert_string_equal(err.text, "row 1, column 1 holds NaN; remove that row");
    values[3] = 0;
    assert_int_equal(kr__points_check(&points, 1, &err), KR_NUMERIC);
    assert_string_equal(err.text, "row 2, column 1 holds inf; remove that row");
}

static void distances_are_those_of_the_plane(void **state) {
    (void)state;
    kr_points points = kr_points_f32(square, 4, 2);
    assert_true(kr__points_distance2(&points, 0, 2) == 25);
    assert_true(kr__points_distance2(&points, 1, 1) == 0);
}

static void rows_are_picked_in_their_order(void **state) {
    (void)state;
    kr_points points = kr_points_f32(square, 4, 2);
    void *some = NULL;
    kr_error err;
    assert_int_equal(kr_points_pick(&points, 3, (int64_t[]){2, 0, 2}, &some, NULL), KR_OK);
    const float expected[] = {3, 4, 0, 0, 3, 4};
    assert_memory_equal(some, expected, sizeof expected);
    kr_free(some);
    some = NULL;
    assert_int_equal(kr_points_pick(&points, 2, (int64_t[]){0, 4}, &some, &err), KR_USAGE);
    assert_string_equal(err.text, "row 4 of 4 points: use 0 to 3");
    assert_null(some);
}

/* A view that was filled by hand for another version, or with nothing to look at. */
static void views_that_are_not_whole_are_refused(void **state) {
    (void)state;
    kr_points none = kr_points_f32(NULL, 4, 2), old = kr_points_f32(square, 4, 2);
    kr_error err;
    old.size -= 8;
    const kr_points *const wrong[] = {&none, &old};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(kr__points_check(wrong[i], 1, &err), KR_USAGE);
        assert_string_equal(err.text,
                            "a view of points is incomplete; make it with kr_points_f32() or "
                            "kr_points_f64(), of values that are not NULL");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_do_not_fit_are_refused),
        cmocka_unit_test(a_value_that_is_not_finite_is_named),
        cmocka_unit_test(distances_are_those_of_the_plane),
        cmocka_unit_test(views_that_are_not_whole_are_refused),
        cmocka_unit_test(rows_are_picked_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
