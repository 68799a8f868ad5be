/* SPDX-License-Identifier: MIT
 * test_layer_norm.c - gradients of layer norm, on rows of views too, and its refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__layer_norm(plan, in[0], in[1], in[2], 1e-2);
    return 1;
}

/* Rows of a slice, parameters used twice: every gradient is added, none written. */
static int build_slices(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    int64_t cols = in[1].shape[0];
    out[0] = kr__layer_norm(plan, kr__slice(in[0], 1, 1, cols), in[1], in[2], 1e-2);
    out[1] = kr__layer_norm(plan, kr__slice(in[0], 1, 0, cols), in[1], in[2], 1e-2);
    return 2;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {2, 7, 16, 33};
    for (int i = 0; i < 8; i++) {
        int64_t cols = columns[i % 4];
        kr_gradcheck check = {.name = "layer_norm",
                              .n_in = 3,
                              .in = {{2, {3, cols + (i >= 4)}, 0, 0, false},
                                     {1, {cols}, 0, 0, false},
                                     {1, {cols}, 0, 0, false}},
                              .build = i >= 4 ? build_slices : build};
        kr_gradcheck_run(&check);
    }
}

/* Recorded from torch.nn.functional.layer_norm in float64 (PyTorch 2.15), eps 1e-5. */
static const kr_real recorded_x[] = {
    (kr_real)0.5, -1, 2, (kr_real)0.25, 3, 10, 11, (kr_real)9.5, (kr_real)10.25, (kr_real)10.5};
static const kr_real recorded_weight[] = {1, (kr_real)-0.5, 2, (kr_real)0.75, (kr_real)1.5};
static const kr_real recorded_bias[] = {(kr_real)0.1, (kr_real)0.2, (kr_real)-0.3, 0, 1};
static const kr_real recorded_grad_y[] = {1, 0.5, -1, 2, 0.25, -0.5, 1.5, 1, 0, -2};
static const kr_real expected_y[] = {
    (kr_real)-0.221427751460863, (kr_real)0.896426794831871, (kr_real)1.19999617348403,
    (kr_real)-0.374999043371007, (kr_real)3.1964229683159,   (kr_real)-0.39999000029999,
    (kr_real)-0.549985000449985, (kr_real)-3.29994000179994, (kr_real)0,
    (kr_real)1.74998500044999};
static const kr_real expected_grad_x[] = {(kr_real)0.548126727158909, (kr_real)-0.600967066208277,
                                          (kr_real)-1.33848602104873, (kr_real)0.862562185193515,
                                          (kr_real)0.528764174904579, (kr_real)-1.17493350328485,
                                          (kr_real)2.62481850931457,  (kr_real)1.67509549326536,
                                          (kr_real)0.899982000539985, (kr_real)-4.02496249983505};
static const kr_real expected_grad_weight[] = {
    (kr_real)-0.0714327513108687, (kr_real)1.55352820651808, (kr_real)-2.24996808764198,
    (kr_real)-0.999997448989353, (kr_real)-0.633909505880664};
static const kr_real expected_grad_bias[] = {(kr_real)0.5, (kr_real)2, (kr_real)0, (kr_real)2,
                                             (kr_real)-1.75};

static void recorded(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 5});
    kr_tensor weight = kr_op_bench_in(&b, 1, (int64_t[]){5});
    kr_tensor bias = kr_op_bench_in(&b, 1, (int64_t[]){5});
    kr_op_bench_out(&b, kr__layer_norm(b.plan, x, weight, bias, 1e-5));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, recorded_x);
    kr_op_bench_set(&b, 1, recorded_weight);
    kr_op_bench_set(&b, 2, recorded_bias);
    const double tolerance = sizeof(kr_real) == 4 ? 3e-6 : 1e-13;
    kr__plan_forward(b.plan, &b.run);
    assert_close(b.y[0], expected_y, 10, tolerance);
    memcpy(b.grad_y[0], recorded_grad_y, sizeof recorded_grad_y);
    kr__plan_backward(b.plan, &b.run);
    assert_close(b.grad_x[0], expected_grad_x, 10, tolerance);
    assert_close(b.grad_x[1], expected_grad_weight, 5, tolerance);
    assert_close(b.grad_x[2], expected_grad_bias, 5, tolerance);
    kr_op_bench_close(&b);
}

static void refusals(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr_tensor weight = kr_op_bench_in(&b, 1, (int64_t[]){2});
    kr__plan_label(b.plan, "norm1");
    kr__layer_norm(b.plan, x, weight, weight, 1e-5);
    kr_op_bench_expect_refusal(
        &b, "layer_norm (norm1): x (2, 3) needs weight and bias of (3), got (2) and (2)");

    kr_op_bench_open(&b, 1);
    x = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    weight = kr_op_bench_in(&b, 1, (int64_t[]){2});
    kr__layer_norm(b.plan, kr__transpose(x, 0, 1), weight, weight, 1e-5);
    kr_op_bench_expect_refusal(
        &b, "layer_norm: x (3, 2) must have its last axis and its rows evenly spaced");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(recorded),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
