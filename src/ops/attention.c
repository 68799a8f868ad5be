/* SPDX-License-Identifier: MIT
 * attention.c - multi-head attention without projections: every head of every row on its own.
 *
 * Saved: of each (row, head) the largest score and the inverse sum of each query, two numbers a
 * token, from which backward makes the probabilities again (kernels/attention_tiles.c). */

#include "core/random.h"
#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

enum { Q, K, V };
enum { LEAST_PRODUCTS = 1 << 14 /* multiplications that make a piece worth a worker */ };

typedef struct settings {
    int64_t n_heads;
    double dropout;
    int32_t draw; /* number in kr_given.masks */
} settings;

static kr_status plan(kr_node *node, kr_error *err) {
    const settings *s = node->attr;
    const kr_tensor *q = &node->in[Q], *k = &node->in[K], *v = &node->in[V];
    char text_q[KR_SHAPE_TEXT], text_k[KR_SHAPE_TEXT], text_v[KR_SHAPE_TEXT];
    kr_matrix m;
    if (q->rank != 3 || !kr__tensor_same_shape(q, k) || !kr__tensor_same_shape(q, v) ||
        !kr__tensor_as_matrix(q, &m) || !kr__tensor_as_matrix(k, &m) ||
        !kr__tensor_as_matrix(v, &m)) {
        return kr__node_fail(node, err,
                             "needs q, k and v (rows, tokens, d_model) of one shape, got %s, %s "
                             "and %s",
                             kr__shape_text(q, text_q), kr__shape_text(k, text_k),
                             kr__shape_text(v, text_v));
    }
    if (s->n_heads < 1 || q->shape[2] % s->n_heads != 0) {
        return kr__node_fail(node, err,
                             "d_model %lld cannot be cut into %lld heads; choose n_heads that "
                             "divides d_model",
                             (long long)q->shape[2], (long long)s->n_heads);
    }
    if (!(s->dropout >= 0 && s->dropout < 1)) {
        return kr__node_fail(node, err, "dropout is %g; choose one from 0 to below 1", s->dropout);
    }
    if (s->dropout > 0 && q->shape[0] % node->batch != 0) {
        return kr__node_fail(node, err, "%lld rows do not belong to %lld samples evenly",
                             (long long)q->shape[0], (long long)node->batch);
    }
    kr__node_output(node, 0, 3, q->shape);
    return KR_OK;
}

static void needs(kr_node *node) {
    int64_t n_heads = ((const settings *)node->attr)->n_heads;
    const int64_t *shape = node->in[Q].shape;
    node->n_saved = 2 * shape[0] * n_heads * kr__attention_lanes(shape[1]);
    node->n_scratch = kr__attention_scratch(shape[2] / n_heads);
    node->n_pieces =
        kr__node_pieces(node, kr__tensor_size(&node->in[Q]) * shape[1], LEAST_PRODUCTS);
}

/* All heads of a micro-batch: what they share, and how to step from row to row. */
typedef struct walk {
    const kr_node *node;
    const kr_run *run;
    int64_t n_rows, tokens, n_heads, d_head;
    int64_t rows_per_sample;
    int64_t stride[3]; /* of q, k, v */
    bool is_dropping;
    uint64_t key; /* of the sample's masks */
} walk;

static walk start_walk(const kr_node *node, const kr_run *run) {
    const settings *s = node->attr;
    const int64_t *shape = node->out[0].shape;
    walk w = {.node = node,
              .run = run,
              .n_rows = shape[0],
              .rows_per_sample = shape[0] / node->batch,
              .tokens = shape[1],
              .n_heads = s->n_heads,
              .d_head = shape[2] / s->n_heads,
              .is_dropping = run->is_training && s->dropout > 0};
    for (int i = 0; i < 3; i++) {
        kr_matrix m;
        kr__tensor_as_matrix(&node->in[i], &m);
        w.stride[i] = m.row_stride;
    }
    return w;
}

/* The heads that this run takes, counted row by row. */
static kr_range heads_of(const walk *w) { return kr__range_of(w->run, w->n_rows * w->n_heads, 1); }

/* Seed, step, node and sample are hashed into a key of their own, which leaves Philox' whole
 * counter for row, head and place. */
static void start_row(walk *w, int64_t row) {
    if (!w->is_dropping) return;
    int64_t sample = w->run->first_sample + row / w->rows_per_sample;
    uint32_t where = (uint32_t)KR_STREAM_DROPOUT << 24 | ((uint32_t)w->node->random_id & 0xffffffu);
    uint32_t r[4];
    kr__philox(w->run->seed, (uint32_t)sample, (uint32_t)w->run->step,
               (uint32_t)(w->run->step >> 32), where, r);
    w->key = (uint64_t)r[1] << 32 | r[0];
}

