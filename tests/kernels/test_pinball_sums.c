/* SPDX-License-Identifier: MIT
 * test_pinball_sums.c - pinball losses and their gradients at every level against plain loops. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

static void check_quantile(const kr_kernels *k, int64_t n, double p) {
    kr_real *y = kr_check_random(n, -2, 2, 0), *target = kr_check_random(n, -2, 2, 1);
    kr_real *start = kr_check_random(n, -2, 2, 2), *grad = kr_check_output(n, start);
    double *expected = kr__calloc((size_t)n, sizeof *expected);
    target[n / 2] = y[n / 2];
    for (int64_t i = 0; n > 2 && i < n; i += 6) target[i] = (kr_real)NAN;
    double got = 0.25, plain = 0.25;
    k->pinball_sum(n, p, y, target, &got);
    for (int64_t i = 0; i < n; i++) {
        double e = (double)target[i] - (double)y[i];
        if (!isnan(e)) plain += fmax(p * e, (p - 1) * e);
    }
    assert_true(fabs(got - plain) <= 1e-13 * plain);
    for (int is_adding = 1; is_adding >= 0; is_adding--) {
        k->pinball_backward(n, p, (kr_real)0.3, y, target, grad, is_adding);
        for (int64_t i = 0; i < n; i++) {
            double slope = target[i] > y[i] ? -p : target[i] < y[i] ? 1 - p : 0;
            expected[i] = (is_adding ? (double)start[i] : 0) + (double)(kr_real)0.3 * slope;
        }
        kr_check_close("pinball", n, grad, expected, 1e-6, 0);
    }
    y[n - 1] = (kr_real)NAN;
    target[n - 1] = 0;
    k->pinball_sum(n, p, y, target, &got);
    k->pinball_backward(n, p, 1, y, target, grad, false);
    assert_true(isnan(got) && isnan(grad[n - 1]));
    kr_free(y);
    kr_free(target);
    kr_free(start);
    kr_free(grad);
    kr_free(expected);
}

static void check(const kr_kernels *k, int64_t n) {
    check_quantile(k, n, 0.1);
    check_quantile(k, n, 0.5);
    check_quantile(k, n, 0.9);
}

static void levels(void **state) {
    (void)state;
    kr_check_levels(check);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
