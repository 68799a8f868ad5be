/* SPDX-License-Identifier: MIT
 * silu.c - y = x / (1 + e^-x). Source: arXiv:1606.08415. */
#include "ops/unary.h"

static void forward(const kr_node *node, const kr_run *run) {
    kr__unary_forward(node, run, kr__kernels()->silu_forward);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__unary_backward(node, run, &node->in[0], kr__kernels()->silu_backward);
}

const kr_op kr_op_silu = {.name = "silu", .plan = kr__unary_plan};

const kr_op_row kr_op_silu_cpu = {.op = &kr_op_silu,
                                  .needs = kr__unary_needs,
                                  .forward = forward,
                                  .backward = backward,
                                  .can_overwrite = true,
                                  .keeps_rows = true};

kr_tensor kr__silu(kr_plan *plan, kr_tensor x) {
    return kr__plan_apply(plan, &kr_op_silu, 1, &x, NULL, 0);
}
