/* SPDX-License-Identifier: MIT
 * spectrum_loss.c - how far apart the spectra of forecast and truth are: the loss of FreDF
 * (arXiv:2402.02399).
 *
 *     c[k, v] = 1 / sqrt(steps) * sum over t of (y - target)[t, v] e^(-2 pi i k t / steps)
 *     loss = scale * mean over k = 0 .. steps / 2 and v of |c[k, v]|
 *
 * Cosines and sines are a constant matrix (2 n_k, steps), so that both directions are one product.
 * Saved for backward: c, of which that makes the directions c / |c|. */
#include <string.h>
#include <tgmath.h>

#include "core/real.h"
#include "kernels/gemm.h"
#include "ops/ops.h"

enum { Y, TARGET };

typedef struct settings {
    double scale;
} settings;

/* Frequencies of a real series. */
static int64_t count_waves(const kr_node *node) { return node->in[Y].shape[1] / 2 + 1; }

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *y = &node->in[Y], *target = &node->in[TARGET];
    char text_y[KR_SHAPE_TEXT], text_t[KR_SHAPE_TEXT];
    if (y->rank != 3 || !kr__tensor_same_shape(y, target) || !kr__tensor_is_contiguous(y) ||
        !kr__tensor_is_contiguous(target)) {
        return kr__node_fail(node, err,
                             "forecast %s and target %s must be (batch, steps, n_vars), contiguous "
                             "and of one shape",
                             kr__shape_text(y, text_y), kr__shape_text(target, text_t));
    }
    kr__node_output(node, 0, 1, y->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const int64_t *shape = node->in[Y].shape;
    node->keeps_in = 1u << TARGET;
    node->keeps_out = 0;
    node->n_saved = shape[0] * 2 * count_waves(node) * shape[2];
    node->n_scratch = shape[1] * shape[2];
}

/* Cosines (n_k, steps), then sines. */
static kr_status prepare(kr_node *node, kr_error *err) {
    int64_t n = node->in[Y].shape[1], n_k = count_waves(node);
    kr_real *waves = kr__node_memory(node, (size_t)(2 * n_k * n), sizeof *waves);
    if (!waves) return kr_fail(err, KR_MEMORY, "out of memory while planning");
    const double turn = 2 * acos(-1.0) / (double)n, factor = 1 / sqrt((double)n);
    for (int64_t k = 0; k < n_k; k++) {
        for (int64_t t = 0; t < n; t++) {
            double angle = turn * (double)(k * t % n);
            waves[k * n + t] = (kr_real)(factor * cos(angle));
            waves[(n_k + k) * n + t] = (kr_real)(factor * sin(angle));
        }
    }
    node->prepared = waves;
    return KR_OK;
}

/* Where there is no target there is no error. */
static void forward(const kr_node *node, const kr_run *run) {
    const int64_t *shape = node->in[Y].shape;
    int64_t size = shape[1] * shape[2], n = count_waves(node) * shape[2];
    const double scale = ((const settings *)node->attr)->scale / (double)n;
    const kr_real *y = kr__data(run, &node->in[Y]), *target = kr__data(run, &node->in[TARGET]);
    kr_real *c = kr__saved(node, run), *error = run->scratch;
    for (int64_t b = 0; b < shape[0]; b++, y += size, target += size, c += 2 * n) {
        for (int64_t i = 0; i < size; i++) error[i] = isnan(target[i]) ? 0 : y[i] - target[i];
        kr__gemm('N', 'N', 2 * count_waves(node), shape[2], shape[1], node->prepared, shape[1],
                 error, shape[2], false, c, shape[2]);
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += hypot((double)c[i], (double)c[n + i]);
        kr__data(run, &node->out[0])[b] = (kr_real)(sum * scale);
    }
}

/* c (2, n) -> slope * c / |c|; 0 where it is 0. */
static void turn_to_directions(int64_t n, double slope, kr_real *c) {
    for (int64_t i = 0; i < n; i++) {
        double length = hypot((double)c[i], (double)c[n + i]);
        double factor = length > 0 ? slope / length : 0;
        c[i] = (kr_real)((double)c[i] * factor);
        c[n + i] = (kr_real)((double)c[n + i] * factor);
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const int64_t *shape = node->in[Y].shape;
    int64_t size = shape[1] * shape[2], n = count_waves(node) * shape[2];
    const double scale = ((const settings *)node->attr)->scale / (double)n;
    const kr_real *target = kr__data(run, &node->in[TARGET]), *grad = kr__grad(run, &node->out[0]);
    kr_real *grad_y = kr__grad(run, &node->in[Y]), *c = kr__saved(node, run);
    for (int64_t b = 0; grad_y && b < shape[0]; b++, target += size, grad_y += size, c += 2 * n) {
        turn_to_directions(n, (double)grad[b] * scale, c);
        kr__gemm('T', 'N', shape[1], shape[2], 2 * count_waves(node), node->prepared, shape[1], c,
                 shape[2], false, run->scratch, shape[2]);
        for (int64_t i = 0; i < size; i++) {
            if (!isnan(target[i])) grad_y[i] += run->scratch[i];
        }
    }
}

static kr_work work(const kr_node *node) {
    const int64_t *shape = node->in[Y].shape;
    double product = 4.0 * (double)(shape[0] * count_waves(node)) * (double)(shape[1] * shape[2]);
    return (kr_work){product, product, "FLOP"};
}

const kr_op kr_op_spectrum_loss = {.name = "spectrum_loss", .plan = plan, .work = work};

const kr_op_row kr_op_spectrum_loss_cpu = {.op = &kr_op_spectrum_loss,
                                           .needs = needs,
                                           .prepare = prepare,
                                           .forward = forward,
                                           .backward = backward};

kr_tensor kr__spectrum_loss(kr_plan *plan_, kr_tensor y, kr_tensor target, double scale) {
    const kr_tensor in[2] = {y, target};
    const settings s = {scale};
    return kr__plan_apply(plan_, &kr_op_spectrum_loss, 2, in, &s, sizeof s);
}
