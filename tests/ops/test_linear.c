/* SPDX-License-Identifier: MIT
 * test_linear.c - the affine map: values, gradients, strided views, shapes that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr__linear(plan, in[0], in[1], arg ? in[2] : KR_NONE);
    return 1;
}

static void check(const char *name, int64_t rows, int64_t n_in, int64_t n_out, bool has_bias) {
    kr_gradcheck c = {.name = name,
                      .n_in = has_bias ? 3 : 2,
                      .in = {{2, {rows, n_in}, 0, 0, false},
                             {2, {n_out, n_in}, 0, 0, false},
                             {1, {n_out}, 0, 0, false}},
                      .build = build,
                      .arg = has_bias ? "bias" : NULL};
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    check("linear 1", 1, 1, 1, true);
    check("linear odd", 5, 7, 3, true);
    check("linear wide", 3, 16, 37, true);
    check("linear without bias", 4, 9, 17, false);
}

/* Tokens 1 .. of every row, a 1 x 1 convolution's weight, and x used twice. */
static int build_strided(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__linear(plan, kr__slice(in[0], 2, 2, 5), in[1], in[2]);
    out[1] = kr__linear(plan, kr__slice(kr__slice(in[0], 1, 3, 1), 2, 1, 5), in[1], KR_NONE);
    return 2;
}

static void strided(void **state) {
    (void)state;
    kr_gradcheck c = {
        .name = "linear strided",
        .n_in = 3,
        .in = {{3, {3, 4, 8}, 0, 0, false}, {3, {6, 5, 1}, 0, 0, false}, {1, {6}, 0, 0, false}},
        .build = build_strided};
    kr_gradcheck_run(&c);
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr_tensor bias = kr_op_bench_in(&b, 1, (int64_t[]){2});
    kr_op_bench_out(&b, kr__linear(b.plan, x, weight, bias));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){1, 2, 3, 4, 5, 6});
    kr_op_bench_set(&b, 1, (kr_real[]){1, 0, -1, 2, 1, 0});
    kr_op_bench_set(&b, 2, (kr_real[]){10, 20});
    kr__plan_forward(b.plan, &b.run);
    const kr_real expected[4] = {8, 24, 8, 33};
    assert_memory_equal(b.y[0], expected, sizeof expected);
    kr_op_bench_close(&b);
}

static void refusals(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 4});
    kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr__linear(b.plan, x, weight, KR_NONE);
    kr_op_bench_expect_refusal(
        &b, "linear: x (2, 4) does not fit weight (2, 3): needs (.., in) and (out, in)");

    kr_op_bench_open(&b, 1);
    x = kr_op_bench_in(&b, 2, (int64_t[]){2, 4});
    weight = kr_op_bench_in(&b, 2, (int64_t[]){2, 4});
    kr__linear(b.plan, x, weight, kr_op_bench_in(&b, 1, (int64_t[]){3}));
    kr_op_bench_expect_refusal(&b, "linear: bias (3) does not fit weight (2, 4): needs (out)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(strided),
                                       cmocka_unit_test(values), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
