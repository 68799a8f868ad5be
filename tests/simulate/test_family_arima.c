/* SPDX-License-Identifier: MIT
 * test_family_arima.c - polynomials have their roots outside the unit circle; filters. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulate/family_arima.h"

/* Are all roots of 1 - c[0] B - .. outside the unit circle? By the Levinson recursion downwards:
 * every partial autocorrelation is below 1. */
static double largest_partial(const double *c, int order) {
    double a[KR__ARMA_ORDER] = {0}, most = 0;
    for (int k = 0; k < order; k++) a[k] = c[k];
    for (int m = order; m >= 1; m--) {
        double last = a[m - 1], before[KR__ARMA_ORDER] = {0};
        most = fmax(most, fabs(last));
        if (fabs(last) >= 1) return most;
        for (int k = 0; k < m - 1; k++)
            before[k] = (a[k] + last * a[m - 2 - k]) / (1 - last * last);
        for (int k = 0; k < KR__ARMA_ORDER; k++) a[k] = before[k];
    }
    return most;
}

static void roots_lie_outside(void **state) {
    kr__draws d = kr__draws_make(5, 0, 0);
    int n_near = 0, n_complex = 0, n_slow = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        double c[KR__ARMA_ORDER] = {0};
        int order = 1 + i % KR__ARMA_ORDER;
        kr__arma_polynomial(&d, order, c);
        double partial = largest_partial(c, order);
        if (!(partial < 1)) fail_msg("%g %g %g has a root inside", c[0], c[1], c[2]);
        bool is_complex = order == 2 && c[0] * c[0] + 4 * c[1] < 0;
        n_complex += is_complex;
        n_slow += is_complex && -c[1] > 0.81; /* r^2 */
        n_near += order == 1 && c[0] > 0.9;
    }
    assert_true(largest_partial((const double[]){1.01}, 1) > 1);
    assert_true(n_complex > 2000 && n_complex < 5000);
    assert_true(n_slow > 0.4 * n_complex && n_slow < 0.6 * n_complex);
    assert_true(n_near > 1000); /* of 6667 */
}

/* What one filter does the other one takes back. */
static void filters_are_inverse(void **state) {
    const double c[] = {0.9, -0.5, 0.2};
    double x[200], y[200];
    kr__draws d = kr__draws_make(6, 0, 0);
    (void)state;
    for (int lag = 1; lag <= 12; lag += 11) {
        for (int t = 0; t < 200; t++) x[t] = y[t] = kr__draw_normal(&d);
        kr__arma_average(y, 200, 3, c, lag);
        double wanted =
            x[150] - 0.9 * x[150 - lag] + 0.5 * x[150 - 2 * lag] - 0.2 * x[150 - 3 * lag];
        assert_true(fabs(y[150] - wanted) < 1e-12 && y[0] == x[0]);
        kr__arma_recur(y, 200, 3, c, lag);
        for (int t = 0; t < 200; t++) assert_true(fabs(y[t] - x[t]) < 1e-9);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(roots_lie_outside),
                                       cmocka_unit_test(filters_are_inverse)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
