/* SPDX-License-Identifier: MIT
 * test_concat_core.c - the core behind every row, gradients summed back. */
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
    out[0] = kr__concat_core(plan, in[0], in[1]);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t n[] = {1, 1, 7}, d[] = {1, 16, 5}, c[] = {1, 3, 17};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {
            .name = "concat_core",
            .n_in = 2,
            .in = {{3, {3, n[i], d[i]}, 0, 0, false}, {2, {3, c[i]}, 0, 0, false}},
            .build = build};
        kr_gradcheck_run(&check);
    }
}

/* The global tokens of all variates (last of each row's tokens), and a transposed core. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor tokens = kr__slice(in[0], 2, 4, 1);
    kr_tensor last = kr__reshape(tokens, 3, (int64_t[]){2, 3, 6});
    out[0] = kr__concat_core(plan, last, kr__transpose(in[1], 0, 1));
    return 1;
}

static void views(void **state) {
    (void)state;
    kr_gradcheck check = {.name = "concat_core views",
                          .n_in = 2,
                          .in = {{4, {2, 3, 5, 6}, 0, 0, false}, {2, {4, 2}, 0, 0, false}},
                          .build = build_views};
    kr_gradcheck_run(&check);
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 2, 1});
    kr_op_bench_out(&b, kr__concat_core(b.plan, x, kr_op_bench_in(&b, 2, (int64_t[]){2, 2})));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){0, 1, 2, 3});
    kr_op_bench_set(&b, 1, (kr_real[]){10, 11, 12, 13});
    kr__plan_forward(b.plan, &b.run);
    const kr_real expected[12] = {0, 10, 11, 1, 10, 11, 2, 12, 13, 3, 12, 13};
    assert_memory_equal(b.y[0], expected, sizeof expected);
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 3, 4});
    kr__concat_core(b.plan, x, kr_op_bench_in(&b, 2, (int64_t[]){3, 4}));
    kr_op_bench_expect_refusal(
        &b, "concat_core: needs x (batch, n, d) and core (batch, c), got (2, 3, 4) and (3, 4)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(views),
                                       cmocka_unit_test(values), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
