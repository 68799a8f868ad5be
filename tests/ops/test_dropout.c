/* SPDX-License-Identifier: MIT
 * test_dropout.c - what is dropped, on what the draw depends, given masks, gradients. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

enum { BATCH = 3, TOKENS = 5, WIDTH = 21, SAMPLE = 2 * TOKENS * WIDTH, N = BATCH * SAMPLE };

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__dropout(plan, in[0], 0.3);
    out[1] = kr__add(plan, kr__dropout(plan, in[0], 0.5), kr__dropout(plan, in[0], 0));
    return 2;
}

static void gradients(void **state) {
    (void)state;
    const kr_real ones_and_zeros[24] = {1, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0,
                                        0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1};
    const kr_real *const masks[2] = {ones_and_zeros, NULL};
    const kr_given given = {.masks = masks};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {.name = "dropout",
                              .batch = 2,
                              .n_in = 1,
                              .in = {{3, {4, 3, 2}, 0, 0, false}},
                              .build = build,
                              .is_training = i > 0,
                              .given = i == 2 ? &given : NULL};
        kr_gradcheck_run(&check);
    }
}

/* A plan of `batch` samples with two dropouts of ones; y[0], y[1] are the masks / (1 - p). */
static void open_ones(kr_op_bench *b, int64_t batch) {
    kr_op_bench_open(b, batch);
    kr_tensor x = kr_op_bench_in(b, 3, (int64_t[]){2 * batch, TOKENS, WIDTH});
    kr_op_bench_out(b, kr__dropout(b->plan, x, 0.25));
    kr_op_bench_out(b, kr__dropout(b->plan, x, 0.25));
    kr_op_bench_finish(b);
    for (int64_t i = 0; i < batch * SAMPLE; i++) b->x[0][i] = 1;
    b->run.is_training = true;
    b->run.seed = 42;
    b->run.step = 7;
    kr__plan_forward(b->plan, &b->run);
}

static void drops_its_share(void **state) {
    (void)state;
    kr_op_bench b;
    open_ones(&b, BATCH);
    int dropped = 0;
    for (int i = 0; i < N; i++) {
        double y = (double)b.y[0][i];
        assert_true(y == 0 || fabs(y - 1 / 0.75) < 1e-6);
        dropped += y == 0;
    }
    assert_true(fabs(dropped - 0.25 * N) < 5 * sqrt(0.1875 * N));
    kr_op_bench_close(&b);
}

/* Micro-batches of one sample give what one of three gives: same numbers, whoever computes them. */
static void does_not_depend_on_the_micro_batch(void **state) {
    (void)state;
    kr_op_bench all, one;
    open_ones(&all, BATCH);
    open_ones(&one, 1);
    for (int s = 0; s < BATCH; s++) {
        one.run.first_sample = s;
        kr__plan_forward(one.plan, &one.run);
        for (int k = 0; k < 2; k++) {
            assert_memory_equal(one.y[k], all.y[k] + s * SAMPLE, SAMPLE * sizeof(kr_real));
        }
    }
    kr_op_bench_close(&all);
    kr_op_bench_close(&one);
}

/* Seed, step, sample and node: each changes the draw. */
static void depends_on_all_four(void **state) {
    (void)state;
    kr_op_bench b;
    open_ones(&b, BATCH);
    kr_real first[N];
    const size_t size = SAMPLE * sizeof(kr_real);
    memcpy(first, b.y[0], sizeof first);
    assert_memory_not_equal(first, b.y[1], size);
    assert_memory_not_equal(first, first + SAMPLE, size);
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(first, b.y[0], sizeof first);
    b.run.step = 8;
    kr__plan_forward(b.plan, &b.run);
    assert_memory_not_equal(first, b.y[0], size);
    b.run.step = 7;
    b.run.seed = 43;
    kr__plan_forward(b.plan, &b.run);
    assert_memory_not_equal(first, b.y[0], size);
    b.run.is_training = false;
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(b.y[0], b.x[0], sizeof first);
    kr_op_bench_close(&b);
}

static void given_masks_win(void **state) {
    (void)state;
    kr_op_bench b;
    open_ones(&b, 1);
    kr_real mask[SAMPLE];
    for (int i = 0; i < SAMPLE; i++) mask[i] = (kr_real)(i % 3 > 0);
    const kr_real *const masks[2] = {NULL, mask}; /* the second is given */
    const kr_given given = {.masks = masks};
    kr_real first[SAMPLE];
    memcpy(first, b.y[0], sizeof first);
    b.run.given = &given;
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(b.y[0], first, sizeof first);
    for (int i = 0; i < SAMPLE; i++) {
        assert_true(fabs((double)b.y[1][i] - (i % 3 > 0) / 0.75) < 1e-6);
    }
    kr_op_bench_close(&b);
}

static void refusals(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr__dropout(b.plan, kr_op_bench_in(&b, 1, (int64_t[]){4}), 1);
    kr_op_bench_expect_refusal(&b, "dropout: probability 1 must be at least 0 and below 1");
    kr_op_bench_open(&b, 2);
    kr__dropout(b.plan, kr_op_bench_in(&b, 2, (int64_t[]){3, 4}), 0.5);
    kr_op_bench_expect_refusal(
        &b, "dropout: the first axis of (3, 4) is not a multiple of the 2 samples");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),
        cmocka_unit_test(drops_its_share),
        cmocka_unit_test(does_not_depend_on_the_micro_batch),
        cmocka_unit_test(depends_on_all_four),
        cmocka_unit_test(given_masks_win),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
