/* SPDX-License-Identifier: MIT
 * attention_args.h - what the attention kernels are given: one head of one row. */
#ifndef KR_ATTENTION_ARGS_H
#define KR_ATTENTION_ARGS_H

#include <kr/base.h>

#include "core/real.h"

/* A tile of scores: queries are lanes, keys are rows. */
enum { KR_TILE_QUERIES = 64, KR_TILE_KEYS = 32 };

struct kr__draw;

typedef struct kr__attention_head {
    int64_t tokens, d_head;
    const kr_real *q, *k, *v;             /* (tokens, d_head) */
    int64_t q_stride, k_stride, v_stride; /* from token to token */
    kr_real *y;                           /* likewise; backward reads it */
    int64_t y_stride;
    kr_real *largest, *inverse;  /* (tokens): of each query's scores times log2(e) the largest, and
                                    1 / sum of 2^(score - largest); backward reads them */
    const struct kr__draw *draw; /* dropout of the probabilities; NULL: none */
    const kr_real *given;        /* its keep mask (query, key) of 0 and 1; NULL: drawn */
    kr_real *scratch;            /* kr__attention_scratch() elements */
} kr__attention_head;

/* Strides are those of q, k, v, y. q, k, v NULL: not wanted; adds_x false: written, not added to.
 */
typedef struct kr__attention_gradients {
    const kr_real *y;
    kr_real *q, *k, *v;
    bool adds_q, adds_k, adds_v;
} kr__attention_gradients;

/* tokens rounded up to 16. */
static inline int64_t kr__attention_lanes(int64_t tokens) { return (tokens + 15) / 16 * 16; }

static inline int64_t kr__attention_scratch(int64_t d_head) {
    return KR_TILE_QUERIES * (3 * KR_TILE_KEYS + 2 * d_head + 2);
}

#endif
