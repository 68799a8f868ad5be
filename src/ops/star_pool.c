/* SPDX-License-Identifier: MIT
 * star_pool.c - STAR's pooling: one core out of all channels' scores.
 *
 *     evaluation   y = sum over channels of score * p,  grad_score = grad_y * p * (1 + score - y)
 *     training     y = score of a channel drawn from p, grad_score of that channel = grad_y
 *
 * Saved: p (batch, channels, d_core), then in stochastic nodes the drawn channels (batch, d_core),
 * -1 where nothing could be drawn. One bad probability makes all of the micro-batch uniform.
 * Source: SOFTS, arXiv:2404.14197; guards: TimeStarMamba. */
#include <kr/team.h>
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

typedef struct settings {
    bool is_guarded, is_stochastic;
    int32_t draw; /* number in kr_given.indices */
} settings;

static const kr_real guard_bound = 10, least_p = (kr_real)1e-8;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *score = &node->in[0];
    char text[KR_SHAPE_TEXT];
    if (score->rank != 3 || !kr__tensor_is_contiguous(score)) {
        return kr__node_fail(node, err,
                             "needs a contiguous score (batch, channels, d_core), got %s",
                             kr__shape_text(score, text));
    }
    const int64_t shape[2] = {score->shape[0], score->shape[2]};
    kr__node_output(node, 0, 2, shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const int64_t *shape = node->out[0].shape;
    bool is_stochastic = ((const settings *)node->attr)->is_stochastic;
    node->n_saved = kr__tensor_size(&node->in[0]) + (is_stochastic ? shape[0] * shape[1] : 0);
    node->n_scratch = is_stochastic ? shape[1] : 0;
    node->keeps_in = node->keeps_out = 1;
}

static bool is_drawing(const kr_node *node, const kr_run *run) {
    return run->is_training && ((const settings *)node->attr)->is_stochastic;
}

static kr_real bound_of(const kr_node *node) {
    return ((const settings *)node->attr)->is_guarded ? guard_bound : (kr_real)INFINITY;
}

/* TimeStarMamba's guards on the probabilities, before channels are drawn by them. */
static void guard(const kr_node *node, const kr_run *run, kr_real *p) {
    int64_t batch = node->in[0].shape[0], channels = node->in[0].shape[1];
    int64_t cols = node->in[0].shape[2], n = batch * channels * cols;
    bool are_finite = true;
    for (int64_t i = 0; i < n; i++) are_finite &= isfinite(p[i]) != 0;
    if (!are_finite) {
        kr_team_log(run->team, KR_LOG_WARNING,
                    "Warning: NaN/Inf detected, using uniform distribution");
        for (int64_t i = 0; i < n; i++) p[i] = 1 / (kr_real)channels;
    }
    for (int64_t b = 0; b < batch; b++) {
        kr__kernels()->star_renormalize(channels, cols, least_p, p + b * channels * cols);
    }
}

/* u[k]: a function of seed, step, node, sample and k; 23 bits, so that float holds them exactly. */
static void draw_uniform(const kr_node *node, const kr_run *run, int64_t sample, kr_real *u) {
    int64_t cols = node->in[0].shape[2];
    uint32_t where = (uint32_t)KR_STREAM_STAR << 24 | ((uint32_t)node->random_id & 0xffffffu);
    for (int64_t k = 0; k < cols; k += 4) {
        uint32_t r[4];
        kr__philox(run->seed, (uint32_t)(k / 4), (uint32_t)sample, (uint32_t)run->step, where, r);
        for (int64_t i = k; i < cols && i < k + 4; i++) {
            u[i] = (kr_real)(r[i - k] >> 9) * (kr_real)0x1p-23;
        }
    }
}

static void draw_channels(const kr_node *node, const kr_run *run, const kr_real *p,
                          kr_real *channel) {
    int64_t batch = node->in[0].shape[0], channels = node->in[0].shape[1];
    int64_t cols = node->in[0].shape[2];
    if (run->given && run->given->indices) {
        const int64_t *given = run->given->indices[((const settings *)node->attr)->draw];
        given += run->first_sample * cols;
        for (int64_t i = 0; i < batch * cols; i++) channel[i] = (kr_real)given[i];
        return;
    }
    for (int64_t b = 0; b < batch; b++) {
        draw_uniform(node, run, run->first_sample + b, run->scratch);
        kr__kernels()->star_draw(channels, cols, p + b * channels * cols, run->scratch,
                                 channel + b * cols);
    }
}

