/* SPDX-License-Identifier: MIT
 * selective_scan.c - the selective state-space recurrence, forward and backward, for one chunk.
 *
 *     dt = softplus(dt_raw + dt_bias)        A_bar[t] = 2^(dt[t] * A)        (A holds log2(e))
 *     h[t] = A_bar[t] * h[t-1] + dt[t] * x[t] * B[t]
 *     y[t] = (D * x[t] + sum over d_state of C[t] * h[t]) * silu(z[t])
 *
 * Channels lie across the lanes. The loops go over blocks of 16 channels, tiles of NB states, and
 * inside a tile over time, so that a tile's states stay in registers; B and C are broadcast.
 * A sum over d_state runs n = 0, 1, 2 .. whatever NB is, a sum over channels goes to 16 lanes,
 * block after block, and then through one tree: v3 and v4 give the same bits.
 * Source: Mamba, arXiv:2312.00752, section 3.2, equations 2a and 2b; the gradient is our own. */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* States in a tile: as many as the registers hold. */
#if KR_V == 16
enum { NB = 8 };
#else
enum { NB = 4 };
#endif

enum { STEPS = KR_SCAN_STEPS, PACKED = STEPS * KR_W };

/* ---- lanes of a block ------------------------------------------------------------------- */

KR_INLINE kr_w load_lanes(const kr_real *p, int64_t lanes) {
    return lanes >= KR_W ? kr_w_load(p) : kr_w_load_n(p, lanes, 0);
}

KR_INLINE kr_w load_or_zero(const kr_real *p, int64_t first, int64_t lanes) {
    return p ? load_lanes(p + first, lanes) : kr_w_set(0);
}

KR_INLINE void store_lanes(kr_real *p, kr_w a, int64_t lanes) {
    if (lanes >= KR_W) {
        kr_w_store(p, a);
    } else {
        kr_w_store_n(p, a, lanes);
    }
}

KR_INLINE void add_lanes(kr_real *p, kr_w a, int64_t lanes, bool is_adding) {
    store_lanes(p, is_adding ? kr_w_add(a, load_lanes(p, lanes)) : a, lanes);
}

KR_INLINE void accumulate_block(kr_real *p, kr_w a) { kr_w_store(p, kr_w_add(kr_w_load(p), a)); }

/* A = -exp(A_log) * log2(e), blocked; 0 in surplus lanes. NaN gets its plain form, whose low bits
 * are 0, as kr_v_exp2_negative() wants it. */
void KR_K(scan_block_A)(int64_t d_inner, int64_t d_state, const kr_real *A_log, kr_real *A) {
    const kr_w log2_e = kr_w_set((kr_real)-1.44269504088896341);
    for (int64_t d = 0; d < d_inner; d += KR_W) {
        int64_t lanes = d_inner - d < KR_W ? d_inner - d : KR_W;
        for (int64_t n = 0; n < d_state; n++, A += KR_W) {
            kr_real column[KR_W] = {0};
            for (int64_t l = 0; l < lanes; l++) column[l] = A_log[(d + l) * d_state + n];
            kr_w_store(column, kr_w_mul(kr_w_exp(kr_w_load(column)), log2_e));
            for (int64_t l = 0; l < KR_W; l++) {
                A[l] = l >= lanes ? 0 : column[l] == column[l] ? column[l] : (kr_real)NAN;
            }
        }
    }
}

/* ---- forward ---------------------------------------------------------------------------- */

/* dt, dt * x and D * x of block b. */
static void pack_forward(const kr__scan_chunk *s, int64_t b, kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    const kr_w bias = load_or_zero(s->dt_bias, d, lanes), D = load_or_zero(s->D, d, lanes);
    for (int64_t t = 0; t < s->n_steps; t++, packed += KR_W) {
        kr_w x = load_lanes(s->x + t * s->x_stride + d, lanes);
        kr_w raw = load_lanes(s->dt_raw + t * s->dt_stride + d, lanes);
        kr_w dt = kr_w_softplus(kr_w_add(raw, bias));
        kr_w_store(packed + KR_SCAN_DT * PACKED, dt);
        kr_w_store(packed + KR_SCAN_DT_X * PACKED, kr_w_mul(dt, x));
        kr_w_store(packed + KR_SCAN_Y * PACKED, kr_w_mul(D, x));
    }
}

