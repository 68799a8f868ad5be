/* SPDX-License-Identifier: MIT
 * add.c - residual addition.
 *
 *     y = a + b        grad_a += grad_y, grad_b += grad_y */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *a = &node->in[0], *b = &node->in[1];
    char text_a[KR_SHAPE_TEXT], text_b[KR_SHAPE_TEXT];
    if (!kr__tensor_same_shape(a, b) || !kr__tensor_is_contiguous(a) ||
        !kr__tensor_is_contiguous(b)) {
        return kr__node_fail(node, err, "needs two contiguous tensors of one shape, got %s and %s",
                             kr__shape_text(a, text_a), kr__shape_text(b, text_b));
    }
    kr__node_output(node, 0, a->rank, a->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    node->keeps_in = node->keeps_out = 0;
    node->n_pieces = kr__node_pieces(node, kr__tensor_size(&node->in[0]), KR_LEAST_VALUES);
}

static void forward(const kr_node *node, const kr_run *run) {
    kr_range s = kr__range_of(run, kr__tensor_size(&node->out[0]), KR_VALUES_GROUP);
    kr__kernels()->add(s.count, kr__data(run, &node->in[0]) + s.first,
                       kr__data(run, &node->in[1]) + s.first,
                       kr__data(run, &node->out[0]) + s.first);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr_range s = kr__range_of(run, kr__tensor_size(&node->out[0]), KR_VALUES_GROUP);
    const kr_real *grad_y = kr__grad(run, &node->out[0]) + s.first;
    for (int i = 0; i < 2; i++) {
        kr_real *grad = kr__grad(run, &node->in[i]);
        if (!grad) continue;
        if (node->overwrites >> i & 1) {
            memcpy(grad + s.first, grad_y, (size_t)s.count * sizeof *grad);
        } else {
            kr__kernels()->accumulate(s.count, grad_y, grad + s.first);
        }
    }
}

const kr_op kr_op_add = {.name = "add", .plan = plan};

const kr_op_row kr_op_add_cpu = {.op = &kr_op_add,
                                 .needs = needs,
                                 .forward = forward,
                                 .backward = backward,
                                 .can_overwrite = true,
                                 .can_overwrite_columns = true,
                                 .keeps_rows = true};

kr_tensor kr__add(kr_plan *plan_, kr_tensor a, kr_tensor b) {
    const kr_tensor in[2] = {a, b};
    return kr__plan_apply(plan_, &kr_op_add, 2, in, NULL, 0);
}
