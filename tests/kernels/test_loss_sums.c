/* SPDX-License-Identifier: MIT
 * test_loss_sums.c - sums of errors and their gradients at every level against plain loops. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

typedef void sum_fn(int64_t, const kr_real *, const kr_real *, double *);
typedef void backward_fn(int64_t, kr_real, const kr_real *, const kr_real *, kr_real *, bool);

static double square(double e) { return e * e; }
static double square_slope(double e) { return 2 * e; }
static double absolute(double e) { return fabs(e); }
static double absolute_slope(double e) { return e > 0 ? 1 : e < 0 ? -1 : 0; }
static double huber(double e) { return fabs(e) <= 1 ? e * e / 2 : fabs(e) - 0.5; }
static double huber_slope(double e) { return fmax(-1, fmin(1, e)); }

/* A target that is NaN does not count. */
static double error_of(kr_real y, kr_real target) {
    return isnan(target) ? 0 : (double)y - (double)target;
}

static void check_pair(const char *name, int64_t n, sum_fn *sum, double (*f)(double),
                       backward_fn *backward, double (*slope)(double)) {
    kr_real *y = kr_check_random(n, -2, 2, 0), *target = kr_check_random(n, -2, 2, 1);
    kr_real *start = kr_check_random(n, -2, 2, 2), *grad = kr_check_output(n, start);
    double *expected = kr__calloc((size_t)n, sizeof *expected);
    target[n / 2] = y[n / 2];
    for (int64_t i = 0; n > 2 && i < n; i += 6) target[i] = (kr_real)NAN;
    double got = 0.25, plain = 0.25;
    sum(n, y, target, &got);
    for (int64_t i = 0; i < n; i++) plain += f(error_of(y[i], target[i]));
    assert_true(fabs(got - plain) <= 1e-13 * plain);
    for (int is_adding = 1; is_adding >= 0; is_adding--) {
        backward(n, (kr_real)0.3, y, target, grad, is_adding);
        for (int64_t i = 0; i < n; i++) {
            expected[i] = (is_adding ? (double)start[i] : 0) +
                          (double)(kr_real)0.3 * slope(error_of(y[i], target[i]));
        }
        kr_check_close(name, n, grad, expected, 1e-6, 0);
    }
    kr_free(y);
    kr_free(target);
    kr_free(start);
    kr_free(grad);
    kr_free(expected);
}

static void check(const kr_kernels *k, int64_t n) {
    check_pair("mse", n, k->mse_sum, square, k->mse_backward, square_slope);
    check_pair("mae", n, k->mae_sum, absolute, k->mae_backward, absolute_slope);
    check_pair("huber", n, k->huber_sum, huber, k->huber_backward, huber_slope);
}

static void check_bad_forecast(const kr_kernels *k, int64_t n) {
    kr_real *y = kr_check_random(n, -2, 2, 0), *target = kr_check_random(n, -2, 2, 1);
    kr_real *grad = kr_check_output(n, NULL);
    double sum = 0;
    y[n - 1] = (kr_real)NAN;
    k->mse_sum(n, y, target, &sum);
    k->mse_backward(n, 1, y, target, grad, false);
    assert_true(isnan(sum) && isnan(grad[n - 1]));
    kr_free(y);
    kr_free(target);
    kr_free(grad);
}

/* It must be found, whatever is done about targets. */
static void a_bad_forecast_stays_bad(void **state) {
    (void)state;
    kr_check_levels(check_bad_forecast);
}

static void levels(void **state) {
    (void)state;
    kr_check_levels(check);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels),
                                       cmocka_unit_test(a_bad_forecast_stays_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