/* States n .. n + count - 1 of half a block (KR_V channels): h and, with_y, y += C * h. */
KR_INLINE void forward_tile(const kr__scan_chunk *s, int64_t n, int count, bool with_y,
                            const kr_real *A, const kr_real *h_in, kr_real *h_out,
                            kr_real *packed) {
    const kr_real *B = s->B + n, *C = s->C + n;
    kr_v h[NB];
    for (int k = 0; k < count; k++) h[k] = h_in ? kr_v_load(h_in + k * KR_W) : kr_v_set(0);
    for (int64_t t = 0; t < s->n_steps; t++, packed += KR_W) {
        const kr_v dt = kr_v_load(packed + KR_SCAN_DT * PACKED);
        const kr_v dt_x = kr_v_load(packed + KR_SCAN_DT_X * PACKED);
        kr_v y = with_y ? kr_v_load(packed + KR_SCAN_Y * PACKED) : kr_v_set(0);
        for (int k = 0; k < count; k++) {
            kr_v A_bar = kr_v_exp2_negative(dt * kr_v_load(A + k * KR_W));
            h[k] = kr_v_fmadd(A_bar, h[k], dt_x * kr_v_set(B[k]));
            if (with_y) y = kr_v_fmadd(kr_v_set(C[k]), h[k], y);
        }
        if (with_y) kr_v_store(packed + KR_SCAN_Y * PACKED, y);
        B += s->B_stride;
        C += s->C_stride;
    }
    for (int k = 0; h_out && k < count; k++) kr_v_store(h_out + k * KR_W, h[k]);
}

KR_INLINE void forward_block(const kr__scan_chunk *s, int64_t b, bool with_y, kr_real *packed) {
    int64_t n = 0;
    for (int count = NB; count > 0; count = count > 1 ? 1 : 0) {
        for (; n + count <= s->d_state; n += count) {
            int64_t at = (b * s->d_state + n) * KR_W;
            for (int half = 0; half < KR_W; half += KR_V) {
                const kr_real *h_in = s->h_in ? s->h_in + at + half : NULL;
                kr_real *h_out = s->h_out ? s->h_out + at + half : NULL;
                if (count == NB) {
                    forward_tile(s, n, NB, with_y, s->A + at + half, h_in, h_out, packed + half);
                } else {
                    forward_tile(s, n, 1, with_y, s->A + at + half, h_in, h_out, packed + half);
                }
            }
        }
    }
}

/* The gate, and out. */
static void finish_forward(const kr__scan_chunk *s, int64_t b, const kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    for (int64_t t = 0; t < s->n_steps; t++) {
        kr_w y = kr_w_load(packed + KR_SCAN_Y * PACKED + t * KR_W);
        if (s->y_ungated) store_lanes(s->y_ungated + t * s->d_inner + d, y, lanes);
        if (s->z) {
            kr_w z = load_lanes(s->z + t * s->z_stride + d, lanes);
            y = kr_w_mul(y, kr_w_mul(z, kr_w_sigmoid(z)));
        }
        store_lanes(s->y + t * s->d_inner + d, y, lanes);
    }
}

void KR_K(scan_forward)(const kr__scan_chunk *s) {
    for (int64_t b = 0; b < kr__scan_blocks(s->d_inner); b++) {
        pack_forward(s, b, s->scratch);
        if (s->y) {
            forward_block(s, b, true, s->scratch);
            finish_forward(s, b, s->scratch);
        } else {
            forward_block(s, b, false, s->scratch);
        }
    }
}

/* ---- backward --------------------------------------------------------------------------- */

/* dt, dt * x, softplus' slope and the gradient before the gate; gradients of z and D. */
static void pack_backward(const kr__scan_chunk *s, const kr__scan_gradients *grad, int64_t b,
                          kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    const kr_w bias = load_or_zero(s->dt_bias, d, lanes), one = kr_w_set(1);
    for (int64_t t = 0; t < s->n_steps; t++, packed += KR_W) {
        kr_w x = load_lanes(s->x + t * s->x_stride + d, lanes);
        kr_w raw = kr_w_add(load_lanes(s->dt_raw + t * s->dt_stride + d, lanes), bias);
        kr_w dt = kr_w_softplus(raw);
        kr_w g = load_lanes(grad->y + t * s->d_inner + d, lanes);
        if (s->z) {
            kr_w z = load_lanes(s->z + t * s->z_stride + d, lanes), sigmoid = kr_w_sigmoid(z);
            kr_w slope = kr_w_mul(sigmoid, kr_w_fmadd(z, kr_w_sub(one, sigmoid), one));
            kr_w y = load_lanes(s->y_ungated + t * s->d_inner + d, lanes);
            kr_w grad_z = kr_w_mul(kr_w_mul(g, y), slope);
            if (grad->z) add_lanes(grad->z + t * s->z_stride + d, grad_z, lanes, grad->adds_z);
            g = kr_w_mul(g, kr_w_mul(z, sigmoid));
        }
        accumulate_block(grad->D + d, kr_w_mul(g, x));
        kr_w_store(packed + KR_SCAN_DT * PACKED, dt);
        kr_w_store(packed + KR_SCAN_DT_X * PACKED, kr_w_mul(dt, x));
        kr_w_store(packed + KR_SCAN_Y * PACKED, g);
        kr_w_store(packed + KR_SCAN_GRAD_DT * PACKED, kr_w_set(0));
        kr_w_store(packed + KR_SCAN_GRAD_DT_X * PACKED, kr_w_set(0));
        kr_w_store(packed + KR_SCAN_SLOPE * PACKED,
                   kr_w_select_less(kr_w_set(20), raw, one, kr_w_sigmoid(raw)));
    }
}

