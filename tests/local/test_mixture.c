/* SPDX-License-Identifier: MIT
 * test_mixture.c - means of forecasts by AICc, and which forecasts are plausible. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local/mixture.h"
#include "local/plausible.h"

typedef struct answer {
    double mean[2], spread[2];
    char form[KR__LOCAL_FORM];
} answer;

/* Two models; the second has that AICc, and the first 100. */
static answer mix(double aicc, bool is_turned) {
    static const double means[2][2] = {{1, 2}, {3, 2}}, spreads[2][2] = {{1, 1}, {2, 1}};
    answer got = {{9, 9}, {9, 9}, ""};
    kr__local_forecast out = {.horizon = 2, .mean = got.mean, .spread = got.spread};
    kr__mixture mixture = {.out = &out};
    memcpy(out.form, "A", 2);
    for (int k = 0; k < 2; k++) {
        int i = is_turned ? 1 - k : k;
        kr__mixture_add(&mixture, i == 0 ? 100 : aicc, means[i], spreads[i]);
    }
    kr__mixture_finish(&mixture, 10);
    memcpy(got.form, out.form, sizeof got.form);
    return got;
}

static void weights_are_those_of_aicc(void **state) {
    (void)state;
    answer even = mix(100, false);
    assert_string_equal(even.form, "A +1");
    assert_true(fabs(even.mean[0] - 20) < 1e-12 && fabs(even.mean[1] - 20) < 1e-12);
    /* Errors of both, and that the two do not agree. */
    assert_true(fabs(even.spread[0] - 10 * sqrt((1 + 4) / 2.0 + 1)) < 1e-12);
    assert_true(fabs(even.spread[1] - 10) < 1e-12);
    for (int k = 0; k < 2; k++) {
        double weight = exp(-1);
        answer worse = mix(104, k == 1);
        assert_true(fabs(worse.mean[0] - 10 * (1 + 3 * weight) / (1 + weight)) < 1e-12);
        answer far = mix(180, k == 1);
        assert_string_equal(far.form, "A");
        assert_true(fabs(far.mean[0] - 10) < 1e-6);
    }
}

static void some_are_not_wanted(void **state) {
    (void)state;
    double mean[2], spread[2];
    kr__local_forecast out = {.horizon = 2, .mean = mean, .spread = spread};
    kr__mixture mixture = {.out = &out};
    assert_true(kr__mixture_wants(&mixture, 1e9));
    assert_false(kr__mixture_wants(&mixture, (double)INFINITY));
    kr__mixture_add(&mixture, 100, (double[]){1, 1}, (double[]){1, 1});
    assert_true(kr__mixture_wants(&mixture, 110) && !kr__mixture_wants(&mixture, 130));
    assert_true(kr__mixture_limit(&mixture) > 110 && kr__mixture_limit(&mixture) < 130);
}

static void far_off_is_not_plausible(void **state) {
    (void)state;
    const double y[] = {1, 2, 3, 4, 5}, line[] = {6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const double off[] = {5, 5, 1000}, none[] = {5, (double)NAN, 5};
    static const double wide[] = {1, 1, 100}, zero[10] = {0};
    assert_true(kr__is_plausible(y, 5, line, zero, 10));
    assert_false(kr__is_plausible(y, 5, off, zero, 3));
    assert_false(kr__is_plausible(y, 5, none, zero, 3));
    assert_true(kr__is_plausible(y, 5, off, zero, 2));
    assert_false(kr__is_plausible(y, 5, line, wide, 3));
    assert_true(kr__is_plausible(y, 5, line, none + 1, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(weights_are_those_of_aicc),
                                       cmocka_unit_test(some_are_not_wanted),
                                       cmocka_unit_test(far_off_is_not_plausible)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
