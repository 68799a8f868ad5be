/* SPDX-License-Identifier: MIT
 * contrastive_loss.c - InfoNCE over time: the next step must be told apart from steps drawn at
 * random.
 *
 *     u = x / |x|      a[t] = u[t].u[t+1] / T      s[t, k] = u[t].u[drawn k] / T
 *     loss = scale / (seq_len - 1) * sum over t of log(e^a[t] + sum over k of e^s[t, k]) - a[t]
 *
 * Backward computes the products again. The steps that are drawn depend on seed, step, sample and
 * node alone. Scratch: | u | gradient of u | drawn u | gradient of these | s | a, then its slope |
 *                     norms | numbers of the drawn steps |
 * Source: arXiv:1807.03748; the pairs are those of MambaSynth. */
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "core/real.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

typedef struct settings {
    int64_t n_negatives;
    double temperature, scale;
    int64_t seq_len, d; /* set by plan */
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    settings *s = node->attr;
    char text[KR_SHAPE_TEXT];
    if (x->rank != 3 || !kr__tensor_is_contiguous(x) || x->shape[1] < 2 || x->shape[2] < 1) {
        return kr__node_fail(node, err, "x %s must be (batch, seq_len, d), contiguous, of 2 steps",
                             kr__shape_text(x, text));
    }
    s->seq_len = x->shape[1];
    s->d = x->shape[2];
    kr__node_output(node, 0, 1, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const settings *s = node->attr;
    node->n_scratch = 2 * (s->seq_len + s->n_negatives) * s->d + s->seq_len * (s->n_negatives + 2) +
                      s->n_negatives;
    node->keeps_out = 0;
}

typedef struct workspace {
    kr_real *u, *grad_u, *drawn, *grad_drawn, *s, *a, *norm, *number;
} workspace;

static workspace lay_out(const settings *s, const kr_run *run) {
    workspace p = {.u = run->scratch};
    p.grad_u = p.u + s->seq_len * s->d;
    p.drawn = p.grad_u + s->seq_len * s->d;
    p.grad_drawn = p.drawn + s->n_negatives * s->d;
    p.s = p.grad_drawn + s->n_negatives * s->d;
    p.a = p.s + s->seq_len * s->n_negatives;
    p.norm = p.a + s->seq_len;
    p.number = p.norm + s->seq_len;
    return p;
}

static kr_real dot(int64_t n, const kr_real *a, const kr_real *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return (kr_real)sum;
}

/* u and |x| of every step; a length below 1e-12 counts as 1e-12. */
static void normalise(const settings *s, const workspace *p, const kr_real *x) {
    for (int64_t t = 0; t < s->seq_len; t++, x += s->d) {
        kr_real norm = (kr_real)sqrt((double)dot(s->d, x, x));
        p->norm[t] = norm > (kr_real)1e-12 ? norm : (kr_real)1e-12;
        kr__kernels()->scale(s->d, 1 / p->norm[t], x, p->u + t * s->d);
    }
}

static void draw(const kr_node *node, const kr_run *run, const workspace *p, int64_t b) {
    const settings *s = node->attr;
    for (int64_t k = 0; k < s->n_negatives; k++) {
        uint32_t word[4];
        kr__philox(run->seed, (uint32_t)k, (uint32_t)(run->first_sample + b), (uint32_t)run->step,
                   (uint32_t)KR_STREAM_SAMPLE << 24 | (uint32_t)node->random_id, word);
        int64_t t = (int64_t)((uint64_t)word[0] * (uint64_t)s->seq_len >> 32);
        p->number[k] = (kr_real)t;
        memcpy(p->drawn + k * s->d, p->u + t * s->d, (size_t)s->d * sizeof *p->u);
    }
}

/* All products of sample b, divided by the temperature. */
static void multiply(const kr_node *node, const kr_run *run, const workspace *p, int64_t b) {
    const settings *s = node->attr;
    const kr_real inverse = (kr_real)(1 / s->temperature);
    normalise(s, p, kr__data(run, &node->in[0]) + b * s->seq_len * s->d);
    draw(node, run, p, b);
    kr__gemm('N', 'T', s->seq_len - 1, s->n_negatives, s->d, p->u, s->d, p->drawn, s->d, 0, p->s,
             s->n_negatives);
    kr__kernels()->scale((s->seq_len - 1) * s->n_negatives, inverse, p->s, p->s);
    for (int64_t t = 0; t + 1 < s->seq_len; t++) {
        p->a[t] = dot(s->d, p->u + t * s->d, p->u + (t + 1) * s->d) * inverse;
    }
}

/* log(e^a + sum of e^s) - a of step t. */
static double step_loss(const settings *s, const workspace *p, int64_t t) {
    const kr_real *row = p->s + t * s->n_negatives;
    double largest = (double)p->a[t], sum = 0;
    for (int64_t k = 0; k < s->n_negatives; k++) largest = fmax(largest, (double)row[k]);
    for (int64_t k = 0; k < s->n_negatives; k++) sum += exp((double)row[k] - largest);
    return largest + log(sum + exp((double)p->a[t] - largest)) - (double)p->a[t];
}

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    workspace p = lay_out(s, run);
    for (int64_t b = 0; b < node->out[0].shape[0]; b++) {
        double sum = 0;
        multiply(node, run, &p, b);
        for (int64_t t = 0; t + 1 < s->seq_len; t++) sum += step_loss(s, &p, t);
        kr__data(run, &node->out[0])[b] = (kr_real)(s->scale * sum / (double)(s->seq_len - 1));
    }
}

