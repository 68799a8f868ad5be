/* SPDX-License-Identifier: MIT
 * dropout.c - drop elements at random, scale the others up.
 *
 *     y = x * mask / (1 - p)        grad_x += grad_y * mask / (1 - p)
 *
 * Nothing is kept: backward draws the mask again. The draw of element i of a sample depends on
 * (seed, step, number of the sample in its batch, node, i) alone; how, and that p is rounded to a
 * multiple of 2^-16, stands in kernels/dropout_rows.c. Source: JMLR 15 (2014), 1929-1958. */
#include <assert.h>
#include <string.h>

#include "core/random.h"
#include "core/real.h"
#include "ops/unary.h"

typedef struct settings {
    double p;
    int32_t number; /* among the plan's dropouts, for given masks */
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const settings *s = node->attr;
    const kr_tensor *x = &node->in[0];
    char text[KR_SHAPE_TEXT];
    if (!(s->p >= 0 && s->p < 1)) {
        return kr__node_fail(node, err, "probability %g must be at least 0 and below 1", s->p);
    }
    if (x->shape[0] % node->batch != 0) {
        return kr__node_fail(node, err,
                             "the first axis of %s is not a multiple of the %lld samples",
                             kr__shape_text(x, text), (long long)node->batch);
    }
    return kr__unary_plan(node, err);
}

static void needs(kr_node *node) {
    kr__unary_needs(node);
    node->keeps_in = 0;
}

static void apply_given(int64_t n, double p, const kr_real *mask, const kr_real *x, kr_real *y,
                        bool is_adding) {
    const kr_real kept = (kr_real)(1 / (1 - p));
    for (int64_t i = 0; i < n; i++) y[i] = (is_adding ? y[i] : 0) + x[i] * (mask[i] * kept);
}

static void apply_drawn(const kr_node *node, const kr_run *run, kr_range range, const kr_real *x,
                        kr_real *y, bool is_adding) {
    int64_t n = kr__tensor_size(&node->out[0]) / node->batch, end = range.first + range.count;
    for (int64_t at = range.first, count; at < end; at += count) {
        int64_t b = at / n, first = at % n;
        count = n - first < end - at ? n - first : end - at;
        kr__draw draw = {.seed = run->seed,
                         .counter = {(uint32_t)(run->first_sample + b), (uint32_t)run->step,
                                     (uint32_t)KR_STREAM_DROPOUT << 24 | (uint32_t)node->random_id},
                         .p = ((const settings *)node->attr)->p};
        kr__kernels()->dropout_apply(&draw, first, count, x, y, is_adding);
        x += count;
        y += count;
    }
}

/* Forward and backward do the same, to values and to gradients. */
static void apply(const kr_node *node, const kr_run *run, const kr_real *x, kr_real *y,
                  bool is_adding) {
    const settings *s = node->attr;
    int64_t n = kr__tensor_size(&node->out[0]);
    const kr_real *mask = run->given && run->given->masks ? run->given->masks[s->number] : NULL;
    if (mask) mask += run->first_sample * (n / node->batch);
    kr_range range = kr__range_of(run, n, KR_VALUES_GROUP);
    assert(x && y);
    x += range.first;
    y += range.first;
    if (!run->is_training) {
        if (is_adding) {
            kr__kernels()->accumulate(range.count, x, y);
        } else {
            memcpy(y, x, (size_t)range.count * sizeof *y);
        }
    } else if (mask) {
        apply_given(range.count, s->p, mask + range.first, x, y, is_adding);
    } else {
        apply_drawn(node, run, range, x, y, is_adding);
    }
}

static void forward(const kr_node *node, const kr_run *run) {
    apply(node, run, kr__data(run, &node->in[0]), kr__data(run, &node->out[0]), false);
}

static void backward(const kr_node *node, const kr_run *run) {
    apply(node, run, kr__grad(run, &node->out[0]), kr__grad(run, &node->in[0]),
          !(node->overwrites & 1));
}

const kr_op kr_op_dropout = {.name = "dropout", .plan = plan};

const kr_op_row kr_op_dropout_cpu = {.op = &kr_op_dropout,
                                     .needs = needs,
                                     .forward = forward,
                                     .backward = backward,
                                     .can_overwrite = true,
                                     .can_overwrite_columns = true};

kr_tensor kr__dropout(kr_plan *plan_, kr_tensor x, double p) {
    if (p == 0 || !kr__plan_has_backward(plan_)) return x;
    const settings s = {p, kr__plan_next_draw(plan_, 0)};
    return kr__plan_apply(plan_, &kr_op_dropout, 1, &x, &s, sizeof s);
}
