/* SPDX-License-Identifier: MIT
 * test_weight_panels.c - every op that multiplies by a weight takes it from the panels made of it,
 * with the same bits, and each weight is there once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "kernels/gemm_args.h"
#include "ops/ops.h"
#include "ops/weight_panels.h"
#include "support/workers.h"

enum { N_OUT = 20, N_IN = 6, N_VARS = 3, SIZE = N_OUT * N_IN, MANY = 20 };
enum { N_PARAMS = (MANY + 1) * SIZE };

typedef struct bench {
    kr_plan *plan;
    kr_weight_panels panels;
    kr_run run;
    kr_tensor x, y;
    kr_real before[4 * SIZE];
} bench;

/* A weight or what is added to its product; numbered. */
static kr_tensor parameter(int32_t number, int rank, const int64_t *shape) {
    kr_tensor t = kr__tensor_make(rank, shape);
    t.space = KR_SPACE_PARAM;
    t.buffer = number;
    t.offset = t.grad_offset = number * SIZE;
    return t;
}

static kr_tensor weight(int32_t number) { return parameter(number, 2, (int64_t[]){N_OUT, N_IN}); }
static kr_tensor bias(void) { return parameter(1, 1, (int64_t[]){N_OUT}); }

static kr_tensor input(bench *b, int64_t n_rows, int64_t n_columns) {
    return b->x = kr__plan_input(b->plan, 3, (int64_t[]){1, n_rows, n_columns}, false);
}

static kr_tensor build_linear(bench *b) {
    return kr__linear(b->plan, input(b, 2, N_IN), weight(0), bias());
}
static kr_tensor build_linear_of_convolution(bench *b) {
    kr_tensor w = parameter(0, 3, (int64_t[]){N_OUT, N_IN, 1});
    return kr__linear(b->plan, input(b, 2, N_IN), w, bias());
}
static kr_tensor build_patch_embed(bench *b) {
    kr_tensor glb = parameter(1, 4, (int64_t[]){1, N_VARS, 1, N_OUT});
    return kr__patch_embed(b->plan, input(b, N_IN, N_VARS), weight(0), glb);
}
static kr_tensor build_inverted_embed(bench *b) {
    return kr__inverted_embed(b->plan, input(b, N_IN, N_VARS), KR_NONE, weight(0), bias());
}
static kr_tensor build_flatten_head(bench *b) {
    kr_tensor tokens = kr__plan_input(b->plan, 3, (int64_t[]){N_VARS, 2, N_IN / 2}, false);
    return kr__flatten_head(b->plan, b->x = tokens, N_VARS, weight(0), bias());
}

static void fill(kr_real *x, int64_t n, uint64_t which) {
    kr_rng rng = kr__rng_make(9, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)(kr__rng_uniform(&rng) - 0.5);
}

static void open_bench(bench *b) {
    *b = (bench){.plan = NULL};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, false, &b->plan, NULL), KR_OK);
    kr__plan_use_panels(b->plan, &b->panels);
}

static void finish(bench *b, kr_tensor y) {
    kr_error err = {.text = ""};
    kr__plan_output(b->plan, y);
    if (kr__plan_finish(b->plan, &err) != KR_OK) fail_msg("%s", err.text);
    b->x = kr__plan_resolve(b->plan, b->x);
    b->y = kr__plan_resolve(b->plan, y);
    kr_real *params = kr__calloc(N_PARAMS, sizeof *params);
    fill(params, N_PARAMS, 0);
    b->run = (kr_run){
        .data = {kr__calloc((size_t)kr__plan_work_size(b->plan) + 1, sizeof(kr_real)), params},
        .scratch = kr__calloc((size_t)kr__plan_scratch_size(b->plan) + 16, sizeof(kr_real))};
    assert_int_equal(kr__weight_panels_allocate(&b->panels, NULL), KR_OK);
    kr__weight_panels_make(test_team, &b->panels, params);
}

static void close_bench(bench *b) {
    kr_free(b->run.data[KR_SPACE_WORK]);
    kr_free(b->run.data[KR_SPACE_PARAM]);
    kr_free(b->run.scratch);
    kr__weight_panels_deinit(&b->panels);
    kr__plan_destroy(b->plan);
}

/* Is y what it was before? Now it is. */
static bool is_same(bench *b, const kr_real *panels) {
    size_t n = (size_t)kr__tensor_size(&b->y);
    b->run.panels = panels;
    fill(kr__data(&b->run, &b->x), kr__tensor_size(&b->x), 1);
    kr__plan_forward(b->plan, &b->run);
    const kr_real *y = kr__data(&b->run, &b->y);
    assert_true(n <= sizeof b->before / sizeof *b->before);
    bool is_so = memcmp(b->before, y, n * sizeof *y) == 0;
    memcpy(b->before, y, n * sizeof *y);
    return is_so;
}

static void products_read_panels(void **state) {
    (void)state;
    kr_tensor (*const builds[])(bench *) = {build_linear, build_linear_of_convolution,
                                            build_patch_embed, build_inverted_embed,
                                            build_flatten_head};
    for (size_t i = 0; i < sizeof builds / sizeof builds[0]; i++) {
        bench b;
        open_bench(&b);
        finish(&b, builds[i](&b));
        assert_int_equal(b.panels.n, 1);
        assert_false(is_same(&b, NULL));
        assert_true(is_same(&b, b.panels.values));
        /* The weight itself is not looked at. */
        memset(b.run.data[KR_SPACE_PARAM], 0, SIZE * sizeof(kr_real));
        assert_true(is_same(&b, b.panels.values));
        assert_false(is_same(&b, NULL));
        close_bench(&b);
    }
}

/* More weights than the list has room for at first, two of them several times. */
static void each_weight_is_there_once(void **state) {
    (void)state;
    bench b;
    open_bench(&b);
    kr_tensor x = input(&b, 2, N_IN), sum = kr__linear(b.plan, x, weight(0), KR_NONE);
    for (int i = 0; i < MANY + 2; i++) {
        sum = kr__add(b.plan, sum, kr__linear(b.plan, x, weight(i % MANY), KR_NONE));
    }
    finish(&b, sum);
    assert_int_equal(b.panels.n, MANY);
    assert_int_equal(b.panels.size, MANY * kr__gemm_panels_size(N_IN, N_OUT));
    assert_false(is_same(&b, NULL));
    assert_true(is_same(&b, b.panels.values));
    close_bench(&b);
}

/* Other rows of the same place are another matrix. */
static void a_part_is_another_weight(void **state) {
    (void)state;
    bench b;
    open_bench(&b);
    kr_tensor x = input(&b, 2, N_IN), all = kr__linear(b.plan, x, weight(0), KR_NONE);
    kr_tensor half = kr__slice(weight(0), 0, 0, N_OUT / 2);
    kr_tensor part = kr__linear(b.plan, x, half, KR_NONE);
    finish(&b, kr__concat(b.plan, all, part, 2));
    assert_int_equal(b.panels.n, 2);
    assert_false(is_same(&b, NULL));
    assert_true(is_same(&b, b.panels.values));
    close_bench(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_read_panels),
                                       cmocka_unit_test(each_weight_is_there_once),
                                       cmocka_unit_test(a_part_is_another_weight)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
