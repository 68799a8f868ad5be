/* SPDX-License-Identifier: MIT
 * test_conv1d.c - gradients, every CPU level against plain loops, views, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/cpu.h"
#include "core/random.h"
#include "core/real.h"
#include "support/golden.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

#include "support/plain_scan.h"
#include "support/workers.h"

#ifdef KR_REAL_DOUBLE
static const double close_y = 1e-12, close_grad = 1e-12;
#else
static const double close_y = 1e-6, close_grad = 3e-6;
#endif

enum { X, WEIGHT, BIAS, N_INPUTS };

typedef struct shape {
    int64_t rows, seq_len, d_inner, d_conv;
    bool with_silu;
} shape;

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    const shape *s = arg;
    out[0] = kr__conv1d(plan, in[X], in[WEIGHT], in[BIAS], s->with_silu);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const shape shapes[] = {{1, 1, 1, 1, true},   {2, 5, 3, 4, true},   {2, 3, 17, 8, true},
                            {1, 30, 2, 16, true}, {3, 4, 16, 2, false}, {1, 7, 33, 3, false}};
    for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++) {
        const shape *s = &shapes[k];
        char name[64];
        snprintf(name, sizeof name, "conv1d, shape %zu", k);
        kr_gradcheck check = {.name = name,
                              .n_in = 3,
                              .in = {{3, {s->rows, s->seq_len, s->d_inner}, 0, 0, false},
                                     {3, {s->d_inner, 1, s->d_conv}, 0, 0, false},
                                     {1, {s->d_inner}, 0, 0, false}},
                              .build = build,
                              .arg = s};
        kr_gradcheck_run(&check);
    }
}

/* One half of a projection, used twice. */
static int build_view(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__conv1d(plan, kr__slice(in[X], 2, 3, 18), in[WEIGHT], in[BIAS], true);
    out[1] = kr__conv1d(plan, kr__slice(in[X], 2, 0, 18), in[WEIGHT], in[BIAS], false);
    return 2;
}

static void strided_views(void **state) {
    (void)state;
    kr_gradcheck check = {
        .name = "conv1d on views",
        .n_in = 3,
        .in = {{3, {2, 6, 40}, 0, 0, false}, {3, {18, 1, 4}, 0, 0, false}, {1, {18}, 0, 0, false}},
        .build = build_view};
    kr_gradcheck_run(&check);
}

/* in: x, weight, bias, then the steps before, where there are any. */
static int build_chunk(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    const bool *has_first = arg;
    out[0] = kr__conv1d_chunk(plan, in[X], in[WEIGHT], in[BIAS], true,
                              *has_first ? in[N_INPUTS] : KR_NONE, &out[1]);
    return 2;
}

/* Chunks longer and shorter than the convolution's memory. */
static void gradients_of_a_chunk(void **state) {
    (void)state;
    const bool first = true, none = false;
    for (int64_t seq_len = 1; seq_len <= 5; seq_len++) {
        kr_gradcheck check = {.name = "conv1d, a chunk",
                              .n_in = 4,
                              .in = {{3, {2, seq_len, 17}, 0, 0, false},
                                     {3, {17, 1, 4}, 0, 0, false},
                                     {1, {17}, 0, 0, false},
                                     {3, {2, 3, 17}, 0, 0, false}},
                              .build = build_chunk,
                              .arg = &first};
        kr_gradcheck_run(&check);
        check.n_in = 3;
        check.arg = &none;
        kr_gradcheck_run(&check);
    }
}

/* A sequence in one go and in chunks of 1, 2, 7 and 30 steps: the same bits of y, and, but for the
 * order of sums, the same gradients. */
static int build_in_chunks(kr_plan *plan, const kr_tensor *in, kr_tensor *out) {
    static const int64_t ends[] = {0, 1, 3, 10, 40};
    kr_tensor last = KR_NONE, y = KR_NONE;
    for (int i = 0; i < 4; i++) {
        kr_tensor x = kr__slice(in[X], 1, ends[i], ends[i + 1] - ends[i]);
        kr_tensor part = kr__conv1d_chunk(plan, x, in[WEIGHT], in[BIAS], true, last, &last);
        y = i == 0 ? part : kr__concat(plan, y, part, 1);
    }
    out[0] = y;
    return 1;
}

