/* SPDX-License-Identifier: MIT
 * quantile_spread.c - quantiles that cannot cross, made of numbers in any order.
 *
 *     y[middle] = x[middle]
 *     y[q] = y[q - 1] + step(q) above the middle,  y[q + 1] - step(q) below it
 *     step(q) = width[q] / log(2) * softplus(x[q])
 *
 * Backward sums the gradients from the outermost quantile inward: a step moves all quantiles beyond
 * it. */
#include <math.h>
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

typedef struct settings {
    int64_t middle;
    double width[KR_QUANTILES_MAX];
} settings;

/* What softplus(x[q]) is multiplied with. */
static kr_real factor_of(const kr_node *node, int64_t q) {
    return (kr_real)(((const settings *)node->attr)->width[q] / log(2));
}

/* Elements of one quantile of a sample. */
static int64_t quantile_size(const kr_tensor *x) {
    return kr__tensor_size(x) / (x->shape[0] * x->shape[1]);
}

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    int64_t middle = ((const settings *)node->attr)->middle;
    char text[KR_SHAPE_TEXT];
    if (x->rank < 2 || !kr__tensor_is_contiguous(x) || middle < 0 || middle >= x->shape[1] ||
        x->shape[1] > KR_QUANTILES_MAX) {
        return kr__node_fail(node, err,
                             "x must be (batch, n_quantiles, ..), contiguous, with its middle at "
                             "%lld, got %s",
                             (long long)middle, kr__shape_text(x, text));
    }
    kr__node_output(node, 0, x->rank, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    node->keeps_in = 1;
    node->keeps_out = 0;
    node->n_scratch = 2 * quantile_size(&node->in[0]);
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_kernels *k = kr__kernels();
    const kr_tensor *view = &node->in[0];
    int64_t n_quantiles = view->shape[1], middle = ((const settings *)node->attr)->middle;
    int64_t n = quantile_size(view);
    for (int64_t b = 0; b < view->shape[0]; b++) {
        const kr_real *x = kr__data(run, view) + b * n_quantiles * n;
        kr_real *y = kr__data(run, &node->out[0]) + b * n_quantiles * n;
        memcpy(y + middle * n, x + middle * n, (size_t)n * sizeof *y);
        for (int64_t q = middle + 1; q < n_quantiles; q++) {
            k->softplus_forward(n, x + q * n, y + q * n);
            k->scale(n, factor_of(node, q), y + q * n, y + q * n);
            k->accumulate(n, y + (q - 1) * n, y + q * n);
        }
        for (int64_t q = middle - 1; q >= 0; q--) {
            k->softplus_forward(n, x + q * n, y + q * n);
            k->scale(n, -factor_of(node, q), y + q * n, y + q * n);
            k->accumulate(n, y + (q + 1) * n, y + q * n);
        }
    }
}

/* One side, from its outermost quantile `from` up to the middle: sum (n) becomes the gradient of
 * all its quantiles together. Above the middle a step is added, below it is taken away. */
static void gather_side(const kr_node *node, const kr_run *run, int64_t sample, int64_t from) {
    const kr_kernels *k = kr__kernels();
    const kr_tensor *view = &node->in[0];
    int64_t middle = ((const settings *)node->attr)->middle, n = quantile_size(view);
    int64_t at = sample * view->shape[1] * n;
    const kr_real *x = kr__data(run, view) + at, *grad_y = kr__grad(run, &node->out[0]) + at;
    kr_real *grad_x = kr__grad(run, view) + at, *sum = run->scratch, *grad_step = sum + n;
    bool is_above = from > middle;
    memset(sum, 0, (size_t)n * sizeof *sum);
    for (int64_t q = from; q != middle; q += is_above ? -1 : 1) {
        k->accumulate(n, grad_y + q * n, sum);
        k->scale(n, is_above ? factor_of(node, q) : -factor_of(node, q), sum, grad_step);
        k->softplus_backward(n, x + q * n, grad_step, grad_x + q * n, true);
    }
    k->accumulate(n, sum, grad_x + middle * n);
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *view = &node->in[0];
    int64_t n_quantiles = view->shape[1], middle = ((const settings *)node->attr)->middle;
    int64_t n = quantile_size(view);
    for (int64_t b = 0; b < view->shape[0]; b++) {
        int64_t at = (b * n_quantiles + middle) * n;
        kr__kernels()->accumulate(n, kr__grad(run, &node->out[0]) + at, kr__grad(run, view) + at);
        gather_side(node, run, b, n_quantiles - 1);
        gather_side(node, run, b, 0);
    }
}

const kr_op kr_op_quantile_spread = {.name = "quantile_spread", .plan = plan};

const kr_op_row kr_op_quantile_spread_cpu = {
    .op = &kr_op_quantile_spread, .needs = needs, .forward = forward, .backward = backward};

kr_tensor kr__quantile_spread(kr_plan *plan_, kr_tensor x, int64_t middle, const double *width) {
    settings s = {.middle = middle};
    for (int64_t q = 0; x.rank >= 2 && q < x.shape[1] && q < KR_QUANTILES_MAX; q++) {
        s.width[q] = width[q];
    }
    return kr__plan_apply(plan_, &kr_op_quantile_spread, 1, &x, &s, sizeof s);
}
