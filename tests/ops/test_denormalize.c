/* SPDX-License-Identifier: MIT
 * test_denormalize.c - gradients for x, mean and deviation, with views of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__denormalize(plan, in[0], in[1], in[2]);
    return 1;
}

/* x comes as (batch, n_vars, pred_len), the moments' last column is taken, as for one target. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor x = kr__transpose(kr__slice(in[0], 1, 2, 1), 1, 2);
    out[0] = kr__denormalize(plan, x, kr__slice(in[1], 1, 2, 1), kr__slice(in[2], 1, 2, 1));
    return 1;
}

/* Everything twice: gradients add up. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__denormalize(plan, in[0], in[1], in[2]);
    return 2;
}

/* Without a deviation. */
static int build_mean(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__denormalize(plan, in[0], in[1], KR_NONE);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    kr_gradcheck check = {
        .name = "denormalize",
        .batch = 2,
        .n_in = 3,
        .in = {{3, {2, 4, 3}, 0, 0, false}, {2, {2, 3}, 0, 0, false}, {2, {2, 3}, 0, 0, false}},
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

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 4, 3});
    kr_tensor mean = kr_op_bench_in(&b, 2, (int64_t[]){2, 4});
    kr__denormalize(b.plan, x, mean, mean);
    kr_op_bench_expect_refusal(&b,
                               "denormalize: x (batch, steps, n_vars) needs mean and deviation "
                               "(batch, n_vars), got (2, 4, 3), (2, 4) and (2, 4)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
