/* SPDX-License-Identifier: MIT
 * test_decimals.c - forecasts have the decimals that float can tell apart, and no noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/random.h"
#include "forecast/decimals.h"

/* A value with few digits, scaled to float and back, is itself again: with a large mean, far from
 * 1, near 0. */
static void numbers_come_back(void **state) {
    (void)state;
    const struct {
        double value, mean, deviation;
    } cases[] = {
        {4, 2, 1.4142135623730951}, {1000000008.38, 1e9, 7.07}, {123457146, 123456800, 2012.5},
        {-0.25, 17, 8.5},           {3e-299, 1e-299, 2.1e-299}, {7e25, 1e25, 3.3e25},
        {5.0625e300, 1e300, 2e300}, {10000000.25, 1e7, 0.3},    {0, 0.3, 0.7}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const kr__decimals d = kr__decimals_of(cases[i].deviation);
        float scaled = (float)((cases[i].value - cases[i].mean) / cases[i].deviation);
        double back = (double)scaled * cases[i].deviation + cases[i].mean;
        double got = kr__decimals_round(&d, back);
        if (got != cases[i].value) fail_msg("%.17g is not %.17g", got, cases[i].value);
    }
}

/* No value moves by more than some millionths of the deviation. */
static void little_is_lost(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int exponent = -300; exponent <= 300; exponent += 5) {
        double deviation = pow(10, exponent) * (1 + 8 * kr__rng_uniform(&rng));
        const kr__decimals d = kr__decimals_of(deviation);
        for (int i = 0; i < 50; i++) {
            double value = deviation * kr__rng_normal(&rng);
            double off = fabs(kr__decimals_round(&d, value) - value);
            assert_true(off <= 3e-6 * deviation);
        }
    }
}

static void what_is_no_number_stays(void **state) {
    (void)state;
    const kr__decimals d = kr__decimals_of(1);
    assert_true(isnan(kr__decimals_round(&d, (double)NAN)));
    assert_true(isinf(kr__decimals_round(&d, -(double)INFINITY)));
    assert_true(kr__decimals_round(&d, 1e20) == 1e20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(little_is_lost),
        cmocka_unit_test(what_is_no_number_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
