/* SPDX-License-Identifier: MIT
 * seasonal_naive.c - the last period, repeated: a baseline without parameters.
 *
 *     y[b, p, v] = x[b, seq_len - period + p % period, v] */
#include <string.h>

#include "ops/ops.h"
#include "tensor/strided.h"

typedef struct settings {
    int64_t pred_len, period;
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const settings *s = node->attr;
    const kr_tensor *x = &node->in[0];
    char text[KR_SHAPE_TEXT];
    if (x->rank != 3) {
        return kr__node_fail(node, err, "x must be (batch, seq_len, n_vars), got %s",
                             kr__shape_text(x, text));
    }
    if (s->period < 1 || s->period > x->shape[1]) {
        return kr__node_fail(node, err,
                             "period %lld must lie in 1 .. %lld, the length of the input",
                             (long long)s->period, (long long)x->shape[1]);
    }
    if (s->pred_len < 1) {
        return kr__node_fail(node, err, "pred_len %lld must be at least 1", (long long)s->pred_len);
    }
    kr__node_output(node, 0, 3, (int64_t[]){x->shape[0], s->pred_len, x->shape[2]});
    return KR_OK;
}

static void needs(kr_node *node) { node->keeps_in = node->keeps_out = 0; }

/* For each repetition, of which the last may be shorter: some steps of x and as many of y. */
static void each_repetition(const kr_node *node, const kr_run *run, bool is_backward) {
    const settings *s = node->attr;
    const kr_tensor *x = &node->in[0], *y = &node->out[0];
    for (int64_t start = 0; start < s->pred_len; start += s->period) {
        int64_t count = s->pred_len - start < s->period ? s->pred_len - start : s->period;
        kr_tensor from = kr__slice(*x, 1, x->shape[1] - s->period, count);
        kr_tensor to = kr__slice(*y, 1, start, count);
        if (is_backward) {
            kr__strided_add(&to, kr__grad(run, &to), &from, kr__grad(run, &from));
        } else {
            kr__strided_copy(&from, kr__data(run, &from), &to, kr__data(run, &to));
        }
    }
}

static void forward(const kr_node *node, const kr_run *run) { each_repetition(node, run, false); }
static void backward(const kr_node *node, const kr_run *run) { each_repetition(node, run, true); }

const kr_op kr_op_seasonal_naive = {.name = "seasonal_naive", .plan = plan};

const kr_op_row kr_op_seasonal_naive_cpu = {
    .op = &kr_op_seasonal_naive, .needs = needs, .forward = forward, .backward = backward};

kr_tensor kr__seasonal_naive(kr_plan *plan_, kr_tensor x, int64_t pred_len, int64_t period) {
    const settings s = {pred_len, period};
    return kr__plan_apply(plan_, &kr_op_seasonal_naive, 1, &x, &s, sizeof s);
}
