/* SPDX-License-Identifier: MIT
 * conv1d.c - depthwise causal convolution over time, then SiLU; of a whole sequence or of a chunk,
 * which takes the last steps of the chunk before and hands on its own.
 *
 *     s[t] = bias + sum over j < d_conv of weight[j] * x[t - (d_conv - 1) + j]       y = silu(s)
 *     grad_s = grad_y * silu'(s)              grad_bias = sum over t of grad_s[t]
 *     grad_x[t] = sum over j of weight[j] * grad_s[t + (d_conv - 1) - j]
 *     grad_weight[j] = sum over t of grad_s[t] * x[t - (d_conv - 1) + j]
 *
 * s is computed again in backward. A piece of a cut run takes some blocks of channels; of one
 * sequence, forward, it takes some steps. Scratch, in blocks of 16 channels:
 *     | weight (d_conv) | bias | grad_weight (d_conv) | grad_bias | the kernel's | */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

enum { X, WEIGHT, BIAS, FIRST };
enum { LANES = 16, LEAST_VALUES = 1 << 14 /* that make a piece worth a worker */ };

typedef struct settings {
    bool with_silu;
    bool with_last;   /* the last steps are an output */
    bool is_in_place; /* or they replace the steps before */
} settings;

static bool has_first(const kr_node *node) { return node->n_in > FIRST; }

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[X], *weight = &node->in[WEIGHT], *bias = &node->in[BIAS];
    char text_x[KR_SHAPE_TEXT], text_w[KR_SHAPE_TEXT];
    kr_matrix rows;
    if (x->rank != 3 || !kr__tensor_as_matrix(x, &rows) || kr__tensor_size(x) == 0) {
        return kr__node_fail(node, err, "x %s: needs (rows, seq_len, d_inner), rows evenly spaced",
                             kr__shape_text(x, text_x));
    }
    if (weight->rank != 3 || weight->shape[0] != rows.cols || weight->shape[1] != 1 ||
        weight->shape[2] < 1 || weight->shape[2] > KR_CONV1D_TAPS ||
        !kr__tensor_is_contiguous(weight)) {
        return kr__node_fail(node, err,
                             "weight %s does not fit x %s: needs (d_inner, 1, d_conv), contiguous, "
                             "d_conv in 1 .. 16",
                             kr__shape_text(weight, text_w), kr__shape_text(x, text_x));
    }
    if (bias->rank != 1 || bias->shape[0] != rows.cols || !kr__tensor_is_contiguous(bias)) {
        return kr__node_fail(node, err, "bias %s does not fit x %s: needs (d_inner), contiguous",
                             kr__shape_text(bias, text_w), kr__shape_text(x, text_x));
    }
    const int64_t before[3] = {x->shape[0], weight->shape[2] - 1, rows.cols};
    kr_tensor want = kr__tensor_make(3, before);
    if (has_first(node) && (!kr__tensor_same_shape(&node->in[FIRST], &want) ||
                            !kr__tensor_is_contiguous(&node->in[FIRST]))) {
        return kr__node_fail(node, err, "the steps before are %s: x and weight call for %s",
                             kr__shape_text(&node->in[FIRST], text_x),
                             kr__shape_text(&want, text_w));
    }
    kr__node_output(node, 0, 3, x->shape);
    if (((const settings *)node->attr)->with_last) kr__node_output(node, 1, 3, before);
    return KR_OK;
}

static void needs(kr_node *node) {
    int64_t d_inner = node->in[X].shape[2], d_conv = node->in[WEIGHT].shape[2];
    node->n_scratch = kr__scan_blocks(d_inner) * LANES * 2 * (d_conv + 1) +
                      kr__conv1d_scratch_size(d_inner, d_conv);
    node->keeps_out = 0;
    node->n_pieces = kr__node_pieces(node, kr__tensor_size(&node->in[X]), LEAST_VALUES);
}

/* The channels that this run takes, in a strand the rows, and its scratch. */
typedef struct workspace {
    kr_range channels, rows;
    kr_real *weight, *bias, *grad_weight, *grad_bias;
} workspace;

/* Where element (d, j) of (d_inner, d_conv) lies in a blocked array. */
static int64_t blocked_at(int64_t d, int64_t j, int64_t d_conv) {
    return (d / LANES * d_conv + j) * LANES + d % LANES;
}

