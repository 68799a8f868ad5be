/* SPDX-License-Identifier: MIT
 * test_contrastive_loss.c - gradients; the definition, with steps of other samples drawn; a series
 * that tells its steps apart costs less. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/random.h"
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
        int64_t batch, seq_len, d;
        setup s;
    } cases[] = {{2, 2, 2, {1, 1}}, {2, 6, 7, {5, 0.3}}, {3, 9, 16, {40, 0.5}}, {1, 4, 3, {9, 1}}};
    for (int i = 0; i < 4; i++) {
        int64_t batch = cases[i].batch;
        kr_gradcheck check = {.name = "contrastive_loss",
                              .batch = batch,
                              .n_in = 1,
                              .in = {{3, {batch, cases[i].seq_len, cases[i].d}, -2, 2, false}},
                              .build = i == 1 ? build_twice : build,
                              .arg = &cases[i].s,
                              .is_training = true};
        kr_gradcheck_run(&check);
    }
}

/* ---- the definition --------------------------------------------------------------------- */

enum { B = 3, T = 7, D = 4, K = 6 };

static double cosine(const kr_real *a, const kr_real *b) {
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < D; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

/* Cross entropy of the right answer among K wrong ones, as a sentence of the paper has it. */
static double plain_loss(const kr_real *x, int64_t b, const int64_t *negatives,
                         double temperature) {
    double sum = 0;
    for (int t = 0; t + 1 < T; t++) {
        const kr_real *anchor = x + (b * T + t) * D;
        double right = exp(cosine(anchor, anchor + D) / temperature), all = right;
        for (int k = 0; k < K; k++) all += exp(cosine(anchor, x + negatives[k] * D) / temperature);
        sum -= log(right / all);
    }
    return sum / (T - 1);
}

/* The steps of every sample are compared with the same steps of all samples: a sample's last step,
 * another's first, the anchor itself, and one that is drawn twice. */
static void follows_the_definition(void **state) {
    (void)state;
    static const int64_t drawn[K] = {0, T - 1, T, 2 * T - 1, B * T - 1, T};
    static const int64_t *const negatives[1] = {drawn};
    const kr_given given = {.negatives = negatives};
    kr_real x[B * T * D];
    kr_rng rng = kr__rng_make(2, KR_STREAM_TEST, 0);
    for (int i = 0; i < B * T * D; i++) x[i] = (kr_real)(1 + kr__rng_normal(&rng));
    kr_op_bench b;
    kr_op_bench_open(&b, B);
    kr_tensor in = kr_op_bench_in(&b, 3, (int64_t[]){B, T, D});
    kr_op_bench_out(&b, kr__contrastive_loss(b.plan, in, K, 0.25, 3));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, x);
    b.run.given = &given;
    kr__plan_forward(b.plan, &b.run);
    for (int64_t i = 0; i < B; i++) {
        assert_true(fabs((double)b.y[0][i] - 3 * plain_loss(x, i, drawn, 0.25)) < 1e-5);
    }
    kr_op_bench_close(&b);
}

/* What MambaSynth's contrastive_loss() gives, in double, for these numbers and the steps that torch
 * draws with seed 0. */
static void agrees_with_mambasynth(void **state) {
    (void)state;
    static const int64_t drawn[K] = {11, 3, 14, 9, 1, 9};
    static const int64_t *const negatives[1] = {drawn};
    static const double golden[][2] = {{0.07, 15.717201640216}, {0.5, 3.372858760871}};
    const kr_given given = {.negatives = negatives};
    kr_real x[B * T * D];
    for (int i = 0; i < B * T * D; i++) x[i] = (kr_real)(i * 37 % 101 - 50) / 16;
    for (int k = 0; k < 2; k++) {
        double mean = 0;
        kr_op_bench b;
        kr_op_bench_open(&b, B);
        kr_tensor in = kr_op_bench_in(&b, 3, (int64_t[]){B, T, D});
        kr_op_bench_out(&b, kr__contrastive_loss(b.plan, in, K, golden[k][0], 1));
        kr_op_bench_finish(&b);
        kr_op_bench_set(&b, 0, x);
        b.run.given = &given;
        kr__plan_forward(b.plan, &b.run);
        for (int64_t i = 0; i < B; i++) mean += (double)b.y[0][i] / B;
        assert_true(fabs(mean - golden[k][1]) < 1e-5 * golden[k][1]);
        kr_op_bench_close(&b);
    }
}

/* Two samples, each of steps that are all alike, at a right angle to the other's. Of n negatives m
 * come from the other sample: log(1 + (n - m) + m / e). Drawn from both, m is about a half. */
static void draws_from_all_samples(void **state) {
    (void)state;
    enum { N = 4000, STEPS = 5 };
    kr_real x[2 * STEPS * 2] = {0};
    for (int i = 0; i < 2 * STEPS; i++) x[2 * i + i / STEPS] = 2;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor in = kr_op_bench_in(&b, 3, (int64_t[]){2, STEPS, 2});
    kr_op_bench_out(&b, kr__contrastive_loss(b.plan, in, N, 1, 1));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, x);
    kr__plan_forward(b.plan, &b.run);
    double others[2];
    for (int i = 0; i < 2; i++) {
        others[i] = (1 + N - exp((double)b.y[0][i])) / (1 - exp(-1));
        assert_true(fabs(others[i] / N - 0.5) < 0.03);
    }
    assert_true(fabs(others[0] + others[1] - N) < 1); /* the same draw for both */
    kr_op_bench_close(&b);
}

/* ---- values ----------------------------------------------------------------------------- */

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
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(follows_the_definition),
                                       cmocka_unit_test(agrees_with_mambasynth),
                                       cmocka_unit_test(draws_from_all_samples),
                                       cmocka_unit_test(values),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
