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
 * Dropout's mask of (key, query i of the tile that starts at query q) is element
 * q * tokens + key * lanes + i of the head's stream (see dropout_rows.c): a tile's masks lie as its
 * scores do, one behind the other, and come from one call. */
#include "core/real.h"
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
    kr_real *p, *mask, *g;       /* (n_keys, lanes) */
    kr_real *q_wide, *grad_wide; /* (d_head, lanes): queries times the scale, grad_y */
    kr_real *largest, *inverse;  /* (lanes), in the caller's memory */
    kr_real *shrink, *inner;     /* (lanes) */
} tile;

static tile open_tile(const kr__attention_head *s, int64_t q) {
    tile t = {.q = q, .n_queries = s->tokens - q};
    if (t.n_queries > QUERIES) t.n_queries = QUERIES;
    t.lanes = (t.n_queries + KR_W - 1) / KR_W * KR_W;
    t.p = s->scratch;
    t.mask = t.p + KEYS * QUERIES;
    t.g = t.mask + KEYS * QUERIES;
    t.largest = s->largest + q;
    t.inverse = s->inverse + q;
    t.shrink = t.g + KEYS * QUERIES;
    t.inner = t.shrink + QUERIES;
    t.q_wide = t.inner + QUERIES;
    t.grad_wide = t.q_wide + s->d_head * QUERIES;
    return t;
}

static void next_keys(const kr__attention_head *s, tile *t, int64_t k) {
    t->k = k;
    t->n_keys = s->tokens - k < KEYS ? s->tokens - k : KEYS;
}

/* Four lanes of d_head / 4 * 4 rows of wide out of `rows` queries; the other lanes become 0. */
KR_INLINE void transpose_four(const int rows, int64_t d_head, const kr_real *x, int64_t stride,
                              kr_real factor, kr_real *wide, int64_t lanes) {
    for (int64_t d = 0; d + 4 <= d_head; d += 4) {
        kr_quad q[4] = {0};
        for (int r = 0; r < rows; r++) memcpy(&q[r], x + r * stride + d, sizeof q[r]);
        kr_quads_transpose(q);
        for (int r = 0; r < 4; r++) {
            q[r] *= factor;
            memcpy(wide + (d + r) * lanes, &q[r], sizeof q[r]);
        }
    }
}

/* wide[d][query] = factor * x[query][d], 0 in surplus lanes. */
static void transpose_queries(const kr__attention_head *s, const tile *t, const kr_real *x,
                              int64_t stride, kr_real factor, kr_real *wide) {
    const int64_t d_head = s->d_head, lanes = t->lanes, n = t->n_queries;
    x += t->q * stride;
    for (int64_t i = 0; i < lanes; i += 4) {
        const kr_real *from = x + i * stride;
        switch (n - i) {
            case 3:
                transpose_four(3, d_head, from, stride, factor, wide + i, lanes);
                break;
            case 2:
                transpose_four(2, d_head, from, stride, factor, wide + i, lanes);
                break;
            case 1:
                transpose_four(1, d_head, from, stride, factor, wide + i, lanes);
                break;
            default:
                if (n > i) {
                    transpose_four(4, d_head, from, stride, factor, wide + i, lanes);
                } else {
                    transpose_four(0, d_head, NULL, 0, factor, wide + i, lanes);
                }
        }
    }
    for (int64_t d = d_head / 4 * 4; d < d_head; d++) {
        for (int64_t i = 0; i < lanes; i++)
            wide[d * lanes + i] = i < n ? factor * x[i * stride + d] : 0;
    }
}

static void multiply_keys(const kr__attention_head *s, const tile *t, const kr_real *keys,
                          int64_t stride, const kr_real *wide, kr_real *scores) {
    const operand a = {keys + t->k * stride, stride, 1};
    multiply(t->n_keys, t->lanes, s->d_head, a, wide, t->lanes, false, scores, t->lanes);
}

static void score_tile(const kr__attention_head *s, const tile *t) {
    multiply_keys(s, t, s->k, s->k_stride, t->q_wide, t->p);
}

