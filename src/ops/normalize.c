/* SPDX-License-Identifier: MIT
 * normalize.c - series by moments that come from elsewhere: y = (x - mean) / deviation.
 *
 *     grad_x += grad_y / deviation
 *     grad_mean -= sum over time of grad_y / deviation
 *     grad_deviation -= sum over time of grad_y * y / deviation */
#include "ops/ops.h"

enum { X, MEAN, DEVIATION };

static bool fits(const kr_tensor *x, const kr_tensor *moment) {
    return x->rank == 3 && moment->rank == 2 && moment->shape[0] == x->shape[0] &&
           moment->shape[1] == x->shape[2];
}

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *mean = &node->in[MEAN], *deviation = &node->in[DEVIATION];
    char text_x[KR_SHAPE_TEXT], text_m[KR_SHAPE_TEXT], text_d[KR_SHAPE_TEXT];
    if (!fits(x, mean) || !fits(x, deviation)) {
        return kr_node_fail(node, err,
                            "x (batch, steps, n_vars) needs mean and deviation (batch, n_vars), "
                            "got %s, %s and %s",
                            kr_shape_text(x, text_x), kr_shape_text(mean, text_m),
                            kr_shape_text(deviation, text_d));
    }
    node->keeps_in = 1u << DEVIATION;
    node->keeps_out = deviation->grad_offset >= 0;
    kr_node_output(node, 0, 3, x->shape);
    return KR_OK;
}

/* Element (b, v) of mean or deviation. */
static int64_t place(const kr_tensor *moment, int64_t b, int64_t v) {
    return b * moment->stride[0] + v * moment->stride[1];
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[X], *mean = &node->in[MEAN], *deviation = &node->in[DEVIATION];
    const kr_real *data = kr_data(run, x), *middle = kr_data(run, mean);
    const kr_real *spread = kr_data(run, deviation);
    kr_real *y = kr_data(run, &node->out[0]);
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t t = 0; t < x->shape[1]; t++) {
            const kr_real *row = data + b * x->stride[0] + t * x->stride[1];
            for (int64_t v = 0; v < x->shape[2]; v++) {
                *y++ = (row[v * x->stride[2]] - middle[place(mean, b, v)]) /
                       spread[place(deviation, b, v)];
            }
        }
    }
}

static void add_grad_x(const kr_node *node, const kr_run *run, kr_real *grad) {
    const kr_tensor *x = &node->in[X], *deviation = &node->in[DEVIATION];
    const kr_real *grad_y = kr_grad(run, &node->out[0]), *spread = kr_data(run, deviation);
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t t = 0; t < x->shape[1]; t++) {
            kr_real *row = grad + b * x->stride[0] + t * x->stride[1];
            for (int64_t v = 0; v < x->shape[2]; v++) {
                row[v * x->stride[2]] += *grad_y++ / spread[place(deviation, b, v)];
            }
        }
    }
}

/* grad[b, v] -= sum over time of grad_y / deviation, times y when factor is not NULL. */
static void add_grad_moment(const kr_node *node, const kr_run *run, const kr_real *factor,
                            const kr_tensor *moment, kr_real *grad) {
    const kr_tensor *x = &node->in[X], *deviation = &node->in[DEVIATION];
    const kr_real *grad_y = kr_grad(run, &node->out[0]), *spread = kr_data(run, deviation);
    int64_t n = x->shape[1], n_vars = x->shape[2];
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t v = 0; v < n_vars; v++) {
            double sum = 0;
            for (int64_t t = 0; t < n; t++) {
                int64_t at = (b * n + t) * n_vars + v;
                sum += factor ? (double)grad_y[at] * (double)factor[at] : (double)grad_y[at];
            }
            grad[place(moment, b, v)] -= (kr_real)(sum / (double)spread[place(deviation, b, v)]);
        }
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *mean = &node->in[MEAN], *deviation = &node->in[DEVIATION];
    kr_real *grad_x = kr_grad(run, &node->in[X]), *grad_mean = kr_grad(run, mean);
    kr_real *grad_deviation = kr_grad(run, deviation);
    if (grad_x) add_grad_x(node, run, grad_x);
    if (grad_mean) add_grad_moment(node, run, NULL, mean, grad_mean);
    if (grad_deviation) {
        add_grad_moment(node, run, kr_data(run, &node->out[0]), deviation, grad_deviation);
    }
}

const kr_op kr_op_normalize = {
    .name = "normalize", .plan = plan, .forward = forward, .backward = backward};

kr_tensor kr_normalize(kr_plan *plan_, kr_tensor x, kr_tensor mean, kr_tensor deviation) {
    const kr_tensor in[3] = {x, mean, deviation};
    return kr_plan_apply(plan_, &kr_op_normalize, 3, in, NULL, 0);
}
