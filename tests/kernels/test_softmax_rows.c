/* SPDX-License-Identifier: MIT
 * test_softmax_rows.c - softmax of rows and its gradient at every level against plain loops. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

enum { ROWS = 3, GAP = 5 };

static void softmax(int64_t n, double scale, const kr_real *x, double *y) {
    double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++) most = fmax(most, scale * (double)x[i]);
    for (int64_t i = 0; i < n; i++) sum += y[i] = exp(scale * (double)x[i] - most);
    for (int64_t i = 0; i < n; i++) y[i] /= sum;
}

/* Rows lie n + GAP apart in x; y and the gradients have rows of n. */
static void check(const kr_kernels *kernels, int64_t n) {
    const kr_real scale = (kr_real)0.75;
    kr_real *x = kr_check_random((n + GAP) * ROWS, -9, 9, 0);
    kr_real *grad_y = kr_check_random(n * ROWS, -1, 1, 1);
    kr_real *start = kr_check_random(n * ROWS, -1, 1, 2);
    kr_real *y = kr_check_output(n * ROWS, NULL), *grad_x = kr_check_output(n * ROWS, start);
    double *expected = kr__calloc((size_t)(n * ROWS), sizeof *expected);

    kernels->softmax_rows(ROWS, n, scale, x, n + GAP, y, n);
    for (int r = 0; r < ROWS; r++) softmax(n, (double)scale, x + r * (n + GAP), expected + r * n);
    kr_check_close("softmax_rows", n * ROWS, y, expected, 1e-7, 4e-6);

    for (int is_adding = 1; is_adding >= 0; is_adding--) {
        kernels->softmax_rows_backward(ROWS, n, scale, y, n, grad_y, n, grad_x, n, is_adding);
        for (int r = 0; r < ROWS; r++) {
            double sum = 0;
            for (int64_t i = r * n; i < (r + 1) * n; i++) sum += (double)y[i] * (double)grad_y[i];
            for (int64_t i = r * n; i < (r + 1) * n; i++) {
                expected[i] = (double)scale * (double)y[i] * ((double)grad_y[i] - sum) +
                              (is_adding ? (double)start[i] : 0);
            }
        }
        kr_check_close("softmax_rows_backward", n * ROWS, grad_x, expected, 4e-7, 1e-6);
    }
    kr_free(x);
    kr_free(y);
    kr_free(grad_x);
    kr_free(grad_y);
    kr_free(start);
    kr_free(expected);
}

/* Huge, equal and masked (-infinity) scores; a NaN spoils its row and no other. */
static void check_extremes(const kr_kernels *kernels, int64_t n) {
    kr_real *x = kr_check_random(n * 2, 0, 0, 0);
    for (int64_t i = 0; i < n; i++) x[i] = i % 2 ? -(kr_real)INFINITY : (kr_real)1e30;
    kernels->softmax_rows(2, n, 1, x, n, x, n);
    double ones = (double)((n + 1) / 2);
    for (int64_t i = 0; i < n; i++) {
        double e = i % 2 ? 0 : 1 / ones;
        assert_true(fabs((double)x[i] - e) <= 2e-7 * e);
        assert_true(fabs((double)x[n + i] * (double)n - 1) < 2e-6);
    }
    x[n / 2] = (kr_real)NAN;
    kernels->softmax_rows(2, n, 1, x, n, x, n);
    for (int64_t i = 0; i < n; i++) {
        assert_true(isnan(x[i]));
        assert_true(isfinite(x[n + i]));
    }
    kr_free(x);
}

static void levels(void **state) {
    (void)state;
    kr_check_levels(check);
}
static void extremes(void **state) {
    (void)state;
    kr_check_levels(check_extremes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels), cmocka_unit_test(extremes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
