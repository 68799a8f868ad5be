/* SPDX-License-Identifier: MIT
 * concat_core.c - STAR's redistribution: the core is appended to the numbers of every channel.
 *
 *     y[b, n] = (x[b, n], core[b])      grad_core[b] += sum over n of grad_y[b, n, d ..] */
#include <string.h>

#include "core/real.h"
#include "ops/ops.h"
#include "tensor/strided.h"

enum { X, CORE };

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *core = &node->in[CORE];
    char text_x[KR_SHAPE_TEXT], text_c[KR_SHAPE_TEXT];
    if (x->rank != 3 || core->rank != 2 || x->shape[0] != core->shape[0]) {
        return kr__node_fail(node, err, "needs x (batch, n, d) and core (batch, c), got %s and %s",
                             kr__shape_text(x, text_x), kr__shape_text(core, text_c));
    }
    const int64_t shape[3] = {x->shape[0], x->shape[1], x->shape[2] + core->shape[1]};
    kr__node_output(node, 0, 3, shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_in = node->keeps_out = 0; }

/* The columns of the output that input i fills; below, input i in their shape. */
static kr_tensor place_of(const kr_node *node, int i) {
    int64_t d = node->in[X].shape[2];
    return i == X ? kr__slice(node->out[0], 2, 0, d)
                  : kr__slice(node->out[0], 2, d, node->in[CORE].shape[1]);
}

static kr_tensor spread(const kr_node *node, int i) {
    kr_tensor t = node->in[i];
    if (i == X) return t;
    t.rank = 3;
    t.shape[2] = t.shape[1];
    t.stride[2] = t.stride[1];
    t.shape[1] = node->in[X].shape[1];
    t.stride[1] = 0;
    return t;
}

static void forward(const kr_node *node, const kr_run *run) {
    for (int i = 0; i < 2; i++) {
        kr_tensor from = spread(node, i), y = place_of(node, i);
        kr__strided_copy(&from, kr__data(run, &from), &y, kr__data(run, &y));
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    for (int i = 0; i < 2; i++) {
        kr_tensor to = spread(node, i), y = place_of(node, i);
        kr_real *grad = kr__grad(run, &to);
        if (!grad) continue;
        bool overwrites = node->overwrites >> i & 1;
        if (overwrites && i == X) {
            kr__strided_copy(&y, kr__grad(run, &y), &to, grad);
            continue;
        }
        /* Overwriting means that this tensor is the whole of its buffer, so it has no holes. */
        if (overwrites) memset(grad, 0, (size_t)kr__tensor_size(&node->in[i]) * sizeof *grad);
        kr__strided_add(&y, kr__grad(run, &y), &to, grad);
    }
}

const kr_op kr_op_concat_core = {.name = "concat_core", .plan = plan};

const kr_op_row kr_op_concat_core_cpu = {.op = &kr_op_concat_core,
                                         .needs = needs,
                                         .forward = forward,
                                         .backward = backward,
                                         .can_overwrite = true};

kr_tensor kr__concat_core(kr_plan *plan_, kr_tensor x, kr_tensor core) {
    const kr_tensor in[2] = {x, core};
    return kr__plan_apply(plan_, &kr_op_concat_core, 2, in, NULL, 0);
}
