/* SPDX-License-Identifier: MIT
 * gemm.h - matrix products, row-major, by the calling thread alone.
 *
 *     C = A * B + beta * C        A is m x k, B is k x n, C is m x n
 *
 * A letter 'T' says that the operand lies transposed in memory (A: k x m, B: n x k). lda, ldb, ldc
 * are the distances of its rows in memory. float: oneDNN. double: plain loops (tests). */
#ifndef KR_GEMM_H
#define KR_GEMM_H

#include <kr/base.h>

#include "core/real.h"

void kr__gemm(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, const kr_real *a,
              int64_t lda, const kr_real *b, int64_t ldb, kr_real beta, kr_real *c, int64_t ldc);

/* For a process that computes few products: oneDNN writes its code for a CPU when the first one is
 * asked for, which takes 20 ms for AVX-512, and 2 ms for SSE4.1, whose products take three times as
 * long. Does nothing after the first product. */
void kr__gemm_start_fast(void);

#endif
