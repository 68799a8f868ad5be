/* SPDX-License-Identifier: MIT
 * linear.c - an affine map over the last axis.
 *
 *     y = x weight^T + bias
 *     grad_x = grad_y weight     grad_weight = grad_y^T x     grad_bias = column sums of grad_y
 *
 * A piece of a cut run makes some rows or some columns of each product. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/linear.h"
#include "ops/weight_panels.h"

enum { X = KR_LINEAR_X, WEIGHT = KR_LINEAR_WEIGHT, BIAS = KR_LINEAR_BIAS, GROUP = KR_LINEAR_GROUP };

/* Multiplications that make a piece worth a worker. With few rows of x it is numbers of the weight
 * that count, for then reading them is what takes the time. */
enum { LEAST_PRODUCTS = 1 << 19, LEAST_WEIGHTS = 1 << 13, FEW_ROWS = 4 };

bool kr__linear_view(const kr_node *node, kr_matrix *x, kr_matrix *weight) {
    *x = (kr_matrix){0};
    return kr__weight_view(&node->in[WEIGHT], weight) && kr__tensor_as_matrix(&node->in[X], x);
}

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *weight = &node->in[WEIGHT];
    char text_x[KR_SHAPE_TEXT], text_w[KR_SHAPE_TEXT];
    kr_matrix rows, w;
    if (!kr__linear_view(node, &rows, &w) || rows.cols != w.cols) {
        return kr__node_fail(node, err, "x %s does not fit weight %s: needs (.., in) and (out, in)",
                             kr__shape_text(x, text_x), kr__shape_text(weight, text_w));
    }
    const kr_tensor *bias = &node->in[BIAS];
    if (node->n_in > BIAS &&
        (bias->rank != 1 || bias->shape[0] != w.rows || !kr__tensor_is_contiguous(bias))) {
        return kr__node_fail(node, err, "bias %s does not fit weight %s: needs (out)",
                             kr__shape_text(bias, text_x), kr__shape_text(weight, text_w));
    }
    int64_t shape[KR_MAX_RANK];
    memcpy(shape, x->shape, sizeof shape);
    shape[x->rank - 1] = w.rows;
    kr__node_output(node, 0, x->rank, shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    bool wants_x = node->in[X].grad_offset >= 0, wants_weight = node->in[WEIGHT].grad_offset >= 0;
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    node->keeps_in = (unsigned)wants_weight << X | (unsigned)wants_x << WEIGHT;
    node->keeps_out = 0;
    node->n_pieces = x.rows <= FEW_ROWS
                         ? kr__node_pieces(node, w.rows * w.cols, LEAST_WEIGHTS)
                         : kr__node_pieces(node, x.rows * w.rows * w.cols, LEAST_PRODUCTS);
}

static kr_status prepare(kr_node *node, kr_error *err) {
    return kr__weight_panels_add(node, WEIGHT, KR_PANEL_PRODUCT, err);
}

kr_linear_piece kr__linear_piece(const kr_run *run, int64_t m, int64_t n) {
    bool by_rows = m >= n || run->strand_rows > 0;
    if (by_rows) return (kr_linear_piece){kr__range_of(run, m, GROUP), {0, n}};
    return (kr_linear_piece){{0, m}, kr__range_of(run, n, GROUP)};
}

static void multiply_piece(const kr_run *run, kr__gemm_args p) {
    const kr_linear_piece piece = kr__linear_piece(run, p.m, p.n);
    int64_t row = piece.rows.first, column = piece.columns.first;
    p.a += row * p.row_a;
    p.b += column * p.col_b;
    if (p.panels) p.panels += column * p.k;
    if (p.bias) p.bias += column;
    p.c += row * p.ldc + column;
    p.m = piece.rows.count;
    p.n = piece.columns.count;
    if (p.m > 0 && p.n > 0) kr__kernels()->gemm(&p);
}

static void forward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    kr__gemm_args product = kr__weight_panels_product(node, run, WEIGHT);
    product.m = x.rows;
    product.a = kr__data(run, &node->in[X]);
    product.row_a = x.row_stride;
    product.bias = node->n_in > BIAS ? kr__data(run, &node->in[BIAS]) : NULL;
    product.c = kr__data(run, &node->out[0]);
    multiply_piece(run, product);
}

void kr__linear_bias_gradient(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr_real *grad_bias = node->n_in > BIAS ? kr__grad(run, &node->in[BIAS]) : NULL;
    if (!grad_bias || run->piece > 0) return;
    kr__linear_view(node, &x, &w);
    if (kr__overwrites(node, run, BIAS)) memset(grad_bias, 0, (size_t)w.rows * sizeof *grad_bias);
    kr__kernels()->column_sums_add(x.rows, w.rows, kr__grad(run, &node->out[0]), grad_bias);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr_matrix x, w;
    kr__linear_view(node, &x, &w);
    const kr_real *grad_y = kr__grad(run, &node->out[0]);
    kr_real *grad_x = kr__grad(run, &node->in[X]), *grad_weight = kr__grad(run, &node->in[WEIGHT]);
    if (grad_x) {
        multiply_piece(run, (kr__gemm_args){.m = x.rows,
                                            .n = w.cols,
                                            .k = w.rows,
                                            .a = grad_y,
                                            .row_a = w.rows,
                                            .col_a = 1,
                                            .b = kr__data(run, &node->in[WEIGHT]),
                                            .row_b = w.row_stride,
                                            .col_b = 1,
                                            .c = grad_x,
                                            .ldc = x.row_stride,
                                            .is_adding = !kr__overwrites(node, run, X)});
    }
    if (grad_weight) {
        multiply_piece(run, (kr__gemm_args){.m = w.rows,
                                            .n = w.cols,
                                            .k = x.rows,
                                            .a = grad_y,
                                            .row_a = 1,
                                            .col_a = w.rows,
                                            .b = kr__data(run, &node->in[X]),
                                            .row_b = x.row_stride,
                                            .col_b = 1,
                                            .c = grad_weight,
                                            .ldc = w.row_stride,
                                            .is_adding = !kr__overwrites(node, run, WEIGHT)});
    }
    kr__linear_bias_gradient(node, run);
}

static kr_work work(const kr_node *node) {
    kr_matrix x = {0};
    kr__tensor_as_matrix(&node->in[X], &x);
    double sums = 2.0 * (double)x.rows * (double)kr__tensor_size(&node->in[WEIGHT]);
    int n = (node->in[X].grad_offset >= 0) + (node->in[WEIGHT].grad_offset >= 0);
    return (kr_work){sums, n * sums, "FLOP"};
}

const kr_op kr_op_linear = {.name = "linear", .plan = plan, .work = work};

const kr_op_row kr_op_linear_cpu = {.op = &kr_op_linear,
                                    .needs = needs,
                                    .prepare = prepare,
                                    .forward = forward,
                                    .backward = backward,
                                    .can_overwrite = true,
                                    .can_overwrite_columns = true,
                                    .can_overwrite_params = true,
                                    .keeps_rows = true};

kr_tensor kr__linear_f32(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor bias) {
    const kr_tensor in[3] = {x, weight, bias};
    return kr__plan_apply(plan_, &kr_op_linear, bias.rank > 0 ? 3 : 2, in, NULL, 0);
}
