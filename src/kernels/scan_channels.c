/* SPDX-License-Identifier: MIT
 * scan_channels.c - the selective state-space recurrence, forward and backward, for one chunk.
 *
 *     dt = softplus(dt_raw + dt_bias)        A_bar[t] = 2^(dt[t] * A)        (A holds log2(e))
 *          or dt_raw + dt_bias
 *     h[t] = A_bar[t] * h[t-1] + dt[t] * x[t] * B[t]
 *     y[t] = (D * x[t] + sum over d_state of C[t] * h[t]) * silu(z[t])
 *
 * Channels lie across the lanes. The loops go over blocks of 16 channels, tiles of NB states, and
 * inside a tile over time, so that a tile's states stay in registers; B and C are broadcast.
 * A sum over d_state runs n = 0, 1, 2 .. whatever NB is, a sum over channels goes to 16 lanes,
 * block after block, and then through one tree: v3 and v4 give the same bits.
 * The exponential is most of the work. Cutting it to 0 below 2^-126 costs an eighth of forward's
 * speed, so we look first whether a tile needs it (is_deep): the loops are compiled with the cut
 * and without, for the same bits. Source: Mamba, arXiv:2312.00752, section 3.2, equations 2a and
 * 2b; the gradient is our own. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* States in a tile: as many as the registers hold. */
enum { NB = KR_V == 16 ? 8 : 4 };

enum { STEPS = KR_SCAN_STEPS, PACKED = STEPS * KR_W };

/* ---- lanes of a block ------------------------------------------------------------------- */

KR_INLINE kr_w load_or_zero(const kr_real *p, int64_t first, int64_t lanes) {
    return p ? kr_w_load_lanes(p + first, lanes) : kr_w_set(0);
}

KR_INLINE void add_lanes(kr_real *p, kr_w a, int64_t lanes, bool is_adding) {
    kr_w_store_lanes(p, is_adding ? kr_w_add(a, kr_w_load_lanes(p, lanes)) : a, lanes);
}

/* Prefetch the next block of a row: rows lie too far apart for the processor to foresee it. */
KR_INLINE void fetch_next(const kr_real *row, int64_t d, int64_t lanes) {
    if (row && lanes > KR_W) __builtin_prefetch(row + d + KR_W);
}

/* A_log becomes -exp(A_log) * log2(e); n a multiple of 16. NaN gets its plain form, whose low bits
 * are 0, as kr_v_exp2_product() wants it. */
void KR_K(scan_decay)(int64_t n, kr_real *A) {
    const kr_w minus_log2_e = kr_w_set((kr_real)-1.44269504088896341);
    for (; n > 0; n -= KR_W, A += KR_W) {
        kr_w a = kr_w_mul(kr_w_exp(kr_w_load(A)), minus_log2_e);
        KR_W_EACH(i) a.v[i] = kr_v_select(a.v[i] == a.v[i], a.v[i], kr_v_set((kr_real)NAN));
        kr_w_store(A, a);
    }
}

/* ---- forward ---------------------------------------------------------------------------- */

/* B and C of a chunk side by side, states filled up with 0. */
typedef struct inputs {
    int64_t n_steps, n_states;
    const kr_real *B, *C; /* (n_steps, n_states) */
} inputs;

static void pack_states(const kr_real *from, int64_t stride, const kr__scan_chunk *s, kr_real *to) {
    int64_t n_states = kr__scan_states(s->d_state);
    for (int64_t t = 0; t < s->n_steps; t++, to += n_states, from += stride) {
        memcpy(to, from, (size_t)s->d_state * sizeof *to);
        memset(to + s->d_state, 0, (size_t)(n_states - s->d_state) * sizeof *to);
    }
}

/* Takes the front of *scratch. */
static inputs pack_inputs(const kr__scan_chunk *s, kr_real **scratch) {
    int64_t n_states = kr__scan_states(s->d_state);
    kr_real *B = *scratch, *C = B + STEPS * n_states;
    pack_states(s->B, s->B_stride, s, B);
    pack_states(s->C, s->C_stride, s, C);
    *scratch = C + STEPS * n_states;
    return (inputs){.n_steps = s->n_steps, .n_states = n_states, .B = B, .C = C};
}

