/* SPDX-License-Identifier: MIT
 * test_normalize.c - gradients for x, mean and deviation, with views of each; the way back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__normalize(plan, in[0], in[1], in[2]);
    return 1;
}

/* Two columns of the moments, x transposed. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor x = kr__transpose(kr__slice(in[0], 1, 1, 2), 1, 2);
    out[0] = kr__normalize(plan, x, kr__slice(in[1], 1, 1, 2), kr__slice(in[2], 1, 1, 2));
    return 1;
}

/* Everything twice: gradients add up. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__normalize(plan, in[0], in[1], in[2]);
    return 2;
}

/* Without a deviation. */
static int build_mean(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__normalize(plan, in[0], in[1], KR_NONE);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    kr_gradcheck check = {
        .name = "normalize",
        .batch = 2,
        .n_in = 3,
        .in = {{3, {2, 4, 3}, 0, 0, false}, {2, {2, 3}, 0, 0, false}, {2, {2, 3}, 1, 2, false}},
        .build = build};
    kr_gradcheck_run(&check);
    check.build = build_shared;
    kr_gradcheck_run(&check);
    check.build = build_views;
    kr_gradcheck_run(&check);
    check.in[1].no_grad = check.in[2].no_grad = true;
    kr_gradcheck_run(&check);
    check.n_in = 2;
    check.in[1].no_grad = false;
    check.build = build_mean;
    kr_gradcheck_run(&check);
}

/* kr__denormalize gives back what went in. */
static void there_and_back(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, 2, 2});
    kr_tensor mean = kr_op_bench_in(&b, 2, (int64_t[]){1, 2});
    kr_tensor deviation = kr_op_bench_in(&b, 2, (int64_t[]){1, 2});
    kr_tensor y = kr__normalize(b.plan, x, mean, deviation);
    kr_op_bench_out(&b, y);
    kr_op_bench_out(&b, kr__denormalize(b.plan, y, mean, deviation));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){3, 10, -5, 20});
    kr_op_bench_set(&b, 1, (kr_real[]){1, 40});
    kr_op_bench_set(&b, 2, (kr_real[]){2, 10});
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(b.y[0], ((kr_real[]){1, -3, -3, -2}), 4 * sizeof(kr_real));
    assert_memory_equal(b.y[1], ((kr_real[]){3, 10, -5, 20}), 4 * sizeof(kr_real));
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 4, 3});
    kr_tensor mean = kr_op_bench_in(&b, 2, (int64_t[]){2, 4});
    kr__normalize(b.plan, x, mean, mean);
    kr_op_bench_expect_refusal(&b,
                               "normalize: x (batch, steps, n_vars) needs mean and deviation "
                               "(batch, n_vars), got (2, 4, 3), (2, 4) and (2, 4)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(there_and_back), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
