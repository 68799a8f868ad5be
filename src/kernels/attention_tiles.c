/* SPDX-License-Identifier: MIT
 * attention_tiles.c - one head of one row, tile by tile; nothing of size tokens x tokens is ever
 * stored.
 *
 * Scores lie transposed, P[key][query]: queries are lanes, so the largest score, the sum and the
 * gradient of the softmax run over rows, no sum crosses lanes, and surplus lanes are queries that
 * nobody reads. Scores are kept times log2(e): softmax is then made of powers of two.
 *
 *     forward, tile by tile over keys     S = k (q * scale)^T, largest and sum follow online
 *                                         y = y * 2^(largest before - now) + 2^(S - largest)^T v
 *     backward                            P = 2^(S - largest) / sum, M = P * mask
 *                                         grad_v += M grad_y      D = sum over d_head of grad_y * y
 *                                         G = (M * (v grad_y^T) - P * D) / sqrt(d_head)
 *                                         grad_q += G^T k         grad_k += G q
 *
 * Source: Dao et al., arXiv:2205.14135, algorithms 1 and 4, with other loops and layouts.
 *
 * Dropout's mask of (key, query) is element key * pitch + query of the head's stream (see
 * dropout_rows.c); pitch is tokens when one tile holds all queries, so that a stream of few tokens
 * is drawn without gaps, and else tokens rounded up to whole groups. */
#include "kernels/kernels.h"
#include "kernels/vec.h"

enum { QUERIES = KR_TILE_QUERIES, KEYS = KR_TILE_KEYS };

/* ---- products of tiles ------------------------------------------------------------------ */

enum { ROWS = KR_V == 16 ? 8 : 4 }; /* of C at once: what the registers hold */

typedef struct operand {
    const kr_real *at;
    int64_t row, col; /* steps */
} operand;

/* C[0 .. rows)[0 .. 16) = A B, or += ; b_step and c_step lead from row to row. */
KR_INLINE void multiply_rows(const int rows, int64_t depth, operand a, const kr_real *b,
                             int64_t b_step, bool adds, kr_real *c, int64_t c_step) {
    kr_w sum[ROWS];
    for (int r = 0; r < rows; r++) sum[r] = adds ? kr_w_load(c + r * c_step) : kr_w_set(0);
    for (int64_t p = 0; p < depth; p++) {
        kr_w row = kr_w_load(b + p * b_step);
        for (int r = 0; r < rows; r++) {
            sum[r] = kr_w_fmadd(kr_w_set(a.at[r * a.row + p * a.col]), row, sum[r]);
        }
    }
    for (int r = 0; r < rows; r++) kr_w_store(c + r * c_step, sum[r]);
}

/* The same for any number of rows. */
static void multiply_lanes(int64_t rows, int64_t depth, operand a, const kr_real *b, int64_t b_step,
                           bool adds, kr_real *c, int64_t c_step) {
    for (; rows >= ROWS; rows -= ROWS) {
        multiply_rows(ROWS, depth, a, b, b_step, adds, c, c_step);
        a.at += ROWS * a.row;
        c += ROWS * c_step;
    }
    if (ROWS > 4 && rows >= 4) {
        multiply_rows(4, depth, a, b, b_step, adds, c, c_step);
        rows -= 4;
        a.at += 4 * a.row;
        c += 4 * c_step;
    }
    if (rows == 3) multiply_rows(3, depth, a, b, b_step, adds, c, c_step);
    if (rows == 2) multiply_rows(2, depth, a, b, b_step, adds, c, c_step);
    if (rows == 1) multiply_rows(1, depth, a, b, b_step, adds, c, c_step);
}

/* The last n < 16 columns: padded copies of B and C around it. depth and rows fit a tile. */
static void multiply_tail(int64_t rows, int64_t n, int64_t depth, operand a, const kr_real *b,
                          int64_t b_step, bool adds, kr_real *c, int64_t c_step) {
    kr_real b_wide[QUERIES * KR_W], c_wide[QUERIES * KR_W];
    for (int64_t p = 0; p < depth; p++) {
        kr_w_store(b_wide + p * KR_W, kr_w_load_n(b + p * b_step, n, 0));
    }
    for (int64_t r = 0; adds && r < rows; r++) {
        kr_w_store(c_wide + r * KR_W, kr_w_load_n(c + r * c_step, n, 0));
    }
    multiply_lanes(rows, depth, a, b_wide, KR_W, adds, c_wide, KR_W);
    for (int64_t r = 0; r < rows; r++) {
        kr_w_store_n(c + r * c_step, kr_w_load(c_wide + r * KR_W), n);
    }
}