/* s and a become the slopes for the products u.u before the temperature. */
static void find_slopes(const settings *s, const workspace *p, double grad) {
    double factor = grad * s->scale / (s->temperature * (double)(s->seq_len - 1));
    for (int64_t t = 0; t + 1 < s->seq_len; t++) {
        kr_real *row = p->s + t * s->n_negatives;
        double total = step_loss(s, p, t) + (double)p->a[t];
        for (int64_t k = 0; k < s->n_negatives; k++) {
            row[k] = (kr_real)(factor * exp((double)row[k] - total));
        }
        p->a[t] = (kr_real)(factor * (exp((double)p->a[t] - total) - 1));
    }
}

static void find_grad_u(const settings *s, const workspace *p) {
    int64_t d = s->d, n = s->seq_len - 1;
    memset(p->grad_u + n * d, 0, (size_t)d * sizeof *p->grad_u);
    kr__gemm('N', 'N', n, d, s->n_negatives, p->s, s->n_negatives, p->drawn, d, 0, p->grad_u, d);
    kr__gemm('T', 'N', s->n_negatives, d, n, p->s, s->n_negatives, p->u, d, 0, p->grad_drawn, d);
    for (int64_t k = 0; k < s->n_negatives; k++) {
        kr__kernels()->accumulate(d, p->grad_drawn + k * d, p->grad_u + (int64_t)p->number[k] * d);
    }
    for (int64_t t = 0; t < n; t++) {
        kr__kernels()->axpy(d, p->a[t], p->u + (t + 1) * d, p->grad_u + t * d);
        kr__kernels()->axpy(d, p->a[t], p->u + t * d, p->grad_u + (t + 1) * d);
    }
}

/* Through u = x / |x|: (grad_u - u (u.grad_u)) / |x|. */
static void backward_sample(const settings *s, const workspace *p, kr_real *grad_x,
                            bool is_adding) {
    find_grad_u(s, p);
    for (int64_t t = 0; t < s->seq_len; t++, grad_x += s->d) {
        const kr_real *u = p->u + t * s->d;
        kr_real *grad = p->grad_u + t * s->d, inverse = 1 / p->norm[t];
        kr__kernels()->axpy(s->d, -dot(s->d, u, grad), u, grad);
        if (is_adding) {
            kr__kernels()->axpy(s->d, inverse, grad, grad_x);
        } else {
            kr__kernels()->scale(s->d, inverse, grad, grad_x);
        }
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    workspace p = lay_out(s, run);
    kr_real *grad_x = kr__grad(run, &node->in[0]);
    for (int64_t b = 0; grad_x && b < node->out[0].shape[0]; b++) {
        multiply(node, run, &p, b);
        find_slopes(s, &p, (double)kr__grad(run, &node->out[0])[b]);
        backward_sample(s, &p, grad_x + b * s->seq_len * s->d, !(node->overwrites & 1));
    }
}

const kr_op kr_op_contrastive_loss = {.name = "contrastive_loss", .plan = plan};

const kr_op_row kr_op_contrastive_loss_cpu = {.op = &kr_op_contrastive_loss,
                                              .needs = needs,
                                              .forward = forward,
                                              .backward = backward,
                                              .can_overwrite = true};

kr_tensor kr__contrastive_loss(kr_plan *plan_, kr_tensor x, int64_t n_negatives, double temperature,
                               double scale) {
    const settings s = {.n_negatives = n_negatives, .temperature = temperature, .scale = scale};
    return kr__plan_apply(plan_, &kr_op_contrastive_loss, 1, &x, &s, sizeof s);
}
