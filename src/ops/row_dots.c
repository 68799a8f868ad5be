/* SPDX-License-Identifier: MIT
 * row_dots.c - the products of rows: what weights make of the values beside them.
 *
 *     y[r] = sum over k of a[r, k] b[r, k]      grad_a[r, k] += grad_y[r] b[r, k], and so for b */
#include <string.h>

#include "core/real.h"
#include "ops/ops.h"

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *a = &node->in[0], *b = &node->in[1];
    char text_a[KR_SHAPE_TEXT], text_b[KR_SHAPE_TEXT];
    if (a->rank < 2 || !kr__tensor_same_shape(a, b) || !kr__tensor_is_contiguous(a) ||
        !kr__tensor_is_contiguous(b)) {
        return kr__node_fail(node, err,
                             "needs two contiguous tensors (.., k) of one shape, got %s and %s",
                             kr__shape_text(a, text_a), kr__shape_text(b, text_b));
    }
    kr__node_output(node, 0, a->rank - 1, a->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    node->keeps_in = 3;
    node->keeps_out = 0;
}

static void forward(const kr_node *node, const kr_run *run) {
    int64_t rows = kr__tensor_size(&node->out[0]), k = kr__tensor_size(&node->in[0]) / rows;
    const kr_real *a = kr__data(run, &node->in[0]), *b = kr__data(run, &node->in[1]);
    kr_real *y = kr__data(run, &node->out[0]);
    for (int64_t r = 0; r < rows; r++) {
        kr_real sum = 0;
        for (int64_t i = 0; i < k; i++) sum += a[r * k + i] * b[r * k + i];
        y[r] = sum;
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    int64_t rows = kr__tensor_size(&node->out[0]), k = kr__tensor_size(&node->in[0]) / rows;
    const kr_real *grad_y = kr__grad(run, &node->out[0]);
    for (int side = 0; side < 2; side++) {
        kr_real *grad = kr__grad(run, &node->in[side]);
        const kr_real *other = kr__data(run, &node->in[1 - side]);
        if (!grad) continue;
        if (node->overwrites >> side & 1) memset(grad, 0, (size_t)(rows * k) * sizeof *grad);
        for (int64_t r = 0; r < rows; r++) {
            for (int64_t i = 0; i < k; i++) grad[r * k + i] += grad_y[r] * other[r * k + i];
        }
    }
}

const kr_op kr_op_row_dots = {.name = "row_dots", .plan = plan};

const kr_op_row kr_op_row_dots_cpu = {.op = &kr_op_row_dots,
                                      .needs = needs,
                                      .forward = forward,
                                      .backward = backward,
                                      .can_overwrite = true};

kr_tensor kr__row_dots(kr_plan *plan_, kr_tensor a, kr_tensor b) {
    const kr_tensor in[2] = {a, b};
    return kr__plan_apply(plan_, &kr_op_row_dots, 2, in, NULL, 0);
}
