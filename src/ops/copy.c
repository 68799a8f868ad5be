/* SPDX-License-Identifier: MIT
 * copy.c - a contiguous copy of a view; the gradient goes back to where the numbers came from. */
#include "ops/ops.h"
#include "tensor/strided.h"

static kr_status plan(kr_node *node, kr_error *err) {
    (void)err;
    kr__node_output(node, 0, node->in[0].rank, node->in[0].shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_in = node->keeps_out = 0; }

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[0], *y = &node->out[0];
    kr__strided_copy(x, kr__data(run, x), y, kr__data(run, y));
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[0], *y = &node->out[0];
    if (node->overwrites & 1) {
        kr__strided_copy(y, kr__grad(run, y), x, kr__grad(run, x));
    } else {
        kr__strided_add(y, kr__grad(run, y), x, kr__grad(run, x));
    }
}

const kr_op kr_op_copy = {.name = "copy", .plan = plan};

const kr_op_row kr_op_copy_cpu = {.op = &kr_op_copy,
                                  .needs = needs,
                                  .forward = forward,
                                  .backward = backward,
                                  .can_overwrite = true};

kr_tensor kr__copy(kr_plan *plan_, kr_tensor x) {
    return kr__plan_apply(plan_, &kr_op_copy, 1, &x, NULL, 0);
}