KR_INLINE kr_w find_dt(const kr__scan_chunk *s, kr_w raw) {
    return s->dt_is_plain ? raw : kr_w_softplus(raw);
}

/* dt, its largest, dt * x and D * x of block b. */
static void pack_forward(const kr__scan_chunk *s, int64_t b, kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    const kr_w bias = load_or_zero(s->dt_bias, d, lanes), D = load_or_zero(s->D, d, lanes);
    kr_w largest = kr_w_set(0);
    for (int64_t t = 0; t < s->n_steps; t++) {
        kr_real *row = packed + t * KR_W;
        kr_w x = kr_w_load_lanes(s->x + t * s->x_stride + d, lanes);
        kr_w raw = kr_w_load_lanes(s->dt_raw + t * s->dt_stride + d, lanes);
        kr_w dt = find_dt(s, kr_w_add(raw, bias));
        fetch_next(s->x + t * s->x_stride, d, lanes);
        fetch_next(s->dt_raw + t * s->dt_stride, d, lanes);
        fetch_next(s->z ? s->z + t * s->z_stride : NULL, d, lanes);
        fetch_next(s->y ? s->y + t * s->y_stride : NULL, d, lanes);
        fetch_next(s->y_ungated ? s->y_ungated + t * s->y_stride : NULL, d, lanes);
        largest = kr_w_max(dt, largest);
        kr_w_store(row + KR_SCAN_DT * PACKED, dt);
        kr_w_store(row + KR_SCAN_DT_X * PACKED, kr_w_mul(dt, x));
        kr_w_store(row + KR_SCAN_Y * PACKED, kr_w_mul(D, x));
    }
    kr_w_store(packed + KR_SCAN_DT_MAX * PACKED, largest);
}

/* May an exponent dt * A of this tile be so low that 2^ it has to be cut to 0? */
KR_INLINE bool is_deep(const kr_real *A, const kr_real *packed) {
    bool is_below = false;
    for (int half = 0; half < KR_W; half += KR_V) {
        kr_v lowest = kr_v_load(A + half);
        for (int k = 1; k < NB; k++) lowest = kr_v_min(kr_v_load(A + k * KR_W + half), lowest);
        lowest = lowest * kr_v_load(packed + KR_SCAN_DT_MAX * PACKED + half);
        is_below |= kr_v_any(lowest < kr_v_set(KR_EXP2_LOWEST));
    }
    return is_below;
}

/* States n .. n + NB - 1 of half a block (KR_V channels): h, and y += C * h. */
KR_INLINE void forward_tile(const inputs *in, int64_t n, bool deep, const kr_real *restrict A,
                            const kr_real *h_in, kr_real *h_out, kr_real *restrict packed) {
    const kr_real *restrict B = in->B + n, *restrict C = in->C + n;
    const int64_t n_steps = in->n_steps, n_states = in->n_states;
    kr_v h[NB];
    for (int k = 0; k < NB; k++) h[k] = h_in ? kr_v_load(h_in + k * KR_W) : kr_v_set(0);
    for (int64_t t = 0; t < n_steps; t++, packed += KR_W, B += n_states, C += n_states) {
        const kr_v dt = kr_v_load(packed + KR_SCAN_DT * PACKED);
        const kr_v dt_x = kr_v_load(packed + KR_SCAN_DT_X * PACKED);
        kr_v y = kr_v_load(packed + KR_SCAN_Y * PACKED);
        for (int k = 0; k < NB; k++) {
            kr_v A_bar = kr_v_exp2_product(dt, kr_v_load(A + k * KR_W), deep);
            h[k] = kr_v_fmadd(A_bar, h[k], dt_x * kr_v_set(B[k]));
            y = kr_v_fmadd(kr_v_set(C[k]), h[k], y);
        }
        kr_v_store(packed + KR_SCAN_Y * PACKED, y);
    }
    for (int k = 0; h_out && k < NB; k++) kr_v_store(h_out + k * KR_W, h[k]);
}