/* Decay and state of a tile, half a block wide. */
typedef struct tile {
    kr_real A_bar[STEPS][NB][KR_V];
    kr_real h[STEPS + 1][NB][KR_V]; /* h[0]: before the chunk */
} tile;

/* Sums over channels, still in 16 lanes. */
typedef struct channel_sums {
    kr_real B[STEPS][NB][KR_W], C[STEPS][NB][KR_W];
} channel_sums;

KR_INLINE void recompute_tile(const kr__scan_chunk *s, int64_t n, int count, const kr_real *A,
                              const kr_real *h_in, const kr_real *packed, tile *at) {
    const kr_real *B = s->B + n;
    kr_v h[NB];
    for (int k = 0; k < count; k++) {
        h[k] = h_in ? kr_v_load(h_in + k * KR_W) : kr_v_set(0);
        kr_v_store(at->h[0][k], h[k]);
    }
    for (int64_t t = 0; t < s->n_steps; t++, packed += KR_W) {
        const kr_v dt = kr_v_load(packed + KR_SCAN_DT * PACKED);
        const kr_v dt_x = kr_v_load(packed + KR_SCAN_DT_X * PACKED);
        for (int k = 0; k < count; k++) {
            kr_v A_bar = kr_v_exp2_negative(dt * kr_v_load(A + k * KR_W));
            h[k] = kr_v_fmadd(A_bar, h[k], dt_x * kr_v_set(B[k]));
            kr_v_store(at->A_bar[t][k], A_bar);
            kr_v_store(at->h[t + 1][k], h[k]);
        }
        B += s->B_stride;
    }
}

KR_INLINE void add_product(kr_real *sum, kr_v a, kr_v b) {
    kr_v_store(sum, kr_v_fmadd(a, b, kr_v_load(sum)));
}

/* grad_h[t] = grad_y[t] * C[t] + A_bar[t+1] * grad_h[t+1], and what follows from it. A and the
 * pointers into gradients are those of this tile and half. */
KR_INLINE void backward_tile(const kr__scan_chunk *s, int64_t n, int count, const kr_real *A,
                             const tile *at, kr_real *packed, const kr_real *grad_h_out,
                             kr_real *grad_h_in, kr_real *grad_A, kr_real *sums_B,
                             kr_real *sums_C) {
    kr_v carry[NB], sum_A[NB];
    for (int k = 0; k < count; k++) {
        carry[k] = grad_h_out ? kr_v_load(grad_h_out + k * KR_W) : kr_v_set(0);
        sum_A[k] = kr_v_load(grad_A + k * KR_W);
    }
    for (int64_t t = s->n_steps - 1; t >= 0; t--) {
        const kr_real *B = s->B + t * s->B_stride + n, *C = s->C + t * s->C_stride + n;
        kr_real *row = packed + t * KR_W;
        const kr_v dt = kr_v_load(row + KR_SCAN_DT * PACKED);
        const kr_v dt_x = kr_v_load(row + KR_SCAN_DT_X * PACKED);
        const kr_v grad_y = kr_v_load(row + KR_SCAN_Y * PACKED);
        kr_v grad_dt = kr_v_load(row + KR_SCAN_GRAD_DT * PACKED);
        kr_v grad_dt_x = kr_v_load(row + KR_SCAN_GRAD_DT_X * PACKED);
        for (int k = 0; k < count; k++) {
            kr_v grad_h = kr_v_fmadd(grad_y, kr_v_set(C[k]), carry[k]);
            add_product(sums_C + (t * NB + k) * KR_W, grad_y, kr_v_load(at->h[t + 1][k]));
            add_product(sums_B + (t * NB + k) * KR_W, grad_h, dt_x);
            grad_dt_x = kr_v_fmadd(grad_h, kr_v_set(B[k]), grad_dt_x);
            carry[k] = grad_h * kr_v_load(at->A_bar[t][k]);
            kr_v grad_exponent = carry[k] * kr_v_load(at->h[t][k]);
            grad_dt = kr_v_fmadd(grad_exponent, kr_v_load(A + k * KR_W), grad_dt);
            sum_A[k] = kr_v_fmadd(grad_exponent, dt, sum_A[k]);
        }
        kr_v_store(row + KR_SCAN_GRAD_DT * PACKED, grad_dt);
        kr_v_store(row + KR_SCAN_GRAD_DT_X * PACKED, grad_dt_x);
    }
    for (int k = 0; k < count; k++) {
        if (grad_h_in) kr_v_store(grad_h_in + k * KR_W, carry[k]);
        kr_v_store(grad_A + k * KR_W, sum_A[k]);
    }
}