static workspace lay_out(const kr_node *node, const kr_run *run, kr__conv1d_sequence *s) {
    kr_matrix x;
    kr__tensor_as_matrix(&node->in[X], &x);
    workspace p = {.channels = kr__range_in_rows(run, x.cols, LANES),
                   .rows = kr__rows_of(run, node->in[X].shape[0]),
                   .weight = run->scratch};
    *s = (kr__conv1d_sequence){.seq_len = node->in[X].shape[1],
                               .d_inner = p.channels.count,
                               .d_conv = node->in[WEIGHT].shape[2],
                               .x_stride = x.row_stride,
                               .first_stride = x.cols,
                               .y_stride = x.cols,
                               .with_silu = ((const settings *)node->attr)->with_silu};
    int64_t width = kr__scan_blocks(s->d_inner) * LANES;
    p.bias = p.weight + width * s->d_conv;
    p.grad_weight = p.bias + width;
    p.grad_bias = p.grad_weight + width * s->d_conv;
    s->scratch = p.grad_bias + width;
    memset(p.weight, 0, (size_t)(2 * width * (s->d_conv + 1)) * sizeof(kr_real));

    const kr_real *weight = kr__data(run, &node->in[WEIGHT]) + p.channels.first * s->d_conv;
    for (int64_t d = 0; d < s->d_inner; d++) {
        for (int64_t j = 0; j < s->d_conv; j++) {
            p.weight[blocked_at(d, j, s->d_conv)] = weight[d * s->d_conv + j];
        }
    }
    memcpy(p.bias, kr__data(run, &node->in[BIAS]) + p.channels.first,
           (size_t)s->d_inner * sizeof(kr_real));
    s->weight = p.weight;
    s->bias = p.bias;
    return p;
}

/* Where row r's last steps come from: step i of them in x, or, below 0, in what came before. */
static int64_t last_step(const kr__conv1d_sequence *s, int64_t i) {
    return s->seq_len - (s->d_conv - 1) + i;
}

/* Where row r's last steps go, from channel c on; NULL: nowhere. */
static kr_real *last_steps(const kr_node *node, const kr_run *run, const kr__conv1d_sequence *s,
                           int64_t r, int64_t c) {
    const settings *o = node->attr;
    if (!o->with_last && !o->is_in_place) return NULL;
    const kr_tensor *t = o->is_in_place ? &node->in[FIRST] : &node->out[1];
    return kr__data(run, t) + r * (s->d_conv - 1) * s->first_stride + c;
}

/* Of the channels of this run: the row's last d_conv - 1 steps. In place they move up, the first of
 * them first. */
static void keep_last(const kr__conv1d_sequence *s, kr_real *last) {
    size_t size = (size_t)s->d_inner * sizeof *last;
    for (int64_t i = 0; i < s->d_conv - 1; i++, last += s->first_stride) {
        int64_t t = last_step(s, i), row = s->d_conv - 1 + t;
        if (t < 0 && !s->first) {
            memset(last, 0, size);
        } else {
            memcpy(last, t < 0 ? s->first + row * s->first_stride : s->x + t * s->x_stride, size);
        }
    }
}

/* Point s at channel c of row r. */
static void go_to_row(const kr_node *node, const kr_run *run, kr__conv1d_sequence *s, int64_t r,
                      int64_t c) {
    s->x = kr__data(run, &node->in[X]) + r * s->seq_len * s->x_stride + c;
    if (!has_first(node)) return;
    s->first = kr__data(run, &node->in[FIRST]) + r * (s->d_conv - 1) * s->first_stride + c;
}

/* One sequence, cut in time: the next op, which is cut by rows, finds each row in the cache of the
 * worker that made it. */
static void forward_steps(const kr_node *node, const kr_run *run) {
    kr__conv1d_sequence s;
    kr_run all = *run;
    all.n_pieces = 0;
    lay_out(node, &all, &s);
    go_to_row(node, run, &s, 0, 0);
    kr_range steps = kr__range_of(run, s.seq_len, KR_CONV1D_TAPS);
    kr__conv1d_sequence part = s;
    if (steps.first > 0) {
        part.x += steps.first * s.x_stride;
        part.first = part.x - (s.d_conv - 1) * s.x_stride;
        part.first_stride = s.x_stride;
    }
    part.seq_len = steps.count;
    kr__kernels()->conv1d_forward(&part, kr__data(run, &node->out[0]) + steps.first * s.y_stride);
    kr_real *last = last_steps(node, run, &s, 0, 0);
    if (last && run->piece == 0) keep_last(&s, last);
}

static void forward(const kr_node *node, const kr_run *run) {
    kr__conv1d_sequence s;
    if (run->n_pieces > 1 && node->in[X].shape[0] == 1) {
        forward_steps(node, run);
        return;
    }
    const workspace p = lay_out(node, run, &s);
    int64_t c = p.channels.first;
    for (int64_t r = p.rows.first; r < p.rows.first + p.rows.count; r++) {
        go_to_row(node, run, &s, r, c);
        kr_real *y = kr__data(run, &node->out[0]) + r * s.seq_len * s.y_stride + c;
        kr__kernels()->conv1d_forward(&s, y);
        kr_real *last = last_steps(node, run, &s, r, c);
        if (last) keep_last(&s, last);
    }
}

