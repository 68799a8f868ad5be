/* SPDX-License-Identifier: MIT
 * huber_loss.c - the sum of Huber's errors of each sample: e^2 / 2 up to |e| = 1, |e| - 1/2 beyond.
 */
#include "ops/loss.h"

static void forward(const kr_node *node, const kr_run *run) {
    kr__loss_forward(node, run, kr__kernels()->huber_sum);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__loss_backward(node, run, kr__kernels()->huber_backward);
}

const kr_op kr_op_huber_loss = {.name = "huber_loss", .plan = kr__loss_plan};

const kr_op_row kr_op_huber_loss_cpu = {.op = &kr_op_huber_loss,
                                        .needs = kr__loss_needs,
                                        .forward = forward,
                                        .backward = backward,
                                        .can_overwrite = true};

kr_tensor kr__huber_loss(kr_plan *plan, kr_tensor y, kr_tensor target) {
    const kr_tensor in[2] = {y, target};
    return kr__plan_apply(plan, &kr_op_huber_loss, 2, in, NULL, 0);
}