/* 1 / sqrt(d_head), and the same times log2(e). */
static double scale(const kr__attention_head *s) { return 1 / sqrt((double)s->d_head); }
static kr_real scale_log2(const kr__attention_head *s) {
    return (kr_real)(1.44269504088896341 * scale(s));
}

/* mask[key][query]: 0 or 1 / (1 - p). */
static void draw_mask(const kr__attention_head *s, const tile *t) {
    if (!s->given) {
        int64_t n = (t->n_keys * t->lanes + QUERIES - 1) / QUERIES * QUERIES; /* complete groups */
        KR_K(dropout_mask)(s->draw, t->q * s->tokens + t->k * t->lanes, n, t->mask);
        return;
    }
    const kr_real kept = (kr_real)(1 / (1 - s->draw->p));
    for (int64_t j = 0; j < t->n_keys; j++) {
        for (int64_t i = 0; i < t->n_queries; i++) {
            t->mask[j * t->lanes + i] = kept * s->given[(t->q + i) * s->tokens + t->k + j];
        }
    }
}

/* ---- forward ---------------------------------------------------------------------------- */

/* p = 2^(score - largest), where largest and sum take the new keys in; shrink is what the old ones
 * lose by that. */
static void soften(const tile *t, kr_real *sums) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w before = kr_w_load(t->largest + i), largest = before;
        for (int64_t j = 0; j < t->n_keys; j++) {
            largest = kr_w_max(largest, kr_w_load(t->p + j * t->lanes + i));
        }
        kr_w shrink = kr_w_exp2(kr_w_sub(before, largest));
        kr_w sum = kr_w_mul(kr_w_load(sums + i), shrink);
        for (int64_t j = 0; j < t->n_keys; j++) {
            kr_real *at = t->p + j * t->lanes + i;
            kr_w p = kr_w_exp2(kr_w_sub(kr_w_load(at), largest));
            sum = kr_w_add(sum, p);
            kr_w_store(at, p);
        }
        kr_w_store(t->largest + i, largest);
        kr_w_store(sums + i, sum);
        kr_w_store(t->shrink + i, shrink);
    }
}

/* p *= mask, where there is one, and *= factor[query], where that is not NULL. */
static void weigh(const kr__attention_head *s, const tile *t, const kr_real *factor) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w f = factor ? kr_w_load(factor + i) : kr_w_set(1);
        for (int64_t at = i; at < t->n_keys * t->lanes; at += t->lanes) {
            kr_w p = kr_w_mul(kr_w_load(t->p + at), f);
            if (s->draw) p = kr_w_mul(p, kr_w_load(t->mask + at));
            kr_w_store(t->p + at, p);
        }
    }
}

static void invert(const tile *t, kr_real *sums) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w_store(sums + i, kr_w_div(kr_w_set(1), kr_w_load(sums + i)));
    }
}

/* y[query] *= factor[query] */
static void scale_queries(const kr__attention_head *s, const tile *t, const kr_real *factor) {
    for (int64_t i = 0; i < t->n_queries; i++) {
        kr_real *y = s->y + (t->q + i) * s->y_stride, f = factor[i];
        for (int64_t d = 0; d < s->d_head; d++) y[d] *= f;
    }
}

/* With a single tile of keys the sum is complete before the last product, and divides p instead of
 * y. */
static void forward_queries(const kr__attention_head *s, tile *t) {
    bool is_single = s->tokens <= KEYS;
    transpose_queries(s, t, s->q, s->q_stride, scale_log2(s), t->q_wide);
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w_store(t->largest + i, kr_w_set(-(kr_real)INFINITY));
        kr_w_store(t->inverse + i, kr_w_set(0)); /* the sum, until the last key */
    }
    for (int64_t k = 0; k < s->tokens; k += KEYS) {
        next_keys(s, t, k);
        score_tile(s, t);
        soften(t, t->inverse);
        if (is_single) invert(t, t->inverse);
        if (s->draw) draw_mask(s, t);
        if (s->draw || is_single) weigh(s, t, is_single ? t->inverse : NULL);
        if (k > 0) scale_queries(s, t, t->shrink);
        multiply(t->n_queries, s->d_head, t->n_keys, (operand){t->p, 1, t->lanes},
                 s->v + k * s->v_stride, s->v_stride, k > 0, s->y + t->q * s->y_stride,
                 s->y_stride);
    }
    if (is_single) return;
    invert(t, t->inverse);
    scale_queries(s, t, t->inverse);
}

