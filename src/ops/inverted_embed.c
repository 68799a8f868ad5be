/* SPDX-License-Identifier: MIT
 * inverted_embed.c - every series becomes one token: a linear map over its time steps.
 *
 * Series are gathered as rows (batch, n_vars + n_marks, seq_len), saved for backward, so that each
 * direction is one product over the micro-batch, for any strides of the inputs.
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

enum { X, WEIGHT, BIAS, MARK };

static bool has_mark(const kr_node *node) { return node->n_in > MARK; }

static bool is_wanted(const kr_node *node, int i) {
    return i < node->n_in && node->in[i].grad_offset >= 0;
}

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *weight = &node->in[WEIGHT], *bias = &node->in[BIAS];
    const kr_tensor *mark = has_mark(node) ? &node->in[MARK] : NULL;
    char text_x[KR_SHAPE_TEXT], text_m[KR_SHAPE_TEXT], text_w[KR_SHAPE_TEXT], text_b[KR_SHAPE_TEXT];
    bool fits = x->rank == 3 && weight->rank == 2 && kr__tensor_is_contiguous(weight) &&
                weight->shape[1] == x->shape[1] && bias->rank == 1 &&
                kr__tensor_is_contiguous(bias) && bias->shape[0] == weight->shape[0];
    if (fits && mark) {
        fits = mark->rank == 3 && mark->shape[0] == x->shape[0] && mark->shape[1] == x->shape[1];
    }
    if (!fits) {
        return kr__node_fail(node, err,
                             "needs x (batch, seq_len, n_vars), mark (batch, seq_len, n_marks), "
                             "weight (d_model, seq_len) and bias (d_model), got %s, %s, %s and %s",
                             kr__shape_text(x, text_x),
                             mark ? kr__shape_text(mark, text_m) : "none",
                             kr__shape_text(weight, text_w), kr__shape_text(bias, text_b));
    }
    const int64_t shape[3] = {x->shape[0], x->shape[2] + (mark ? mark->shape[2] : 0),
                              weight->shape[0]};
    kr__node_output(node, 0, 3, shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const int64_t *shape = node->out[0].shape;
    bool wants_rows = is_wanted(node, X) || is_wanted(node, MARK);
    node->keeps_in = (unsigned)wants_rows << WEIGHT;
    node->keeps_out = 0;
    node->n_saved = shape[0] * shape[1] * node->in[X].shape[1];
    node->n_scratch = wants_rows ? node->n_saved : 0;
}

/* Where the rows of input i lie in the gathered matrix. */
static kr_tensor place_of(const kr_node *node, int i) {
    const kr_tensor *y = &node->out[0];
    const int64_t shape[3] = {y->shape[0], y->shape[1], node->in[X].shape[1]};
    return kr__slice(kr__tensor_make(3, shape), 1, i == X ? 0 : node->in[X].shape[2],
                     node->in[i].shape[2]);
}

static kr_status prepare(kr_node *node, kr_error *err) {
    return kr__weight_panels_add(node, WEIGHT, KR_PANEL_PRODUCT, err);
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *y_view = &node->out[0];
    kr_real *rows = kr__saved(node, run);
    for (int i = X; i < node->n_in; i += MARK - X) {
        kr_tensor from = kr__transpose(node->in[i], 1, 2), to = place_of(node, i);
        kr__strided_copy(&from, kr__data(run, &from), &to, rows + to.offset);
    }
    kr__weight_panels_multiply(node, run, WEIGHT, y_view->shape[0] * y_view->shape[1], rows,
                               kr__data(run, &node->in[BIAS]), kr__data(run, y_view));
}

static void add_grad_rows(const kr_node *node, const kr_run *run, const kr_real *grad_rows) {
    for (int i = X; i < node->n_in; i += MARK - X) {
        kr_tensor to = kr__transpose(node->in[i], 1, 2), from = place_of(node, i);
        kr_real *grad = kr__grad(run, &to);
        if (!grad) continue;
        if (node->overwrites >> i & 1) {
            kr__strided_copy(&from, grad_rows + from.offset, &to, grad);
        } else {
            kr__strided_add(&from, grad_rows + from.offset, &to, grad);
        }
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *y_view = &node->out[0];
    int64_t n_rows = y_view->shape[0] * y_view->shape[1], d_model = y_view->shape[2];
    int64_t seq_len = node->in[X].shape[1];
    const kr_real *grad_y = kr__grad(run, y_view);
    kr_real *grad_weight = kr__grad(run, &node->in[WEIGHT]);
    kr_real *grad_bias = kr__grad(run, &node->in[BIAS]);
    if (grad_weight) {
        kr__gemm('T', 'N', d_model, seq_len, n_rows, grad_y, d_model, kr__saved(node, run), seq_len,
                 !(node->overwrites >> WEIGHT & 1), grad_weight, seq_len);
    }
    if (grad_bias) {
        if (node->overwrites >> BIAS & 1) memset(grad_bias, 0, (size_t)d_model * sizeof *grad_bias);
        kr__kernels()->column_sums_add(n_rows, d_model, grad_y, grad_bias);
    }
    if (is_wanted(node, X) || is_wanted(node, MARK)) {
        kr__gemm('N', 'N', n_rows, seq_len, d_model, grad_y, d_model,
                 kr__data(run, &node->in[WEIGHT]), seq_len, false, run->scratch, seq_len);
        add_grad_rows(node, run, run->scratch);
    }
}

static kr_work work(const kr_node *node) {
    double product =
        2.0 * (double)kr__tensor_size(&node->out[0]) * (double)node->in[WEIGHT].shape[1];
    int n = (is_wanted(node, X) || is_wanted(node, MARK)) + (node->in[WEIGHT].grad_offset >= 0);
    return (kr_work){product, n * product, "FLOP"};
}

const kr_op kr_op_inverted_embed = {.name = "inverted_embed", .plan = plan, .work = work};

const kr_op_row kr_op_inverted_embed_cpu = {.op = &kr_op_inverted_embed,
                                            .needs = needs,
                                            .prepare = prepare,
                                            .forward = forward,
                                            .backward = backward,
                                            .can_overwrite = true};

kr_tensor kr__inverted_embed(kr_plan *plan_, kr_tensor x, kr_tensor mark, kr_tensor weight,
                             kr_tensor bias) {
    const kr_tensor in[4] = {x, weight, bias, mark};
    return kr__plan_apply(plan_, &kr_op_inverted_embed, mark.rank > 0 ? 4 : 3, in, NULL, 0);
}
