/* SPDX-License-Identifier: MIT
 * test_plan.c - views, the memory layout of a plan, strands, backends, and that a run allocates
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/real.h"
#include "ops/ops.h"
#include "support/starve.h"

/* ---- views ------------------------------------------------------------------------------ */

static void slices_and_reshapes_keep_their_elements(void **state) {
    (void)state;
    const int64_t shape[3] = {6, 7, 16}, split[3] = {2, 3, 16};
    kr_tensor t = kr__tensor_make(3, shape);
    kr_tensor last = kr__slice(t, 1, 6, 1);
    assert_int_equal(last.offset, 96);
    kr_tensor g = kr__reshape(last, 3, split);
    assert_int_equal(g.shape[0], 2);
    assert_int_equal(g.stride[0], 3 * 7 * 16);
    assert_int_equal(g.stride[1], 7 * 16);
    assert_int_equal(g.stride[2], 1);
    kr_matrix m;
    assert_true(kr__tensor_as_matrix(&g, &m));
    assert_int_equal(m.rows, 6);
    assert_int_equal(m.cols, 16);
    assert_int_equal(m.row_stride, 112);
    kr_tensor turned = kr__transpose(t, 1, 2);
    assert_false(kr__tensor_as_matrix(&turned, &m));
    assert_false(kr__tensor_is_contiguous(&turned));
    kr_tensor part = kr__slice(t, 2, 4, 8);
    assert_true(kr__tensor_as_matrix(&part, &m));
    assert_int_equal(m.rows, 42);
    assert_int_equal(m.row_stride, 16);
    kr_tensor middle = kr__slice(t, 1, 0, 6);
    assert_false(kr__tensor_as_matrix(&middle, &m));
}

/* ---- layout ----------------------------------------------------------------------------- */

enum { LENGTH = 64, DEPTH = 12 };

static kr_plan *make_chain(bool with_backward, kr_tensor *x, kr_tensor *y) {
    kr_plan *plan = NULL;
    const int64_t shape[2] = {1, LENGTH};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, with_backward, &plan, NULL), KR_OK);
    *x = kr__plan_input(plan, 2, shape, with_backward);
    *y = *x;
    for (int i = 0; i < DEPTH; i++) *y = kr__add(plan, *y, *x);
    kr__plan_output(plan, *y);
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    *x = kr__plan_resolve(plan, *x);
    *y = kr__plan_resolve(plan, *y);
    return plan;
}

static void dead_values_share_memory(void **state) {
    (void)state;
    kr_tensor x, y;
    kr_plan *plan = make_chain(false, &x, &y);
    /* the input, and two values at a time */
    assert_true(kr__plan_work_size(plan) <= 4 * LENGTH);
    kr__plan_destroy(plan);
}

static void runs_without_allocating_and_adds_gradients(void **state) {
    (void)state;
    kr_tensor x, y;
    kr_plan *plan = make_chain(true, &x, &y);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(plan), sizeof *work);
    kr_run run = {.data = {work, NULL}, .grad = {work, NULL}, .is_training = true};
    uint64_t before = kr__alloc_count();
    for (int i = 0; i < LENGTH; i++) kr__data(&run, &x)[i] = (kr_real)i;
    kr__plan_forward(plan, &run);
    for (int i = 0; i < LENGTH; i++) {
        assert_true(kr__data(&run, &y)[i] == (kr_real)(i * (DEPTH + 1)));
        kr__grad(&run, &y)[i] = 2;
    }
    kr__plan_backward(plan, &run);
    for (int i = 0; i < LENGTH; i++) assert_true(kr__grad(&run, &x)[i] == 2 * (DEPTH + 1));
    assert_int_equal(kr__alloc_count(), before);
    kr_free(work);
    kr__plan_destroy(plan);
}

/* y = x weight^T of columns first .. first + count - 1 of x, for two such ranges; the
 * gradient of x in memory that holds no numbers before. */
