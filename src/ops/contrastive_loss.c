/* SPDX-License-Identifier: MIT
 * contrastive_loss.c - InfoNCE over time: the next step must be told apart from steps drawn at
 * random.
 *
 *     u = x / |x|      s[t, 0] = u[t].u[t+1]      s[t, k] = u[t].u[drawn k - 1], k = 1, 2, ..
 *     p = softmax of s / T over k      loss = -scale / (seq_len - 1) * sum over t of log p[t, 0]
 *     grad_s = scale / (seq_len - 1) / T * (p, less 1 for k = 0)
 *
 * All samples are compared with the same drawn steps, which may be any steps of any samples. So the
 * plan must hold the whole batch (kr_objective.needs_whole_batch). The draw depends only on seed,
 * step and node, and the drawn steps get gradients too. Backward computes s and p again.
 *
 * A piece of a cut run takes some samples. The gradients of the drawn steps are sums over all
 * samples: each piece leaves its own, (n_negatives, d), and join adds them.
 * Scratch: | u | gradient of u | drawn u | s, then p, then grad_s | norms | norms of the drawn |
 * Source: arXiv:1807.03748; the pairs are those of MambaSynth. */
#include <math.h>
#include <string.h>

#include "core/random.h"
#include "core/real.h"
#include "kernels/gemm.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

enum { LEAST_PRODUCTS = 1 << 20 /* multiplications that make a piece worth a worker */ };

