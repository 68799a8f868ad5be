/* SPDX-License-Identifier: MIT
 * gelu.c - the exact GELU: y = x (1 + erf(x / sqrt 2)) / 2. Source: arXiv:1606.08415. */
#include "ops/unary.h"

static void forward(const kr_node *node, const kr_run *run) {
    kr__unary_forward(node, run, kr__kernels()->gelu_forward);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__unary_backward(node, run, &node->in[0], kr__kernels()->gelu_backward);
}

const kr_op kr_op_gelu = {.name = "gelu", .plan = kr__unary_plan};

const kr_op_row kr_op_gelu_cpu = {.op = &kr_op_gelu,
                                  .needs = kr__unary_needs,
                                  .forward = forward,
                                  .backward = backward,
                                  .can_overwrite = true,
                                  .keeps_rows = true};

kr_tensor kr__gelu(kr_plan *plan, kr_tensor x) {
    return kr__plan_apply(plan, &kr_op_gelu, 1, &x, NULL, 0);
}