static void forward_block(const kr__scan_chunk *s, const inputs *in, int64_t b, kr_real *packed) {
    for (int64_t n = 0; n < s->d_state; n += NB) {
        int64_t at = (b * in->n_states + n) * KR_W;
        bool deep = is_deep(s->A + at, packed);
        for (int half = 0; half < KR_W; half += KR_V) {
            const kr_real *h_in = s->h_in ? s->h_in + at + half : NULL;
            kr_real *h_out = s->h_out ? s->h_out + at + half : NULL;
            if (deep) {
                forward_tile(in, n, true, s->A + at + half, h_in, h_out, packed + half);
            } else {
                forward_tile(in, n, false, s->A + at + half, h_in, h_out, packed + half);
            }
        }
    }
}

/* Apply the gate and write y. */
static void finish_forward(const kr__scan_chunk *s, int64_t b, const kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    for (int64_t t = 0; t < s->n_steps; t++) {
        kr_w y = kr_w_load(packed + KR_SCAN_Y * PACKED + t * KR_W);
        if (s->y_ungated) kr_w_store_lanes(s->y_ungated + t * s->y_stride + d, y, lanes);
        if (s->z) {
            kr_w z = kr_w_load_lanes(s->z + t * s->z_stride + d, lanes);
            y = kr_w_mul(y, kr_w_mul(z, kr_w_sigmoid(z)));
        }
        kr_w_store_lanes(s->y + t * s->y_stride + d, y, lanes);
    }
}

void KR_K(scan_forward)(const kr__scan_chunk *s) {
    kr_real *packed = s->scratch;
    const inputs in = pack_inputs(s, &packed);
    for (int64_t b = 0; b < kr__scan_blocks(s->d_inner); b++) {
        pack_forward(s, b, packed);
        forward_block(s, &in, b, packed);
        if (s->y) finish_forward(s, b, packed);
    }
}

/* ---- backward --------------------------------------------------------------------------- */

/* The derivative of kr_w_softplus(). */
KR_INLINE kr_w softplus_slope(kr_w x) {
    const kr_w one = kr_w_set(1);
    kr_w t = kr_w_exp_minus_abs(x); /* shared with kr_w_softplus() */
    kr_w above = kr_w_div(one, kr_w_add(one, t));
    kr_w slope = kr_w_select_less(x, kr_w_set(0), kr_w_mul(t, above), above);
    return kr_w_select_less(kr_w_set(20), x, one, slope);
}

