/* SPDX-License-Identifier: MIT
 * denormalize.c - the way back from instance_norm: y = x * deviation + mean.
 *
 *     grad_x += grad_y * deviation
 *     grad_mean += sum over time of grad_y, grad_deviation += sum over time of grad_y * x */
#include <assert.h>

#include "core/real.h"
#include "ops/moments.h"

static void needs(kr_node *node) {
    node->keeps_in = (unsigned)kr__has_deviation(node) << KR__DEVIATION |
                     (unsigned)kr__learns_deviation(node) << KR__X;
    node->keeps_out = 0;
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[KR__X], *mean = &node->in[KR__MEAN];
    const kr_real *data = kr__data(run, x), *middle = kr__data(run, mean);
    kr_real *y = kr__data(run, &node->out[0]);
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t t = 0; t < x->shape[1]; t++) {
            const kr_real *row = data + b * x->stride[0] + t * x->stride[1];
            for (int64_t v = 0; v < x->shape[2]; v++) {
                *y++ = row[v * x->stride[2]] * kr__deviation(node, run, b, v) +
                       middle[kr__moment_at(mean, b, v)];
            }
        }
    }
}

static void add_grad_x(const kr_node *node, const kr_run *run, kr_real *grad) {
    const kr_tensor *x = &node->in[KR__X];
    const kr_real *grad_y = kr__grad(run, &node->out[0]);
    assert(grad_y);
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t t = 0; t < x->shape[1]; t++) {
            kr_real *row = grad + b * x->stride[0] + t * x->stride[1];
            for (int64_t v = 0; v < x->shape[2]; v++) {
                row[v * x->stride[2]] += *grad_y++ * kr__deviation(node, run, b, v);
            }
        }
    }
}

static void add_grad_moment(const kr_node *node, const kr_run *run, const kr_tensor *moment,
                            const kr_tensor *factor) {
    kr_real *grad = kr__grad(run, moment);
    for (int64_t b = 0; grad && b < moment->shape[0]; b++) {
        for (int64_t v = 0; v < moment->shape[1]; v++) {
            grad[kr__moment_at(moment, b, v)] += (kr_real)kr__moments_sum(node, run, b, v, factor);
        }
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    kr_real *grad_x = kr__grad(run, &node->in[KR__X]);
    if (grad_x) add_grad_x(node, run, grad_x);
    add_grad_moment(node, run, &node->in[KR__MEAN], NULL);
    if (kr__learns_deviation(node)) {
        add_grad_moment(node, run, &node->in[KR__DEVIATION], &node->in[KR__X]);
    }
}

const kr_op kr_op_denormalize = {.name = "denormalize", .plan = kr__moments_plan};

const kr_op_row kr_op_denormalize_cpu = {
    .op = &kr_op_denormalize, .needs = needs, .forward = forward, .backward = backward};

kr_tensor kr__denormalize(kr_plan *plan_, kr_tensor x, kr_tensor mean, kr_tensor deviation) {
    const kr_tensor in[3] = {x, mean, deviation};
    return kr__plan_apply(plan_, &kr_op_denormalize, deviation.rank > 0 ? 3 : 2, in, NULL, 0);
}
