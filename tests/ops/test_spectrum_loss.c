/* SPDX-License-Identifier: MIT
 * test_spectrum_loss.c - the spectrum of an error, gradients, gaps, shapes that do not match. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__spectrum_loss(plan, in[0], in[1], 0.7);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t steps[] = {1, 2, 7, 12};
    for (int i = 0; i < 4; i++) {
        kr_gradcheck check = {
            .name = "spectrum_loss",
            .batch = 2,
            .n_in = 2,
            .in = {{3, {2, steps[i], 3}, -2, 2, false}, {3, {2, steps[i], 3}, 3, 4, true}},
            .build = build};
        kr_gradcheck_run(&check);
    }
}

/* The transform of an impulse is 1 / sqrt(n) at every frequency, that of a constant sqrt(n) at 0
 * and nothing elsewhere; a cosine has sqrt(n) / 2 at its own. Of 8 steps there are 5 frequencies.
 */
static void values(void **state) {
    (void)state;
    enum { N = 8 };
    const kr_real nothing[N] = {0};
    kr_real y[3][N] = {{1}, {0}, {0}};
    const double expected[3] = {1 / sqrt(N), sqrt(N) / 5, sqrt(N) / 2 / 5};
    for (int t = 0; t < N; t++) {
        y[1][t] = 1;
        y[2][t] = (kr_real)cos(2 * acos(-1.0) * 2 * t / N);
    }
    for (int i = 0; i < 3; i++) {
        kr_op_bench b;
        kr_op_bench_open(&b, 1);
        kr_tensor in = kr_op_bench_in(&b, 3, (int64_t[]){1, N, 1});
        kr_tensor target = kr_op_bench_in(&b, 3, (int64_t[]){1, N, 1});
        kr_op_bench_out(&b, kr__spectrum_loss(b.plan, in, target, 1));
        kr_op_bench_finish(&b);
        kr_op_bench_set(&b, 0, y[i]);
        kr_op_bench_set(&b, 1, nothing);
        kr__plan_forward(b.plan, &b.run);
        assert_true(fabs((double)b.y[0][0] - expected[i]) < 1e-5);
        kr_op_bench_close(&b);
    }
}

/* A step without a target counts as one without an error, and gets no gradient; no error at all is
 * no direction. */
static void gaps(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor y = kr_op_bench_in(&b, 3, (int64_t[]){2, 2, 1});
    kr_tensor target = kr_op_bench_in(&b, 3, (int64_t[]){2, 2, 1});
    kr_op_bench_out(&b, kr__spectrum_loss(b.plan, y, target, 1));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){3, 100, 5, 5});
    kr_op_bench_set(&b, 1, (kr_real[]){1, (kr_real)NAN, 5, 5});
    kr__plan_forward(b.plan, &b.run);
    assert_true(fabs((double)b.y[0][0] - 2 / sqrt(2)) < 1e-6);
    assert_true(b.y[0][1] == 0);
    b.grad_y[0][0] = b.grad_y[0][1] = 1;
    kr__plan_backward(b.plan, &b.run);
    assert_true(fabs((double)b.grad_x[0][0] - 1 / sqrt(2)) < 1e-6);
    for (int i = 1; i < 4; i++) assert_true(b.grad_x[0][i] == 0);
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor y = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr__spectrum_loss(b.plan, y, y, 1);
    kr_op_bench_expect_refusal(&b,
                               "spectrum_loss: forecast (2, 3) and target (2, 3) must be (batch, "
                               "steps, n_vars), contiguous and of one shape");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(gaps), cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