/* C (rows x cols) = A (rows x depth) B (depth x cols), or += . */
static void multiply(int64_t rows, int64_t cols, int64_t depth, operand a, const kr_real *b,
                     int64_t b_step, bool adds, kr_real *c, int64_t c_step) {
    for (; cols >= KR_W; cols -= KR_W, b += KR_W, c += KR_W) {
        multiply_lanes(rows, depth, a, b, b_step, adds, c, c_step);
    }
    if (cols > 0) multiply_tail(rows, cols, depth, a, b, b_step, adds, c, c_step);
}

/* ---- tiles ------------------------------------------------------------------------------ */

/* Queries q .. q + n_queries - 1 against keys k .. k + n_keys - 1. Matrices have `lanes` columns:
 * n_queries rounded up to 16. */
typedef struct tile {
    int64_t q, n_queries, k, n_keys, lanes;
    kr_real *p, *mask, *g;                   /* (n_keys, lanes) */
    kr_real *q_wide, *grad_wide;             /* (d_head, lanes): queries times the scale, grad_y */
    kr_real *largest, *sum, *shrink, *inner; /* (lanes) */
} tile;

static tile open_tile(const kr__attention *s, int64_t q) {
    tile t = {.q = q, .n_queries = s->tokens - q};
    if (t.n_queries > QUERIES) t.n_queries = QUERIES;
    t.lanes = (t.n_queries + KR_W - 1) / KR_W * KR_W;
    t.p = s->scratch;
    t.mask = t.p + KEYS * QUERIES;
    t.g = t.mask + KEYS * QUERIES;
    t.largest = t.g + KEYS * QUERIES;
    t.sum = t.largest + QUERIES;
    t.shrink = t.sum + QUERIES;
    t.inner = t.shrink + QUERIES;
    t.q_wide = t.inner + QUERIES;
    t.grad_wide = t.q_wide + s->d_head * QUERIES;
    return t;
}

static void next_keys(const kr__attention *s, tile *t, int64_t k) {
    t->k = k;
    t->n_keys = s->tokens - k < KEYS ? s->tokens - k : KEYS;
}

/* wide[d][query] = factor * x[query][d], 0 in surplus lanes. */
static void transpose_queries(const kr__attention *s, const tile *t, const kr_real *x,
                              int64_t stride, kr_real factor, kr_real *wide) {
    x += t->q * stride;
    for (int64_t d = 0; d < s->d_head; d++) {
        kr_real *row = wide + d * t->lanes;
        for (int64_t i = 0; i < t->n_queries; i++) row[i] = factor * x[i * stride + d];
        for (int64_t i = t->n_queries; i < t->lanes; i++) row[i] = 0;
    }
}

static void multiply_keys(const kr__attention *s, const tile *t, const kr_real *keys,
                          int64_t stride, const kr_real *wide, kr_real *scores) {
    const operand a = {keys + t->k * stride, stride, 1};
    multiply(t->n_keys, t->lanes, s->d_head, a, wide, t->lanes, false, scores, t->lanes);
}

static void score_tile(const kr__attention *s, const tile *t) {
    multiply_keys(s, t, s->k, s->k_stride, t->q_wide, t->p);
}

/* 1 / sqrt(d_head), and the same times log2(e). */
static double scale(const kr__attention *s) { return 1 / sqrt((double)s->d_head); }
static kr_real scale_log2(const kr__attention *s) {
    return (kr_real)(1.44269504088896341 * scale(s));
}

