/* SPDX-License-Identifier: MIT
 * unary.c - what ops y = f(x) share. */
#include "ops/unary.h"

kr_status kr__unary_plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    char text[KR_SHAPE_TEXT];
    if (!kr__tensor_is_contiguous(x)) {
        return kr__node_fail(node, err, "needs a contiguous tensor, got a view %s; copy it first",
                             kr__shape_text(x, text));
    }
    kr__node_output(node, 0, x->rank, x->shape);
    return KR_OK;
}

void kr__unary_needs(kr_node *node) {
    node->keeps_in = 1;
    node->keeps_out = 0;
    node->n_pieces = kr__node_pieces(node, kr__tensor_size(&node->in[0]), KR_LEAST_VALUES);
}

void kr__unary_forward(const kr_node *node, const kr_run *run, kr__unary_forward_fn *f) {
    kr_range s = kr__range_of(run, kr__tensor_size(&node->out[0]), KR_VALUES_GROUP);
    f(s.count, kr__data(run, &node->in[0]) + s.first, kr__data(run, &node->out[0]) + s.first);
}

void kr__unary_backward(const kr_node *node, const kr_run *run, const kr_tensor *value,
                        kr__unary_backward_fn *f) {
    kr_range s = kr__range_of(run, kr__tensor_size(&node->out[0]), KR_VALUES_GROUP);
    f(s.count, kr__data(run, value) + s.first, kr__grad(run, &node->out[0]) + s.first,
      kr__grad(run, &node->in[0]) + s.first, !(node->overwrites & 1));
}
