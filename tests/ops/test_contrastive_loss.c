/* SPDX-License-Identifier: MIT
 * test_contrastive_loss.c - gradients; a series that tells its steps apart costs less. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

typedef struct setup {
    int64_t n_negatives;
    double temperature;
} setup;

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    const setup *s = arg;
    out[0] = kr__contrastive_loss(plan, in[0], s->n_negatives, s->temperature, 0.5);
    return 1;
}

static int build_twice(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__contrastive_loss(plan, in[0], 2, 1, 1);
    return 2;
}

static void gradients(void **state) {
    (void)state;
    static const struct {
        int64_t seq_len, d;
        setup s;
    } cases[] = {{2, 2, {1, 1}}, {6, 7, {5, 0.3}}, {9, 16, {20, 0.5}}};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {.name = "contrastive_loss",
                              .batch = 2,
                              .n_in = 1,
                              .in = {{3, {2, cases[i].seq_len, cases[i].d}, -2, 2, false}},
                              .build = i == 1 ? build_twice : build,
                              .arg = &cases[i].s,
                              .is_training = true};
        kr_gradcheck_run(&check);
    }
}

static double loss_of(const kr_real *x, int64_t seq_len) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor in = kr_op_bench_in(&b, 3, (int64_t[]){1, seq_len, 2});
    kr_op_bench_out(&b, kr__contrastive_loss(b.plan, in, 8, 0.1, 1));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, x);
    kr__plan_forward(b.plan, &b.run);
    double loss = (double)b.y[0][0];
    kr_op_bench_close(&b);
    return loss;
}

static void values(void **state) {
    (void)state;
    enum { N = 40 };
    kr_real same[2 * N], turning[2 * N];
    for (int t = 0; t < N; t++) {
        same[2 * t] = 3;
        same[2 * t + 1] = 4;
        turning[2 * t] = (kr_real)(5 * cos(0.15 * t));
        turning[2 * t + 1] = (kr_real)(5 * sin(0.15 * t));
    }
    assert_true(fabs(loss_of(same, N) - log(9)) < 1e-5); /* the next step among 8 equal ones */
    assert_true(loss_of(turning, N) < 1.5);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, 1, 3});
    kr__contrastive_loss(b.plan, x, 4, 1, 1);
    kr_op_bench_expect_refusal(
        &b, "contrastive_loss: x (1, 1, 3) must be (batch, seq_len, d), contiguous, of 2 steps");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
