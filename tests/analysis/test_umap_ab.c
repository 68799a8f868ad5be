/* SPDX-License-Identifier: MIT
 * test_umap_ab.c - the curve's a and b against umap-learn's fit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/umap_internal.h"
#include "support/golden.h"

static void the_curve_is_that_of_umap_learn(void **state) {
    (void)state;
    const struct {
        const char *name;
        double min_dist;
    } rows[] = {{"ab/min_dist0", 0},
                {"ab/min_dist0.1", 0.1},
                {"ab/min_dist0.3", 0.3},
                {"ab/min_dist0.5", 0.5}};
    kr_golden *g = kr_golden_open("synth/umap.npz");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double a, b;
        const double *want = kr_golden_double(g, rows[i].name, NULL);
        kr__umap_fit_curve(1, rows[i].min_dist, &a, &b);
        assert_true(fabs(a - want[0]) < 1e-4 && fabs(b - want[1]) < 1e-4);
    }
    kr_golden_close(g);
}

/* A curve of d / spread is the same curve. */
static void the_unit_does_not_matter(void **state) {
    (void)state;
    double a, b, wide_a, wide_b;
    kr__umap_fit_curve(1, 0.25, &a, &b);
    kr__umap_fit_curve(100, 25, &wide_a, &wide_b);
    assert_true(fabs(b - wide_b) < 1e-9);
    assert_true(fabs(a - wide_a * pow(100, 2 * b)) < 1e-8);
}

static void the_ends_of_the_range_have_a_curve(void **state) {
    (void)state;
    double a = 0, b = 0;
    kr__umap_fit_curve(1, 1, &a, &b);
    assert_true(a > 0 && b > 0 && isfinite(a) && isfinite(b));
    kr__umap_fit_curve(1e-6, 0, &a, &b);
    assert_true(a > 0 && b > 0 && isfinite(a) && isfinite(b));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_curve_is_that_of_umap_learn),
        cmocka_unit_test(the_unit_does_not_matter),
        cmocka_unit_test(the_ends_of_the_range_have_a_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