static void check_columns(const int64_t first[2], const int64_t count[2], int64_t width) {
    enum { ROWS = 3 };
    kr_plan *plan = NULL;
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &plan, NULL), KR_OK);
    kr_tensor x = kr__plan_input(plan, 3, (int64_t[]){1, ROWS, width}, true), weight[2], y[2];
    kr_tensor both = kr__add(plan, x, x); /* a buffer of its own, which two nodes see in part */
    for (int i = 0; i < 2; i++) {
        weight[i] = kr__plan_input(plan, 2, (int64_t[]){1, count[i]}, false);
        y[i] = kr__linear(plan, kr__slice(both, 2, first[i], count[i]), weight[i], KR_NONE);
        kr__plan_output(plan, y[i]);
    }
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(plan), sizeof *work);
    kr_run run = {.data = {work, NULL}, .grad = {work, NULL}};
    memset(work, -1, (size_t)kr__plan_work_size(plan) * sizeof *work);
    x = kr__plan_resolve(plan, x);
    for (int64_t k = 0; k < ROWS * width; k++) kr__data(&run, &x)[k] = (kr_real)k;
    for (int i = 0; i < 2; i++) {
        weight[i] = kr__plan_resolve(plan, weight[i]);
        for (int64_t k = 0; k < count[i]; k++) kr__data(&run, &weight[i])[k] = (kr_real)(i + 1);
    }
    kr__plan_forward(plan, &run);
    for (int i = 0; i < 2; i++) {
        y[i] = kr__plan_resolve(plan, y[i]);
        for (int r = 0; r < ROWS; r++) kr__grad(&run, &y[i])[r] = (kr_real)(r + 1);
    }
    kr__plan_backward(plan, &run);
    for (int64_t k = 0; k < ROWS * width; k++) {
        kr_real want = 0;
        for (int i = 0; i < 2; i++) {
            int64_t column = k % width - first[i];
            if (column >= 0 && column < count[i]) want += (kr_real)(2 * (i + 1) * (k / width + 1));
        }
        assert_true(kr__grad(&run, &x)[k] == want);
    }
    kr_free(work);
    kr__plan_destroy(plan);
}

static void gradients_of_columns_come_together(void **state) {
    (void)state;
    check_columns((int64_t[]){0, 4}, (int64_t[]){4, 3}, 7); /* side by side: both write */
    check_columns((int64_t[]){0, 3}, (int64_t[]){4, 4}, 7); /* one column in both */
    check_columns((int64_t[]){1, 4}, (int64_t[]){2, 3}, 7); /* two columns in none */
    check_columns((int64_t[]){0, 2}, (int64_t[]){7, 3}, 7); /* one inside all */
    check_columns((int64_t[]){2, 0}, (int64_t[]){3, 7}, 7);
}

/* y = 4 x of two parts x, which are sums of inputs and never copied. */
static void joined_outputs_lie_together(void **state) {
    (void)state;
    const int64_t length[2] = {5, 19};
    kr_plan *plan = NULL;
    assert_int_equal(kr__plan_create(&kr_backend_cpu, 1, true, &plan, NULL), KR_OK);
    kr_tensor x[2], part[2];
    for (int i = 0; i < 2; i++) {
        x[i] = kr__plan_input(plan, 2, (int64_t[]){1, length[i]}, true);
        part[i] = kr__add(plan, x[i], x[i]);
    }
    kr_tensor joined = kr__plan_join(plan, 2, part, 1), y = kr__add(plan, joined, joined);
    assert_int_equal(joined.shape[1], 24);
    kr__plan_output(plan, y);
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    assert_int_equal(kr__plan_node_count(plan), 3);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(plan), sizeof *work);
    kr_run run = {.data = {work, NULL}, .grad = {work, NULL}};
    memset(work, -1, (size_t)kr__plan_work_size(plan) * sizeof *work);
    joined = kr__plan_resolve(plan, joined);
    y = kr__plan_resolve(plan, y);
    for (int i = 0, at = 0; i < 2; at += (int)length[i++]) {
        x[i] = kr__plan_resolve(plan, x[i]);
        part[i] = kr__plan_resolve(plan, part[i]);
        assert_int_equal(part[i].offset, joined.offset + at);
        assert_int_equal(part[i].grad_offset, joined.grad_offset + at);
        for (int k = 0; k < length[i]; k++) kr__data(&run, &x[i])[k] = (kr_real)(at + k);
    }
    kr__plan_forward(plan, &run);
    for (int k = 0; k < 24; k++) {
        assert_true(kr__data(&run, &y)[k] == (kr_real)(4 * k));
        kr__grad(&run, &y)[k] = (kr_real)k;
    }
    kr__plan_backward(plan, &run);
    for (int i = 0, at = 0; i < 2; at += (int)length[i++]) {
        for (int k = 0; k < length[i]; k++) {
            assert_true(kr__grad(&run, &x[i])[k] == (kr_real)(4 * (at + k)));
        }
    }
    kr_free(work);
    kr__plan_destroy(plan);
}

