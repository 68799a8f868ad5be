/* SPDX-License-Identifier: MIT
 * test_flatten_head.c - all tokens to a forecast, columns d_model major. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"
#include "tensor/strided.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr__flatten_head(plan, in[0], *(const int64_t *)arg, in[1], in[2]);
    return 1;
}

static void check(int64_t batch, int64_t n_vars, int64_t n_tokens, int64_t d_model,
                  int64_t pred_len) {
    kr_gradcheck c = {.name = "flatten_head",
                      .batch = batch,
                      .n_in = 3,
                      .in = {{3, {batch * n_vars, n_tokens, d_model}, 0, 0, false},
                             {2, {pred_len, d_model * n_tokens}, 0, 0, false},
                             {1, {pred_len}, 0, 0, false}},
                      .build = build,
                      .arg = &n_vars};
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    check(1, 1, 1, 1, 1);
    check(2, 3, 7, 4, 5);
    check(3, 1, 2, 17, 1);
}

/* The head reads some tokens of x, another reads all: gradients add up. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__flatten_head(plan, in[0], 1, in[1], in[2]);
    out[1] = kr__flatten_head(plan, kr__slice(in[0], 0, 1, 1), 1, in[1], in[2]);
    return 2;
}

static void shared_input(void **state) {
    (void)state;
    kr_gradcheck c = {
        .name = "flatten_head shared",
        .n_in = 3,
        .in = {{3, {2, 3, 4}, 0, 0, false}, {2, {3, 12}, 0, 0, false}, {1, {3}, 0, 0, false}},
        .build = build_shared};
    kr_gradcheck_run(&c);
}

/* The reference holds x as (batch, n_vars, d_model, n_tokens). */
static void reference(void **state) {
    (void)state;
    const bool is_double = sizeof(kr_real) == sizeof(double);
    kr_golden *g = kr_golden_open("flatten_head.npz");
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor tokens = kr_op_bench_in(&b, 3, (int64_t[]){6, 7, 16});
    kr_tensor weight = kr_op_bench_in_golden(&b, g, "param.linear.weight");
    kr_tensor bias = kr_op_bench_in_golden(&b, g, "param.linear.bias");
    kr_op_bench_out(&b, kr__flatten_head(b.plan, tokens, 3, weight, bias));
    kr_op_bench_finish(&b);
    kr_tensor theirs = kr__transpose(kr__tensor_make(3, (int64_t[]){6, 16, 7}), 1, 2);
    kr__strided_copy(&theirs, kr_golden_real(g, "in.x", NULL), &b.in[0], b.x[0]);
    kr_op_bench_compare(&b, g);
    kr_real grad[6 * 7 * 16];
    kr__strided_copy(&b.in[0], b.grad_x[0], &theirs, grad);
    assert_close(grad, kr_golden_real(g, is_double ? "f64.grad_in.x" : "grad_in.x", NULL),
                 6 * 7 * 16, is_double ? 1e-8 : 5e-5);
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor tokens = kr_op_bench_in(&b, 3, (int64_t[]){6, 7, 16});
    kr_tensor weight = kr_op_bench_in(&b, 2, (int64_t[]){24, 112});
    kr__flatten_head(b.plan, tokens, 4, weight, kr_op_bench_in(&b, 1, (int64_t[]){24}));
    kr_op_bench_expect_refusal(
        &b,
        "flatten_head: needs tokens (batch * n_vars, n_tokens, d_model) with n_vars 4, weight "
        "(pred_len, d_model * n_tokens) and bias (pred_len), got (6, 7, 16), (24, 112) and (24)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(shared_input),
                                       cmocka_unit_test(reference), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
