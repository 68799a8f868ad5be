/* SPDX-License-Identifier: MIT
 * test_concat.c - joining along each axis, views, and tensors that do not go together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr__concat(plan, in[0], in[1], *(const int *)arg);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    for (int axis = 0; axis < 4; axis++) {
        kr_gradcheck check = {
            .name = "concat",
            .n_in = 2,
            .in = {{4, {2, 3, 1, 5}, 0, 0, false}, {4, {2, 3, 1, 5}, 0, 0, false}},
            .build = build,
            .arg = &axis};
        check.in[1].shape[axis] = 1 + axis;
        kr_gradcheck_run(&check);
    }
}

/* Everything at once: a slice with its own transpose, twice. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor slice = kr__slice(in[0], 2, 1, 3);
    out[0] = kr__concat(plan, slice, kr__transpose(slice, 1, 2), 0);
    out[1] = kr__concat(plan, kr__transpose(in[1], 0, 1), kr__slice(in[0], 1, 0, 2), 0);
    return 2;
}

static void views(void **state) {
    (void)state;
    kr_gradcheck check = {.name = "concat views",
                          .n_in = 2,
                          .in = {{3, {2, 3, 5}, 0, 0, false}, {3, {2, 4, 5}, 0, 0, false}},
                          .build = build_views};
    kr_gradcheck_run(&check);
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 2});
    kr_tensor column = kr__transpose(kr_op_bench_in(&b, 2, (int64_t[]){1, 2}), 0, 1);
    kr_op_bench_out(&b, kr__concat(b.plan, x, column, 1));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){0, 1, 2, 3});
    kr_op_bench_set(&b, 1, (kr_real[]){10, 11});
    kr__plan_forward(b.plan, &b.run);
    const kr_real expected[6] = {0, 1, 10, 2, 3, 11};
    assert_memory_equal(b.y[0], expected, sizeof expected);
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr__concat(b.plan, x, kr_op_bench_in(&b, 2, (int64_t[]){3, 2}), 1);
    kr_op_bench_expect_refusal(&b, "concat: (2, 3) and (3, 2) do not go together along axis 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(views),
                                       cmocka_unit_test(values), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
