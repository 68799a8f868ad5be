/* SPDX-License-Identifier: MIT
 * kernels.h - the table of kernels, one for each CPU level.
 *
 * A kernel is plain C on pointers, sizes and strides; it knows no tensors. The same source is
 * compiled for x86-64-v2, v3 and v4 (KR_LEVEL), each level exports one table. v3 and v4 give the
 * same bits: sums use 16 fixed lanes and one fixed tree (vec.h). */
#ifndef KR_KERNELS_H
#define KR_KERNELS_H

#include <kr/base.h>

#include "core/cpu.h"
#include "core/real.h"
#include "kernels/attention_args.h"
#include "kernels/gemm_args.h"
#include "kernels/metric.h"
#include "kernels/scan_args.h"

/* Settings of the kernels that have many; what they mean stands at the kernel. */
typedef struct kr__norm_rows {
    int64_t rows, cols, x_stride, y_stride;
    double eps;
} kr__norm_rows;

typedef struct kr__draw {
    uint64_t seed;
    uint32_t counter[3]; /* words 1 to 3 of Philox' counter; word 0 counts blocks */
    double p;            /* probability of dropping, in [0, 1) */
} kr__draw;

typedef struct kr__adam {
    double lr, beta1, beta2, eps, weight_decay;
    double correction1, correction2; /* 1 - beta1^t, 1 - beta2^t; t counts steps from 1 */
    double grad_scale;               /* the gradient is multiplied with it first (clipping) */
    bool is_decoupled;               /* AdamW */
} kr__adam;

/* Places for guesses, and those among them that were least far off: barrier is infinity at each, 0
 * elsewhere. */
enum { KR__GUESS_ROOM = 48, KR__GUESS_BEST = 7 };
typedef struct kr__guess_best {
    double barrier[KR__GUESS_ROOM];
    int32_t at[KR__GUESS_BEST];
} kr__guess_best;

/* Moves of points are integers, so many a unit. */
#define KR__UMAP_PER_UNIT 0x1p28

typedef struct kr__umap_epoch {
    const int32_t *rows;   /* that move, in the order in which their edges are kept */
    const int64_t *start;  /* edges of rows[r]: start[r] .. start[r + 1] - 1 */
    const int32_t *column; /* of an edge: the place in `others` that it leads to */
    const uint32_t *share; /* of an edge: part of the epochs in which it is drawn, times 2^32;
                              15 more can be read */
    const kr_real *others; /* (n_others, dim) */
    int64_t n_others, dim, n_negative;
    uint64_t seed;
    uint32_t epoch;    /* from 1 */
    double a, b, rate; /* rate: a step is rate * force */
    double repulsion;
    bool moves_both; /* the others are the rows themselves: an edge moves both its ends */
    /* densMAP, umap_move.c: (n_others, 2) u and v of each point, and c times 2^32, so that c of an
     * edge is that over its share. NULL: off. */
    const kr_real *density;
    double density_scale;
} kr__umap_epoch;

typedef struct kr_kernels {
#define KR_KERNEL(name, args) void(*name) args;
#include "kernels/kernels.inc"
#undef KR_KERNEL
} kr_kernels;

/* The table of the level in force (kr__cpu_level_get). */
const kr_kernels *kr__kernels(void);
/* The table of one level; NULL when it was not built or the CPU does not have it. For tests. */
const kr_kernels *kr__kernels_of(kr_cpu_level level);

/* Inside a kernel file: the name with the level behind it, kr__add_v3. */
#define KR_CAT_(a, b) a##b
#define KR_CAT(a, b) KR_CAT_(a, b)
#ifdef KR_LEVEL
#define KR_K(name) KR_CAT(kr__##name##_, KR_LEVEL)
#define KR_KERNEL(name, args) void KR_K(name) args;
#include "kernels/kernels.inc"
#undef KR_KERNEL
#endif

#endif
