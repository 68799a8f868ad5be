/* SPDX-License-Identifier: MIT
 * gemm.c - matrix products, by the kernel of the CPU level in force. */
#include "kernels/gemm.h"

#include <string.h>

#include "kernels/kernels.h"

/* k = 0: a sum of nothing. */
static void clear(int64_t m, int64_t n, kr_real *c, int64_t ldc) {
    for (int64_t i = 0; i < m; i++) memset(c + i * ldc, 0, (size_t)n * sizeof *c);
}

void kr__gemm(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, const kr_real *a,
              int64_t lda, const kr_real *b, int64_t ldb, bool is_adding, kr_real *c, int64_t ldc) {
    if (m == 0 || n == 0) return;
    if (k == 0 && !is_adding) clear(m, n, c, ldc);
    const kr__gemm_args args = {.m = m,
                                .n = n,
                                .k = k,
                                .a = a,
                                .row_a = trans_a == 'T' ? 1 : lda,
                                .col_a = trans_a == 'T' ? lda : 1,
                                .b = b,
                                .row_b = trans_b == 'T' ? 1 : ldb,
                                .col_b = trans_b == 'T' ? ldb : 1,
                                .c = c,
                                .ldc = ldc,
                                .is_adding = is_adding};
    kr__kernels()->gemm(&args);
}
