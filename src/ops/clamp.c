/* SPDX-License-Identifier: MIT
 * clamp.c - y = min(max(x, low), high); outside of low .. high no gradient passes. */
#include "core/real.h"
#include "ops/unary.h"

typedef struct settings {
    double low, high;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const settings *s = node->attr;
    if (!(s->low <= s->high)) {
        return kr__node_fail(node, err, "low %g must not be above high %g", s->low, s->high);
    }
    return kr__unary_plan(node, err);
}

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    kr_range r = kr__range_of(run, kr__tensor_size(&node->out[0]), KR_VALUES_GROUP);
    kr__kernels()->clamp_forward(r.count, (kr_real)s->low, (kr_real)s->high,
                                 kr__data(run, &node->in[0]) + r.first,
                                 kr__data(run, &node->out[0]) + r.first);
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    kr_range r = kr__range_of(run, kr__tensor_size(&node->out[0]), KR_VALUES_GROUP);
    kr__kernels()->clamp_backward(r.count, (kr_real)s->low, (kr_real)s->high,
                                  kr__data(run, &node->in[0]) + r.first,
                                  kr__grad(run, &node->out[0]) + r.first,
                                  kr__grad(run, &node->in[0]) + r.first, !(node->overwrites & 1));
}

const kr_op kr_op_clamp = {.name = "clamp", .plan = plan};

const kr_op_row kr_op_clamp_cpu = {.op = &kr_op_clamp,
                                   .needs = kr__unary_needs,
                                   .forward = forward,
                                   .backward = backward,
                                   .can_overwrite = true,
                                   .keeps_rows = true};

kr_tensor kr__clamp(kr_plan *plan_, kr_tensor x, double low, double high) {
    return kr__plan_apply(plan_, &kr_op_clamp, 1, &x, &(settings){low, high}, sizeof(settings));
}