/* mask[key][query]: 0 or 1 / (1 - p). tight: room for a tile. */
static void draw_mask(const kr__attention *s, const tile *t, kr_real *tight) {
    if (s->given) {
        const kr_real kept = (kr_real)(1 / (1 - s->draw->p));
        for (int64_t j = 0; j < t->n_keys; j++) {
            for (int64_t i = 0; i < t->n_queries; i++) {
                t->mask[j * t->lanes + i] = kept * s->given[(t->q + i) * s->tokens + t->k + j];
            }
        }
    } else if (s->tokens <= QUERIES) {
        int64_t n = s->tokens;
        KR_K(dropout_mask)(s->draw, t->k * n, t->n_keys * n, tight);
        for (int64_t j = 0; j < t->n_keys; j++) {
            memcpy(t->mask + j * t->lanes, tight + j * n, (size_t)n * sizeof *tight);
        }
    } else {
        int64_t pitch = (s->tokens + QUERIES - 1) / QUERIES * QUERIES;
        for (int64_t j = 0; j < t->n_keys; j++) {
            KR_K(dropout_mask)
            (s->draw, (t->k + j) * pitch + t->q, t->lanes, t->mask + j * t->lanes);
        }
    }
}

/* ---- forward ---------------------------------------------------------------------------- */

/* p = 2^(score - largest), where largest and sum take the new keys in; shrink is what the old ones
 * lose by that. */
static void soften(const tile *t) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w before = kr_w_load(t->largest + i), largest = before;
        for (int64_t j = 0; j < t->n_keys; j++) {
            largest = kr_w_max(largest, kr_w_load(t->p + j * t->lanes + i));
        }
        kr_w shrink = kr_w_exp2(kr_w_sub(before, largest));
        kr_w sum = kr_w_mul(kr_w_load(t->sum + i), shrink);
        for (int64_t j = 0; j < t->n_keys; j++) {
            kr_real *at = t->p + j * t->lanes + i;
            kr_w p = kr_w_exp2(kr_w_sub(kr_w_load(at), largest));
            sum = kr_w_add(sum, p);
            kr_w_store(at, p);
        }
        kr_w_store(t->largest + i, largest);
        kr_w_store(t->sum + i, sum);
        kr_w_store(t->shrink + i, shrink);
    }
}

static void apply_mask(const tile *t) {
    for (int64_t i = 0; i < t->n_keys * t->lanes; i += KR_W) {
        kr_w_store(t->p + i, kr_w_mul(kr_w_load(t->p + i), kr_w_load(t->mask + i)));
    }
}

/* y[query] *= factor[query] */
static void scale_queries(const kr__attention *s, const tile *t, const kr_real *factor) {
    for (int64_t i = 0; i < t->n_queries; i++) {
        kr_real *y = s->y + (t->q + i) * s->y_stride, f = factor[i];
        for (int64_t d = 0; d < s->d_head; d++) y[d] *= f;
    }
}

static void forward_queries(const kr__attention *s, tile *t) {
    transpose_queries(s, t, s->q, s->q_stride, scale_log2(s), t->q_wide);
    for (int64_t i = 0; i < t->lanes; i++) {
        t->largest[i] = -(kr_real)INFINITY;
        t->sum[i] = 0;
    }
    for (int64_t k = 0; k < s->tokens; k += KEYS) {
        next_keys(s, t, k);
        score_tile(s, t);
        soften(t);
        if (s->draw) {
            draw_mask(s, t, t->g);
            apply_mask(t);
        }
        if (k > 0) scale_queries(s, t, t->shrink);
        multiply(t->n_queries, s->d_head, t->n_keys, (operand){t->p, 1, t->lanes},
                 s->v + k * s->v_stride, s->v_stride, k > 0, s->y + t->q * s->y_stride,
                 s->y_stride);
    }
    for (int64_t i = 0; i < t->n_queries; i++) t->sum[i] = 1 / t->sum[i];
    scale_queries(s, t, t->sum);
    memcpy(s->largest + t->q, t->largest, (size_t)t->n_queries * sizeof *t->largest);
    memcpy(s->inverse + t->q, t->sum, (size_t)t->n_queries * sizeof *t->sum);
}

void KR_K(attention_forward)(const kr__attention *s) {
    for (int64_t q = 0; q < s->tokens; q += QUERIES) {
        tile t = open_tile(s, q);
        forward_queries(s, &t);
    }
}

/* ---- backward --------------------------------------------------------------------------- */

