/* SPDX-License-Identifier: MIT
 * moving_average.c - a series as its moving average, the trend, and what is left of it.
 *
 *     trend[t] = mean over j = -h .. h of x[clamp(t + j)]      window = 2 h + 1, ends replicated
 *     rest = x - trend
 *     grad_x = grad_rest + (the transposed average of grad_trend - grad_rest)
 *
 * Both averages slide: one step enters the sum and one leaves it, in double. */
#include "core/real.h"
#include "ops/ops.h"

enum { TREND, REST };

typedef struct settings {
    int64_t window;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    int64_t window = ((const settings *)node->attr)->window;
    char text[KR_SHAPE_TEXT];
    if (x->rank != 3) {
        return kr__node_fail(node, err, "x must be (batch, seq_len, n_vars), got %s",
                             kr__shape_text(x, text));
    }
    if (window < 1 || window % 2 == 0) {
        return kr__node_fail(node, err,
                             "the window of %lld steps must be odd, so that it has a middle",
                             (long long)window);
    }
    kr__node_output(node, TREND, 3, x->shape);
    kr__node_output(node, REST, 3, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_in = node->keeps_out = 0; }

static int64_t clamp(int64_t t, int64_t n) { return t < 0 ? 0 : t < n ? t : n - 1; }

/* One series: x `stride` apart, trend and rest y_stride apart. */
static void average(int64_t n, int64_t half, const kr_real *x, int64_t stride, kr_real *trend,
                    kr_real *rest, int64_t y_stride) {
    double sum = 0;
    for (int64_t j = -half; j <= half; j++) sum += (double)x[clamp(j, n) * stride];
    for (int64_t t = 0; t < n; t++) {
        double mean = sum / (double)(2 * half + 1);
        trend[t * y_stride] = (kr_real)mean;
        rest[t * y_stride] = (kr_real)((double)x[t * stride] - mean);
        sum += (double)x[clamp(t + half + 1, n) * stride];
        sum -= (double)x[clamp(t - half, n) * stride];
    }
}

/* Place p of the series with its replicated ends lies in the windows of steps p - half .. p + half,
 * where there are such steps. */
static void average_backward(int64_t n, int64_t half, const kr_real *grad_trend,
                             const kr_real *grad_rest, int64_t y_stride, kr_real *grad,
                             int64_t stride) {
    double sum = 0;
    for (int64_t p = -half; p < n + half; p++) {
        int64_t in = p + half, out = p - half - 1;
        if (in < n) sum += (double)grad_trend[in * y_stride] - (double)grad_rest[in * y_stride];
        if (out >= 0) sum -= (double)grad_trend[out * y_stride] - (double)grad_rest[out * y_stride];
        grad[clamp(p, n) * stride] += (kr_real)(sum / (double)(2 * half + 1));
    }
    for (int64_t t = 0; t < n; t++) grad[t * stride] += grad_rest[t * y_stride];
}

static void forward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[0];
    int64_t half = ((const settings *)node->attr)->window / 2, n = x->shape[1];
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t v = 0; v < x->shape[2]; v++) {
            int64_t at = b * n * x->shape[2] + v;
            average(n, half, kr__data(run, x) + b * x->stride[0] + v * x->stride[2], x->stride[1],
                    kr__data(run, &node->out[TREND]) + at, kr__data(run, &node->out[REST]) + at,
                    x->shape[2]);
        }
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const kr_tensor *x = &node->in[0];
    int64_t half = ((const settings *)node->attr)->window / 2, n = x->shape[1];
    for (int64_t b = 0; b < x->shape[0]; b++) {
        for (int64_t v = 0; v < x->shape[2]; v++) {
            int64_t at = b * n * x->shape[2] + v;
            average_backward(n, half, kr__grad(run, &node->out[TREND]) + at,
                             kr__grad(run, &node->out[REST]) + at, x->shape[2],
                             kr__grad(run, x) + b * x->stride[0] + v * x->stride[2], x->stride[1]);
        }
    }
}

const kr_op kr_op_moving_average = {.name = "moving_average", .plan = plan};

const kr_op_row kr_op_moving_average_cpu = {
    .op = &kr_op_moving_average, .needs = needs, .forward = forward, .backward = backward};

kr_tensor kr__moving_average(kr_plan *plan_, kr_tensor x, int64_t window, kr_tensor *rest) {
    kr_tensor out[2];
    kr__plan_apply_n(plan_, &kr_op_moving_average, 1, &x, &(settings){window}, sizeof(settings), 2,
                     out);
    *rest = out[REST];
    return out[TREND];
}
