/* SPDX-License-Identifier: MIT
 * relu.c - y = max(0, x). Backward reads y, not x: the next op usually keeps y anyway. */
#include "ops/unary.h"

static void needs(kr_node *node) {
    kr__unary_needs(node);
    node->keeps_in = 0;
    node->keeps_out = 1;
}

static void forward(const kr_node *node, const kr_run *run) {
    kr__unary_forward(node, run, kr__kernels()->relu_forward);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__unary_backward(node, run, &node->out[0], kr__kernels()->relu_backward);
}

const kr_op kr_op_relu = {.name = "relu", .plan = kr__unary_plan};

const kr_op_row kr_op_relu_cpu = {.op = &kr_op_relu,
                                  .needs = needs,
                                  .forward = forward,
                                  .backward = backward,
                                  .can_overwrite = true,
                                  .keeps_rows = true};

kr_tensor kr__relu(kr_plan *plan_, kr_tensor x) {
    return kr__plan_apply(plan_, &kr_op_relu, 1, &x, NULL, 0);
}
