/* SPDX-License-Identifier: MIT
 * test_quantile_spread.c - quantiles in their order whatever goes in, gradients, shapes refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static const double width[5] = {0.7, 1.5, 9, 0.2, 1};

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr__quantile_spread(plan, in[0], *(const int64_t *)arg, width);
    out[1] = kr__quantile_spread(plan, in[0], 0, width); /* x has a second reader */
    return 2;
}

static void gradients(void **state) {
    (void)state;
    const int64_t middles[] = {0, 2, 4}, quantiles[] = {1, 5, 5};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {.name = "quantile_spread",
                              .batch = 2,
                              .n_in = 1,
                              .in = {{4, {2, quantiles[i], 3, 2}, -2, 2, false}},
                              .build = build,
                              .arg = &middles[i]};
        kr_gradcheck_run(&check);
    }
}

static void quantiles_do_not_cross(void **state) {
    (void)state;
    enum { Q = 5, N = 3 };
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_op_bench_out(
        &b, kr__quantile_spread(b.plan, kr_op_bench_in(&b, 3, (int64_t[]){1, Q, N}), 2, width));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){0, -300, 4, 1, 9, -1e4, 7, 1e6, -8, -5, 80, 0, 2, 1, -900});
    kr__plan_forward(b.plan, &b.run);
    for (int i = 0; i < N; i++) {
        for (int q = 1; q < Q; q++) assert_true(b.y[0][q * N + i] >= b.y[0][(q - 1) * N + i]);
    }
    assert_true(b.y[0][2 * N] == 7); /* the middle is what it was */
    assert_true(fabs((double)b.y[0][3 * N] - (7 + 0.2 / log(2) * log1p(exp(-5)))) < 1e-5);
    assert_true(fabs((double)b.y[0][0] - (7 - 1.5 / log(2) * log1p(exp(1)) - 0.7)) < 1e-5);
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr__quantile_spread(b.plan, kr_op_bench_in(&b, 3, (int64_t[]){1, 3, 2}), 3, width);
    kr_op_bench_expect_refusal(&b,
                               "quantile_spread: x must be (batch, n_quantiles, ..), contiguous, "
                               "with its middle at 3, got (1, 3, 2)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(quantiles_do_not_cross),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
