/* SPDX-License-Identifier: MIT
 * instance_norm.c - each series of a sample normalised by its own mean and deviation over time.
 *
 *     y = (x - mean) / deviation        deviation = sqrt(variance + eps), variance by seq_len
 *
 * The mean is a constant for gradients, the deviation is not. With n = seq_len and
 * d deviation / d x[t] = (x[t] - mean) / (n deviation) = y[t] / n:
 *     grad_x[t] += grad_y[t] / deviation + y[t] / n * (grad_deviation - sum grad_y y / deviation)
 * Sums over time are taken in double: raw series may lie far from 0. */
#include <math.h>

#include "core/real.h"
#include "ops/ops.h"

enum { Y, MEAN, DEVIATION };

typedef struct settings {
    double eps;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    char text[KR_SHAPE_TEXT];
    if (x->rank != 3) {
        return kr__node_fail(node, err, "x must be (batch, seq_len, n_vars), got %s",
                             kr__shape_text(x, text));
    }
    const int64_t moments[2] = {x->shape[0], x->shape[2]};
    kr__node_output(node, Y, 3, x->shape);
    kr__node_output(node, MEAN, 2, moments);
    kr__node_output(node, DEVIATION, 2, moments);
    return KR_OK;
}

static void needs(kr_node *node) {
    node->keeps_in = 0;
    node->keeps_out = 1u << Y | 1u << DEVIATION;
}

/* One series: n numbers, `stride` apart in x, y_stride apart in y. */
static void normalize_series(int64_t n, const kr_real *x, int64_t stride, double eps, kr_real *y,
                             int64_t y_stride, kr_real *mean, kr_real *deviation) {
    double sum = 0, squares = 0;
    for (int64_t t = 0; t < n; t++) sum += (double)x[t * stride];
    const double middle = sum / (double)n;
    for (int64_t t = 0; t < n; t++) {
        double d = (double)x[t * stride] - middle;
        squares += d * d;
    }
    const double spread = sqrt(squares / (double)n + eps), inverse = 1 / spread;
    for (int64_t t = 0; t < n; t++) {
        y[t * y_stride] = (kr_real)(((double)x[t * stride] - middle) * inverse);
    }
    *mean = (kr_real)middle;
    *deviation = (kr_real)spread;
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[0];
    const double eps = ((const settings *)node->attr)->eps;
    const kr_real *data = kr__data(run, x);
    int64_t n = x->shape[1], n_vars = x->shape[2];
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t v = 0; v < n_vars; v++) {
            normalize_series(n, data + b * x->stride[0] + v * x->stride[2], x->stride[1], eps,
                             kr__data(run, &node->out[Y]) + b * n * n_vars + v, n_vars,
                             kr__data(run, &node->out[MEAN]) + b * n_vars + v,
                             kr__data(run, &node->out[DEVIATION]) + b * n_vars + v);
        }
    }
}

/* The same series backward; y and grad_y have stride y_stride. */
static void add_series_gradient(int64_t n, const kr_real *y, const kr_real *grad_y,
                                int64_t y_stride, double deviation, double grad_deviation,
                                kr_real *grad_x, int64_t stride) {
    double sum = 0;
    for (int64_t t = 0; t < n; t++) {
        sum += (double)grad_y[t * y_stride] * (double)y[t * y_stride];
    }
    const double inverse = 1 / deviation;
    const double slope = (grad_deviation - sum * inverse) / (double)n;
    for (int64_t t = 0; t < n; t++) {
        double grad = (double)grad_y[t * y_stride] * inverse + slope * (double)y[t * y_stride];
        grad_x[t * stride] += (kr_real)grad;
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[0];
    int64_t n = x->shape[1], n_vars = x->shape[2];
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t v = 0; v < n_vars; v++) {
            int64_t at = b * n * n_vars + v, series = b * n_vars + v;
            add_series_gradient(
                n, kr__data(run, &node->out[Y]) + at, kr__grad(run, &node->out[Y]) + at, n_vars,
                (double)kr__data(run, &node->out[DEVIATION])[series],
                (double)kr__grad(run, &node->out[DEVIATION])[series],
                kr__grad(run, x) + b * x->stride[0] + v * x->stride[2], x->stride[1]);
        }
    }
}

const kr_op kr_op_instance_norm = {.name = "instance_norm", .plan = plan};

const kr_op_row kr_op_instance_norm_cpu = {
    .op = &kr_op_instance_norm, .needs = needs, .forward = forward, .backward = backward};

kr_tensor kr__instance_norm(kr_plan *plan_, kr_tensor x, double eps, kr_tensor *mean,
                            kr_tensor *deviation) {
    kr_tensor out[3];
    kr__plan_apply_n(plan_, &kr_op_instance_norm, 1, &x, &(settings){eps}, sizeof(settings), 3,
                     out);
    *mean = out[MEAN];
    *deviation = out[DEVIATION];
    return out[Y];
}