void KR_K(attention_forward)(const kr__attention_head *s) {
    for (int64_t q = 0; q < s->tokens; q += QUERIES) {
        tile t = open_tile(s, q);
        forward_queries(s, &t);
    }
}

/* ---- backward --------------------------------------------------------------------------- */

/* D = sum over rows of a * b. It is the sum over d_head of grad_y * y, and, where one tile holds
 * all keys, also the sum over keys of kept * g, which saves transposing y. */
static void sum_inner(const tile *t, int64_t rows, const kr_real *a, const kr_real *b) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w sum = kr_w_set(0);
        for (int64_t at = i; at < rows * t->lanes; at += t->lanes) {
            sum = kr_w_fmadd(kr_w_load(a + at), kr_w_load(b + at), sum);
        }
        kr_w_store(t->inner + i, sum);
    }
}

static void load_queries(const kr__attention_head *s, const kr__attention_gradients *grad,
                         const tile *t) {
    transpose_queries(s, t, grad->y, s->y_stride, 1, t->grad_wide);
    if (s->tokens > KEYS) { /* the memory of the queries holds y first */
        transpose_queries(s, t, s->y, s->y_stride, 1, t->q_wide);
        sum_inner(t, s->d_head, t->q_wide, t->grad_wide);
    }
    transpose_queries(s, t, s->q, s->q_stride, scale_log2(s), t->q_wide);
}

/* Make p out of scores again; mask becomes p * mask. */
static void recall_probabilities(const kr__attention_head *s, const tile *t) {
    for (int64_t i = 0; i < t->lanes; i += KR_W) {
        kr_w largest = kr_w_load(t->largest + i), inverse = kr_w_load(t->inverse + i);
        for (int64_t j = 0; j < t->n_keys; j++) {
            kr_real *at = t->p + j * t->lanes + i, *mask = t->mask + j * t->lanes + i;
            kr_w p = kr_w_mul(kr_w_exp2(kr_w_sub(kr_w_load(at), largest)), inverse);
            kr_w_store(at, p);
            if (s->draw) kr_w_store(mask, kr_w_mul(p, kr_w_load(mask)));
        }
    }
}

/* g = (kept * g - p * D) * factor, where kept are the probabilities after dropout. */
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

static void backward_tile(const kr__attention_head *s, const kr__attention_gradients *grad,
                          const tile *t) {
    const kr_real *kept = s->draw ? t->mask : t->p;
    if (s->draw) draw_mask(s, t);
    score_tile(s, t);
    recall_probabilities(s, t);
    if (grad->v) {
        multiply(t->n_keys, s->d_head, t->n_queries, (operand){kept, t->lanes, 1},
                 grad->y + t->q * s->y_stride, s->y_stride, grad->adds_v || t->q > 0,
                 grad->v + t->k * s->v_stride, s->v_stride);
    }
    if (!grad->q && !grad->k) return;
    multiply_keys(s, t, s->v, s->v_stride, t->grad_wide, t->g);
    if (s->tokens <= KEYS) sum_inner(t, t->n_keys, kept, t->g);
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

void KR_K(attention_backward)(const kr__attention_head *s, const kr__attention_gradients *grad) {
    for (int64_t q = 0; q < s->tokens; q += QUERIES) {
        tile t = open_tile(s, q);
        load_queries(s, grad, &t);
        for (int64_t k = 0; k < s->tokens; k += KEYS) {
            next_keys(s, &t, k);
            backward_tile(s, grad, &t);
        }
    }
}
