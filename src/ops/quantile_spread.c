/* SPDX-License-Identifier: MIT
 * quantile_spread.c - numbers without an order to quantiles that cannot cross.
 *
 *     y[middle] = x[middle]
 *     y[q] = y[q - 1] + softplus(x[q]) above the middle,  y[q + 1] - softplus(x[q]) below it
 *
 * Backward sums the gradients from the outside in: a step moves all quantiles beyond it. */
#include <string.h>

#include "kernels/kernels.h"
#include "ops/ops.h"

typedef struct settings {
    int64_t middle;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    int64_t middle = ((const settings *)node->attr)->middle;
    char text[KR_SHAPE_TEXT];
    if (x->rank < 2 || !kr_tensor_is_contiguous(x) || middle < 0 || middle >= x->shape[1]) {
        return kr_node_fail(node, err,
                            "x must be (batch, n_quantiles, ..), contiguous, with its middle at "
                            "%lld, got %s",
                            (long long)middle, kr_shape_text(x, text));
    }
    node->keeps_in = 1;
    node->keeps_out = 0;
    node->n_scratch = kr_tensor_size(x) / (x->shape[0] * x->shape[1]);
    kr_node_output(node, 0, x->rank, x->shape);
    return KR_OK;
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_kernels *k = kr__kernels();
    const kr_tensor *view = &node->in[0];
    int64_t n_quantiles = view->shape[1], middle = ((const settings *)node->attr)->middle;
    int64_t n = node->n_scratch;
    for (int64_t b = 0; b < view->shape[0]; b++) {
        const kr_real *x = kr_data(run, view) + b * n_quantiles * n;
        kr_real *y = kr_data(run, &node->out[0]) + b * n_quantiles * n;
        memcpy(y + middle * n, x + middle * n, (size_t)n * sizeof *y);
        for (int64_t q = middle + 1; q < n_quantiles; q++) {
            k->softplus_forward(n, x + q * n, y + q * n);
            k->accumulate(n, y + (q - 1) * n, y + q * n);
        }
        for (int64_t q = middle - 1; q >= 0; q--) {
            k->softplus_forward(n, x + q * n, y + q * n);
            k->scale(n, -1, y + q * n, y + q * n);
            k->accumulate(n, y + (q + 1) * n, y + q * n);
        }
    }
}

/* One side, from its outermost quantile `from` in steps of `step` up to the middle: sum (n) ends as
 * the gradient of all its quantiles together, times sign. */
static void gather_side(const kr_node *node, const kr_run *run, int64_t sample, int64_t from,
                        int64_t step, kr_real sign) {
    const kr_kernels *k = kr__kernels();
    const kr_tensor *view = &node->in[0];
    int64_t middle = ((const settings *)node->attr)->middle, n = node->n_scratch;
    int64_t at = sample * view->shape[1] * n;
    const kr_real *x = kr_data(run, view) + at, *grad_y = kr_grad(run, &node->out[0]) + at;
    kr_real *grad_x = kr_grad(run, view) + at, *sum = run->scratch;
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t q = from; q != middle; q += step) {
        k->axpy(n, sign, grad_y + q * n, sum);
        k->softplus_backward(n, x + q * n, sum, grad_x + q * n, true);
    }
    k->axpy(n, sign, sum, grad_x + middle * n);
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *view = &node->in[0];
    int64_t n_quantiles = view->shape[1], middle = ((const settings *)node->attr)->middle;
    int64_t n = node->n_scratch;
    for (int64_t b = 0; b < view->shape[0]; b++) {
        int64_t at = (b * n_quantiles + middle) * n;
        kr__kernels()->accumulate(n, kr_grad(run, &node->out[0]) + at, kr_grad(run, view) + at);
        gather_side(node, run, b, n_quantiles - 1, -1, 1);
        gather_side(node, run, b, 0, 1, -1);
    }
}

const kr_op kr_op_quantile_spread = {
    .name = "quantile_spread", .plan = plan, .forward = forward, .backward = backward};

kr_tensor kr_quantile_spread(kr_plan *plan_, kr_tensor x, int64_t middle) {
    return kr_plan_apply(plan_, &kr_op_quantile_spread, 1, &x, &(settings){middle},
                         sizeof(settings));
}
