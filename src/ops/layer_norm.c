/* SPDX-License-Identifier: MIT
 * layer_norm.c - layer normalisation over the last axis.
 *
 *     y = (x - mean) / sqrt(variance + eps) * weight + bias
 *
 * Saved for backward: x itself, and of each row the mean and 1 / sqrt(variance + eps).
 * Source: arXiv:1607.06450. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

enum { X, WEIGHT, BIAS };

typedef struct settings {
    double eps;
} settings;

static bool is_vector(const kr_tensor *t, int64_t n) {
    return t->rank == 1 && t->shape[0] == n && kr__tensor_is_contiguous(t);
}

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X];
    char text_x[KR_SHAPE_TEXT], text_w[KR_SHAPE_TEXT], text_b[KR_SHAPE_TEXT];
    kr_matrix m;
    if (!kr__tensor_as_matrix(x, &m)) {
        return kr__node_fail(node, err, "x %s must have its last axis and its rows evenly spaced",
                             kr__shape_text(x, text_x));
    }
    if (!is_vector(&node->in[WEIGHT], m.cols) || !is_vector(&node->in[BIAS], m.cols)) {
        return kr__node_fail(node, err, "x %s needs weight and bias of (%lld), got %s and %s",
                             kr__shape_text(x, text_x), (long long)m.cols,
                             kr__shape_text(&node->in[WEIGHT], text_w),
                             kr__shape_text(&node->in[BIAS], text_b));
    }
    kr__node_output(node, 0, x->rank, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const kr_tensor *x = &node->in[X];
    node->keeps_in = 1u << X | 1u << WEIGHT;
    node->keeps_out = 0;
    node->n_saved = 2 * kr__tensor_size(x) / node->in[WEIGHT].shape[0];
    node->n_pieces = kr__node_pieces(node, kr__tensor_size(x), KR_LEAST_VALUES);
}

static kr__norm_rows make_rows(const kr_node *node) {
    kr_matrix m = {0};
    kr__tensor_as_matrix(&node->in[X], &m);
    return (kr__norm_rows){.rows = m.rows,
                           .cols = m.cols,
                           .x_stride = m.row_stride,
                           .y_stride = m.cols,
                           .eps = ((const settings *)node->attr)->eps};
}

static void forward(const kr_node *node, const kr_run *run) {
    kr__norm_rows s = make_rows(node);
    kr_real *mean = kr__saved(node, run), *inverse = mean + s.rows;
    kr_range rows = kr__range_of(run, s.rows, 1);
    s.rows = rows.count;
    kr__kernels()->norm_rows(&s, kr__data(run, &node->in[X]) + rows.first * s.x_stride,
                             kr__data(run, &node->in[WEIGHT]), kr__data(run, &node->in[BIAS]),
                             kr__data(run, &node->out[0]) + rows.first * s.y_stride,
                             mean + rows.first, inverse + rows.first);
}

/* One piece does it all: the gradients of weight and bias are sums over all rows. */
static void backward(const kr_node *node, const kr_run *run) {
    if (run->piece > 0) return;
    kr__norm_rows s = make_rows(node);
    const kr_real *mean = kr__saved(node, run);
    kr_real *grad[3];
    for (int i = 0; i < 3; i++) {
        grad[i] = kr__grad(run, &node->in[i]);
        bool is_sum = i != X && node->overwrites >> i & 1; /* the kernel adds row after row */
        if (is_sum) memset(grad[i], 0, (size_t)s.cols * sizeof *grad[i]);
    }
    kr__kernels()->norm_rows_backward(&s, kr__data(run, &node->in[X]),
                                      kr__data(run, &node->in[WEIGHT]), mean, mean + s.rows,
                                      kr__grad(run, &node->out[0]), grad[X],
                                      !(node->overwrites >> X & 1), grad[WEIGHT], grad[BIAS]);
}

const kr_op kr_op_layer_norm = {.name = "layer_norm", .plan = plan};

const kr_op_row kr_op_layer_norm_cpu = {.op = &kr_op_layer_norm,
                                        .needs = needs,
                                        .forward = forward,
                                        .backward = backward,
                                        .can_overwrite = true,
                                        .keeps_rows = true};

kr_tensor kr__layer_norm(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor bias,
                         double eps) {
    const kr_tensor in[3] = {x, weight, bias};
    return kr__plan_apply(plan_, &kr_op_layer_norm, 3, in, &(settings){eps}, sizeof(settings));
}
