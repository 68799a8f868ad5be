/* SPDX-License-Identifier: MIT
 * test_horizon_loss.c - what is compared with what, gradients, windows that are too short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr__horizon_loss(plan, in[0], in[1], *(const int64_t *)arg, 0.25);
    return 1;
}

/* y is used twice: its second gradient is added. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__horizon_loss(plan, in[0], in[1], 1, 1);
    return 2;
}

/* One tensor on both sides. */
static int build_with_itself(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr__horizon_loss(plan, in[0], in[0], *(const int64_t *)arg, 1);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t features[] = {1, 7, 16}, horizons[] = {1, 3, 5};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {
            .name = "horizon_loss",
            .batch = 2,
            .n_in = 2,
            .in = {{3, {2, 6, features[i]}, -2, 2, false}, {3, {2, 6, features[i]}, -2, 2, i == 0}},
            .build = i == 1 ? build_shared : build,
            .arg = &horizons[i]};
        kr_gradcheck_run(&check);
        check.n_in = 1;
        check.build = build_with_itself;
        kr_gradcheck_run(&check);
    }
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor y = kr_op_bench_in(&b, 3, (int64_t[]){1, 4, 1});
    kr_tensor target = kr_op_bench_in(&b, 3, (int64_t[]){1, 4, 1});
    kr_op_bench_out(&b, kr__horizon_loss(b.plan, y, target, 2, 0.5));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){1, 2, 30, 40});
    kr_op_bench_set(&b, 1, (kr_real[]){50, 60, 4, 7});
    kr__plan_forward(b.plan, &b.run);
    assert_true(b.y[0][0] == (kr_real)(0.5 * (9 + 25) / 2));
    b.grad_y[0][0] = 1;
    kr__plan_backward(b.plan, &b.run);
    for (int i = 0; i < 4; i++) {
        assert_true(b.grad_x[0][i] == ((kr_real[]){-1.5, -2.5, 0, 0})[i]);
        assert_true(b.grad_x[1][i] == ((kr_real[]){0, 0, 1.5, 2.5})[i]);
    }
    kr_op_bench_close(&b);
}

static void refusals(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor y = kr_op_bench_in(&b, 3, (int64_t[]){1, 4, 2});
    kr__horizon_loss(b.plan, y, y, 4, 1);
    kr_op_bench_expect_refusal(&b,
                               "horizon_loss: horizon 4 must be 1 to 3: below the window's length");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
