/* SPDX-License-Identifier: MIT
 * op_bench.c - a plan with memory of its own. */
#include "support/op_bench.h"
#include "core/real.h"
#include "support/guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#ifdef KR_REAL_DOUBLE
#define KR_GOLDEN_PREFIX "f64."
#else
#define KR_GOLDEN_PREFIX ""
#endif

void kr_op_bench_open(kr_op_bench *b, int64_t batch) {
    *b = (kr_op_bench){0};
    assert_int_equal(kr__plan_create(&kr_backend_cpu, batch, true, &b->plan, NULL), KR_OK);
}

kr_tensor kr_op_bench_in(kr_op_bench *b, int rank, const int64_t *shape) {
    assert_true(b->n_in < KR_OP_BENCH_MAX);
    return b->in[b->n_in++] = kr__plan_input(b->plan, rank, shape, true);
}

kr_tensor kr_op_bench_in_golden(kr_op_bench *b, kr_golden *golden, const char *name) {
    const kr_array *array = kr_golden_array(golden, name);
    b->golden[b->n_in] = golden;
    b->golden_name[b->n_in] = name;
    return kr_op_bench_in(b, array->rank, array->shape);
}

void kr_op_bench_out(kr_op_bench *b, kr_tensor y) {
    assert_true(b->n_out < KR_OP_BENCH_MAX);
    b->out[b->n_out++] = y;
    kr__plan_output(b->plan, y);
}

void kr_op_bench_finish(kr_op_bench *b) {
    kr_error err = {0};
    if (kr__plan_finish(b->plan, &err) != KR_OK) fail_msg("%s", err.text);
    kr_real *work = kr_guarded_create(kr__plan_work_size(b->plan));
    kr_real *scratch = kr_guarded_create(kr__plan_scratch_size(b->plan));
    b->run = (kr_run){.data = {work, NULL}, .grad = {work, NULL}, .scratch = scratch, .seed = 1};
    for (int i = 0; i < b->n_in; i++) {
        b->in[i] = kr__plan_resolve(b->plan, b->in[i]);
        b->x[i] = kr__data(&b->run, &b->in[i]);
        b->grad_x[i] = kr__grad(&b->run, &b->in[i]);
        if (!b->golden[i]) continue;
        kr_op_bench_set(b, i, kr_golden_real(b->golden[i], b->golden_name[i], NULL));
    }
    for (int i = 0; i < b->n_out; i++) {
        b->out[i] = kr__plan_resolve(b->plan, b->out[i]);
        b->y[i] = kr__data(&b->run, &b->out[i]);
        b->grad_y[i] = kr__grad(&b->run, &b->out[i]);
    }
}

void kr_op_bench_expect_refusal(kr_op_bench *b, const char *sentence) {
    kr_error err = {0};
    assert_int_equal(kr__plan_finish(b->plan, &err), KR_SHAPE);
    assert_string_equal(err.text, sentence);
    kr__plan_destroy(b->plan);
}

void kr_op_bench_set(kr_op_bench *b, int i, const kr_real *numbers) {
    memcpy(b->x[i], numbers, (size_t)kr__tensor_size(&b->in[i]) * sizeof *numbers);
}

/* "in.x" -> "grad_in.x", "param.w" -> "grad.w"; in double with "f64." in front. */
static const char *name_gradient(const char *name, char text[128]) {
    bool is_parameter = strncmp(name, "param.", 6) == 0;
    snprintf(text, 128, "%s%s%s", KR_GOLDEN_PREFIX, is_parameter ? "grad." : "grad_",
             is_parameter ? name + 6 : name);
    return text;
}

static const bool is_double = sizeof(kr_real) == sizeof(double);

void kr_op_bench_compare_y(kr_op_bench *b, kr_golden *golden) {
    int64_t n;
    const kr_real *y = kr_golden_real(golden, KR_GOLDEN_PREFIX "y", &n);
    assert_int_equal(n, kr__tensor_size(&b->out[0]));
    assert_close(b->y[0], y, n, is_double ? 1e-9 : 1e-5);
}

void kr_op_bench_compare_gradients(kr_op_bench *b, kr_golden *golden) {
    int64_t n;
    const kr_real *w = kr_golden_real(golden, "w", &n);
    assert_int_equal(n, kr__tensor_size(&b->out[0]));
    memcpy(b->grad_y[0], w, (size_t)n * sizeof *w);
    kr__plan_backward(b->plan, &b->run);
    for (int i = 0; i < b->n_in; i++) {
        if (!b->golden[i]) continue;
        char name[128];
        const kr_real *grad = kr_golden_real(golden, name_gradient(b->golden_name[i], name), &n);
        double tolerance = b->tolerance[i] > 0 ? b->tolerance[i] : is_double ? 1e-8 : 5e-5;
        kr_assert_close(b->grad_x[i], grad, n, tolerance, b->tolerance[i] == 0, name, __FILE__,
                        __LINE__);
    }
}

void kr_op_bench_compare(kr_op_bench *b, kr_golden *golden) {
    kr__plan_forward(b->plan, &b->run);
    kr_op_bench_compare_y(b, golden);
    kr_op_bench_compare_gradients(b, golden);
}

void kr_op_bench_close(kr_op_bench *b) {
    kr_guarded_destroy(b->run.data[KR_SPACE_WORK], kr__plan_work_size(b->plan));
    kr_guarded_destroy(b->run.scratch, kr__plan_scratch_size(b->plan));
    kr__plan_destroy(b->plan);
}
