/* SPDX-License-Identifier: MIT
 * test_draws.c - random numbers have the means, spreads and tails of their distributions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simulate/draws.h"

enum { N = 200000 };

typedef double draw_fn(kr__draws *d, double parameter);

typedef struct moments {
    double mean, variance, skew; /* skew: the third central moment */
} moments;

static moments measure(draw_fn *draw, double parameter) {
    kr__draws d = kr__draws_make(3, 4, 0);
    static double x[N];
    moments m = {0};
    for (int i = 0; i < N; i++) {
        x[i] = draw(&d, parameter);
        m.mean += x[i] / N;
    }
    for (int i = 0; i < N; i++) {
        double far = x[i] - m.mean;
        m.variance += far * far / N;
        m.skew += far * far * far / N;
    }
    return m;
}

/* Within four deviations of the mean of N draws, and 3 % of the variance. */
static void assert_moments(draw_fn *draw, double parameter, double mean, double variance) {
    moments m = measure(draw, parameter);
    if (fabs(m.mean - mean) > 4 * sqrt(variance / N) || fabs(m.variance / variance - 1) > 0.03) {
        fail_msg("%g: mean %g is not %g, or variance %g is not %g", parameter, m.mean, mean,
                 m.variance, variance);
    }
}

static double uniform(kr__draws *d, double p) { return p * kr__draw_uniform(d); }
static double normal(kr__draws *d, double p) { return p + kr__draw_normal(d); }
static double exponential(kr__draws *d, double p) { return p * kr__draw_exponential(d); }

static void means_and_variances(void **state) {
    (void)state;
    assert_moments(uniform, 1, 0.5, 1.0 / 12);
    assert_moments(normal, 0, 0, 1);
    assert_moments(exponential, 1, 1, 1);
    for (double shape = 0.3; shape < 60; shape *= 3) {
        assert_moments(kr__draw_gamma, shape, shape, shape);
    }
    for (double mean = 0.05; mean < 3e8; mean *= 3.7) {
        assert_moments(kr__draw_poisson, mean, mean, mean);
    }
    assert_moments(kr__draw_student, 8, 0, 1);
    assert_true(fabs(measure(kr__draw_poisson, 9).skew - 9) < 0.6);
    assert_true(fabs(measure(kr__draw_poisson, 30).skew - 30) < 3);
    assert_true(fabs(measure(kr__draw_gamma, 2).skew - 4) < 0.3);
}

/* The number of each k beside that of the law, for means on both sides of the change of method. */
static void poisson_probabilities(void **state) {
    static const double means[] = {3, 12, 40};
    (void)state;
    for (int i = 0; i < 3; i++) {
        enum { MOST = 100 };
        kr__draws d = kr__draws_make(17, (uint64_t)i, 0);
        double seen[MOST] = {0}, chi = 0, cells = 0;
        for (int n = 0; n < N; n++) {
            double k = kr__draw_poisson(&d, means[i]);
            if (k < MOST) seen[(int)k]++;
        }
        for (int k = 0; k < MOST; k++) {
            double wanted = N * exp(k * log(means[i]) - means[i] - lgamma(k + 1.0));
            if (wanted < 20) continue;
            chi += (seen[k] - wanted) * (seen[k] - wanted) / wanted;
            cells++;
        }
        assert_true(chi < cells + 4 * sqrt(2 * cells));
    }
}

/* Shares of a normal beyond 1, 2, 3 deviations, and beyond the ziggurat's last layer. */
static void tails(void **state) {
    static const double at[] = {1, 2, 3, 3.7}, share[] = {0.31731, 0.0455, 0.0026998, 0.00021561};
    kr__draws d = kr__draws_make(1, 0, 0);
    double beyond[4] = {0}, above = 0, n = 4e6;
    (void)state;
    for (int i = 0; i < 4000000; i++) {
        double x = kr__draw_normal(&d);
        above += x > 0;
        for (int k = 0; k < 4; k++) beyond[k] += fabs(x) > at[k];
    }
    assert_true(fabs(above / n - 0.5) < 0.001);
    for (int k = 0; k < 4; k++)
        assert_true(fabs(beyond[k] / n - share[k]) < 4 * sqrt(share[k] / n));
}

static void choices(void **state) {
    static const double weights[] = {0, 3, 0, 1, 0};
    kr__draws d = kr__draws_make(9, 0, 0);
    int n[5] = {0}, below[7] = {0};
    (void)state;
    for (int i = 0; i < 40000; i++) {
        n[kr__draw_pick(&d, weights, 5)]++;
        below[kr__draw_below(&d, 7)]++;
        double x = kr__draw_log_between(&d, 1e-3, 1e3);
        assert_true(x >= 0.999e-3 && x <= 1.001e3);
    }
    assert_true(n[0] == 0 && n[2] == 0 && n[4] == 0);
    assert_true(abs(n[1] - 30000) < 400);
    for (int k = 0; k < 7; k++) assert_true(abs(below[k] - 40000 / 7) < 350);
    assert_true(kr__draw_poisson(&d, 0) == 0);
}

/* Series, attempts and seeds share no numbers. */
static void starts_differ(void **state) {
    (void)state;
    kr__draws a = kr__draws_make(1, 2, 0), b = kr__draws_make(1, 2, 0);
    kr__draws others[] = {kr__draws_make(1, 3, 0), kr__draws_make(1, 2, 1), kr__draws_make(2, 2, 0),
                          kr__draws_make(1, (uint64_t)2 << 32, 0),
                          kr__draws_make(1, ((uint64_t)1 << 32) + 2, 0)};
    uint64_t first = kr__draw_bits(&a);
    assert_true(first == kr__draw_bits(&b));
    for (int k = 0; k < 5; k++) assert_true(kr__draw_bits(&others[k]) != first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_and_variances), cmocka_unit_test(poisson_probabilities),
        cmocka_unit_test(tails), cmocka_unit_test(choices), cmocka_unit_test(starts_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