static kr__attention_head head_of(const walk *w, int64_t row, int64_t head, kr__draw *draw) {
    const kr_tensor *in = w->node->in;
    int64_t first = row * w->tokens, at = head * w->d_head, index = row * w->n_heads + head;
    int64_t d_model = w->n_heads * w->d_head;
    int64_t lanes = kr__attention_lanes(w->tokens);
    kr_real *saved = kr__saved(w->node, w->run) + 2 * index * lanes;
    kr__attention_head s = {.tokens = w->tokens,
                            .d_head = w->d_head,
                            .q = kr__data(w->run, &in[Q]) + first * w->stride[Q] + at,
                            .k = kr__data(w->run, &in[K]) + first * w->stride[K] + at,
                            .v = kr__data(w->run, &in[V]) + first * w->stride[V] + at,
                            .q_stride = w->stride[Q],
                            .k_stride = w->stride[K],
                            .v_stride = w->stride[V],
                            .y = kr__data(w->run, &w->node->out[0]) + first * d_model + at,
                            .y_stride = d_model,
                            .largest = saved,
                            .inverse = saved + lanes,
                            .scratch = w->run->scratch};
    if (!w->is_dropping) return s;
    *draw = (kr__draw){.seed = w->key,
                       .counter = {(uint32_t)(row % w->rows_per_sample), (uint32_t)head, 0},
                       .p = ((const settings *)w->node->attr)->dropout};
    s.draw = draw;
    if (w->run->given && w->run->given->masks) {
        int64_t before = w->run->first_sample * w->rows_per_sample * w->n_heads;
        s.given = w->run->given->masks[((const settings *)w->node->attr)->draw] +
                  (before + index) * w->tokens * w->tokens;
    }
    return s;
}

/* Head i of all, where those before it were taken one after the other from the first of this run.
 */
static kr__attention_head next_head(walk *w, int64_t i, kr__draw *draw) {
    int64_t row = i / w->n_heads, head = i % w->n_heads;
    if (head == 0 || i == heads_of(w).first) start_row(w, row);
    return head_of(w, row, head, draw);
}

static void forward(const kr_node *node, const kr_run *run) {
    walk w = start_walk(node, run);
    const kr_kernels *kernels = kr__kernels();
    const kr_range heads = heads_of(&w);
    for (int64_t i = heads.first; i < heads.first + heads.count; i++) {
        kr__draw draw;
        kr__attention_head s = next_head(&w, i, &draw);
        kernels->attention_forward(&s);
    }
}

static void backward(const kr_node *node, const kr_run *run) {
    walk w = start_walk(node, run);
    const kr_kernels *kernels = kr__kernels();
    const kr_real *grad_y = kr__grad(run, &node->out[0]);
    kr_real *grad[3];
    for (int i = 0; i < 3; i++) grad[i] = kr__grad(run, &node->in[i]);
    const kr_range heads = heads_of(&w);
    for (int64_t i = heads.first; i < heads.first + heads.count; i++) {
        kr__draw draw;
        kr__attention_head s = next_head(&w, i, &draw);
        int64_t first = i / w.n_heads * w.tokens, at = i % w.n_heads * w.d_head;
        kr__attention_gradients g = {.y = grad_y + first * s.y_stride + at,
                                     .q = grad[Q] ? grad[Q] + first * w.stride[Q] + at : NULL,
                                     .k = grad[K] ? grad[K] + first * w.stride[K] + at : NULL,
                                     .v = grad[V] ? grad[V] + first * w.stride[V] + at : NULL,
                                     .adds_q = !(node->overwrites >> Q & 1),
                                     .adds_k = !(node->overwrites >> K & 1),
                                     .adds_v = !(node->overwrites >> V & 1)};
        kernels->attention_backward(&s, &g);
    }
}

/* Two products forward; backward makes the probabilities again, and four gradients. */
static kr_work work(const kr_node *node) {
    const int64_t *shape = node->in[Q].shape;
    double product = 2.0 * (double)kr__tensor_size(&node->in[Q]) * (double)shape[1];
    return (kr_work){2 * product, 5 * product, "FLOP"};
}

const kr_op kr_op_attention = {.name = "attention", .plan = plan, .work = work};

const kr_op_row kr_op_attention_cpu = {.op = &kr_op_attention,
                                       .needs = needs,
                                       .forward = forward,
                                       .backward = backward,
                                       .can_overwrite = true,
                                       .keeps_rows = true};

kr_tensor kr__attention(kr_plan *plan_, kr_tensor q, kr_tensor k, kr_tensor v, int64_t n_heads,
                        double dropout) {
    const kr_tensor in[3] = {q, k, v};
    settings s = {n_heads, dropout, 0};
    if (dropout > 0) s.draw = kr__plan_next_draw(plan_, 0);
    return kr__plan_apply(plan_, &kr_op_attention, 3, in, &s, sizeof s);
}
