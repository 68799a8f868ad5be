/* SPDX-License-Identifier: MIT
 * test_elementwise.c - sums and multiples of arrays at every level against plain loops. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

static void check(const kr_kernels *kernels, int64_t n) {
    kr_real *a = kr_check_random(n, -2, 2, 0), *b = kr_check_random(n, -2, 2, 1);
    kr_real *y = kr_check_output(n, a);
    double *expected = kr__calloc((size_t)n, sizeof *expected);
    const kr_real factor = (kr_real)0.7;
    const double f = (double)factor;

    kernels->add(n, a, b, y);
    for (int64_t i = 0; i < n; i++) expected[i] = (double)a[i] + (double)b[i];
    kr_check_close("add", n, y, expected, 3e-7, 0);

    kernels->accumulate(n, b, y);
    for (int64_t i = 0; i < n; i++) expected[i] += (double)b[i];
    kr_check_close("accumulate", n, y, expected, 6e-7, 0);

    kernels->scale(n, factor, a, y);
    for (int64_t i = 0; i < n; i++) expected[i] = f * (double)a[i];
    kr_check_close("scale", n, y, expected, 3e-7, 0);

    kernels->axpy(n, factor, b, y);
    for (int64_t i = 0; i < n; i++) expected[i] += f * (double)b[i];
    kr_check_close("axpy", n, y, expected, 6e-7, 0);

    kernels->multiply_add(n, a, b, y);
    for (int64_t i = 0; i < n; i++) expected[i] += (double)a[i] * (double)b[i];
    kr_check_close("multiply_add", n, y, expected, 1e-6, 0);

    kernels->scale(n, factor, y, y); /* in place */
    for (int64_t i = 0; i < n; i++) expected[i] *= f;
    kr_check_close("scale in place", n, y, expected, 1e-6, 0);
    kr_free(a);
    kr_free(b);
    kr_free(y);
    kr_free(expected);
}

static void levels(void **state) {
    (void)state;
    kr_check_levels(check);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
