/* SPDX-License-Identifier: MIT
 * relu.c - y = max(0, x). Backward reads y, which the next op mostly keeps anyway, not x. */
#include "ops/unary.h"

static kr_status plan(kr_node *node, kr_error *err) {
    KR_TRY(kr__unary_plan(node, err));
    node->keeps_in = 0;
    node->keeps_out = 1;
    return KR_OK;
}

static void forward(const kr_node *node, const kr_run *run) {
    kr__unary_forward(node, run, kr__kernels()->relu_forward);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__unary_backward(node, run, &node->out[0], kr__kernels()->relu_backward);
}

const kr_op kr_op_relu = {
    .name = "relu", .plan = plan, .forward = forward, .backward = backward, .can_overwrite = true};

kr_tensor kr_relu(kr_plan *plan_, kr_tensor x) {
    return kr_plan_apply(plan_, &kr_op_relu, 1, &x, NULL, 0);
}
