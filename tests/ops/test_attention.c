/* SPDX-License-Identifier: MIT
 * test_attention.c - heads against plain loops and reference values, gradients, dropout, memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static const bool is_double = sizeof(kr_real) == sizeof(double);

typedef struct setting {
    int64_t batch, rows, tokens, d_model, n_heads;
    double dropout;
} setting;

/* ---- gradients -------------------------------------------------------------------------- */

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    const setting *s = arg;
    out[0] = kr__attention(plan, in[0], in[1], in[2], s->n_heads, s->dropout);
    return 1;
}

static void check(setting s, bool is_training, const kr_given *given) {
    kr_gradcheck c = {.name = "attention",
                      .batch = s.batch,
                      .n_in = 3,
                      .build = build,
                      .arg = &s,
                      .is_training = is_training,
                      .given = given};
    for (int i = 0; i < 3; i++) {
        c.in[i].rank = 3;
        c.in[i].shape[0] = s.rows;
        c.in[i].shape[1] = s.tokens;
        c.in[i].shape[2] = s.d_model;
        c.in[i].low = -2;
        c.in[i].high = 2;
    }
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    check((setting){1, 1, 1, 1, 1, 0}, false, NULL);
    check((setting){2, 4, 7, 32, 2, 0}, false, NULL);
    check((setting){1, 1, 5, 33, 1, 0}, false, NULL);
    check((setting){1, 2, 3, 6, 3, 0}, false, NULL);
}

/* More than one tile of keys, of queries, of both, and exactly one. */
static void slow_long_gradients(void **state) {
    (void)state;
    check((setting){1, 1, 33, 2, 1, 0}, false, NULL);
    check((setting){1, 1, 64, 4, 2, 0}, false, NULL);
    check((setting){1, 1, 131, 3, 1, 0}, false, NULL);
}

static void dropout_gradients(void **state) {
    (void)state;
    check((setting){2, 4, 7, 6, 2, 0.3}, true, NULL);
    check((setting){1, 1, 70, 3, 1, 0.5}, true, NULL);
    check((setting){1, 1, 40, 2, 2, 0.2}, false, NULL);
    kr_real keep[2 * 3 * 5 * 5];
    for (int i = 0; i < 150; i++) keep[i] = i * i % 7 > 1 ? 1 : 0;
    const kr_real *masks[1] = {keep};
    const kr_given given = {.masks = masks};
    check((setting){1, 2, 5, 6, 3, 0.25}, true, &given);
}

/* Slices of one projection; and the same tensor three times. */
static int build_views(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    kr_tensor x = in[0];
    out[0] = kr__attention(plan, kr__slice(x, 2, 0, 4), kr__slice(x, 2, 4, 4),
                           kr__slice(x, 2, 8, 4), 2, 0);
    out[1] = kr__attention(plan, x, x, x, 4, 0);
    return 2;
}

static void views(void **state) {
    (void)state;
    kr_gradcheck c = {.name = "attention views",
                      .n_in = 1,
                      .in = {{3, {2, 5, 12}, 0, 0, false}},
                      .build = build_views};
    kr_gradcheck_run(&c);
}

/* A query without gradient, as from data. */
static void data_query(void **state) {
    (void)state;
    setting s = {.n_heads = 2};
    kr_gradcheck c = {
        .name = "attention data",
        .n_in = 3,
        .in = {{3, {1, 3, 4}, 0, 0, true}, {3, {1, 3, 4}, 0, 0, true}, {3, {1, 3, 4}, 0, 0, false}},
        .build = build,
        .arg = &s};
    kr_gradcheck_run(&c);
    c.in[1].no_grad = false;
    kr_gradcheck_run(&c);
}

/* ---- values ----------------------------------------------------------------------------- */

static void open_attention(kr_op_bench *b, setting s) {
    kr_op_bench_open(b, s.batch);
    kr_tensor x[3];
    for (int i = 0; i < 3; i++) {
        x[i] = kr_op_bench_in(b, 3, (int64_t[]){s.rows, s.tokens, s.d_model});
    }
    kr_op_bench_out(b, kr__attention(b->plan, x[0], x[1], x[2], s.n_heads, s.dropout));
    kr_op_bench_finish(b);
    kr_rng rng = kr__rng_make(4, KR_STREAM_TEST, 0);
    for (int i = 0; i < 3; i++) {
        int64_t n = kr__tensor_size(&b->in[i]);
        for (int64_t k = 0; k < n; k++) b->x[i][k] = (kr_real)(4 * kr__rng_uniform(&rng) - 2);
    }
}

