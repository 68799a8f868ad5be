/* SPDX-License-Identifier: MIT
 * test_sums.c - sums of squares and the check for finite numbers, at every level. */
#include "core/real.h"
#include "kernels/kernel_check.h"

static void check_squares(const kr_kernels *kernels, int64_t n) {
    kr_real *x = kr_check_random(n, -3, 3, 0);
    double sum = 0.5, expected = 0.5;
    kernels->sum_squares(n, x, &sum);
    for (int64_t i = 0; i < n; i++) expected += (double)x[i] * (double)x[i];
    assert_true(fabs(sum - expected) <= 1e-13 * expected);

    /* every level gives the bits of the plainest one */
    double plain = 0.5;
    kr__kernels_of(KR_CPU_V2)->sum_squares(n, x, &plain);
    assert_memory_equal(&sum, &plain, sizeof sum);
    kr_free(x);
}

static void check_finite(const kr_kernels *kernels, int64_t n) {
    kr_real *x = kr_check_random(n, -3, 3, 0);
    x[n / 2] = sizeof(kr_real) == 4 ? (kr_real)3.4e38f : (kr_real)1.7e308;
    bool is_finite = true;
    kernels->all_finite(n, x, &is_finite);
    assert_true(is_finite);
    const kr_real bad[] = {(kr_real)NAN, (kr_real)INFINITY, -(kr_real)INFINITY};
    for (int64_t i = 0; i<n; i += n> 50 ? 37 : 1) {
        kr_real kept = x[i];
        x[i] = bad[i % 3];
        is_finite = true;
        kernels->all_finite(n, x, &is_finite);
        assert_false(is_finite);
        x[i] = kept;
        kernels->all_finite(n, x, &is_finite);
        assert_false(is_finite); /* stays as it was */
    }
    kr_free(x);
}

static void squares(void **state) {
    (void)state;
    kr_check_levels(check_squares);
}
static void finite(void **state) {
    (void)state;
    kr_check_levels(check_finite);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(squares), cmocka_unit_test(finite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
