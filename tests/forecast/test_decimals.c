/* SPDX-License-Identifier: MIT
 * test_decimals.c - forecasts have the decimals that float can tell apart, and no noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/random.h"
#include "forecast/decimals.h"

static double there_and_back(double value, double mean, double deviation) {
    const kr__unit unit = kr__unit_of(mean, deviation);
    return kr__unscale(&unit, (float)((value - mean) / deviation));
}

/* A value with few digits, scaled to float and back, is itself again: with a large mean, far from
 * 1, near 0. */
static void numbers_come_back(void **state) {
    (void)state;
    const struct {
        double value, mean, deviation;
    } cases[] = {{4, 2, 1.4142135623730951},
                 {1000000008.38, 1e9, 7.07},
                 {123457146, 123456800, 2012.5},
                 {-0.25, 17, 8.5},
                 {3e-299, 1e-299, 2.1e-299},
                 {7e25, 1e25, 3.3e25},
                 {5.0625e300, 1e300, 2e300},
                 {10000000.25, 1e7, 0.3},
                 {0, 0.3, 0.7},
                 {0.1, 0.1, 1},
                 {1e-9, 1e-9, 1},
                 {-12, -12.003, 64}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double got = there_and_back(cases[i].value, cases[i].mean, cases[i].deviation);
        if (got != cases[i].value) fail_msg("%.17g is not %.17g", got, cases[i].value);
    }
}

/* What comes back is the same float: no value moves further than float tells apart. */
static void the_float_stays(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int exponent = -300; exponent <= 300; exponent += 5) {
        double deviation = pow(10, exponent) * (1 + 8 * kr__rng_uniform(&rng));
        double mean = deviation * kr__rng_normal(&rng);
        const kr__unit unit = kr__unit_of(mean, deviation);
        for (int i = 0; i < 100; i++) {
            float x = (float)kr__rng_normal(&rng);
            double v = kr__unscale(&unit, x);
            double step = (double)nextafterf(fabsf(x), 1e9F) - (double)fabsf(x);
            assert_true(fabs((v - mean) / deviation - (double)x) <= 0.51 * step + 1e-15);
        }
    }
}

static void what_is_no_number_stays(void **state) {
    (void)state;
    const kr__unit unit = kr__unit_of(0.1, 3);
    assert_true(isnan(kr__unscale(&unit, NAN)));
    assert_true(isinf(kr__unscale(&unit, -INFINITY)));
    assert_true(kr__unscale(&unit, 0) == 0.1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_back),
        cmocka_unit_test(the_float_stays),
        cmocka_unit_test(what_is_no_number_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