/* The last steps are steps of x, or of what came before: their gradient is added there. */
static void add_grad_last(const kr__conv1d_sequence *s, const kr_real *last,
                          const kr__conv1d_gradients *grad) {
    for (int64_t i = 0; i < s->d_conv - 1; i++, last += s->first_stride) {
        int64_t t = last_step(s, i), row = s->d_conv - 1 + t;
        kr_real *to = t < 0 ? grad->first : grad->x;
        if (!to) continue;
        to += t < 0 ? row * s->first_stride : t * s->x_stride;
        kr__kernels()->accumulate(s->d_inner, last, to);
    }
}

static void backward_row(const kr_node *node, const kr_run *run, kr__conv1d_sequence *s, int64_t r,
                         const workspace *p) {
    int64_t c = p->channels.first, before = r * (s->d_conv - 1) * s->first_stride + c;
    kr_real *grad_x = kr__grad(run, &node->in[X]);
    kr_real *grad_first = has_first(node) ? kr__grad(run, &node->in[FIRST]) : NULL;
    go_to_row(node, run, s, r, c);
    const kr__conv1d_gradients grad = {
        .y = kr__grad(run, &node->out[0]) + r * s->seq_len * s->y_stride + c,
        .x = grad_x ? grad_x + r * s->seq_len * s->x_stride + c : NULL,
        .first = grad_first ? grad_first + before : NULL,
        .adds_x = !(node->overwrites >> X & 1),
        .adds_first = !(node->overwrites >> FIRST & 1),
        .weight = p->grad_weight,
        .bias = p->grad_bias};
    kr__kernels()->conv1d_backward(s, &grad);
    if (node->n_out > 1) add_grad_last(s, kr__grad(run, &node->out[1]) + before, &grad);
}

static void backward(const kr_node *node, const kr_run *run) {
    kr__conv1d_sequence s;
    workspace p = lay_out(node, run, &s);
    int64_t c = p.channels.first;
    for (int64_t r = 0; r < node->in[X].shape[0]; r++) backward_row(node, run, &s, r, &p);
    kr_real *grad_weight = kr__grad(run, &node->in[WEIGHT]);
    bool adds_weight = !(node->overwrites >> WEIGHT & 1);
    for (int64_t d = 0; grad_weight && d < s.d_inner; d++) {
        for (int64_t j = 0; j < s.d_conv; j++) {
            kr_real *out = &grad_weight[(c + d) * s.d_conv + j];
            *out = (adds_weight ? *out : 0) + p.grad_weight[blocked_at(d, j, s.d_conv)];
        }
    }
    kr_real *grad_bias = kr__grad(run, &node->in[BIAS]);
    bool adds_bias = !(node->overwrites >> BIAS & 1);
    for (int64_t d = 0; grad_bias && d < s.d_inner; d++) {
        grad_bias[c + d] = (adds_bias ? grad_bias[c + d] : 0) + p.grad_bias[d];
    }
}

static kr_work work(const kr_node *node) {
    double sums = 2.0 * (double)kr__tensor_size(&node->in[X]) * (double)node->in[WEIGHT].shape[2];
    return (kr_work){sums, 3 * sums, "FLOP"}; /* backward: the sums again, grad_x, grad_weight */
}

const kr_op kr_op_conv1d = {.name = "conv1d", .plan = plan, .work = work};

const kr_op_row kr_op_conv1d_cpu = {.op = &kr_op_conv1d,
                                    .needs = needs,
                                    .forward = forward,
                                    .backward = backward,
                                    .can_overwrite = true,
                                    .can_overwrite_columns = true,
                                    .keeps_rows = true};

kr_tensor kr__conv1d(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor bias,
                     bool with_silu) {
    const kr_tensor in[3] = {x, weight, bias};
    const settings s = {.with_silu = with_silu};
    return kr__plan_apply(plan_, &kr_op_conv1d, 3, in, &s, sizeof s);
}

kr_tensor kr__conv1d_chunk(kr_plan *plan_, kr_tensor x, kr_tensor weight, kr_tensor bias,
                           bool with_silu, kr_tensor first, kr_tensor *last) {
    const kr_tensor in[4] = {x, weight, bias, first};
    bool has_memory = weight.rank == 3 && weight.shape[2] > 1;
    bool is_in_place = has_memory && first.space == KR_SPACE_STATE;
    const settings s = {.with_silu = with_silu,
                        .with_last = has_memory && !is_in_place,
                        .is_in_place = is_in_place};
    kr_tensor out[2] = {KR_NONE, KR_NONE};
    kr__plan_apply_n(plan_, &kr_op_conv1d, has_memory && first.rank > 0 ? 4 : 3, in, &s, sizeof s,
                     s.with_last ? 2 : 1, out);
    *last = out[1];
    return out[0];
}