/* One query of one head, the direct way. keep: keep mask of its keys, or NULL. */
static void attend(const kr_op_bench *b, setting s, int64_t row, int64_t head, int64_t query,
                   const kr_real *keep, kr_real *y) {
    int64_t d_head = s.d_model / s.n_heads, first = row * s.tokens * s.d_model + head * d_head;
    double sum = 0, p[200], out[64] = {0};
    for (int64_t j = 0; j < s.tokens; j++) {
        double score = 0;
        for (int64_t d = 0; d < d_head; d++) {
            score += (double)b->x[0][first + query * s.d_model + d] *
                     (double)b->x[1][first + j * s.d_model + d];
        }
        sum += p[j] = exp(score / sqrt((double)d_head));
    }
    for (int64_t j = 0; j < s.tokens; j++) {
        double weight = p[j] / sum * (keep ? (double)keep[j] / (1 - s.dropout) : 1);
        for (int64_t d = 0; d < d_head; d++) {
            out[d] += weight * (double)b->x[2][first + j * s.d_model + d];
        }
    }
    for (int64_t d = 0; d < d_head; d++) y[d] = (kr_real)out[d];
}

static void compare_direct(setting s, const kr_real *keep) {
    kr_op_bench b;
    open_attention(&b, s);
    const kr_given given = {.masks = &keep};
    b.run.is_training = keep != NULL;
    b.run.given = &given;
    kr__plan_forward(b.plan, &b.run);
    int64_t n = kr__tensor_size(&b.out[0]), d_head = s.d_model / s.n_heads;
    kr_real *want = kr__calloc((size_t)n, sizeof *want);
    for (int64_t i = 0; i < s.rows * s.n_heads * s.tokens; i++) {
        int64_t query = i % s.tokens, head = i / s.tokens % s.n_heads;
        int64_t row = i / s.tokens / s.n_heads;
        attend(&b, s, row, head, query, keep ? keep + i * s.tokens : NULL,
               want + (row * s.tokens + query) * s.d_model + head * d_head);
    }
    assert_close(b.y[0], want, n, is_double ? 1e-12 : 2e-6);
    kr_free(want);
    kr_op_bench_close(&b);
}

static void values(void **state) {
    (void)state;
    compare_direct((setting){1, 1, 1, 1, 1, 0}, NULL);
    compare_direct((setting){1, 14, 7, 128, 8, 0}, NULL);
    compare_direct((setting){1, 1, 64, 17, 1, 0}, NULL);
    compare_direct((setting){1, 2, 197, 10, 2, 0}, NULL);
    enum { TOKENS = 90 };
    kr_real keep[TOKENS * TOKENS];
    for (int i = 0; i < TOKENS * TOKENS; i++) keep[i] = i * i % 11 > 3 ? 1 : 0;
    compare_direct((setting){1, 1, TOKENS, 4, 1, 0.375}, keep);
}

/* Scores of very different size: the largest is taken off before powers are taken. */
static void large_scores(void **state) {
    (void)state;
    setting s = {1, 1, 40, 1, 1, 0};
    kr_op_bench b;
    open_attention(&b, s);
    for (int i = 0; i < 40; i++) {
        b.x[0][i] = 1;
        b.x[1][i] = (kr_real)(i == 35 ? 3000 : i == 36 ? 3000 + log(3) : -2000 - 10 * i);
        b.x[2][i] = (kr_real)(i == 35 ? 8 : i == 36 ? 4 : 1000);
    }
    kr__plan_forward(b.plan, &b.run);
    for (int i = 0; i < 40; i++) assert_true(fabs((double)b.y[0][i] - 5) < 1e-3);
    b.x[1][3] = (kr_real)NAN;
    kr__plan_forward(b.plan, &b.run);
    assert_true(isnan(b.y[0][39]));
    kr_op_bench_close(&b);
}

static void reference(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("attention.npz");
    static const char *const weights[4] = {
        "param.query_projection.weight", "param.key_projection.weight",
        "param.value_projection.weight", "param.out_projection.weight"};
    static const char *const biases[4] = {
        "param.query_projection.bias", "param.key_projection.bias", "param.value_projection.bias",
        "param.out_projection.bias"};
    kr_op_bench b;
    kr_op_bench_open(&b, 3);
    kr_tensor x = kr_op_bench_in_golden(&b, g, "in.x"), y[4];
    for (int i = 0; i < 4; i++) {
        /* The keys' bias moves all scores of a query alike: its gradient is 0 but for rounding. */
        if (i == 1) b.tolerance[b.n_in + 1] = is_double ? 1e-14 : 1e-6;
        kr_tensor from = i < 3 ? x : kr__attention(b.plan, y[0], y[1], y[2], 8, 0.1);
        kr_tensor weight = kr_op_bench_in_golden(&b, g, weights[i]);
        y[i] = kr__linear(b.plan, from, weight, kr_op_bench_in_golden(&b, g, biases[i]));
    }
    kr_op_bench_out(&b, y[3]);
    kr_op_bench_finish(&b);
    kr_op_bench_compare(&b, g);
    kr_op_bench_close(&b);
    kr_golden_close(g);
}

/* ---- dropout ---------------------------------------------------------------------------- */

/* Equal scores, and values that tell the key: y is 0 exactly where a key was dropped. All queries
 * of all heads and rows have masks of their own, of the right size. */
