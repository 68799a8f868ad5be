/* SPDX-License-Identifier: MIT
 * test_spline.c - the spline against scipy's, and cubics, which it must reproduce. */
#include "forecast/spline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* scipy.interpolate.CubicSpline(range(6), value) of scipy 1.17.1. */
static void equals_scipy(void **state) {
    (void)state;
    const double value[KR__SPLINE_KNOTS] = {1.0, 0.7, 1.3, 0.9, 1.6, -0.4};
    const double x[] = {0, 0.25, 0.9, 1.5, 2.2, 3.7, 4.1, 4.75, 5};
    const double want[] = {1.0,     0.656875, 0.63406,   1.0975, 1.244,
                           1.41688, 1.61456,  0.6615625, -0.4};
    kr__spline spline;
    kr__spline_fit(&spline, value);
    for (int i = 0; i < 9; i++) assert_true(fabs(kr__spline_at(&spline, x[i]) - want[i]) < 1e-13);
}

static double cubic(double x) { return 0.3 * x * x * x - 2 * x * x + 0.5 * x + 7; }

static void reproduces_cubics(void **state) {
    (void)state;
    double value[KR__SPLINE_KNOTS];
    kr__spline spline;
    for (int k = 0; k < KR__SPLINE_KNOTS; k++) value[k] = cubic(k);
    kr__spline_fit(&spline, value);
    for (double x = 0; x <= 5; x += 0.01) {
        assert_true(fabs(kr__spline_at(&spline, x) - cubic(x)) < 1e-12);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(equals_scipy),
                                       cmocka_unit_test(reproduces_cubics)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
