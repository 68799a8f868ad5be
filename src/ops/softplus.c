/* SPDX-License-Identifier: MIT
 * softplus.c - y = log(1 + e^x), x itself above 20. */
#include "ops/unary.h"

static void forward(const kr_node *node, const kr_run *run) {
    kr__unary_forward(node, run, kr__kernels()->softplus_forward);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__unary_backward(node, run, &node->in[0], kr__kernels()->softplus_backward);
}

const kr_op kr_op_softplus = {.name = "softplus", .plan = kr__unary_plan};

const kr_op_row kr_op_softplus_cpu = {.op = &kr_op_softplus,
                                      .needs = kr__unary_needs,
                                      .forward = forward,
                                      .backward = backward,
                                      .can_overwrite = true,
                                      .keeps_rows = true};

kr_tensor kr__softplus(kr_plan *plan, kr_tensor x) {
    return kr__plan_apply(plan, &kr_op_softplus, 1, &x, NULL, 0);
}
