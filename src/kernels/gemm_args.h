/* SPDX-License-Identifier: MIT
 * gemm_args.h - arguments of the kernels that multiply matrices. */
#ifndef KR_GEMM_ARGS_H
#define KR_GEMM_ARGS_H

#include <kr/base.h>

#include "core/real.h"

/* Columns of b that a panel holds: (k, 16), element (p, j) is number p of column j; columns that b
 * does not have are zeros. A matrix of n columns is (n + 15) / 16 panels. */
enum { KR_GEMM_PANEL = 16 };

/* C = A B, + bias in every row, or + what C holds: A is m x k, B is k x n, C is m x n. Rows and
 * columns of A and B lie so far apart; one of the two distances is 1. */
typedef struct kr__gemm_args {
    int64_t m, n, k;
    const kr_real *a;
    int64_t row_a, col_a;
    const kr_real *b; /* not read when there are panels */
    int64_t row_b, col_b;
    const kr_real *panels; /* of B, by gemm_pack; NULL: none */
    const kr_real *bias;   /* n numbers; NULL: none. Not with is_adding */
    kr_real *c;
    int64_t ldc;
    bool is_adding;
} kr__gemm_args;

/* Elements of the panels of n columns. */
static inline int64_t kr__gemm_panels_size(int64_t k, int64_t n) {
    return (n + KR_GEMM_PANEL - 1) / KR_GEMM_PANEL * KR_GEMM_PANEL * k;
}

#endif
