/* SPDX-License-Identifier: MIT
 * test_elementary.c - exp, log, sine against those of the C library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulate/elementary.h"

static void assert_near(double got, double wanted, double tolerance) {
    if (!(fabs(got - wanted) <= tolerance)) fail_msg("%.17g is not %.17g", got, wanted);
}

static void exp_and_log(void **state) {
    (void)state;
    for (double x = -690; x < 690; x += 0.137) {
        double wanted = exp(x);
        assert_near(kr__sim_exp(x), wanted, 1e-14 * wanted);
        assert_near(kr__sim_log(wanted), x, 1e-14 * (1 + fabs(x)));
    }
    for (double x = 0.5; x < 2; x += 0.00137) {
        assert_near(kr__sim_log(x), log(x), 1e-15);
        assert_near(kr__sim_pow(x, 1.7), pow(x, 1.7), 1e-14);
    }
    assert_true(kr__sim_exp(0) == 1 && kr__sim_log(1) == 0);
    assert_true(kr__sim_exp(1e9) == kr__sim_exp(700) && kr__sim_exp(-1e9) == kr__sim_exp(-700));
}

static void turns(void **state) {
    const double two_pi = 6.283185307179586;
    (void)state;
    for (double x = -3; x < 3; x += 0.00171) {
        double sine, cosine;
        kr__sim_turn(x, &sine, &cosine);
        assert_near(sine, sin(two_pi * x), 1e-13);
        assert_near(cosine, cos(two_pi * x), 1e-13);
        assert_near(kr__sim_tanh(x), tanh(x), 1e-14);
        assert_near(kr__sim_logistic(x), 1 / (1 + exp(-x)), 1e-14);
    }
    assert_true(kr__sim_sine(0.25) == 1 && kr__sim_sine(0.5) == 0 && kr__sim_sine(7.75) == -1);
}

static void a_rotor_turns(void **state) {
    (void)state;
    kr__rotor r = kr__rotor_make(1.0 / 24, 0.3);
    for (int t = 0; t < 100000; t++) {
        double wanted = kr__sim_sine(0.3 + (double)(t % 24) / 24);
        assert_near(kr__rotor_next(&r), wanted, 1e-10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(exp_and_log), cmocka_unit_test(turns),
                                       cmocka_unit_test(a_rotor_turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
