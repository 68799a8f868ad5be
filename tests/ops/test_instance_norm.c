/* SPDX-License-Identifier: MIT
 * test_instance_norm.c - against recorded values; the deviation's gradient; there and back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static void recorded(void **state) {
    (void)state;
    kr_golden *golden = kr_golden_open("instance_norm.npz");
    kr_op_bench b;
    kr_op_bench_open(&b, 3);
    kr_tensor mean, deviation, x = kr_op_bench_in_golden(&b, golden, "in.x");
    kr_op_bench_out(&b, kr__instance_norm(b.plan, x, 1e-5, &mean, &deviation));
    kr_op_bench_finish(&b);
    kr_op_bench_compare(&b, golden);
    kr_op_bench_close(&b);
    kr_golden_close(golden);
}

/* The deviation alone: the mean, a constant, has no part in its derivative. */
static int build_deviation(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor mean;
    kr__instance_norm(plan, in[0], 1e-2, &mean, &out[0]);
    return 1;
}

/* There and back is the identity, whatever the statistics' gradients: for y * deviation + mean the
 * parts through mean cancel, and so do those through the deviation. The deviation is used once
 * more, so that its gradient from outside is seen too. */
static int build_round_trip(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor mean, y = kr__instance_norm(plan, in[0], 1e-2, &mean, &out[1]);
    out[0] = kr__denormalize(plan, y, mean, out[1]);
    return 2;
}

/* x is used twice: its gradients add up. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build_deviation(plan, in, out, arg);
    return 1 + build_deviation(plan, in, out + 1, arg);
}

static int build_view(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    kr_tensor view = kr__slice(kr__transpose(in[0], 1, 2), 1, 1, 5);
    return build_round_trip(plan, &view, out, arg);
}

static void gradients(void **state) {
    (void)state;
    kr_gradcheck check = {.name = "instance_norm",
                          .batch = 2,
                          .n_in = 1,
                          .in = {{3, {2, 7, 6}, 0, 0, false}},
                          .build = build_deviation};
    kr_gradcheck_run(&check);
    check.build = build_round_trip;
    kr_gradcheck_run(&check);
    check.build = build_shared;
    kr_gradcheck_run(&check);
    check.build = build_view;
    kr_gradcheck_run(&check);
    check.build = build_deviation;
    check.in[0].shape[1] = 1;
    kr_gradcheck_run(&check);
}

/* Float keeps its digits for a series far from 0, and a constant series gives 0. */
static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor mean, deviation, x = kr_op_bench_in(&b, 3, (int64_t[]){1, 4, 2});
    kr_op_bench_out(&b, kr__instance_norm(b.plan, x, 1e-5, &mean, &deviation));
    kr_op_bench_out(&b, mean);
    kr_op_bench_out(&b, deviation);
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){100001, 7, 100003, 7, 100001, 7, 100003, 7});
    kr__plan_forward(b.plan, &b.run);
    for (int t = 0; t < 4; t++) {
        assert_true(fabs((double)b.y[0][2 * t] - (t % 2 ? 1 : -1)) < 1e-5);
        assert_true(b.y[0][2 * t + 1] == 0);
    }
    assert_true(b.y[1][0] == 100002 && b.y[1][1] == 7);
    assert_true(fabs((double)b.y[2][0] - sqrt(1 + 1e-5)) < 1e-6);
    assert_true(fabs((double)b.y[2][1] - sqrt(1e-5)) < 1e-8);
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor mean, deviation, x = kr_op_bench_in(&b, 2, (int64_t[]){4, 2});
    kr__instance_norm(b.plan, x, 1e-5, &mean, &deviation);
    kr_op_bench_expect_refusal(&b, "instance_norm: x must be (batch, seq_len, n_vars), got (4, 2)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded), cmocka_unit_test(gradients),
                                       cmocka_unit_test(values), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
