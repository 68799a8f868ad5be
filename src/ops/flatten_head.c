/* SPDX-License-Identifier: MIT
 * flatten_head.c - all tokens of a variate to its forecast.
 *
 * The weight's columns run d_model major, token minor, as in the original; tokens here are (token,
 * d_model). There are few rows and many weights, so the rows are transposed (and saved).
 *
 *     y = rows weight^T + bias
 *     grad_rows = grad_y weight     grad_weight = grad_y^T rows     grad_bias = column sums */
#include <string.h>

#include "core/real.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "ops/ops.h"
#include "ops/weight_panels.h"
#include "tensor/strided.h"

enum { TOKENS, WEIGHT, BIAS };

typedef struct settings {
    int64_t n_vars;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *tokens = &node->in[TOKENS], *weight = &node->in[WEIGHT];
    const kr_tensor *bias = &node->in[BIAS];
    int64_t n_vars = ((const settings *)node->attr)->n_vars;
    char text_t[KR_SHAPE_TEXT], text_w[KR_SHAPE_TEXT], text_b[KR_SHAPE_TEXT];
    bool fits = tokens->rank == 3 && kr__tensor_is_contiguous(tokens) && n_vars > 0 &&
                tokens->shape[0] % n_vars == 0 && weight->rank == 2 &&
                kr__tensor_is_contiguous(weight) &&
                weight->shape[1] == tokens->shape[1] * tokens->shape[2] && bias->rank == 1 &&
                kr__tensor_is_contiguous(bias) && bias->shape[0] == weight->shape[0];
    if (!fits) {
        return kr__node_fail(node, err,
                             "needs tokens (batch * n_vars, n_tokens, d_model) with n_vars %lld, "
                             "weight (pred_len, d_model * n_tokens) and bias (pred_len), "
                             "got %s, %s and %s",
                             (long long)n_vars, kr__shape_text(tokens, text_t),
                             kr__shape_text(weight, text_w), kr__shape_text(bias, text_b));
    }
    const int64_t shape[3] = {tokens->shape[0] / n_vars, n_vars, weight->shape[0]};
    kr__node_output(node, 0, 3, shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    bool wants_tokens = node->in[TOKENS].grad_offset >= 0;
    node->keeps_in = (unsigned)wants_tokens << WEIGHT;
    node->keeps_out = 0;
    node->n_saved = kr__tensor_size(&node->in[TOKENS]);
    node->n_scratch = wants_tokens ? node->n_saved : 0;
}

static kr_status prepare(kr_node *node, kr_error *err) {
    return kr__weight_panels_add(node, WEIGHT, KR_PANEL_PRODUCT, err);
}

/* (rows, d_model, n_tokens), as it lies in the saved matrix. */
static kr_tensor transposed(const kr_node *node) {
    const int64_t *shape = node->in[TOKENS].shape;
    return kr__tensor_make(3, (int64_t[]){shape[0], shape[2], shape[1]});
}

/* In a strand, some rows. */
static void forward(const kr_node *node, const kr_run *run) {
    kr_real *rows = kr__saved(node, run);
    const kr_range r = kr__rows_of(run, node->in[TOKENS].shape[0]);
    kr_tensor from = kr__slice(kr__transpose(node->in[TOKENS], 1, 2), 0, r.first, r.count);
    kr_tensor to = kr__slice(transposed(node), 0, r.first, r.count);
    kr__strided_copy(&from, kr__data(run, &from), &to, rows + to.offset);
    kr__weight_panels_multiply(node, run, WEIGHT, r.count, rows + to.offset,
                               kr__data(run, &node->in[BIAS]),
                               kr__data(run, &node->out[0]) + r.first * node->in[WEIGHT].shape[0]);
}

static void backward(const kr_node *node, const kr_run *run) {
    int64_t n_rows = node->in[TOKENS].shape[0], n_cols = node->in[WEIGHT].shape[1];
    int64_t pred_len = node->in[WEIGHT].shape[0];
    const kr_real *grad_y = kr__grad(run, &node->out[0]);
    kr_real *grad_weight = kr__grad(run, &node->in[WEIGHT]);
    kr_real *grad_bias = kr__grad(run, &node->in[BIAS]);
    if (grad_weight) {
        kr__gemm('T', 'N', pred_len, n_cols, n_rows, grad_y, pred_len, kr__saved(node, run), n_cols,
                 !kr__overwrites(node, run, WEIGHT), grad_weight, n_cols);
    }
    if (grad_bias) {
        if (kr__overwrites(node, run, BIAS))
            memset(grad_bias, 0, (size_t)pred_len * sizeof *grad_bias);
        kr__kernels()->column_sums_add(n_rows, pred_len, grad_y, grad_bias);
    }
    kr_tensor from = transposed(node), to = kr__transpose(node->in[TOKENS], 1, 2);
    if (!kr__grad(run, &to)) return;
    kr__gemm('N', 'N', n_rows, n_cols, pred_len, grad_y, pred_len, kr__data(run, &node->in[WEIGHT]),
             n_cols, false, run->scratch, n_cols);
    if (kr__overwrites(node, run, TOKENS)) {
        kr__strided_copy(&from, run->scratch, &to, kr__grad(run, &to));
    } else {
        kr__strided_add(&from, run->scratch, &to, kr__grad(run, &to));
    }
}

static kr_work work(const kr_node *node) {
    double product =
        2.0 * (double)node->in[TOKENS].shape[0] * (double)kr__tensor_size(&node->in[WEIGHT]);
    int n = (node->in[TOKENS].grad_offset >= 0) + (node->in[WEIGHT].grad_offset >= 0);
    return (kr_work){product, n * product, "FLOP"};
}

const kr_op kr_op_flatten_head = {.name = "flatten_head", .plan = plan, .work = work};

const kr_op_row kr_op_flatten_head_cpu = {.op = &kr_op_flatten_head,
                                          .needs = needs,
                                          .prepare = prepare,
                                          .forward = forward,
                                          .backward = backward,
                                          .can_overwrite = true,
                                          .can_overwrite_params = true,
                                          .keeps_rows = true};

kr_tensor kr__flatten_head(kr_plan *plan_, kr_tensor tokens, int64_t n_vars, kr_tensor weight,
                           kr_tensor bias) {
    const kr_tensor in[3] = {tokens, weight, bias};
    return kr__plan_apply(plan_, &kr_op_flatten_head, 3, in, &(settings){n_vars}, sizeof(settings));
}
