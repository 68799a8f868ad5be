/* SPDX-License-Identifier: MIT
 * softmax.c - y = e^x / sum of e^x over the last axis. Backward needs y alone. */
#include "ops/unary.h"

static void needs(kr_node *node) {
    node->keeps_in = 0;
    node->keeps_out = 1;
}

static int64_t count_columns(const kr_node *node) {
    return node->out[0].shape[node->out[0].rank - 1];
}

static void forward(const kr_node *node, const kr_run *run) {
    int64_t cols = count_columns(node), rows = kr__tensor_size(&node->out[0]) / cols;
    kr__kernels()->softmax_rows(rows, cols, 1, kr__data(run, &node->in[0]), cols,
                                kr__data(run, &node->out[0]), cols);
}

static void backward(const kr_node *node, const kr_run *run) {
    int64_t cols = count_columns(node), rows = kr__tensor_size(&node->out[0]) / cols;
    kr__kernels()->softmax_rows_backward(
        rows, cols, 1, kr__data(run, &node->out[0]), cols, kr__grad(run, &node->out[0]), cols,
        kr__grad(run, &node->in[0]), cols, !(node->overwrites & 1));
}

const kr_op kr_op_softmax = {.name = "softmax", .plan = kr__unary_plan};

const kr_op_row kr_op_softmax_cpu = {.op = &kr_op_softmax,
                                     .needs = needs,
                                     .forward = forward,
                                     .backward = backward,
                                     .can_overwrite = true};

kr_tensor kr__softmax(kr_plan *plan_, kr_tensor x) {
    return kr__plan_apply(plan_, &kr_op_softmax, 1, &x, NULL, 0);
}
