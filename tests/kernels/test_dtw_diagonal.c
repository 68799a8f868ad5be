/* SPDX-License-Identifier: MIT
 * test_dtw_diagonal.c - a diagonal of dynamic time warping at every level, and the least of three
 * ways wherever it is. */
#include "core/random.h"
#include "kernels/kernel_check.h"

enum { MOST = 1000 };

/* Numbers in -3 .. 3 in both types. */
static void fill(int64_t n, float *x, uint64_t which) {
    kr_rng rng = kr__rng_make(22, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = (float)(6 * kr__rng_uniform(&rng) - 3);
}

static void fill_ways(int64_t n, double *x, uint64_t which) {
    kr_rng rng = kr__rng_make(23, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = 10 * kr__rng_uniform(&rng);
    if (n > 1) x[n / 2] = (double)INFINITY; /* outside of the matrix */
}

static void check(const kr_kernels *kernels, int64_t n) {
    static float a[MOST], b[MOST];
    static double ways[3][MOST], y[MOST + 1];
    fill(n, a, 1);
    fill(n, b, 2);
    for (int k = 0; k < 3; k++) fill_ways(n, ways[k], (uint64_t)k);
    ways[n % 3][n / 2] = 1; /* one way out of the hole */
    y[n] = -77.25;
    kernels->dtw_diagonal(n, a, b, ways[0], ways[1], ways[2], y);
    for (int64_t i = 0; i < n; i++) {
        double least = fmin(fmin(ways[0][i], ways[1][i]), ways[2][i]);
        assert_true(y[i] == (double)fabsf(a[i] - b[i]) + least);
    }
    assert_true(y[n] == -77.25);
}

static void diagonals(void **state) {
    (void)state;
    kr_check_levels(check);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(diagonals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
