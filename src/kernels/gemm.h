/* SPDX-License-Identifier: MIT
 * gemm.h - matrix products, row-major, by the calling thread alone.
 *
 *     C = A B, or C += A B        A is m x k, B is k x n, C is m x n
 *
 * A letter 'T' says that the operand lies transposed in memory (A: k x m, B: n x k). lda, ldb, ldc
 * are the distances of its rows in memory. Each element of C is one chain of fused multiply-adds in
 * the order of k, so that the rows and columns of a product may be computed apart with the same
 * bits. */
#ifndef KR_GEMM_H
#define KR_GEMM_H

#include <kr/base.h>

#include "core/real.h"

void kr__gemm(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, const kr_real *a,
              int64_t lda, const kr_real *b, int64_t ldb, bool is_adding, kr_real *c, int64_t ldc);

#endif