/* ---- strands ---------------------------------------------------------------------------- */

enum { ROWS = 7, TOKENS = 16, WIDTH = 128, N_WEIGHTS = WIDTH * WIDTH };

static const int64_t rows_shape[3] = {ROWS, TOKENS, WIDTH};

static kr_tensor parameter(int64_t at, int rank, const int64_t *shape) {
    kr_tensor t = kr__tensor_make(rank, shape);
    t.space = KR_SPACE_PARAM;
    t.buffer = (int32_t)at;
    t.offset = at;
    t.grad_offset = -1;
    return t;
}

/* linear, gelu, attention, add: a strand; a copy of other rows; linear, gelu: one more; a product
 * of one row. */
static kr_plan *plan_rows(bool with_backward, int64_t batch, kr_tensor *x, kr_tensor *y) {
    kr_plan *plan = NULL;
    const int64_t square[2] = {WIDTH, WIDTH};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, batch, with_backward, &plan, NULL), KR_OK);
    kr_tensor weight = parameter(0, 2, square);
    *x = kr__plan_input(plan, 3, rows_shape, with_backward);
    kr_tensor a = kr__linear(plan, *x, weight, KR_NONE);
    kr_tensor b = kr__gelu(plan, a);
    kr_tensor c = kr__attention(plan, b, b, a, 4, 0);
    kr_tensor d = kr__add(plan, c, *x);
    kr_tensor e = kr__copy(plan, kr__transpose(kr__reshape(d, 3, (int64_t[]){7, 8, 256}), 1, 2));
    kr_tensor f = kr__linear(plan, kr__reshape(e, 3, rows_shape), weight, KR_NONE);
    kr_tensor g = kr__gelu(plan, f);
    kr_tensor last = kr__reshape(g, 3, (int64_t[]){1, ROWS * TOKENS, WIDTH});
    *y = kr__linear(plan, last, weight, KR_NONE);
    kr__plan_output(plan, *y);
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    *x = kr__plan_resolve(plan, *x);
    *y = kr__plan_resolve(plan, *y);
    return plan;
}

static void check_strand(const kr_plan *plan, int node, int64_t rows, int first, int last) {
    const kr_node *n = kr__plan_node(plan, node);
    assert_int_equal(n->strand_rows, rows);
    assert_int_equal(n->strand_first, first);
    assert_int_equal(n->strand_last, last);
}

/* What a worker writes that is ahead must not lie where one behind still reads. */
static void check_places(const kr_plan *plan, int first, int last) {
    for (int i = first; i <= last; i++) {
        const kr_tensor *a = &kr__plan_node(plan, i)->out[0];
        for (int k = first; k < i; k++) {
            const kr_tensor *b = &kr__plan_node(plan, k)->out[0];
            assert_true(a->offset + kr__tensor_size(a) <= b->offset ||
                        b->offset + kr__tensor_size(b) <= a->offset);
        }
    }
}

static void nodes_that_keep_rows_apart_are_a_strand(void **state) {
    (void)state;
    kr_tensor x, y;
    kr_plan *plan = plan_rows(false, 1, &x, &y);
    assert_int_equal(kr__plan_node_count(plan), 8);
    for (int i = 0; i < 4; i++) check_strand(plan, i, ROWS, 0, 3);
    check_strand(plan, 4, 0, 4, 4);
    for (int i = 5; i < 7; i++) check_strand(plan, i, ROWS, 5, 6);
    check_strand(plan, 7, 0, 7, 7);
    check_places(plan, 0, 3);
    check_places(plan, 5, 6);
    kr__plan_destroy(plan);
    plan = plan_rows(true, 1, &x, &y);
    for (int i = 0; i < 8; i++) check_strand(plan, i, 0, i, i);
    kr__plan_destroy(plan);
    plan = plan_rows(false, 7, &x, &y); /* workers take samples */
    for (int i = 0; i < 8; i++) check_strand(plan, i, 0, i, i);
    kr__plan_destroy(plan);
}