/* dt, dt * x, softplus' slope and the gradient before the gate; gradients of z and D. */
static void pack_backward(const kr__scan_chunk *s, const kr__scan_gradients *grad, int64_t b,
                          kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    const kr_w bias = load_or_zero(s->dt_bias, d, lanes), one = kr_w_set(1);
    kr_w largest = kr_w_set(0), sum_D = kr_w_load(grad->D + d);
    for (int64_t t = 0; t < s->n_steps; t++) {
        kr_real *row = packed + t * KR_W;
        kr_w x = kr_w_load_lanes(s->x + t * s->x_stride + d, lanes);
        kr_w raw = kr_w_add(kr_w_load_lanes(s->dt_raw + t * s->dt_stride + d, lanes), bias);
        kr_w dt = find_dt(s, raw);
        kr_w g = kr_w_load_lanes(grad->y + t * s->y_stride + d, lanes);
        fetch_next(s->x + t * s->x_stride, d, lanes);
        fetch_next(s->dt_raw + t * s->dt_stride, d, lanes);
        fetch_next(s->z ? s->z + t * s->z_stride : NULL, d, lanes);
        fetch_next(s->z ? s->y_ungated + t * s->y_stride : NULL, d, lanes);
        fetch_next(grad->y + t * s->y_stride, d, lanes);
        fetch_next(grad->z ? grad->z + t * s->z_stride : NULL, d, lanes);
        if (s->z) {
            kr_w z = kr_w_load_lanes(s->z + t * s->z_stride + d, lanes), sigmoid = kr_w_sigmoid(z);
            kr_w slope = kr_w_mul(sigmoid, kr_w_fmadd(z, kr_w_sub(one, sigmoid), one));
            kr_w y = kr_w_load_lanes(s->y_ungated + t * s->y_stride + d, lanes);
            kr_w grad_z = kr_w_mul(kr_w_mul(g, y), slope);
            if (grad->z) add_lanes(grad->z + t * s->z_stride + d, grad_z, lanes, grad->adds_z);
            g = kr_w_mul(g, kr_w_mul(z, sigmoid));
        }
        sum_D = kr_w_fmadd(g, x, sum_D);
        largest = kr_w_max(dt, largest);
        kr_w_store(row + KR_SCAN_DT * PACKED, dt);
        kr_w_store(row + KR_SCAN_DT_X * PACKED, kr_w_mul(dt, x));
        kr_w_store(row + KR_SCAN_Y * PACKED, g);
        kr_w_store(row + KR_SCAN_GRAD_DT * PACKED, kr_w_set(0));
        kr_w_store(row + KR_SCAN_GRAD_DT_X * PACKED, kr_w_set(0));
        kr_w_store(row + KR_SCAN_SLOPE * PACKED, s->dt_is_plain ? one : softplus_slope(raw));
    }
    kr_w_store(packed + KR_SCAN_DT_MAX * PACKED, largest);
    kr_w_store(grad->D + d, sum_D);
}

/* Decay and previous state of a tile, half a block wide. */
typedef struct tile {
    kr_real A_bar[STEPS][NB][KR_V], h[STEPS][NB][KR_V];
} tile;

/* Sums over channels, still in 16 lanes. */
typedef struct channel_sums {
    kr_real B[STEPS][NB][KR_W], C[STEPS][NB][KR_W];
} channel_sums;

KR_INLINE void add_product(kr_real *sum, kr_v a, kr_v b) {
    kr_v_store(sum, kr_v_fmadd(a, b, kr_v_load(sum)));
}

/* Forward again, keeping what backward_tile() needs, and making the sums for grad_C on the way. */
KR_INLINE void recompute_tile(const inputs *in, int64_t n, bool deep, const kr_real *restrict A,
                              const kr_real *h_in, const kr_real *restrict packed,
                              tile *restrict kept, kr_real *restrict sums_C) {
    const kr_real *restrict B = in->B + n;
    const int64_t n_steps = in->n_steps, n_states = in->n_states;
    kr_v h[NB];
    for (int k = 0; k < NB; k++) h[k] = h_in ? kr_v_load(h_in + k * KR_W) : kr_v_set(0);
    for (int64_t t = 0; t < n_steps; t++, packed += KR_W, B += n_states, sums_C += NB * KR_W) {
        const kr_v dt = kr_v_load(packed + KR_SCAN_DT * PACKED);
        const kr_v dt_x = kr_v_load(packed + KR_SCAN_DT_X * PACKED);
        const kr_v grad_y = kr_v_load(packed + KR_SCAN_Y * PACKED);
        for (int k = 0; k < NB; k++) {
            kr_v A_bar = kr_v_exp2_product(dt, kr_v_load(A + k * KR_W), deep);
            kr_v_store(kept->A_bar[t][k], A_bar);
            kr_v_store(kept->h[t][k], h[k]);
            h[k] = kr_v_fmadd(A_bar, h[k], dt_x * kr_v_set(B[k]));
            add_product(sums_C + k * KR_W, grad_y, h[k]);
        }
    }
}

/* grad_h[t] = grad_y[t] * C[t] + A_bar[t+1] * grad_h[t+1], and what follows from it. A and the
 * pointers into gradients are those of this tile and half. */
