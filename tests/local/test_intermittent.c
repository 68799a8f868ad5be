/* SPDX-License-Identifier: MIT
 * test_intermittent.c - Croston, SBA and TSB give the reference's numbers, and know their series.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "golden/local/intermittent_goldens.inc"
#include "local/intermittent.h"
#include "local/local.h"

enum { N = sizeof demand / sizeof *demand, HORIZON = 3 };

static void assert_near(double value, double wanted) {
    if (!(fabs(value - wanted) <= 1e-12 * fmax(1, fabs(wanted))))
        fail_msg("%.17g, not %.17g", value, wanted);
}

static void rates_are_the_references(void **state) {
    (void)state;
    double fitted[N];
    assert_near(kr__croston(demand, N, 0.1, 0.1, fitted), *croston_01);
    assert_true(isnan(fitted[0]) && isnan(fitted[2]));
    for (int t = 3; t < N; t++) assert_near(fitted[t], croston_fitted[t - 3]);
    assert_near(kr__croston(demand, N, 0.1, 0.1, NULL) * 0.95, *sba_01);
    assert_near(kr__tsb(demand, N, 0.2, 0.1, fitted), *tsb_02_01);
    assert_true(kr__croston(demand, 2, 0.1, 0.1, NULL) == 0);
    assert_true(kr__tsb(demand, 2, 0.1, 0.1, NULL) == 0);
}

static kr_status ask(const char *model, const double *y, int64_t n, double *mean, double *spread) {
    kr_arena arena = {NULL};
    kr_error err = {.text = ""};
    const kr__local_series s = {.values = y, .n = n};
    kr__local_forecast out = {.horizon = HORIZON, .mean = mean, .spread = spread};
    kr_status status = kr__local_find(model)->forecast(&s, &arena, &out, &err);
    kr__arena_deinit(&arena);
    assert_true((status == KR_OK) == !*err.text);
    return status;
}

/* Rates lie between those of the weights' bounds; SBA is below Croston; TSB falls when demand ends.
 */
static void forecasts_are_rates(void **state) {
    (void)state;
    double croston[HORIZON], sba[HORIZON], tsb[HORIZON], spread[HORIZON], dying[N + 12] = {0};
    assert_int_equal(ask("Croston", demand, N, croston, spread), KR_OK);
    assert_true(croston[0] > 0.4 && croston[0] < 1.2 && croston[2] == croston[0]);
    assert_true(spread[0] > 0.5 && spread[0] < 3);
    assert_int_equal(ask("SBA", demand, N, sba, spread), KR_OK);
    assert_true(sba[0] <= 0.95 * croston[0] + 1e-12 && sba[0] >= 0.85 * croston[0]);
    for (int t = 0; t < N; t++) dying[t] = demand[t];
    assert_int_equal(ask("TSB", dying, N, tsb, spread), KR_OK);
    double before = tsb[0];
    assert_int_equal(ask("TSB", dying, N + 12, tsb, spread), KR_OK);
    assert_true(tsb[0] < 0.9 * before);
    assert_int_equal(ask("Croston", dying, N + 12, sba, spread), KR_OK);
    assert_near(sba[0], croston[0]);
}

static void what_is_no_demand(void **state) {
    (void)state;
    static const double below[] = {1, 0, -2}, none[] = {0, 0, 0};
    static const char *const models[] = {"Croston", "SBA", "TSB"};
    double mean[HORIZON], spread[HORIZON];
    for (int m = 0; m < 3; m++) {
        assert_int_equal(ask(models[m], below, 3, mean, spread), KR_SHAPE);
        assert_int_equal(ask(models[m], none, 3, mean, spread), KR_OK);
        assert_true(mean[2] == 0 && spread[2] == 0);
    }
}

static void intermittent_ones_are_known(void **state) {
    (void)state;
    /* 33 steps from the first demand on, 25 demands: 1.32. */
    double y[40] = {0};
    for (int t = 0; t < 25; t++) y[7 + t] = 3;
    assert_true(kr__is_intermittent(y, 40));
    assert_false(kr__is_intermittent(y, 39));
    assert_true(kr__is_intermittent(demand, N));
    assert_false(kr__is_intermittent(demand, 4)); /* one demand */
    y[30] = -1;
    assert_false(kr__is_intermittent(y, 40));
    assert_false(kr__is_intermittent(y, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_the_references), cmocka_unit_test(forecasts_are_rates),
        cmocka_unit_test(what_is_no_demand), cmocka_unit_test(intermittent_ones_are_known)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