/* The whole team, many times, for a worker that is late is seen by chance alone. */
static void check_workers(const kr_plan *plan, int workers, kr_run run, const kr_tensor *y,
                          const kr_real *want) {
    size_t n = (size_t)kr__tensor_size(y), n_scratch = (size_t)kr__plan_scratch_size(plan) + 1;
    kr_per_worker scratch;
    assert_int_equal(kr_team_create(workers, NULL, NULL, &run.team, NULL), KR_OK);
    assert_int_equal(kr_per_worker_init(&scratch, run.team, n_scratch * sizeof(kr_real), NULL),
                     KR_OK);
    for (int i = 0; i < 20; i++) {
        memset(kr__data(&run, y), 0, n * sizeof(kr_real));
        kr__plan_forward_together(plan, &run, &scratch);
        assert_memory_equal(kr__data(&run, y), want, n * sizeof(kr_real));
    }
    kr_per_worker_deinit(&scratch);
    kr_team_destroy(run.team);
}

static void strands_change_no_bit(void **state) {
    (void)state;
    kr_tensor x, y;
    kr_plan *plan = plan_rows(false, 1, &x, &y);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(plan), sizeof *work);
    kr_real *weight = kr__calloc(N_WEIGHTS, sizeof *weight);
    kr_real *scratch = kr__calloc((size_t)kr__plan_scratch_size(plan) + 1, sizeof *scratch);
    const kr_run run = {.data = {work, weight}, .scratch = scratch};
    for (int i = 0; i < N_WEIGHTS; i++) weight[i] = (kr_real)((i * 37) % 101 - 50) / 300;
    for (int i = 0; i < ROWS * TOKENS * WIDTH; i++) {
        kr__data(&run, &x)[i] = (kr_real)((i * 53) % 97 - 48) / 40;
    }
    kr__plan_forward(plan, &run);
    size_t n = (size_t)kr__tensor_size(&y) * sizeof(kr_real);
    kr_real *want = kr__calloc(1, n);
    memcpy(want, kr__data(&run, &y), n);
    const int workers[] = {1, 2, 3, 7, 8};
    for (int i = 0; i < 5; i++) check_workers(plan, workers[i], run, &y, want);
    kr_free(want);
    kr_free(scratch);
    kr_free(weight);
    kr_free(work);
    kr__plan_destroy(plan);
}

/* ---- failures --------------------------------------------------------------------------- */

static void the_first_failure_sticks(void **state) {
    (void)state;
    kr_plan *plan = NULL;
    kr_error err = {0};
    const int64_t a[2] = {2, 3}, b[2] = {3, 2};
    kr__plan_create(&kr_backend_cpu, 1, true, &plan, NULL);
    kr__plan_label(plan, "encoder.layers.%d", 4);
    kr_tensor x = kr__plan_input(plan, 2, a, true), z = kr__plan_input(plan, 2, b, true);
    kr_tensor y = kr__add(plan, kr__add(plan, x, z), x);
    assert_int_equal(y.rank, 0);
    assert_int_equal(kr__plan_finish(plan, &err), KR_SHAPE);
    assert_string_equal(err.text,
                        "add (encoder.layers.4): needs two contiguous tensors of one shape, got "
                        "(2, 3) and (3, 2)");
    kr__plan_destroy(plan);
}

/* ---- backends --------------------------------------------------------------------------- */

static void add_numbers(const kr_node *node, const kr_run *run) {
    for (int64_t i = 0; i < kr__tensor_size(&node->out[0]); i++) {
        kr__data(run, &node->out[0])[i] =
            kr__data(run, &node->in[0])[i] + kr__data(run, &node->in[1])[i] + 100;
    }
}

/* A second backend, whose sums are 100 too large: they show which one computed. */
static const kr_op_row toy_add = {.op = &kr_op_add, .forward = add_numbers};
static const kr_op_row *const toy_rows[] = {&toy_add};
static const kr_backend toy = {.name = "toy", .n_rows = 1, .rows = toy_rows};

