/* SPDX-License-Identifier: MIT
 * pinball_loss.c - the pinball losses of several quantile forecasts of one target, added up.
 *
 *     loss = sum over quantiles q, elements i of max(p e, (p - 1) e),  e = target[i] - y[q, i] */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

enum { Y, TARGET };

typedef struct settings {
    int64_t n_quantiles;
    double p[KR_QUANTILES_MAX];
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *y = &node->in[Y], *target = &node->in[TARGET];
    const settings *s = node->attr;
    char text_y[KR_SHAPE_TEXT], text_t[KR_SHAPE_TEXT];
    bool fits = y->rank >= 2 && target->rank >= 1 && y->shape[0] == target->shape[0] &&
                y->shape[1] == s->n_quantiles &&
                kr__tensor_size(y) == s->n_quantiles * kr__tensor_size(target) &&
                kr__tensor_is_contiguous(y) && kr__tensor_is_contiguous(target);
    if (!fits) {
        return kr__node_fail(node, err,
                             "forecasts (batch, %lld quantiles, ..) and target (batch, ..) must be "
                             "contiguous, got %s and %s",
                             (long long)s->n_quantiles, kr__shape_text(y, text_y),
                             kr__shape_text(target, text_t));
    }
    kr__node_output(node, 0, 1, y->shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_out = 0; }

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    int64_t batch = node->out[0].shape[0], n = kr__tensor_size(&node->in[TARGET]) / batch;
    const kr_real *y = kr__data(run, &node->in[Y]), *target = kr__data(run, &node->in[TARGET]);
    for (int64_t b = 0; b < batch; b++) {
        double sum = 0;
        for (int64_t q = 0; q < s->n_quantiles; q++) {
            kr__kernels()->pinball_sum(n, s->p[q], y + (b * s->n_quantiles + q) * n, target + b * n,
                                       &sum);
        }
        kr__data(run, &node->out[0])[b] = (kr_real)sum;
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    int64_t batch = node->out[0].shape[0], n = kr__tensor_size(&node->in[TARGET]) / batch;
    const kr_real *y = kr__data(run, &node->in[Y]), *target = kr__data(run, &node->in[TARGET]);
    const kr_real *grad = kr__grad(run, &node->out[0]);
    kr_real *grad_y = kr__grad(run, &node->in[Y]), *grad_target = kr__grad(run, &node->in[TARGET]);
    if (grad_target && node->overwrites >> TARGET & 1) {
        memset(grad_target, 0, (size_t)(batch * n) * sizeof *grad_target);
    }
    for (int64_t i = 0; grad_y && i < batch * s->n_quantiles; i++) {
        int64_t b = i / s->n_quantiles, q = i % s->n_quantiles;
        kr__kernels()->pinball_backward(n, s->p[q], grad[b], y + i * n, target + b * n,
                                        grad_y + i * n, !(node->overwrites >> Y & 1));
    }
}

const kr_op kr_op_pinball_loss = {.name = "pinball_loss", .plan = plan};

const kr_op_row kr_op_pinball_loss_cpu = {.op = &kr_op_pinball_loss,
                                          .needs = needs,
                                          .forward = forward,
                                          .backward = backward,
                                          .can_overwrite = true};

kr_tensor kr__pinball_loss(kr_plan *plan_, kr_tensor y, kr_tensor target, int64_t n_quantiles,
                           const double *p) {
    const kr_tensor in[2] = {y, target};
    settings s = {.n_quantiles = n_quantiles};
    memcpy(s.p, p, (size_t)n_quantiles * sizeof *p);
    return kr__plan_apply(plan_, &kr_op_pinball_loss, 2, in, &s, sizeof s);
}
