/* SPDX-License-Identifier: MIT
 * cycle.c - a learned cycle, added to series or taken off them.
 *
 *     y[b, t, v] = x[b, t, v] + sign * cycle[(phase[b] + first + t % period) mod length, v]
 *
 *     grad_x += grad_y        grad_cycle[k, v] += sign * sum of grad_y where k is looked up */
#include "core/real.h"
#include "ops/ops.h"
#include "tensor/strided.h"

enum { X, CYCLE, PHASE };

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *cycle = &node->in[CYCLE], *phase = &node->in[PHASE];
    char text_x[KR_SHAPE_TEXT], text_c[KR_SHAPE_TEXT], text_p[KR_SHAPE_TEXT];
    bool fits = x->rank == 3 && cycle->rank == 2 && kr__tensor_is_contiguous(cycle) &&
                cycle->shape[1] == x->shape[2] && phase->rank >= 1 &&
                phase->shape[0] == x->shape[0] && kr__tensor_size(phase) == x->shape[0];
    if (!fits) {
        return kr__node_fail(
            node, err,
            "needs x (batch, steps, n_vars), a cycle (length, n_vars) and a phase for each sample, "
            "got %s, %s and %s",
            kr__shape_text(x, text_x), kr__shape_text(cycle, text_c),
            kr__shape_text(phase, text_p));
    }
    const kr_cycle_use *use = node->attr;
    if (use->period < 1) {
        return kr__node_fail(node, err, "period %lld must be at least 1", (long long)use->period);
    }
    kr__node_output(node, 0, 3, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    node->keeps_in = 1u << PHASE;
    node->keeps_out = 0;
}

/* Row of the cycle at step t of sample b. */
static int64_t find_row(const kr_node *node, const kr_run *run, int64_t b, int64_t t) {
    const kr_cycle_use *use = node->attr;
    const kr_tensor *phase = &node->in[PHASE];
    int64_t length = node->in[CYCLE].shape[0];
    int64_t at = (int64_t)kr__data(run, phase)[b * phase->stride[0]];
    int64_t row = (at + use->first + t % use->period) % length;
    return row < 0 ? row + length : row;
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[X], *y = &node->out[0];
    kr_real sign = ((const kr_cycle_use *)node->attr)->is_taken_off ? -1 : 1;
    int64_t n = y->shape[2];
    kr_real *to = kr__data(run, y);
    kr__strided_copy(x, kr__data(run, x), y, to);
    for (int64_t b = 0; b < y->shape[0]; b++) {
        for (int64_t t = 0; t < y->shape[1]; t++, to += n) {
            const kr_real *row = kr__data(run, &node->in[CYCLE]) + find_row(node, run, b, t) * n;
            for (int64_t v = 0; v < n; v++) to[v] += sign * row[v];
        }
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[X], *y = &node->out[0];
    kr_real sign = ((const kr_cycle_use *)node->attr)->is_taken_off ? -1 : 1;
    int64_t n = y->shape[2];
    const kr_real *grad_y = kr__grad(run, y);
    kr_real *grad_x = kr__grad(run, x), *grad_cycle = kr__grad(run, &node->in[CYCLE]);
    if (grad_x) kr__strided_add(y, grad_y, x, grad_x);
    for (int64_t b = 0; grad_cycle && b < y->shape[0]; b++) {
        for (int64_t t = 0; t < y->shape[1]; t++, grad_y += n) {
            kr_real *row = grad_cycle + find_row(node, run, b, t) * n;
            for (int64_t v = 0; v < n; v++) row[v] += sign * grad_y[v];
        }
    }
}

const kr_op kr_op_cycle = {.name = "cycle", .plan = plan};

const kr_op_row kr_op_cycle_cpu = {
    .op = &kr_op_cycle, .needs = needs, .forward = forward, .backward = backward};

kr_tensor kr__cycle(kr_plan *plan_, kr_tensor x, kr_tensor cycle, kr_tensor phase,
                    const kr_cycle_use *use) {
    const kr_tensor in[3] = {x, cycle, phase};
    return kr__plan_apply(plan_, &kr_op_cycle, 3, in, use, sizeof *use);
}
