/* SPDX-License-Identifier: MIT
 * test_noises.c - processes have the variance and the autocorrelation of their definition. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulate/simulation.h"
#include "support/sha256.h"

enum { N = 400000 };
static double x[N], room[N + 100];

/* Mean of x[t] x[t + lag]; the mean of x is 0. */
static double covariance(int64_t lag) {
    double sum = 0;
    for (int64_t t = 0; t + lag < N; t++) sum += x[t] * x[t + lag];
    return sum / (double)(N - lag);
}

static void assert_near(double got, double wanted, double tolerance) {
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("%g is not %g", got, wanted);
}

/* Ornstein and Uhlenbeck's process of rate k, seen at whole steps, is one with a = exp(-k). */
static void first_order(void **state) {
    kr__draws d = kr__draws_make(2, 0, 0);
    (void)state;
    for (double a = -0.5; a < 0.95; a += 0.35) {
        kr__ar_1(&d, x, N, a, 3);
        for (int64_t lag = 0; lag < 4; lag++) {
            assert_near(covariance(lag), 9 * pow(a, (double)lag), 0.25);
        }
    }
}

static void matern(void **state) {
    kr__draws d = kr__draws_make(3, 0, 0);
    (void)state;
    for (double rate = 0.1; rate < 3; rate *= 3) {
        kr__matern_3(&d, x, N, rate);
        for (int64_t lag = 0; lag < 20; lag += 3) {
            double r = rate * (double)lag;
            assert_near(covariance(lag), (1 + r) * exp(-r), 0.06);
        }
    }
    kr__matern_3(&d, x, N, 1e-6); /* nearly a constant: its steps are not lost in rounding */
    for (int64_t t = 1; t < N; t++) assert_true(fabs(x[t] - x[t - 1]) < 1e-4);
    assert_true(x[0] != x[N - 1]);
}

/* Of whatever kind: added, and as large as it should be. */
static void added_noise(void **state) {
    double sum = 0, correlation = 0;
    const int64_t n = 2000, kinds = 200;
    (void)state;
    for (int64_t k = 0; k < kinds; k++) {
        kr__simulation s = {
            .draws = kr__draws_make(4, (uint64_t)k, 0), .n = n, .room = room, .room_size = N + 100};
        for (int64_t t = 0; t < n; t++) x[t] = 100;
        kr__add_noise(&s, x, 2);
        assert_int_equal(s.room_used, 0);
        for (int64_t t = 0; t < n; t++) sum += (x[t] - 100) * (x[t] - 100);
        for (int64_t t = 1; t < n; t++) correlation += (x[t] - 100) * (x[t - 1] - 100);
    }
    double variance = sum / (double)(n * kinds);
    assert_true(variance > 3 && variance < 7);
    assert_true(correlation > 0.03 * sum && correlation < 0.4 * sum);
}

/* What changes wildly within a series is cut off at e^3, which is seldom: many short ones. */
static void numbers_are_those_of_before(void **state) {
    enum { SHORT = 40 };
    char text[65];
    (void)state;
    for (int64_t k = 0; k < N / SHORT; k++) {
        kr__simulation s = {.draws = kr__draws_make(5, (uint64_t)k, 0),
                            .n = SHORT,
                            .room = room,
                            .room_size = N + 100};
        for (int64_t t = 0; t < SHORT; t++) x[k * SHORT + t] = 0;
        kr__add_noise(&s, x + k * SHORT, 1);
    }
    kr_sha256(x, sizeof x, text);
    assert_string_equal(text, "3ed1cb307a8bc62401ade0f6b15e23a96b4580f47c713e24ef0af80cadfe92c9");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_order), cmocka_unit_test(matern),
                                       cmocka_unit_test(added_noise),
                                       cmocka_unit_test(numbers_are_those_of_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
