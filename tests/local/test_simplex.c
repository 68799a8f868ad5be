/* SPDX-License-Identifier: MIT
 * test_simplex.c - minima that are known, by the simplex and by least squares, in and on bounds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "local/levenberg.h"
#include "local/simplex.h"

enum { MOST = 8 };

static double rosenbrock(void *arg, const double *x) {
    int *count = arg;
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    (*count)++;
    return a * a + 100 * b * b;
}

static void simplex_finds_the_valley(void **state) {
    (void)state;
    const double lower[] = {-5, -5}, upper[] = {5, 5}, step[] = {0.5, 0.5};
    double x[] = {-1.2, 1}, memory[MOST * MOST];
    int count = 0;
    const kr__simplex options = {2, lower, upper, step, 1e-14, 1000};
    assert_true(kr__simplex_size(2) <= sizeof memory / sizeof *memory);
    double value = kr__simplex_minimise(&options, rosenbrock, &count, x, memory);
    assert_true(value < 1e-10 && fabs(x[0] - 1) < 1e-4 && fabs(x[1] - 1) < 1e-4);
    assert_true(count < 300);
}

static void simplex_keeps_to_bounds(void **state) {
    (void)state;
    const double lower[] = {-5, -5}, upper[] = {0.5, 5}, step[] = {0.5, 0.5};
    double x[] = {0.5, 1}, memory[MOST * MOST];
    int count = 0;
    const kr__simplex options = {2, lower, upper, step, 1e-14, 1000};
    kr__simplex_minimise(&options, rosenbrock, &count, x, memory);
    assert_true(x[0] <= 0.5 && fabs(x[0] - 0.5) < 1e-6 && fabs(x[1] - 0.25) < 1e-5);
}

/* Six variables, a place where it is not a number, one evaluation only. */
static double bowl(void *arg, const double *x) {
    double sum = 0;
    (void)arg;
    for (int k = 0; k < 6; k++) sum += (k + 1) * (x[k] - k) * (x[k] - k);
    return x[0] > 2 ? (double)NAN : sum;
}

static void simplex_of_six(void **state) {
    (void)state;
    double lower[6], upper[6], step[6], x[6] = {0}, memory[128];
    for (int k = 0; k < 6; k++) {
        lower[k] = -10;
        upper[k] = 10;
        step[k] = 1;
    }
    kr__simplex options = {6, lower, upper, step, 1e-12, 3000};
    double value = kr__simplex_minimise(&options, bowl, NULL, x, memory);
    assert_true(value < 1e-9);
    for (int k = 0; k < 6; k++) assert_true(fabs(x[k] - k) < 1e-4);
    options.most = 1;
    x[0] = 1;
    assert_true(kr__simplex_minimise(&options, bowl, NULL, x, memory) <= 1 + 1e-9);
}

/* The residuals of the same valley: 10 (x1 - x0^2), 1 - x0. */
static double squares(void *arg, const double *x, double *H, double *g) {
    int *count = arg;
    double a = 10 * (x[1] - x[0] * x[0]), b = 1 - x[0];
    double J[2][2] = {{-20 * x[0], 10}, {-1, 0}};
    (*count)++;
    for (int i = 0; i < 2 && H; i++) {
        g[i] = J[0][i] * a + J[1][i] * b;
        for (int k = 0; k <= i; k++) H[2 * i + k] = J[0][i] * J[0][k] + J[1][i] * J[1][k];
    }
    return a * a + b * b;
}

static void least_squares_need_few_steps(void **state) {
    (void)state;
    const double lower[] = {-5, -5}, upper[] = {5, 5};
    double x[] = {-1.2, 1}, memory[32];
    int count = 0;
    const kr__levenberg options = {
        .n = 2, .lower = lower, .upper = upper, .tolerance = 1e-9, .most = 100};
    assert_true(kr__levenberg_size(2) <= sizeof memory / sizeof *memory);
    assert_true(kr__levenberg_minimise(&options, squares, &count, x, memory) < 1e-12);
    assert_true(fabs(x[0] - 1) < 1e-6 && fabs(x[1] - 1) < 1e-6 && count < 80);
}

static void least_squares_keep_to_bounds(void **state) {
    (void)state;
    const double lower[] = {-5, -5}, upper[] = {0.5, 5};
    double x[] = {-1.2, 1}, memory[32];
    int count = 0;
    const kr__levenberg options = {
        .n = 2, .lower = lower, .upper = upper, .tolerance = 1e-12, .most = 100};
    double value = kr__levenberg_minimise(&options, squares, &count, x, memory);
    assert_true(x[0] == 0.5 && fabs(x[1] - 0.25) < 1e-6 && fabs(value - 0.25) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simplex_finds_the_valley), cmocka_unit_test(simplex_keeps_to_bounds),
        cmocka_unit_test(simplex_of_six), cmocka_unit_test(least_squares_need_few_steps),
        cmocka_unit_test(least_squares_keep_to_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