/* What the forward run kept of these queries, and D; zeros in surplus lanes. */
static void load_queries(const kr__attention *s, const kr__attention_gradients *grad, tile *t) {
    size_t kept = (size_t)t->n_queries * sizeof *t->sum, all = (size_t)t->lanes * sizeof *t->sum;
    memset(t->largest, 0, all);
    memset(t->sum, 0, all);
    memset(t->inner, 0, all);
    memcpy(t->largest, s->largest + t->q, kept);
    memcpy(t->sum, s->inverse + t->q, kept);
    for (int64_t i = 0; i < t->n_queries; i++) {
        const kr_real *y = s->y + (t->q + i) * s->y_stride;
        const kr_real *grad_y = grad->y + (t->q + i) * s->y_stride;
        kr_w sum = kr_w_set(0);
        int64_t d = 0;
        for (; d + KR_W <= s->d_head; d += KR_W) {
            sum = kr_w_fmadd(kr_w_load(y + d), kr_w_load(grad_y + d), sum);
        }
        if (d < s->d_head) {
            int64_t n = s->d_head - d;
            sum = kr_w_fmadd(kr_w_load_n(y + d, n, 0), kr_w_load_n(grad_y + d, n, 0), sum);
        }
        t->inner[i] = kr_w_sum(sum);
    }
}

/* p out of scores again; mask becomes p * mask. */
static void recall_probabilities(const kr__attention *s, const tile *t) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w largest = kr_w_load(t->largest + i), inverse = kr_w_load(t->sum + i);
        for (int64_t j = 0; j < t->n_keys; j++) {
            kr_real *at = t->p + j * t->lanes + i, *mask = t->mask + j * t->lanes + i;
            kr_w p = kr_w_mul(kr_w_exp2(kr_w_sub(kr_w_load(at), largest)), inverse);
            kr_w_store(at, p);
            if (s->draw) kr_w_store(mask, kr_w_mul(p, kr_w_load(mask)));
        }
    }
}

/* g = (kept * g - p * D) * factor, kept being the probabilities behind dropout. */
static void soften_backward(const tile *t, const kr_real *kept, kr_real factor) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w inner = kr_w_load(t->inner + i);
        for (int64_t j = 0; j < t->n_keys; j++) {
            int64_t at = j * t->lanes + i;
            kr_w g = kr_w_mul(kr_w_load(kept + at), kr_w_load(t->g + at));
            g = kr_w_sub(g, kr_w_mul(kr_w_load(t->p + at), inner));
            kr_w_store(t->g + at, kr_w_mul(g, kr_w_set(factor)));
        }
    }
}

static void backward_tile(const kr__attention *s, const kr__attention_gradients *grad,
                          const tile *t) {
    const kr_real *kept = s->draw ? t->mask : t->p;
    if (s->draw) draw_mask(s, t, t->g);
    score_tile(s, t);
    recall_probabilities(s, t);
    if (grad->v) {
        multiply(t->n_keys, s->d_head, t->n_queries, (operand){kept, t->lanes, 1},
                 grad->y + t->q * s->y_stride, s->y_stride, grad->adds_v || t->q > 0,
                 grad->v + t->k * s->v_stride, s->v_stride);
    }
    if (!grad->q && !grad->k) return;
    multiply_keys(s, t, s->v, s->v_stride, t->grad_wide, t->g);
    soften_backward(t, kept, (kr_real)scale(s));
    if (grad->q) {
        multiply(t->n_queries, s->d_head, t->n_keys, (operand){t->g, 1, t->lanes},
                 s->k + t->k * s->k_stride, s->k_stride, grad->adds_q || t->k > 0,
                 grad->q + t->q * s->q_stride, s->q_stride);
    }
    if (grad->k) {
        multiply(t->n_keys, s->d_head, t->n_queries, (operand){t->g, t->lanes, 1},
                 s->q + t->q * s->q_stride, s->q_stride, grad->adds_k || t->q > 0,
                 grad->k + t->k * s->k_stride, s->k_stride);
    }
}

void KR_K(attention_backward)(const kr__attention *s, const kr__attention_gradients *grad) {
    for (int64_t q = 0; q < s->tokens; q += QUERIES) {
        tile t = open_tile(s, q);
        transpose_queries(s, &t, s->q, s->q_stride, scale_log2(s), t.q_wide);
        transpose_queries(s, &t, grad->y, s->y_stride, 1, t.grad_wide);
        load_queries(s, grad, &t);
        for (int64_t k = 0; k < s->tokens; k += KEYS) {
            next_keys(s, &t, k);
            backward_tile(s, grad, &t);
        }
    }
}
