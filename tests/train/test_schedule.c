/* SPDX-License-Identifier: MIT
 * test_schedule.c - learning rates and early stopping against the original's. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/golden.h"
#include "train/schedule.h"

static void rates(void **state) {
    (void)state;
    static const char *const kinds[] = {"type1", "type2", "type3", "cosine"};
    kr_golden *golden = kr_golden_open("lr_schedule.npz");
    for (int i = 0; i < 16; i++) {
        const char *kind = kinds[i / 4];
        int64_t epochs = i % 2 ? 25 : 10;
        kr_schedule s = {.kind = kind, .base = i % 4 < 2 ? 1e-4 : 1e-3, .epochs = epochs};
        char name[64];
        snprintf(name, sizeof name, "%s.lr%s.epochs%d", kind, i % 4 < 2 ? "1e-4" : "1e-3",
                 (int)epochs);
        const double *want = kr_golden_double(golden, name, NULL);
        for (int64_t e = 0; e <= epochs; e++) {
            double got = kr__schedule_rate(&s, e + 1);
            if (!(fabs(got - want[e]) <= 1e-12 * s.base)) {
                fail_msg("%s epoch %d: %.9g, not %.9g", name, (int)e + 1, got, want[e]);
            }
        }
    }
    kr_golden_close(golden);
}

static void warm_up_rises_to_the_base_rate(void **state) {
    (void)state;
    kr_schedule s = {.kind = "constant", .base = 1.0, .epochs = 10, .warmup_epochs = 3};
    for (int64_t e = 1; e <= 3; e++) assert_true(kr__schedule_rate(&s, e) == (double)e / 4);
    assert_true(kr__schedule_rate(&s, 4) == 1.0);
    s.kind = "type1";
    assert_true(kr__schedule_rate(&s, 4) == 1.0);
    assert_true(kr__schedule_rate(&s, 6) == 0.5);
    assert_true(kr__schedule_exists("type3"));
    assert_false(kr__schedule_exists("type4"));
}

/* The original's sequences up to a NaN, which it takes for an improvement and we do not. */
static void early_stopping(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("lr_schedule.npz");
    for (const char *letter = "abcd"; *letter; letter++) {
        char name[64];
        snprintf(name, sizeof name, "stop.%c.patience", *letter);
        kr_early_stop stop = {.patience = (int64_t)kr_golden_value(golden, name)};
        int64_t n;
        snprintf(name, sizeof name, "stop.%c.loss", *letter);
        const double *loss = kr_golden_double(golden, name, &n);
        snprintf(name, sizeof name, "stop.%c.saved_counter_stop", *letter);
        const int64_t *want = kr_golden_int64(golden, name, NULL);
        for (int64_t i = 0; i < n && !isnan(loss[i]); i++) {
            assert_int_equal(kr__early_stop_update(&stop, loss[i]), want[3 * i]);
            assert_int_equal(stop.counter, want[3 * i + 1]);
            assert_int_equal(stop.must_stop, want[3 * i + 2]);
        }
    }
    kr_golden_close(golden);
}

static void nan_is_never_better(void **state) {
    (void)state;
    kr_early_stop stop = {.patience = 2};
    assert_false(kr__early_stop_update(&stop, NAN));
    assert_true(kr__early_stop_update(&stop, 1));
    assert_false(kr__early_stop_update(&stop, NAN));
    assert_false(kr__early_stop_update(&stop, NAN));
    assert_true(stop.must_stop);
}

static void without_patience_it_never_stops(void **state) {
    (void)state;
    kr_early_stop stop = {.is_strict = true};
    assert_true(kr__early_stop_update(&stop, 1));
    for (int i = 0; i < 100; i++) assert_false(kr__early_stop_update(&stop, 1)); /* no better */
    assert_false(kr__early_stop_update(&stop, INFINITY));
    assert_int_equal(stop.counter, 101);
    assert_false(stop.must_stop);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates),
        cmocka_unit_test(warm_up_rises_to_the_base_rate),
        cmocka_unit_test(early_stopping),
        cmocka_unit_test(nan_is_never_better),
        cmocka_unit_test(without_patience_it_never_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
