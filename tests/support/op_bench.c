/* SPDX-License-Identifier: MIT
 * op_bench.c - a plan with memory of its own. */
#include "support/op_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void kr_op_bench_open(kr_op_bench *b, int64_t batch) {
    *b = (kr_op_bench){0};
    assert_int_equal(kr_plan_create(batch, true, &b->plan, NULL), KR_OK);
}

kr_tensor kr_op_bench_in(kr_op_bench *b, int rank, const int64_t *shape) {
    assert_true(b->n_in < KR_OP_BENCH_MAX);
    return b->in[b->n_in++] = kr_plan_input(b->plan, rank, shape, true);
}

void kr_op_bench_out(kr_op_bench *b, kr_tensor y) {
    assert_true(b->n_out < KR_OP_BENCH_MAX);
    b->out[b->n_out++] = y;
    kr_plan_output(b->plan, y);
}

void kr_op_bench_finish(kr_op_bench *b) {
    kr_error err = {0};
    if (kr_plan_finish(b->plan, &err) != KR_OK) fail_msg("%s", err.text);
    kr_real *work = kr_calloc((size_t)kr_plan_work_size(b->plan) + 1, sizeof *work);
    kr_real *scratch = kr_calloc((size_t)kr_plan_scratch_size(b->plan) + 1, sizeof *scratch);
    assert_non_null(work);
    assert_non_null(scratch);
    b->run = (kr_run){.data = {work, NULL}, .grad = {work, NULL}, .scratch = scratch, .seed = 1};
    for (int i = 0; i < b->n_in; i++) {
        b->in[i] = kr_plan_resolve(b->plan, b->in[i]);
        b->x[i] = kr_data(&b->run, &b->in[i]);
        b->grad_x[i] = kr_grad(&b->run, &b->in[i]);
    }
    for (int i = 0; i < b->n_out; i++) {
        b->out[i] = kr_plan_resolve(b->plan, b->out[i]);
        b->y[i] = kr_data(&b->run, &b->out[i]);
        b->grad_y[i] = kr_grad(&b->run, &b->out[i]);
    }
}

void kr_op_bench_expect_refusal(kr_op_bench *b, const char *sentence) {
    kr_error err = {0};
    assert_int_equal(kr_plan_finish(b->plan, &err), KR_SHAPE);
    assert_string_equal(err.text, sentence);
    kr_plan_destroy(b->plan);
}

void kr_op_bench_set(kr_op_bench *b, int i, const kr_real *numbers) {
    memcpy(b->x[i], numbers, (size_t)kr_tensor_size(&b->in[i]) * sizeof *numbers);
}

void kr_op_bench_close(kr_op_bench *b) {
    kr_free(b->run.data[KR_SPACE_WORK]);
    kr_free(b->run.scratch);
    kr_plan_destroy(b->plan);
}
