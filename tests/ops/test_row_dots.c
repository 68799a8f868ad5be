/* SPDX-License-Identifier: MIT
 * test_row_dots.c - products of rows: values, gradients, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__row_dots(plan, in[0], in[1]);
    return 1;
}

static int build_square(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__row_dots(plan, in[0], in[0]);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {1, 7, 16, 33};
    for (int i = 0; i < 4; i++) {
        kr_gradcheck check = {
            .name = "row_dots",
            .n_in = 2,
            .in = {{3, {2, 3, columns[i]}, 0, 0, false}, {3, {2, 3, columns[i]}, 0, 0, false}},
            .build = build};
        kr_gradcheck_run(&check);
    }
}

static void a_square(void **state) {
    (void)state;
    kr_gradcheck check = {.name = "row_dots square",
                          .n_in = 1,
                          .in = {{2, {3, 5}, 0, 0, false}},
                          .build = build_square};
    kr_gradcheck_run(&check);
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr_tensor w = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr_op_bench_out(&b, kr__row_dots(b.plan, x, w));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){0, 1, 2, 3, 4, 5});
    kr_op_bench_set(&b, 1, (kr_real[]){1, 10, 100, -1, 0, 2});
    kr__plan_forward(b.plan, &b.run);
    const kr_real expected[2] = {210, 7};
    assert_memory_equal(b.y[0], expected, sizeof expected);
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr__row_dots(b.plan, x, kr_op_bench_in(&b, 2, (int64_t[]){3, 2}));
    kr_op_bench_expect_refusal(
        &b, "row_dots: needs two contiguous tensors (.., k) of one shape, got (2, 3) and (3, 2)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(a_square),
                                       cmocka_unit_test(values), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