/* States n .. n + count - 1 of all channels; then their gradients of B and C. */
KR_INLINE void backward_states(const kr__scan_chunk *s, const kr__scan_gradients *grad, int64_t n,
                               int count, tile *at, channel_sums *sums) {
    kr_real *packed = s->scratch;
    memset(sums, 0, sizeof *sums);
    for (int64_t b = 0; b < kr__scan_blocks(s->d_inner); b++) {
        for (int half = 0; half < KR_W; half += KR_V) {
            int64_t i = (b * s->d_state + n) * KR_W + half;
            recompute_tile(s, n, count, s->A + i, s->h_in ? s->h_in + i : NULL, packed + half, at);
            backward_tile(s, n, count, s->A + i, at, packed + half,
                          grad->h_out ? grad->h_out + i : NULL, grad->h_in ? grad->h_in + i : NULL,
                          grad->A + i, &sums->B[0][0][half], &sums->C[0][0][half]);
        }
        packed += KR_SCAN_BACKWARD * PACKED;
    }
    for (int64_t t = 0; t < s->n_steps; t++) {
        for (int k = 0; k < count; k++) {
            if (grad->B) grad->B[t * s->B_stride + n + k] += kr_w_sum(kr_w_load(sums->B[t][k]));
            if (grad->C) grad->C[t * s->C_stride + n + k] += kr_w_sum(kr_w_load(sums->C[t][k]));
        }
    }
}

/* Gradients of x, dt_raw and dt_bias out of those of dt and dt * x. */
static void finish_backward(const kr__scan_chunk *s, const kr__scan_gradients *grad, int64_t b,
                            const kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    const kr_w D = load_or_zero(s->D, d, lanes), ln_2 = kr_w_set((kr_real)0.69314718055994531);
    kr_w sum = kr_w_load(grad->dt_bias + d);
    for (int64_t t = 0; t < s->n_steps; t++, packed += KR_W) {
        kr_w x = load_lanes(s->x + t * s->x_stride + d, lanes);
        kr_w grad_dt_x = kr_w_load(packed + KR_SCAN_GRAD_DT_X * PACKED);
        kr_w grad_dt = kr_w_mul(kr_w_load(packed + KR_SCAN_GRAD_DT * PACKED), ln_2);
        grad_dt =
            kr_w_mul(kr_w_fmadd(grad_dt_x, x, grad_dt), kr_w_load(packed + KR_SCAN_SLOPE * PACKED));
        sum = kr_w_add(sum, grad_dt);
        if (grad->dt_raw) {
            add_lanes(grad->dt_raw + t * s->dt_stride + d, grad_dt, lanes, grad->adds_dt);
        }
        kr_w grad_x = kr_w_mul(D, kr_w_load(packed + KR_SCAN_Y * PACKED));
        grad_x = kr_w_fmadd(grad_dt_x, kr_w_load(packed + KR_SCAN_DT * PACKED), grad_x);
        if (grad->x) add_lanes(grad->x + t * s->x_stride + d, grad_x, lanes, grad->adds_x);
    }
    kr_w_store(grad->dt_bias + d, sum);
}

void KR_K(scan_backward)(const kr__scan_chunk *s, const kr__scan_gradients *grad) {
    int64_t n_blocks = kr__scan_blocks(s->d_inner), n = 0;
    kr_real *behind = s->scratch + n_blocks * KR_SCAN_BACKWARD * PACKED;
    tile *at = (tile *)(void *)behind;
    channel_sums *sums = (channel_sums *)(void *)(behind + KR_SCAN_TILE * (2 * STEPS + 1) * KR_W);
    for (int64_t b = 0; b < n_blocks; b++) {
        pack_backward(s, grad, b, s->scratch + b * KR_SCAN_BACKWARD * PACKED);
    }
    for (; n + NB <= s->d_state; n += NB) backward_states(s, grad, n, NB, at, sums);
    for (; n < s->d_state; n++) backward_states(s, grad, n, 1, at, sums);
    for (int64_t b = 0; b < n_blocks; b++) {
        finish_backward(s, grad, b, s->scratch + b * KR_SCAN_BACKWARD * PACKED);
    }
}