typedef struct settings {
    int64_t n_negatives;
    double temperature, scale;
    int32_t number;                /* in kr_given.negatives */
    int64_t n_samples, seq_len, d; /* set by plan */
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const kr_tensor *x = &node->in[0];
    settings *s = node->attr;
    char text[KR_SHAPE_TEXT];
    if (x->rank != 3 || !kr__tensor_is_contiguous(x) || x->shape[1] < 2 || x->shape[2] < 1) {
        return kr__node_fail(node, err, "x %s must be (batch, seq_len, d), contiguous, of 2 steps",
                             kr__shape_text(x, text));
    }
    s->n_samples = x->shape[0];
    s->seq_len = x->shape[1];
    s->d = x->shape[2];
    kr__node_output(node, 0, 1, x->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    const settings *s = node->attr;
    int64_t work = s->n_samples * s->seq_len * s->n_negatives * s->d;
    int64_t n = kr__node_pieces(node, work, LEAST_PRODUCTS);
    while (n > s->n_samples) n /= 2;
    node->n_pieces = n;
    node->n_partial = n * s->n_negatives * s->d;
    node->n_scratch = (2 * s->seq_len + s->n_negatives) * s->d + s->seq_len * (s->n_negatives + 2) +
                      s->n_negatives;
    node->keeps_out = 0;
}

typedef struct workspace {
    kr_real *u, *grad_u, *drawn, *s, *norm, *drawn_norm;
} workspace;

/* Of s. */
static int64_t columns(const settings *s) { return 1 + s->n_negatives; }

static workspace lay_out(const settings *s, const kr_run *run) {
    workspace p = {.u = run->scratch};
    p.grad_u = p.u + s->seq_len * s->d;
    p.drawn = p.grad_u + s->seq_len * s->d;
    p.s = p.drawn + s->n_negatives * s->d;
    p.norm = p.s + s->seq_len * columns(s);
    p.drawn_norm = p.norm + s->seq_len;
    return p;
}

static kr_real dot(int64_t n, const kr_real *a, const kr_real *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return (kr_real)sum;
}

/* u = x / |x|, and |x|; a length below 1e-12 counts as 1e-12. */
static kr_real normalise(int64_t d, const kr_real *x, kr_real *u) {
    kr_real norm = (kr_real)sqrt((double)dot(d, x, x));
    if (!(norm <= (kr_real)1e-12)) {
        kr__kernels()->scale(d, 1 / norm, x, u);
        return norm;
    }
    kr__kernels()->scale(d, (kr_real)1e12, x, u);
    return (kr_real)1e-12;
}

/* The step that is drawn as number k, of all steps of all samples. */
static int64_t drawn_step(const kr_node *node, const kr_run *run, int64_t k) {
    const settings *s = node->attr;
    if (run->given && run->given->negatives) return run->given->negatives[s->number][k];
    uint32_t word[4];
    kr__philox(run->seed, (uint32_t)k, 0, (uint32_t)run->step,
               (uint32_t)KR_STREAM_SAMPLE << 24 | (uint32_t)node->random_id, word);
    uint64_t bits = (uint64_t)word[0] << 32 | word[1];
    return (int64_t)(bits % (uint64_t)(s->n_samples * s->seq_len));
}

static void fetch_drawn(const kr_node *node, const kr_run *run, const workspace *p) {
    const settings *s = node->attr;
    const kr_real *x = kr__data(run, &node->in[0]);
    for (int64_t k = 0; k < s->n_negatives; k++) {
        const kr_real *from = x + drawn_step(node, run, k) * s->d;
        p->drawn_norm[k] = normalise(s->d, from, p->drawn + k * s->d);
    }
}

/* u and s of a sample. */
static void multiply(const settings *s, const workspace *p, const kr_real *x) {
    int64_t n = columns(s), d = s->d;
    for (int64_t t = 0; t < s->seq_len; t++) p->norm[t] = normalise(d, x + t * d, p->u + t * d);
    kr__gemm('N', 'T', s->seq_len - 1, s->n_negatives, d, p->u, d, p->drawn, d, false, p->s + 1, n);
    for (int64_t t = 0; t + 1 < s->seq_len; t++) {
        p->s[t * n] = dot(d, p->u + t * d, p->u + (t + 1) * d);
    }
}

/* A row of s becomes that of p. Gives -log p[0], by way of the largest p, as p[0] may be 0. */
static double choose(const settings *s, kr_real *row) {
    int64_t n = columns(s), top = 0;
    for (int64_t k = 1; k < n; k++) top = row[k] > row[top] ? k : top;
    double lead = ((double)row[top] - (double)row[0]) / s->temperature;
    kr__kernels()->softmax_rows(1, n, (kr_real)(1 / s->temperature), row, n, row, n);
    return lead - log((double)row[top]);
}

static void forward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    workspace p = lay_out(s, run);
    kr_range samples = kr__range_of(run, s->n_samples, 1);
    fetch_drawn(node, run, &p);
    for (int64_t b = samples.first; b < samples.first + samples.count; b++) {
        double sum = 0;
        multiply(s, &p, kr__data(run, &node->in[0]) + b * s->seq_len * s->d);
        for (int64_t t = 0; t + 1 < s->seq_len; t++) sum += choose(s, p.s + t * columns(s));
        kr__data(run, &node->out[0])[b] = (kr_real)(s->scale * sum / (double)(s->seq_len - 1));
    }
}

/* s becomes grad_s. */
static void find_slopes(const settings *s, const workspace *p, double grad) {
    int64_t n = columns(s);
    kr_real factor = (kr_real)(grad * s->scale / (s->temperature * (double)(s->seq_len - 1)));
    for (int64_t t = 0; t + 1 < s->seq_len; t++) {
        kr_real *row = p->s + t * n;
        choose(s, row);
        row[0] -= 1;
        kr__kernels()->scale(n, factor, row, row);
    }
}

/* grad_drawn (n_negatives, d): that of the drawn steps is added to it. */
static void find_grad_u(const settings *s, const workspace *p, kr_real *grad_drawn) {
    int64_t d = s->d, n = s->seq_len - 1, row = columns(s);
    const kr_real *slope = p->s + 1;
    memset(p->grad_u + n * d, 0, (size_t)d * sizeof *p->grad_u);
    kr__gemm('N', 'N', n, d, s->n_negatives, slope, row, p->drawn, d, false, p->grad_u, d);
    kr__gemm('T', 'N', s->n_negatives, d, n, slope, row, p->u, d, true, grad_drawn, d);
    for (int64_t t = 0; t < n; t++) {
        kr__kernels()->axpy(d, p->s[t * row], p->u + (t + 1) * d, p->grad_u + t * d);
        kr__kernels()->axpy(d, p->s[t * row], p->u + t * d, p->grad_u + (t + 1) * d);
    }
}

