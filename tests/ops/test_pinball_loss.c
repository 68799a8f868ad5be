/* SPDX-License-Identifier: MIT
 * test_pinball_loss.c - sums of a sample, gradients, shapes that do not match. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static const double levels[3] = {0.1, 0.5, 0.8};

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__pinball_loss(plan, in[0], in[1], 3, levels);
    return 1;
}

/* y is used twice: its second gradient is added. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__pinball_loss(plan, in[0], in[1], 3, levels);
    return 2;
}

/* Targets above all forecasts, among them where differences are fine enough, and below. */
static void gradients(void **state) {
    (void)state;
    const double low[] = {2.5, sizeof(kr_real) == 8 ? -2 : 2.5, -4};
    const int64_t columns[] = {1, 7, 16};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {.name = "pinball_loss",
                              .batch = 2,
                              .n_in = 2,
                              .in = {{4, {2, 3, 2, columns[i]}, -2, 2, false},
                                     {3, {2, 2, columns[i]}, low[i], low[i] + 1.5, true}},
                              .build = i == 1 ? build_shared : build};
        kr_gradcheck_run(&check);
    }
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor y = kr_op_bench_in(&b, 3, (int64_t[]){1, 3, 2});
    kr_op_bench_out(
        &b, kr__pinball_loss(b.plan, y, kr_op_bench_in(&b, 2, (int64_t[]){1, 2}), 3, levels));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){1, 7, 2, 7, 5, 7});
    kr_op_bench_set(&b, 1, (kr_real[]){3, (kr_real)NAN});
    kr__plan_forward(b.plan, &b.run);
    assert_true(fabs((double)b.y[0][0] - (0.1 * 2 + 0.5 * 1 + 0.2 * 2)) < 1e-6);
    b.grad_y[0][0] = 2;
    kr__plan_backward(b.plan, &b.run);
    const double expected[6] = {-0.2, 0, -1, 0, 0.4, 0};
    for (int i = 0; i < 6; i++) {
        assert_true(fabs((double)b.grad_x[0][i] - expected[i]) < 1e-6);
    }
    assert_true(b.grad_x[1][0] == 0); /* the target gets none */
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor y = kr_op_bench_in(&b, 3, (int64_t[]){2, 3, 4});
    kr__pinball_loss(b.plan, y, kr_op_bench_in(&b, 2, (int64_t[]){2, 3}), 3, levels);
    kr_op_bench_expect_refusal(&b,
                               "pinball_loss: forecasts (batch, 3 quantiles, ..) and target "
                               "(batch, ..) must be contiguous, got (2, 3, 4) and (2, 3)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
