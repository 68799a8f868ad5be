/* SPDX-License-Identifier: MIT
 * horizon_loss.c - how well step t foretells step t + horizon of a series.
 *
 *     loss = scale / ((seq_len - horizon) n_features)
 *            * sum over t, f of (y[t] - target[t + horizon])^2
 *
 * The last `horizon` forecasts have nothing to be compared with and get no gradient; nor do the
 * first `horizon` targets. y and target may be one tensor. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

enum { Y, TARGET };

typedef struct settings {
    int64_t horizon;
    double scale;
    int64_t n_sample, n_compared; /* elements of a sample: all; those that are compared */
    int64_t shift;                /* elements of `horizon` steps */
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *y = &node->in[Y], *target = &node->in[TARGET];
    settings *s = node->attr;
    char text_y[KR_SHAPE_TEXT], text_t[KR_SHAPE_TEXT];
    if (y->rank != 3 || !kr__tensor_same_shape(y, target) || !kr__tensor_is_contiguous(y) ||
        !kr__tensor_is_contiguous(target)) {
        return kr__node_fail(node, err,
                             "forecast %s and target %s must be (batch, seq_len, n_features), "
                             "contiguous and of one shape",
                             kr__shape_text(y, text_y), kr__shape_text(target, text_t));
    }
    if (s->horizon < 1 || s->horizon >= y->shape[1]) {
        return kr__node_fail(node, err, "horizon %lld must be 1 to %lld: below the window's length",
                             (long long)s->horizon, (long long)y->shape[1] - 1);
    }
    s->n_sample = y->shape[1] * y->shape[2];
    s->shift = s->horizon * y->shape[2];
    s->n_compared = s->n_sample - s->shift;
    s->scale /= (double)s->n_compared;
    kr__node_output(node, 0, 1, y->shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_out = 0; }

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const kr_real *y = kr__data(run, &node->in[Y]);
    const kr_real *target = kr__data(run, &node->in[TARGET]) + s->shift;
    kr_real *loss = kr__data(run, &node->out[0]);
    for (int64_t b = 0; b < node->out[0].shape[0]; b++) {
        double sum = 0;
        kr__kernels()->mse_sum(s->n_compared, y + b * s->n_sample, target + b * s->n_sample, &sum);
        loss[b] = (kr_real)(sum * s->scale);
    }
}

/* grad (n_sample) of one side: its n_compared elements from `first` on; the rest is 0. */
static void add_gradient(const settings *s, kr_real slope, const kr_real *a, const kr_real *b,
                         int64_t first, kr_real *grad, bool is_adding) {
    if (!is_adding) memset(grad, 0, (size_t)s->n_sample * sizeof *grad);
    kr__kernels()->mse_backward(s->n_compared, slope, a, b, grad + first, is_adding);
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const kr_real *y = kr__data(run, &node->in[Y]);
    const kr_real *target = kr__data(run, &node->in[TARGET]) + s->shift;
    const kr_real *grad = kr__grad(run, &node->out[0]);
    kr_real *grad_y = kr__grad(run, &node->in[Y]), *grad_target = kr__grad(run, &node->in[TARGET]);
    for (int64_t b = 0; b < node->out[0].shape[0]; b++) {
        const int64_t at = b * s->n_sample;
        kr_real slope = (kr_real)((double)grad[b] * s->scale);
        if (grad_y) {
            add_gradient(s, slope, y + at, target + at, 0, grad_y + at,
                         !(node->overwrites >> Y & 1));
        }
        if (grad_target) {
            add_gradient(s, slope, target + at, y + at, s->shift, grad_target + at,
                         !(node->overwrites >> TARGET & 1));
        }
    }
}

const kr_op kr_op_horizon_loss = {.name = "horizon_loss", .plan = plan};

const kr_op_row kr_op_horizon_loss_cpu = {.op = &kr_op_horizon_loss,
                                          .needs = needs,
                                          .forward = forward,
                                          .backward = backward,
                                          .can_overwrite = true};

kr_tensor kr__horizon_loss(kr_plan *plan_, kr_tensor y, kr_tensor target, int64_t horizon,
                           double scale) {
    const kr_tensor in[2] = {y, target};
    const settings s = {.horizon = horizon, .scale = scale};
    return kr__plan_apply(plan_, &kr_op_horizon_loss, 2, in, &s, sizeof s);
}