static void masks(void **state) {
    (void)state;
    enum { TOKENS = 128, HEADS = 2, WIDTH = TOKENS * HEADS, MASKS = 2 * TOKENS * HEADS };
    kr_op_bench b;
    open_attention(&b, (setting){1, 2, TOKENS, WIDTH, HEADS, 0.3});
    b.run.is_training = true;
    for (int i = 0; i < 2 * TOKENS * WIDTH; i++) {
        b.x[0][i] = 0;
        b.x[2][i] = i % TOKENS == i / WIDTH % TOKENS;
    }
    kr__plan_forward(b.plan, &b.run);
    int64_t kept = 0;
    for (int i = 0; i < MASKS; i++) {
        for (int j = 0; j < TOKENS; j++) {
            double y = (double)b.y[0][i * TOKENS + j];
            assert_true(y == 0 || fabs(y - 1 / (0.7 * TOKENS)) < 1e-7);
            kept += y > 0;
        }
        for (int k = 0; k < i; k++) {
            assert_memory_not_equal(b.y[0] + i * TOKENS, b.y[0] + k * TOKENS,
                                    TOKENS * sizeof(kr_real));
        }
    }
    double n = MASKS * TOKENS;
    assert_true(fabs((double)kept - 0.7 * n) < 4 * sqrt(0.21 * n));
    kr_op_bench_close(&b);
}

/* The mask belongs to the sample's number in the batch, whatever the micro-batch. */
static void places(void **state) {
    (void)state;
    setting s = {4, 8, 9, 4, 2, 0.5}, half = {2, 4, 9, 4, 2, 0.5};
    kr_op_bench all, part;
    open_attention(&all, s);
    open_attention(&part, half);
    all.run.is_training = part.run.is_training = true;
    kr__plan_forward(all.plan, &all.run);
    int64_t n = kr__tensor_size(&part.in[0]);
    for (int i = 0; i < 3; i++) kr_op_bench_set(&part, i, all.x[i] + n);
    part.run.first_sample = 2;
    kr__plan_forward(part.plan, &part.run);
    assert_memory_equal(part.y[0], all.y[0] + n, (size_t)n * sizeof(kr_real));
    part.run.step = 1;
    kr__plan_forward(part.plan, &part.run);
    assert_memory_not_equal(part.y[0], all.y[0] + n, (size_t)n * sizeof(kr_real));

    kr_real keep[8 * 2 * 9 * 9]; /* given masks cover the whole batch */
    for (int i = 0; i < 8 * 2 * 9 * 9; i++) keep[i] = i * i % 13 > 5 ? 1 : 0;
    const kr_real *given_masks[1] = {keep};
    const kr_given given = {.masks = given_masks};
    all.run.given = part.run.given = &given;
    kr__plan_forward(all.plan, &all.run);
    kr__plan_forward(part.plan, &part.run);
    assert_memory_equal(part.y[0], all.y[0] + n, (size_t)n * sizeof(kr_real));
    kr_op_bench_close(&all);
    kr_op_bench_close(&part);
}

/* ---- memory, refusals ------------------------------------------------------------------- */

static void linear_memory(void **state) {
    (void)state;
    int64_t size[2];
    for (int i = 0; i < 2; i++) {
        kr_op_bench b;
        open_attention(&b, (setting){1, 1, 1000 + 1000 * i, 16, 1, 0.1});
        size[i] = kr__plan_work_size(b.plan) + kr__plan_scratch_size(b.plan);
        kr_op_bench_close(&b);
    }
    assert_true(size[1] < 2 * size[0]);
}

static void refuse(setting s, int64_t tokens_of_v, const char *sentence) {
    kr_op_bench b;
    kr_op_bench_open(&b, s.batch);
    kr_tensor q = kr_op_bench_in(&b, 3, (int64_t[]){s.rows, s.tokens, s.d_model});
    kr_tensor v = kr_op_bench_in(&b, 3, (int64_t[]){s.rows, tokens_of_v, s.d_model});
    kr__attention(b.plan, q, q, v, s.n_heads, s.dropout);
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse((setting){1, 2, 3, 4, 2, 0}, 5,
           "attention: needs q, k and v (rows, tokens, d_model) of one shape, got (2, 3, 4), (2, "
           "3, 4) and (2, 5, 4)");
    refuse((setting){1, 2, 3, 16, 7, 0}, 3,
           "attention: d_model 16 cannot be cut into 7 heads; choose n_heads that divides d_model");
    refuse((setting){1, 2, 3, 4, 2, 1}, 3, "attention: dropout is 1; choose one from 0 to below 1");
    refuse((setting){2, 3, 3, 4, 2, 0.1}, 3, "attention: 3 rows do not belong to 2 samples evenly");
}

int main(int argc, char **argv) {
    if (argc > 1) cmocka_set_skip_filter(argv[1]); /* slow_*: see tests/CMakeLists.txt */
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(slow_long_gradients),
                                       cmocka_unit_test(dropout_gradients),
                                       cmocka_unit_test(views),
                                       cmocka_unit_test(data_query),
                                       cmocka_unit_test(values),
                                       cmocka_unit_test(large_scores),
                                       cmocka_unit_test(reference),
                                       cmocka_unit_test(masks),
                                       cmocka_unit_test(places),
                                       cmocka_unit_test(linear_memory),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