KR_INLINE void backward_tile(const inputs *in, int64_t n, const kr_real *restrict A,
                             const tile *restrict kept, kr_real *restrict packed,
                             const kr_real *grad_h_out, kr_real *grad_h_in,
                             kr_real *restrict grad_A, kr_real *restrict sums_B) {
    const int64_t n_steps = in->n_steps, n_states = in->n_states;
    const kr_real *restrict B = in->B + (n_steps - 1) * n_states + n;
    const kr_real *restrict C = in->C + (n_steps - 1) * n_states + n;
    kr_v carry[NB], sum_A[NB];
    for (int k = 0; k < NB; k++) {
        carry[k] = grad_h_out ? kr_v_load(grad_h_out + k * KR_W) : kr_v_set(0);
        sum_A[k] = kr_v_load(grad_A + k * KR_W);
    }
    for (int64_t t = n_steps - 1; t >= 0; t--, B -= n_states, C -= n_states) {
        kr_real *row = packed + t * KR_W;
        const kr_v dt = kr_v_load(row + KR_SCAN_DT * PACKED);
        const kr_v dt_x = kr_v_load(row + KR_SCAN_DT_X * PACKED);
        const kr_v grad_y = kr_v_load(row + KR_SCAN_Y * PACKED);
        kr_v grad_dt = kr_v_load(row + KR_SCAN_GRAD_DT * PACKED);
        kr_v grad_dt_x = kr_v_load(row + KR_SCAN_GRAD_DT_X * PACKED);
        for (int k = 0; k < NB; k++) {
            kr_v grad_h = kr_v_fmadd(grad_y, kr_v_set(C[k]), carry[k]);
            add_product(sums_B + (t * NB + k) * KR_W, grad_h, dt_x);
            grad_dt_x = kr_v_fmadd(grad_h, kr_v_set(B[k]), grad_dt_x);
            carry[k] = grad_h * kr_v_load(kept->A_bar[t][k]);
            kr_v grad_exponent = carry[k] * kr_v_load(kept->h[t][k]);
            grad_dt = kr_v_fmadd(grad_exponent, kr_v_load(A + k * KR_W), grad_dt);
            sum_A[k] = kr_v_fmadd(grad_exponent, dt, sum_A[k]);
        }
        kr_v_store(row + KR_SCAN_GRAD_DT * PACKED, grad_dt);
        kr_v_store(row + KR_SCAN_GRAD_DT_X * PACKED, grad_dt_x);
    }
    for (int k = 0; k < NB; k++) {
        if (grad_h_in) kr_v_store(grad_h_in + k * KR_W, carry[k]);
        kr_v_store(grad_A + k * KR_W, sum_A[k]);
    }
}

/* grad (n_steps, stride) becomes, or grows by, the sums of their lanes, states n .. n + NB - 1. */
static void put_sums(const kr__scan_chunk *s, int64_t n, kr_real (*sums)[NB][KR_W], kr_real *grad,
                     int64_t stride, bool is_adding) {
    int64_t count = s->d_state - n < NB ? s->d_state - n : NB;
    for (int64_t t = 0; grad && t < s->n_steps; t++) {
        kr_real total[NB];
        for (int k = 0; k < NB; k += 4) kr_w_sum_4(sums[t][k], total + k);
        kr_real *row = grad + t * stride + n;
        for (int64_t k = 0; k < count; k++) row[k] = (is_adding ? row[k] : 0) + total[k];
    }
}

