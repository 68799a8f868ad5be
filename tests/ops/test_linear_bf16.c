/* SPDX-License-Identifier: MIT
 * test_linear_bf16.c - the affine map with products of bf16 numbers is that of linear on rounded
 * operands: values, gradients, cut into parts, written and added to. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/random.h"
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/product.h"
#include "ops/ops.h"
#include "support/workers.h"

typedef struct sizes {
    int64_t rows, n_in, n_out, padding; /* x is a view with so many columns behind each row */
    bool with_bias;
} sizes;

/* A node, its parameters (weight, then bias) and its run. */
typedef struct bench {
    kr_per_worker scratch;
    sizes s;
    kr_plan *plan;
    kr_tensor whole, x, y;
    kr_run run;
    int64_t n_params, work_size;
    uint16_t *bf16;
} bench;

static kr_tensor parameter(int32_t number, int rank, const int64_t *shape, int64_t offset) {
    kr_tensor t = kr__tensor_make(rank, shape);
    t.space = KR_SPACE_PARAM;
    t.buffer = number;
    t.offset = t.grad_offset = offset;
    return t;
}

/* Numbers that bf16 has, so that rounding them changes nothing. */
static void fill(kr_real *x, int64_t n, uint64_t which) {
    kr_rng rng = kr__rng_make(4, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < n; i++) x[i] = (kr_real)((int)(kr__rng_uniform(&rng) * 64) - 32) / 16;
}

static void open_bench(bench *b, const sizes *s, bool is_bf16) {
    *b = (bench){.s = *s};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &b->plan, NULL), KR_OK);
    if (is_bf16) kr__plan_use_bf16(b->plan);
    b->whole = kr__plan_input(b->plan, 2, (int64_t[]){s->rows, s->n_in + s->padding}, true);
    kr_tensor x = kr__slice(b->whole, 1, 0, s->n_in);
    int64_t n_weight = (s->n_out * s->n_in + 15) / 16 * 16;
    kr_tensor weight = parameter(0, 2, (int64_t[]){s->n_out, s->n_in}, 0);
    kr_tensor bias = parameter(1, 1, (int64_t[]){s->n_out}, n_weight);
    b->y = kr__linear(b->plan, x, weight, s->with_bias ? bias : KR_NONE);
    kr__plan_output(b->plan, b->y);
    kr_error err = {.text = ""};
    if (kr__plan_finish(b->plan, &err) != KR_OK) fail_msg("%s", err.text);
    b->whole = kr__plan_resolve(b->plan, b->whole);
    b->x = kr__plan_resolve(b->plan, x);
    b->y = kr__plan_resolve(b->plan, b->y);
    b->n_params = n_weight + s->n_out;
    b->work_size = kr__plan_work_size(b->plan);
    kr_real *params = kr__calloc((size_t)b->n_params, sizeof *params);
    b->bf16 = kr__calloc((size_t)b->n_params, sizeof *b->bf16);
    b->run = (kr_run){.data = {kr__calloc((size_t)b->work_size, sizeof(kr_real)), params},
                      .grad = {NULL, kr__calloc((size_t)b->n_params, sizeof(kr_real))},
                      .bf16 = b->bf16};
    b->run.grad[KR_SPACE_WORK] = b->run.data[KR_SPACE_WORK];
    size_t scratch = ((size_t)kr__plan_scratch_size(b->plan) + 16) * sizeof(kr_real);
    assert_int_equal(kr_per_worker_init(&b->scratch, test_team, scratch, NULL), KR_OK);
    b->run.scratch = b->scratch.base;
    fill(params, b->n_params, 1);
    kr__kernels()->to_bf16(1, b->n_params, params, b->n_params, b->bf16);
}

static void close_bench(bench *b) {
    kr_free(b->run.data[KR_SPACE_WORK]);
    kr_free(b->run.data[KR_SPACE_PARAM]);
    kr_free(b->run.grad[KR_SPACE_PARAM]);
    kr_per_worker_deinit(&b->scratch);
    kr_free(b->bf16);
    kr__plan_destroy(b->plan);
}

/* Twice: the first run writes the gradient of the parameters, the second adds to it. */
static void run(bench *b, bool is_together) {
    b->run.team = test_team;
    for (int i = 0; i < 2; i++) {
        b->run.is_first = i == 0;
        fill(kr__data(&b->run, &b->whole), kr__tensor_size(&b->whole), 2);
        if (is_together) {
            kr__plan_forward_together(b->plan, &b->run, &b->scratch);
        } else {
            kr__plan_forward(b->plan, &b->run);
        }
        fill(kr__grad(&b->run, &b->y), kr__tensor_size(&b->y), 3);
        if (is_together) {
            kr__plan_backward_together(b->plan, &b->run, &b->scratch);
        } else {
            kr__plan_backward(b->plan, &b->run);
        }
    }
}

