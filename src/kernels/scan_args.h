/* SPDX-License-Identifier: MIT
 * scan_args.h - arguments of the scan and convolution kernels.
 *
 * "Blocked" arrays hold 16 channels (KR_W) side by side: [channel / 16][..][channel % 16]. The last
 * block is filled up; its surplus lanes are computed and thrown away. */
#ifndef KR_SCAN_ARGS_H
#define KR_SCAN_ARGS_H

#include <kr/base.h>

#include "core/real.h"

/* Steps that one call of the scan kernels takes at most. What backward needs of a chunk fits the
 * first level cache. */
enum { KR_SCAN_STEPS = 16 };

/* States are filled up to a multiple of this, so that every level can take its own number of them
 * at a time. The surplus ones have B = C = 0 and stay 0. */
enum { KR_SCAN_TILE = 8 };

/* What the kernels pack of a chunk: [block][one of these][step][16]. The largest dt has one row. y
 * is grad_y before the gate in backward; the slope is that of softplus. */
enum {
    KR_SCAN_DT,
    KR_SCAN_DT_X,
    KR_SCAN_Y,
    KR_SCAN_DT_MAX,
    KR_SCAN_FORWARD,
    KR_SCAN_GRAD_DT = KR_SCAN_FORWARD,
    KR_SCAN_GRAD_DT_X,
    KR_SCAN_SLOPE,
    KR_SCAN_BACKWARD
};

/* A chunk: at most KR_SCAN_STEPS steps of one sequence. Rows of a matrix lie *_stride apart. */
typedef struct kr__scan_chunk {
    int64_t n_steps, d_inner, d_state;
    const kr_real *x, *dt_raw, *z; /* (n_steps, d_inner); z may be NULL */
    const kr_real *B, *C;          /* (n_steps, d_state) */
    int64_t x_stride, dt_stride, z_stride, B_stride, C_stride, y_stride;
    bool dt_is_plain;           /* no softplus: dt is dt_raw + dt_bias */
    const kr_real *dt_bias, *D; /* (d_inner) or NULL */
    const kr_real *A;           /* blocked (d_state): A * log2(e), from scan_decay() */
    const kr_real *h_in;        /* blocked (d_state): the state before; NULL: zeros */
    kr_real *h_out;             /* the same, after; NULL: not wanted; may be h_in */
    kr_real *y;                 /* (n_steps, d_inner); NULL: only h_out is wanted */
    kr_real *y_ungated;         /* the same before the gate, kept for backward; NULL when no z */
    kr_real *scratch;           /* kr__scan_scratch_size() elements; kernels keep nothing there */
} kr__scan_chunk;

/* One step of one sequence; nothing is blocked. */
typedef struct kr__scan_step {
    int64_t d_inner, d_state;
    const kr_real *x, *dt_raw, *z; /* (d_inner); z may be NULL */
    const kr_real *B, *C;          /* (d_state) */
    bool dt_is_plain;              /* no softplus */
    const kr_real *dt_bias, *D;    /* (d_inner) or NULL */
    const kr_real *A;              /* (d_inner, d_state): A * log2(e), from scan_decay() */
    const kr_real *h_in;           /* (d_inner, d_state); NULL: zeros */
    kr_real *h_out;                /* the same, after; may be h_in */
    kr_real *y;                    /* (d_inner) */
    kr_real *scratch;              /* two blocked rows */
} kr__scan_step;

/* Gradients of a chunk. Rows lie as far apart as those of the values. NULL: not wanted. */
typedef struct kr__scan_gradients {
    const kr_real *y;             /* incoming, (n_steps, d_inner) */
    kr_real *x, *dt_raw, *z;      /* added to, or written */
    bool adds_x, adds_dt, adds_z; /* add; else write */
    kr_real *B, *C;               /* the same; rows B_stride, C_stride apart */
    bool adds_B, adds_C;
    int64_t B_stride, C_stride;
    const kr_real *h_out; /* blocked: from later chunks; NULL: zeros */
    kr_real *h_in;        /* written, may be h_out; NULL: not wanted */
    kr_real *A;           /* blocked, that of A, not of A * log2(e); added to; not NULL */
    kr_real *D, *dt_bias; /* blocked (1); added to; not NULL */
} kr__scan_gradients;

/* Number of blocks of 16 channels; number of states, filled up. */
static inline int64_t kr__scan_blocks(int64_t d_inner) { return (d_inner + 15) / 16; }
static inline int64_t kr__scan_states(int64_t d_state) {
    return (d_state + KR_SCAN_TILE - 1) / KR_SCAN_TILE * KR_SCAN_TILE;
}

/* Elements of scratch: B and C packed, then in forward one packed block; in backward all blocks,
 * the recomputed decay and state of a tile and its sums over channels. */
static inline int64_t kr__scan_scratch_size(int64_t d_inner, int64_t d_state, bool with_backward) {
    const int64_t packed = KR_SCAN_STEPS * 16;
    int64_t size = 2 * KR_SCAN_STEPS * kr__scan_states(d_state);
    if (!with_backward) return size + KR_SCAN_FORWARD * packed;
    return size + kr__scan_blocks(d_inner) * KR_SCAN_BACKWARD * packed + KR_SCAN_TILE * 4 * packed;
}

/* Causal convolution of one sequence; see ops.h. */
typedef struct kr__conv1d_sequence {
    int64_t seq_len, d_inner, d_conv;
    int64_t x_stride, first_stride, y_stride; /* from step to step */
    bool with_silu;
    const kr_real *x;      /* (seq_len, d_inner) */
    const kr_real *first;  /* (d_conv - 1, d_inner): the steps before; NULL: zeros */
    const kr_real *weight; /* blocked (d_conv) */
    const kr_real *bias;   /* blocked (1) */
    kr_real *scratch;      /* kr__conv1d_scratch_size() elements */
} kr__conv1d_sequence;

/* Its gradients; rows as far apart as those of the values. */
typedef struct kr__conv1d_gradients {
    const kr_real *y;        /* incoming */
    kr_real *x, *first;      /* added to, or written; NULL: not wanted */
    bool adds_x, adds_first; /* add; else write */
    kr_real *weight, *bias;  /* blocked; added to */
} kr__conv1d_gradients;

/* Steps that backward takes at a time, and taps it has room for. */
enum { KR_CONV1D_STEPS = 32, KR_CONV1D_TAPS = 16 };

/* The gradients of sums that earlier steps need: d_conv - 1 rows of complete blocks. */
static inline int64_t kr__conv1d_scratch_size(int64_t d_inner, int64_t d_conv) {
    return (d_conv - 1) * kr__scan_blocks(d_inner) * 16;
}

#endif
