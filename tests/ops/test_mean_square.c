/* SPDX-License-Identifier: MIT
 * test_mean_square.c - value, gradients, refusal. */
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
    out[0] = kr__mean_square(plan, in[0], 0.5);
    return 1;
}

static int build_twice(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__mean_square(plan, in[0], 2);
    return 2;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {1, 7, 16};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {.name = "mean_square",
                              .batch = 2,
                              .n_in = 1,
                              .in = {{3, {2, 3, columns[i]}, -2, 2, false}},
                              .build = i == 1 ? build_twice : build};
        kr_gradcheck_run(&check);
    }
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 2});
    kr_op_bench_out(&b, kr__mean_square(b.plan, x, 0.5));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){1, 3, 2, 0});
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(b.y[0], ((kr_real[]){2.5, 1}), 2 * sizeof(kr_real));
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 1, (int64_t[]){3});
    kr__mean_square(b.plan, x, 1);
    kr_op_bench_expect_refusal(&b,
                               "mean_square: x (3) must be (batch, ..), contiguous and not empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