static void open_case(kr_op_bench *b, bool is_chunked) {
    const int64_t n = 37;
    kr_tensor in[N_INPUTS], out[1];
    kr_op_bench_open(b, 1);
    in[X] = kr_op_bench_in(b, 3, (int64_t[]){1, 40, n});
    in[WEIGHT] = kr_op_bench_in(b, 3, (int64_t[]){n, 1, 4});
    in[BIAS] = kr_op_bench_in(b, 1, &n);
    if (is_chunked) {
        build_in_chunks(b->plan, in, out);
    } else {
        build(b->plan, in, out, &(shape){.with_silu = true});
    }
    kr_op_bench_out(b, out[0]);
    kr_op_bench_finish(b);
    kr_rng rng = kr__rng_make(3, KR_STREAM_TEST, 0);
    for (int i = 0; i < N_INPUTS; i++) {
        for (int64_t k = 0; k < kr__tensor_size(&b->in[i]); k++) {
            b->x[i][k] = (kr_real)kr__rng_normal(&rng);
        }
    }
    for (int64_t k = 0; k < 40 * n; k++) b->grad_y[0][k] = (kr_real)kr__rng_normal(&rng);
    kr__plan_forward(b->plan, &b->run);
    kr__plan_backward(b->plan, &b->run);
}

static void chunks_make_the_whole(void **state) {
    (void)state;
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        if (!kr__cpu_level_force((kr_cpu_level)level)) continue;
        kr_op_bench whole, chunked;
        open_case(&whole, false);
        open_case(&chunked, true);
        size_t n = (size_t)kr__tensor_size(&whole.out[0]);
        assert_memory_equal(whole.y[0], chunked.y[0], n * sizeof *whole.y[0]);
        for (int i = 0; i < N_INPUTS; i++) {
            kr_assert_close(chunked.grad_x[i], whole.grad_x[i], kr__tensor_size(&whole.in[i]),
                            close_grad, true, "gradient", __FILE__, __LINE__);
        }
        kr_op_bench_close(&whole);
        kr_op_bench_close(&chunked);
    }
    kr__cpu_level_force(kr__cpu_level_detect());
}

/* ---- against plain loops ---------------------------------------------------------------- */

static double *widen(const kr_real *x, int64_t n) {
    double *copy = kr__calloc((size_t)n, sizeof *copy);
    for (int64_t i = 0; x && i < n; i++) copy[i] = (double)x[i];
    return copy;
}

static void compare(const char *what, const kr_real *got, double *want, int64_t n,
                    double tolerance) {
    kr_real *narrow = kr__calloc((size_t)n, sizeof *narrow);
    for (int64_t i = 0; i < n; i++) narrow[i] = (kr_real)want[i];
    kr_assert_close(got, narrow, n, tolerance, true, what, __FILE__, __LINE__);
    kr_free(narrow);
    kr_free(want);
}

static void run_alone(kr_op_bench *b) {
    kr__plan_forward(b->plan, &b->run);
    kr__plan_backward(b->plan, &b->run);
}

/* By three workers; a piece is some of the channels. */
static void run_together(kr_op_bench *b) {
    kr_per_worker scratch;
    kr_run run = b->run;
    test_workers(3);
    run.team = test_team;
    size_t n = (size_t)kr__plan_scratch_size(b->plan) * sizeof(kr_real);
    assert_int_equal(kr_per_worker_init(&scratch, test_team, n, NULL), KR_OK);
    kr__plan_forward_together(b->plan, &run, &scratch);
    kr__plan_backward_together(b->plan, &run, &scratch);
    kr_per_worker_deinit(&scratch);
    test_workers(0);
}

static void check_against_plain(kr_op_bench *b, const shape *s, void (*run)(kr_op_bench *b)) {
    int64_t row = s->seq_len * s->d_inner, n = s->rows * row, n_weight = s->d_inner * s->d_conv;
    double *x = widen(b->x[X], n), *weight = widen(b->x[WEIGHT], n_weight);
    double *bias = widen(b->x[BIAS], s->d_inner), *grad_y = widen(b->grad_y[0], n);
    double *y = widen(NULL, n), *grad_x = widen(NULL, n), *grad_weight = widen(NULL, n_weight);
    double *grad_bias = widen(NULL, s->d_inner);
    for (int64_t r = 0; r < s->rows; r++) {
        const kr_plain_conv1d plain = {s->seq_len,  s->d_inner, s->d_conv, s->with_silu,
                                       x + r * row, weight,     bias};
        kr_plain_conv1d_forward(&plain, y + r * row);
        kr_plain_conv1d_backward(&plain, grad_y + r * row, grad_x + r * row, grad_weight,
                                 grad_bias);
    }
    run(b);
    compare("y", b->y[0], y, n, close_y);
    compare("grad x", b->grad_x[X], grad_x, n, close_grad);
    compare("grad weight", b->grad_x[WEIGHT], grad_weight, n_weight, close_grad);
    compare("grad bias", b->grad_x[BIAS], grad_bias, s->d_inner, close_grad);
    kr_free(x);
    kr_free(weight);
    kr_free(bias);
    kr_free(grad_y);
}

