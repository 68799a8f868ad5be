/* SPDX-License-Identifier: MIT
 * concat.c - two tensors, one after the other along an axis; backward takes the gradient apart. */
#include <assert.h>
#include <string.h>

#include "core/real.h"
#include "ops/ops.h"
#include "tensor/strided.h"

typedef struct settings {
    int axis;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *a = &node->in[0], *b = &node->in[1];
    int axis = ((const settings *)node->attr)->axis;
    assert(axis >= 0 && axis < KR_MAX_RANK);
    char text_a[KR_SHAPE_TEXT], text_b[KR_SHAPE_TEXT];
    bool fits = a->rank == b->rank && axis < a->rank;
    for (int i = 0; fits && i < a->rank; i++) fits = i == axis || a->shape[i] == b->shape[i];
    if (!fits) {
        return kr__node_fail(node, err, "%s and %s do not go together along axis %d",
                             kr__shape_text(a, text_a), kr__shape_text(b, text_b), axis);
    }
    int64_t shape[KR_MAX_RANK];
    memcpy(shape, a->shape, sizeof shape);
    shape[axis] += b->shape[axis];
    kr__node_output(node, 0, a->rank, shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_in = node->keeps_out = 0; }

/* The columns, rows, .. of the output that input i fills. */
static kr_tensor place_of(const kr_node *node, int i) {
    int axis = ((const settings *)node->attr)->axis;
    int64_t start = i == 0 ? 0 : node->in[0].shape[axis];
    return kr__slice(node->out[0], axis, start, node->in[i].shape[axis]);
}

static void forward(const kr_node *node, const kr_run *run) {
    for (int i = 0; i < 2; i++) {
        kr_tensor y = place_of(node, i);
        kr__strided_copy(&node->in[i], kr__data(run, &node->in[i]), &y, kr__data(run, &y));
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    for (int i = 0; i < 2; i++) {
        kr_tensor y = place_of(node, i);
        kr_real *grad = kr__grad(run, &node->in[i]);
        if (!grad) continue;
        if (node->overwrites >> i & 1) {
            kr__strided_copy(&y, kr__grad(run, &y), &node->in[i], grad);
        } else {
            kr__strided_add(&y, kr__grad(run, &y), &node->in[i], grad);
        }
    }
}

const kr_op kr_op_concat = {.name = "concat", .plan = plan};

const kr_op_row kr_op_concat_cpu = {.op = &kr_op_concat,
                                    .needs = needs,
                                    .forward = forward,
                                    .backward = backward,
                                    .can_overwrite = true};

kr_tensor kr__concat(kr_plan *plan_, kr_tensor a, kr_tensor b, int axis) {
    const kr_tensor in[2] = {a, b};
    return kr__plan_apply(plan_, &kr_op_concat, 2, in, &(settings){axis}, sizeof(settings));
}