/* y = the scores of the drawn channels, clamped. A channel that is NaN, because nothing could be
 * drawn, becomes -1. */
static void take(const kr_node *node, const kr_real *score, kr_real *channel, kr_real *y) {
    int64_t batch = node->in[0].shape[0], channels = node->in[0].shape[1];
    int64_t cols = node->in[0].shape[2];
    kr_real bound = bound_of(node);
    for (int64_t i = 0; i < batch * cols; i++) {
        if (isnan(channel[i])) {
            channel[i] = -1;
            y[i] = (kr_real)NAN;
            continue;
        }
        kr_real s = score[(i / cols * channels + (int64_t)channel[i]) * cols + i % cols];
        y[i] = s > bound ? bound : s < -bound ? -bound : s;
    }
}

static void forward(const kr_node *node, const kr_run *run) {
    int64_t batch = node->in[0].shape[0], channels = node->in[0].shape[1];
    int64_t cols = node->in[0].shape[2];
    const kr_real *score = kr__data(run, &node->in[0]);
    kr_real *y = kr__data(run, &node->out[0]), *p = kr__saved(node, run);
    for (int64_t b = 0; b < batch; b++) {
        int64_t at = b * channels * cols;
        kr__kernels()->star_softmax(channels, cols, bound_of(node), score + at, p + at);
        if (is_drawing(node, run)) continue;
        kr__kernels()->star_mean(channels, cols, bound_of(node), score + at, p + at, y + b * cols);
    }
    if (!is_drawing(node, run)) return;
    kr_real *channel = p + batch * channels * cols;
    if (((const settings *)node->attr)->is_guarded) guard(node, run, p);
    draw_channels(node, run, p, channel);
    take(node, score, channel, y);
}

static void add_drawn(const kr_node *node, const kr_run *run, kr_real *grad_score) {
    int64_t batch = node->in[0].shape[0], channels = node->in[0].shape[1];
    int64_t cols = node->in[0].shape[2];
    const kr_real *grad_y = kr__grad(run, &node->out[0]), *score = kr__data(run, &node->in[0]);
    const kr_real *channel = kr__saved(node, run) + batch * channels * cols;
    kr_real bound = bound_of(node);
    for (int64_t i = 0; i < batch * cols; i++) {
        if (channel[i] < 0) continue;
        int64_t at = (i / cols * channels + (int64_t)channel[i]) * cols + i % cols;
        if (score[at] >= -bound && score[at] <= bound) grad_score[at] += grad_y[i];
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    int64_t batch = node->in[0].shape[0], channels = node->in[0].shape[1];
    int64_t cols = node->in[0].shape[2];
    const kr_real *score = kr__data(run, &node->in[0]), *p = kr__saved(node, run);
    const kr_real *y = kr__data(run, &node->out[0]), *grad_y = kr__grad(run, &node->out[0]);
    kr_real *grad_score = kr__grad(run, &node->in[0]);
    if (!grad_score) return;
    if (node->overwrites & 1) {
        memset(grad_score, 0, (size_t)(batch * channels * cols) * sizeof *grad_score);
    }
    if (is_drawing(node, run)) {
        add_drawn(node, run, grad_score);
        return;
    }
    for (int64_t b = 0; b < batch; b++) {
        int64_t at = b * channels * cols;
        kr__kernels()->star_mean_backward(channels, cols, bound_of(node), score + at, p + at,
                                          y + b * cols, grad_y + b * cols, grad_score + at);
    }
}

const kr_op kr_op_star_pool = {.name = "star_pool", .plan = plan};

const kr_op_row kr_op_star_pool_cpu = {.op = &kr_op_star_pool,
                                       .needs = needs,
                                       .forward = forward,
                                       .backward = backward,
                                       .can_overwrite = true};

kr_tensor kr__star_pool(kr_plan *plan_, kr_tensor score, bool is_guarded, bool is_stochastic) {
    settings s = {is_guarded, is_stochastic, 0};
    if (is_stochastic) s.draw = kr__plan_next_draw(plan_, 1);
    return kr__plan_apply(plan_, &kr_op_star_pool, 1, &score, &s, sizeof s);
}