static void a_plan_computes_with_its_backends_rows(void **state) {
    (void)state;
    const int64_t shape[2] = {1, LENGTH};
    kr_plan *plan = NULL;
    assert_int_equal(kr__plan_create(&toy, 1, false, &plan, NULL), KR_OK);
    kr_tensor x = kr__plan_input(plan, 2, shape, false), y = kr__add(plan, x, x);
    kr__plan_output(plan, y);
    assert_int_equal(kr__plan_finish(plan, NULL), KR_OK);
    assert_ptr_equal(kr__plan_node(plan, 0)->row, &toy_add);
    kr_real *work = kr__calloc((size_t)kr__plan_work_size(plan), sizeof *work);
    kr_run run = {.data = {work, NULL}};
    x = kr__plan_resolve(plan, x);
    y = kr__plan_resolve(plan, y);
    for (int i = 0; i < LENGTH; i++) kr__data(&run, &x)[i] = (kr_real)i;
    kr__plan_forward(plan, &run);
    for (int i = 0; i < LENGTH; i++) assert_true(kr__data(&run, &y)[i] == (kr_real)(2 * i + 100));
    kr_free(work);
    kr__plan_destroy(plan);
}

static void an_op_without_a_row_is_refused(void **state) {
    (void)state;
    const int64_t shape[2] = {1, LENGTH};
    for (int i = 0; i < 2; i++) {
        kr_plan *plan = NULL;
        kr_error err = {0};
        assert_int_equal(kr__plan_create(&toy, 1, false, &plan, NULL), KR_OK);
        if (i > 0) kr__plan_label(plan, "encoder.layers.%d", 4);
        kr_tensor x = kr__plan_input(plan, 2, shape, false);
        kr__plan_output(plan, kr__gelu(plan, kr__add(plan, x, x)));
        assert_int_equal(kr__plan_finish(plan, &err), KR_UNSUPPORTED);
        assert_string_equal(err.text, i == 0 ? "op gelu has no backend \"toy\": write its row "
                                               "(docs/add-an-op.md), or plan for another backend"
                                             : "op gelu (encoder.layers.4) has no backend \"toy\": "
                                               "write its row (docs/add-an-op.md), or plan for "
                                               "another backend");
        kr__plan_destroy(plan);
    }
}

static void the_cpu_has_every_op(void **state) {
    (void)state;
    assert_string_equal(kr_backend_cpu.name, "cpu");
    assert_int_equal(kr_backend_cpu.n_rows, kr__op_count());
    for (int i = 0; i < kr__op_count(); i++) {
        assert_ptr_equal(kr_backend_cpu.rows[i]->op, kr__op_at(i));
        assert_non_null(kr_backend_cpu.rows[i]->forward);
        assert_non_null(kr_backend_cpu.rows[i]->backward);
    }
}

static kr_status plan_forty(void *arg, kr_error *err) {
    const int64_t *shape = arg;
    kr_plan *plan = NULL;
    KR_TRY(kr__plan_create(&kr_backend_cpu, 1, true, &plan, err));
    kr_tensor x = kr__plan_input(plan, 2, shape, true);
    for (int i = 0; i < 40; i++) x = kr__add(plan, x, x);
    kr__plan_output(plan, x);
    kr_status status = kr__plan_finish(plan, err);
    kr__plan_destroy(plan);
    return status;
}

static void running_out_of_memory_is_an_error_at_every_allocation(void **state) {
    (void)state;
    int64_t shape[2] = {1, LENGTH};
    kr_starve("a plan", plan_forty, shape);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_and_reshapes_keep_their_elements),
        cmocka_unit_test(dead_values_share_memory),
        cmocka_unit_test(runs_without_allocating_and_adds_gradients),
        cmocka_unit_test(gradients_of_columns_come_together),
        cmocka_unit_test(joined_outputs_lie_together),
        cmocka_unit_test(nodes_that_keep_rows_apart_are_a_strand),
        cmocka_unit_test(strands_change_no_bit),
        cmocka_unit_test(the_first_failure_sticks),
        cmocka_unit_test(a_plan_computes_with_its_backends_rows),
        cmocka_unit_test(an_op_without_a_row_is_refused),
        cmocka_unit_test(the_cpu_has_every_op),
        cmocka_unit_test(running_out_of_memory_is_an_error_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