static void check_shape(const shape *s, void (*run)(kr_op_bench *b)) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor in[N_INPUTS], out[1];
    in[X] = kr_op_bench_in(&b, 3, (int64_t[]){s->rows, s->seq_len, s->d_inner});
    in[WEIGHT] = kr_op_bench_in(&b, 3, (int64_t[]){s->d_inner, 1, s->d_conv});
    in[BIAS] = kr_op_bench_in(&b, 1, (int64_t[]){s->d_inner});
    build(b.plan, in, out, s);
    kr_op_bench_out(&b, out[0]);
    kr_op_bench_finish(&b);
    kr_rng rng = kr__rng_make(8, KR_STREAM_TEST, 0);
    for (int i = 0; i < N_INPUTS; i++) {
        int64_t n = kr__tensor_size(&b.in[i]);
        for (int64_t k = 0; k < n; k++) b.x[i][k] = (kr_real)kr__rng_normal(&rng);
    }
    int64_t n = kr__tensor_size(&b.out[0]);
    for (int64_t k = 0; k < n; k++) b.grad_y[0][k] = (kr_real)kr__rng_normal(&rng);
    check_against_plain(&b, s, run);
    kr_op_bench_close(&b);
}

static void every_level(void **state) {
    (void)state;
    const shape shapes[] = {{1, 1, 1, 1, true},    {3, 7, 16, 4, true},    {2, 50, 47, 4, true},
                            {1, 9, 100, 16, true}, {2, 100, 32, 3, false}, {1, 3, 15, 2, false}};
    const shape large = {1, 301, 201, 4, true}; /* is cut into pieces */
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        if (!kr__cpu_level_force((kr_cpu_level)level)) continue;
        for (size_t k = 0; k < sizeof shapes / sizeof shapes[0]; k++)
            check_shape(&shapes[k], run_alone);
        check_shape(&large, run_alone);
        check_shape(&large, run_together);
    }
    kr__cpu_level_force(kr__cpu_level_detect());
}

static void refuse(const int64_t *x, const int64_t *weight, int64_t bias, const char *sentence) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor in_x = kr_op_bench_in(&b, 3, x), in_weight = kr_op_bench_in(&b, 3, weight);
    kr__conv1d(b.plan, in_x, in_weight, kr_op_bench_in(&b, 1, &bias), true);
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refuse_first(void) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 3, 4}), last;
    kr_tensor weight = kr_op_bench_in(&b, 3, (int64_t[]){4, 1, 4});
    kr_tensor bias = kr_op_bench_in(&b, 1, (int64_t[]){4});
    kr_tensor first = kr_op_bench_in(&b, 3, (int64_t[]){2, 2, 4});
    kr__conv1d_chunk(b.plan, x, weight, bias, true, first, &last);
    kr_op_bench_expect_refusal(
        &b, "conv1d: the steps before are (2, 2, 4): x and weight call for (2, 3, 4)");
}

static void refusals(void **state) {
    (void)state;
    refuse_first();
    refuse((int64_t[]){2, 0, 4}, (int64_t[]){4, 1, 4}, 4,
           "conv1d: x (2, 0, 4): needs (rows, seq_len, d_inner), rows evenly spaced");
    refuse((int64_t[]){2, 3, 4}, (int64_t[]){4, 1, 17}, 4,
           "conv1d: weight (4, 1, 17) does not fit x (2, 3, 4): needs (d_inner, 1, d_conv), "
           "contiguous, d_conv in 1 .. 16");
    refuse((int64_t[]){2, 3, 4}, (int64_t[]){4, 1, 4}, 5,
           "conv1d: bias (5) does not fit x (2, 3, 4): needs (d_inner), contiguous");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients),
                                       cmocka_unit_test(strided_views),
                                       cmocka_unit_test(every_level),
                                       cmocka_unit_test(gradients_of_a_chunk),
                                       cmocka_unit_test(chunks_make_the_whole),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
