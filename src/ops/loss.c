/* SPDX-License-Identifier: MIT
 * loss.c - what losses share. A sample is summed in double, in a fixed order. */
#include "ops/loss.h"

#include <string.h>

#include "core/real.h"

enum { Y, TARGET };

kr_status kr__loss_plan(kr_node *node, kr_error *err) {
    const kr_tensor *y = &node->in[Y], *target = &node->in[TARGET];
    char text_y[KR_SHAPE_TEXT], text_t[KR_SHAPE_TEXT];
    if (!kr__tensor_same_shape(y, target) || !kr__tensor_is_contiguous(y) ||
        !kr__tensor_is_contiguous(target)) {
        return kr__node_fail(node, err,
                             "forecast %s and target %s must be contiguous and of one shape",
                             kr__shape_text(y, text_y), kr__shape_text(target, text_t));
    }
    kr__node_output(node, 0, 1, y->shape);
    return KR_OK;
}

void kr__loss_needs(kr_node *node) { node->keeps_out = 0; }

void kr__loss_forward(const kr_node *node, const kr_run *run, kr__loss_sum_fn *f) {
    int64_t batch = node->out[0].shape[0], n = kr__tensor_size(&node->in[Y]) / batch;
    const kr_real *y = kr__data(run, &node->in[Y]), *target = kr__data(run, &node->in[TARGET]);
    for (int64_t b = 0; b < batch; b++) {
        double sum = 0;
        f(n, y + b * n, target + b * n, &sum);
        kr__data(run, &node->out[0])[b] = (kr_real)sum;
    }
}

void kr__loss_backward(const kr_node *node, const kr_run *run, kr__loss_backward_fn *f) {
    int64_t batch = node->out[0].shape[0], n = kr__tensor_size(&node->in[Y]) / batch;
    const kr_real *y = kr__data(run, &node->in[Y]), *target = kr__data(run, &node->in[TARGET]);
    const kr_real *grad = kr__grad(run, &node->out[0]);
    kr_real *grad_y = kr__grad(run, &node->in[Y]), *grad_target = kr__grad(run, &node->in[TARGET]);
    if (grad_target && node->overwrites >> TARGET & 1) {
        memset(grad_target, 0, (size_t)(batch * n) * sizeof *grad_target);
    }
    for (int64_t b = 0; grad_y && b < batch; b++) {
        f(n, grad[b], y + b * n, target + b * n, grad_y + b * n, !(node->overwrites >> Y & 1));
    }
}