static void compare(const char *what, const kr_real *a, const kr_real *b, int64_t n) {
    const double tolerance = sizeof(kr_real) == 8 ? 1e-12 : 2e-6;
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs((double)b[i]));
    for (int64_t i = 0; i < n; i++) {
        if (!(fabs((double)(a[i] - b[i])) <= tolerance * largest)) {
            fail_msg("%s, element %lld: %.9g, expected %.9g", what, (long long)i, (double)a[i],
                     (double)b[i]);
        }
    }
}

static void compare_all(const bench *got, const bench *expected) {
    compare("y", kr__data(&got->run, &got->y), kr__data(&expected->run, &expected->y),
            kr__tensor_size(&got->y));
    compare("grad_x", kr__grad(&got->run, &got->whole), kr__grad(&expected->run, &expected->whole),
            kr__tensor_size(&got->whole));
    compare("gradient of weight and bias", got->run.grad[KR_SPACE_PARAM],
            expected->run.grad[KR_SPACE_PARAM], got->n_params);
}

static void check(const sizes *s) {
    bench plain, rounded;
    open_bench(&plain, s, false);
    open_bench(&rounded, s, true);
    assert_string_equal(kr__plan_node(plain.plan, 0)->op->name, "linear");
    assert_string_equal(kr__plan_node(rounded.plan, 0)->op->name, "linear_bf16");
    run(&plain, false);
    uint64_t before = kr__alloc_count();
    run(&rounded, false);
    assert_int_equal(kr__alloc_count(), before);
    compare_all(&rounded, &plain);
    close_bench(&plain);
    close_bench(&rounded);
}

static void values_and_gradients(void **state) {
    (void)state;
    static const sizes cases[] = {{16, 20, 20, 0, true},
                                  {17, 21, 33, 0, true},
                                  {40, 48, 20, 0, false},
                                  {19, 64, 20, 9, true},
                                  {100, 20, 72, 3, false}};
    if (!kr__product_is_fast()) skip();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) check(&cases[i]);
}

/* Cut along rows and along columns; the bits do not depend on the threads. */
static void parts(void **state) {
    (void)state;
    static const sizes cases[] = {{600, 64, 72, 4, true}, {40, 200, 500, 0, true}};
    if (!kr__product_is_fast()) skip();
    for (size_t i = 0; i < 2; i++) {
        bench plain, one, many;
        test_workers(3);
        open_bench(&plain, &cases[i], false);
        open_bench(&one, &cases[i], true);
        open_bench(&many, &cases[i], true);
        assert_true(kr__plan_node(one.plan, 0)->n_pieces > 1);
        run(&plain, false);
        run(&many, true);
        test_workers(0);
        run(&one, true);
        compare_all(&one, &plain);
        assert_memory_equal(one.run.data[KR_SPACE_WORK], many.run.data[KR_SPACE_WORK],
                            (size_t)one.work_size * sizeof(kr_real));
        assert_memory_equal(one.run.grad[KR_SPACE_PARAM], many.run.grad[KR_SPACE_PARAM],
                            (size_t)one.n_params * sizeof(kr_real));
        close_bench(&plain);
        close_bench(&one);
        close_bench(&many);
    }
}

/* 17 rows, 33 columns, over 21; two such products backward. */
static void work_is_counted(void **state) {
    (void)state;
    bench b;
    if (!kr__product_is_fast()) skip();
    open_bench(&b, &(sizes){17, 21, 33, 0, true}, true);
    const kr_node *node = kr__plan_node(b.plan, 0);
    assert_string_equal(node->op->name, "linear_bf16");
    kr_work work = node->op->work(node);
    assert_true(work.forward == 2 * 17 * 33 * 21 && work.backward == 2 * 2 * 17 * 33 * 21);
    assert_string_equal(work.unit, "FLOP");
    close_bench(&b);
}

/* Float32 stays where a side of the weight or the rows are few, or the weight is no parameter. */
static void what_does_not_pay_stays(void **state) {
    (void)state;
    kr_plan *plan = NULL;
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &plan, NULL), KR_OK);
    kr__plan_use_bf16(plan);
    kr_tensor x = kr__plan_input(plan, 2, (int64_t[]){40, 8}, true);
    kr_tensor few = kr__plan_input(plan, 2, (int64_t[]){4, 64}, true);
    kr_tensor other = kr__plan_input(plan, 2, (int64_t[]){64, 64}, true);
    kr_tensor y = kr__linear(plan, x, parameter(0, 2, (int64_t[]){64, 8}, 0), KR_NONE);
    kr__plan_output(plan, kr__linear(plan, y, other, KR_NONE));
    kr__plan_output(plan,
                    kr__linear(plan, few, parameter(1, 2, (int64_t[]){64, 64}, 512), KR_NONE));
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    for (int i = 0; i < 3; i++) assert_string_equal(kr__plan_node(plan, i)->op->name, "linear");
    kr__plan_destroy(plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values_and_gradients),
                                       cmocka_unit_test(parts), cmocka_unit_test(work_is_counted),
                                       cmocka_unit_test(what_does_not_pay_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
