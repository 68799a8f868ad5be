/* SPDX-License-Identifier: MIT
 * test_softmax.c - gradients of softmax over the last axis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__softmax(plan, in[0]);
    return 1;
}

/* The input is used twice: the second gradient is added, not written. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__add(plan, kr__softmax(plan, in[0]), kr__softmax(plan, in[0]));
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {1, 5, 16, 35};
    for (int i = 0; i < 4; i++) {
        kr_gradcheck check = {.name = "softmax",
                              .n_in = 1,
                              .in = {{2, {3, columns[i]}, -3, 3, false}},
                              .build = i % 2 ? build_shared : build};
        kr_gradcheck_run(&check);
    }
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr__softmax(b.plan, kr__transpose(kr_op_bench_in(&b, 2, (int64_t[]){2, 3}), 0, 1));
    kr_op_bench_expect_refusal(
        &b, "softmax: needs a contiguous tensor, got a view (3, 2); copy it first");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
