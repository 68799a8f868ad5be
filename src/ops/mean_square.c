/* SPDX-License-Identifier: MIT
 * mean_square.c - how large the values of a sample are.
 *
 *     loss = scale * mean of x^2        grad_x = 2 scale / n * x */
#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

typedef struct settings {
    double scale;
    int64_t n; /* elements of a sample */
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    settings *s = node->attr;
    char text[KR_SHAPE_TEXT];
    if (x->rank < 2 || !kr__tensor_is_contiguous(x) || kr__tensor_size(x) == 0) {
        return kr__node_fail(node, err, "x %s must be (batch, ..), contiguous and not empty",
                             kr__shape_text(x, text));
    }
    s->n = kr__tensor_size(x) / x->shape[0];
    s->scale /= (double)s->n;
    kr__node_output(node, 0, 1, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_out = 0; }

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const kr_real *x = kr__data(run, &node->in[0]);
    for (int64_t b = 0; b < node->out[0].shape[0]; b++) {
        double sum = 0;
        kr__kernels()->sum_squares(s->n, x + b * s->n, &sum);
        kr__data(run, &node->out[0])[b] = (kr_real)(sum * s->scale);
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const kr_real *x = kr__data(run, &node->in[0]), *grad = kr__grad(run, &node->out[0]);
    kr_real *grad_x = kr__grad(run, &node->in[0]);
    for (int64_t b = 0; grad_x && b < node->out[0].shape[0]; b++) {
        kr_real slope = (kr_real)(2 * (double)grad[b] * s->scale);
        if (node->overwrites & 1) {
            kr__kernels()->scale(s->n, slope, x + b * s->n, grad_x + b * s->n);
        } else {
            kr__kernels()->axpy(s->n, slope, x + b * s->n, grad_x + b * s->n);
        }
    }
}

const kr_op kr_op_mean_square = {.name = "mean_square", .plan = plan};

const kr_op_row kr_op_mean_square_cpu = {.op = &kr_op_mean_square,
                                         .needs = needs,
                                         .forward = forward,
                                         .backward = backward,
                                         .can_overwrite = true};

kr_tensor kr__mean_square(kr_plan *plan_, kr_tensor x, double scale) {
    const settings s = {.scale = scale};
    return kr__plan_apply(plan_, &kr_op_mean_square, 1, &x, &s, sizeof s);
}
