/* SPDX-License-Identifier: MIT
 * linear_bf16.c - the affine map of linear.c, with products of bf16 numbers and sums in float32.
 *
 * x is rounded before forward and kept, half as large, for the gradient of the weight; grad_y is
 * rounded before backward; the weights are rounded once a step, by whoever runs the plan. Results
 * and gradients are float32. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/product.h"
#include "ops/linear.h"

enum { X = KR_LINEAR_X, WEIGHT = KR_LINEAR_WEIGHT, BIAS = KR_LINEAR_BIAS };

/* ---- products --------------------------------------------------------------------------- */

static void multiply(const kr_run *run, kr_product_shape s, const kr_bf16 *a, const kr_bf16 *b,
                     const kr_real *bias, kr_real *c) {
    const kr_linear_piece piece = kr__linear_piece(run, s.m, s.n);
    int64_t row = piece.rows.first, column = piece.columns.first;
    a += row * (s.trans_a ? 1 : s.lda);
    b += column * (s.trans_b ? s.ldb : 1);
    if (bias) bias += column;
    c += row * s.ldc + column;
    s.m = piece.rows.count;
    s.n = piece.columns.count;
    if (s.m > 0 && s.n > 0) kr__product_run(&s, a, b, bias, c, run->scratch);
}

static kr_product_shape shape_of_y(const kr_matrix *x, const kr_matrix *w) {
    return (kr_product_shape){.trans_b = true,
                              .m = x->rows,
                              .n = w->rows,
                              .k = w->cols,
                              .lda = w->cols,
                              .ldb = w->row_stride,
                              .ldc = w->rows};
}

static kr_product_shape shape_of_grad_x(const kr_matrix *x, const kr_matrix *w) {
    return (kr_product_shape){.m = x->rows,
                              .n = w->cols,
                              .k = w->rows,
                              .lda = w->rows,
                              .ldb = w->row_stride,
                              .ldc = x->row_stride};
}

static kr_product_shape shape_of_grad_weight(const kr_matrix *x, const kr_matrix *w) {
    return (kr_product_shape){.trans_a = true,
                              .m = w->rows,
                              .n = w->cols,
                              .k = x->rows,
                              .lda = w->rows,
                              .ldb = w->cols,
                              .ldc = w->row_stride};
}

/* ---- the op ----------------------------------------------------------------------------- */

/* Elements of kr_real that hold n numbers of bf16. */
static int64_t room(int64_t n) {
    return (n * (int64_t)sizeof(kr_bf16) - 1) / (int64_t)sizeof(kr_real) + 1;
}

static kr_status plan(kr_node *node, kr_error *err) { return kr_op_linear.plan(node, err); }

static void needs(kr_node *node) {
    kr_matrix x, w;
    kr_op_linear_cpu.needs(node);
    kr__linear_view(node, &x, &w);
    node->keeps_in = 0;
    node->n_saved = room(x.rows * x.cols);
    node->n_partial = room(x.rows * w.rows);
    const kr_product_shape shapes[] = {shape_of_y(&x, &w), shape_of_grad_x(&x, &w),
                                       shape_of_grad_weight(&x, &w)};
    for (int i = 0; i < 3; i++) {
        int64_t scratch = kr__product_scratch(&shapes[i]);
        if (scratch > node->n_scratch) node->n_scratch = scratch;
    }
}

/* This piece's rows of a matrix to bf16, contiguous. */
static void round_piece(const kr_run *run, const kr_matrix *m, const kr_real *from, kr_bf16 *to) {
    kr_range rows = kr__range_of(run, m->rows, 1);
    kr__kernels()->to_bf16(rows.count, m->cols, from + rows.first * m->row_stride, m->row_stride,
                           to + rows.first * m->cols);
}

static kr_bf16 *rounded_x(const kr_node *node, const kr_run *run) {
    return (kr_bf16 *)kr__saved(node, run);
}

static kr_bf16 *rounded_grad(const kr_node *node, const kr_run *run) {
    return (kr_bf16 *)kr__partial(node, run);
}

static const kr_bf16 *rounded_weight(const kr_node *node, const kr_run *run) {
    return run->bf16 + node->in[WEIGHT].offset;
}

static void before_forward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    round_piece(run, &x, kr__data(run, &node->in[X]), rounded_x(node, run));
}

static void forward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    multiply(run, shape_of_y(&x, &w), rounded_x(node, run), rounded_weight(node, run),
             node->n_in > BIAS ? kr__data(run, &node->in[BIAS]) : NULL,
             kr__data(run, &node->out[0]));
}

static void before_backward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    const kr_matrix grad_y = {.rows = x.rows, .cols = w.rows, .row_stride = w.rows};
    round_piece(run, &grad_y, kr__grad(run, &node->out[0]), rounded_grad(node, run));
}

static void backward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    const kr_bf16 *grad_y = rounded_grad(node, run);
    kr_real *grad_x = kr__grad(run, &node->in[X]), *grad_weight = kr__grad(run, &node->in[WEIGHT]);
    if (grad_x) {
        kr_product_shape s = shape_of_grad_x(&x, &w);
        s.is_adding = !kr__overwrites(node, run, X);
        multiply(run, s, grad_y, rounded_weight(node, run), NULL, grad_x);
    }
    if (grad_weight) {
        kr_product_shape s = shape_of_grad_weight(&x, &w);
        s.is_adding = !kr__overwrites(node, run, WEIGHT);
        multiply(run, s, grad_y, rounded_x(node, run), NULL, grad_weight);
    }
    kr__linear_bias_gradient(node, run);
}

static kr_work work(const kr_node *node) { return kr_op_linear.work(node); }

const kr_op kr_op_linear_bf16 = {.name = "linear_bf16", .plan = plan, .work = work};

const kr_op_row kr_op_linear_bf16_cpu = {.op = &kr_op_linear_bf16,
                                         .needs = needs,
                                         .before_forward = before_forward,
                                         .forward = forward,
                                         .before_backward = before_backward,
                                         .backward = backward,
                                         .can_overwrite = true,
                                         .can_overwrite_columns = true,
                                         .can_overwrite_params = true};

kr_tensor kr__linear_bf16(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor bias) {
    const kr_tensor in[3] = {x, weight, bias};
    return kr__plan_apply(plan_, &kr_op_linear_bf16, bias.rank > 0 ? 3 : 2, in, NULL, 0);
}