/* States n .. n + NB - 1 of all channels; then their gradients of B and C. */
static void backward_states(const kr__scan_chunk *s, const kr__scan_gradients *grad,
                            const inputs *in, int64_t n, kr_real *packed, tile *kept,
                            channel_sums *sums) {
    memset(sums->B, 0, (size_t)s->n_steps * sizeof sums->B[0]);
    memset(sums->C, 0, (size_t)s->n_steps * sizeof sums->C[0]);
    for (int64_t b = 0; b < kr__scan_blocks(s->d_inner); b++) {
        int64_t at = (b * in->n_states + n) * KR_W;
        bool deep = is_deep(s->A + at, packed);
        for (int half = 0; half < KR_W; half += KR_V, at += KR_V) {
            const kr_real *h_in = s->h_in ? s->h_in + at : NULL;
            kr_real *row = packed + half, *sums_C = &sums->C[0][0][half];
            if (deep) {
                recompute_tile(in, n, true, s->A + at, h_in, row, kept, sums_C);
            } else {
                recompute_tile(in, n, false, s->A + at, h_in, row, kept, sums_C);
            }
            backward_tile(in, n, s->A + at, kept, row, grad->h_out ? grad->h_out + at : NULL,
                          grad->h_in ? grad->h_in + at : NULL, grad->A + at, &sums->B[0][0][half]);
        }
        packed += KR_SCAN_BACKWARD * PACKED;
    }
    put_sums(s, n, sums->B, grad->B, grad->B_stride, grad->adds_B);
    put_sums(s, n, sums->C, grad->C, grad->C_stride, grad->adds_C);
}

/* Gradients of x, dt_raw and dt_bias out of those of dt and dt * x. */
static void finish_backward(const kr__scan_chunk *s, const kr__scan_gradients *grad, int64_t b,
                            const kr_real *packed) {
    int64_t d = b * KR_W, lanes = s->d_inner - d;
    const kr_w D = load_or_zero(s->D, d, lanes), ln_2 = kr_w_set((kr_real)0.69314718055994531);
    kr_w sum = kr_w_load(grad->dt_bias + d);
    for (int64_t t = 0; t < s->n_steps; t++, packed += KR_W) {
        kr_w x = kr_w_load_lanes(s->x + t * s->x_stride + d, lanes);
        kr_w grad_dt_x = kr_w_load(packed + KR_SCAN_GRAD_DT_X * PACKED);
        kr_w grad_dt = kr_w_mul(kr_w_load(packed + KR_SCAN_GRAD_DT * PACKED), ln_2);
        grad_dt =
            kr_w_mul(kr_w_fmadd(grad_dt_x, x, grad_dt), kr_w_load(packed + KR_SCAN_SLOPE * PACKED));
        sum = kr_w_add(sum, grad_dt);
        if (grad->dt_raw) {
            add_lanes(grad->dt_raw + t * s->dt_stride + d, grad_dt, lanes, grad->adds_dt);
        }
        kr_w grad_x = kr_w_mul(D, kr_w_load(packed + KR_SCAN_Y * PACKED));
        fetch_next(grad->dt_raw ? grad->dt_raw + t * s->dt_stride : NULL, d, lanes);
        fetch_next(grad->x ? grad->x + t * s->x_stride : NULL, d, lanes);
        grad_x = kr_w_fmadd(grad_dt_x, kr_w_load(packed + KR_SCAN_DT * PACKED), grad_x);
        if (grad->x) add_lanes(grad->x + t * s->x_stride + d, grad_x, lanes, grad->adds_x);
    }
    kr_w_store(grad->dt_bias + d, sum);
}

void KR_K(scan_backward)(const kr__scan_chunk *s, const kr__scan_gradients *grad) {
    kr_real *packed = s->scratch;
    const inputs in = pack_inputs(s, &packed);
    int64_t n_blocks = kr__scan_blocks(s->d_inner);
    channel_sums *sums = (channel_sums *)(void *)(packed + n_blocks * KR_SCAN_BACKWARD * PACKED);
    tile *kept = (tile *)(void *)(sums + 1);
    for (int64_t b = 0; b < n_blocks; b++) {
        pack_backward(s, grad, b, packed + b * KR_SCAN_BACKWARD * PACKED);
    }
    for (int64_t n = 0; n < s->d_state; n += NB) {
        backward_states(s, grad, &in, n, packed, kept, sums);
    }
    for (int64_t b = 0; b < n_blocks; b++) {
        finish_backward(s, grad, b, packed + b * KR_SCAN_BACKWARD * PACKED);
    }
}