/* Through u = x / |x|: (grad_u - u (u.grad_u)) / |x|. grad_u is changed. */
static void add_grad_x(int64_t d, const kr_real *u, kr_real norm, kr_real *grad_u, kr_real *grad_x,
                       bool is_adding) {
    kr__kernels()->axpy(d, -dot(d, u, grad_u), u, grad_u);
    if (is_adding) {
        kr__kernels()->axpy(d, 1 / norm, grad_u, grad_x);
    } else {
        kr__kernels()->scale(d, 1 / norm, grad_u, grad_x);
    }
}

/* What n pieces left of the drawn steps' gradients. Several draws may be of one step. */
static void add_drawn(const kr_node *node, const kr_run *run, const workspace *p, int64_t n) {
    const settings *s = node->attr;
    int64_t size = s->n_negatives * s->d;
    kr_real *sums = kr__partial(node, run), *grad_x = kr__grad(run, &node->in[0]);
    for (int64_t i = 1; i < n; i++) kr__kernels()->accumulate(size, sums + i * size, sums);
    for (int64_t k = 0; k < s->n_negatives; k++) {
        add_grad_x(s->d, p->drawn + k * s->d, p->drawn_norm[k], sums + k * s->d,
                   grad_x + drawn_step(node, run, k) * s->d, true);
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    workspace p = lay_out(s, run);
    kr_range samples = kr__range_of(run, s->n_samples, 1);
    int64_t size = s->n_negatives * s->d;
    kr_real *grad_x = kr__grad(run, &node->in[0]);
    kr_real *grad_drawn = kr__partial(node, run) + run->piece * size;
    if (!grad_x) return;
    memset(grad_drawn, 0, (size_t)size * sizeof *grad_drawn);
    fetch_drawn(node, run, &p);
    for (int64_t b = samples.first; b < samples.first + samples.count; b++) {
        const int64_t at = b * s->seq_len * s->d;
        multiply(s, &p, kr__data(run, &node->in[0]) + at);
        find_slopes(s, &p, (double)kr__grad(run, &node->out[0])[b]);
        find_grad_u(s, &p, grad_drawn);
        for (int64_t t = 0; t < s->seq_len; t++) {
            add_grad_x(s->d, p.u + t * s->d, p.norm[t], p.grad_u + t * s->d, grad_x + at + t * s->d,
                       !(node->overwrites & 1));
        }
    }
    if (run->n_pieces < 2) add_drawn(node, run, &p, 1);
}

/* The first piece does it all: it is little, and two draws may be of one step. */
static void join(const kr_node *node, const kr_run *run) {
    workspace p = lay_out(node->attr, run);
    if (run->piece > 0 || !kr__grad(run, &node->in[0])) return;
    fetch_drawn(node, run, &p);
    add_drawn(node, run, &p, node->n_pieces);
}

const kr_op kr_op_contrastive_loss = {.name = "contrastive_loss", .plan = plan};

const kr_op_row kr_op_contrastive_loss_cpu = {.op = &kr_op_contrastive_loss,
                                              .needs = needs,
                                              .forward = forward,
                                              .backward = backward,
                                              .join = join,
                                              .can_overwrite = true};

kr_tensor kr__contrastive_loss(kr_plan *plan_, kr_tensor x, int64_t n_negatives, double temperature,
                               double scale) {
    const settings s = {.n_negatives = n_negatives,
                        .temperature = temperature,
                        .scale = scale,
                        .number = kr__plan_next_draw(plan_, 2)};
    return kr__plan_apply(plan_, &kr_op_contrastive_loss, 1, &x, &s, sizeof s);
}
