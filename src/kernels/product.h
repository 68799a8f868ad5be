/* SPDX-License-Identifier: MIT
 * product.h - matrix products of bf16 numbers with float32 sums, row-major, by the calling thread
 * alone.
 *
 *     C = A B (+ bias in every row) (+ C)        A is m x k, B is k x n, C is m x n
 *
 * gemm.h has the products of float32. In the double precision copy plain loops stand in. */
#ifndef KR_PRODUCT_H
#define KR_PRODUCT_H

#include <kr/base.h>

#include "core/real.h"

/* The upper half of a float: kr_kernels.to_bf16 rounds to it. */
typedef uint16_t kr_bf16;

typedef struct kr_product_shape {
    bool trans_a, trans_b; /* the operand lies transposed in memory (A: k x m, B: n x k) */
    bool is_adding;        /* to what C holds */
    int64_t m, n, k;
    int64_t lda, ldb, ldc; /* distances of the rows in memory */
} kr_product_shape;

/* What computes them; the results of two units differ by rounding. */
typedef enum kr_product_unit {
    KR_PRODUCT_PLAIN, /* loops, for tests */
    KR_PRODUCT_BF16,  /* AVX512-BF16 */
    KR_PRODUCT_AMX    /* tiles */
} kr_product_unit;

/* The best unit of this CPU, at level v4. KR_PRODUCT_PLAIN: products of float32 are faster. */
kr_product_unit kr__product_unit(void);
bool kr__product_is_fast(void);

/* Elements of kr_real, aligned to KR_ALIGN, that a run needs for itself. */
int64_t kr__product_scratch(const kr_product_shape *shape);
/* bias: n numbers, or NULL. */
void kr__product_run(const kr_product_shape *shape, const kr_bf16 *a, const kr_bf16 *b,
                     const kr_real *bias, kr_real *c, kr_real *scratch);
/* The same by another unit, which the CPU must have. For tests. */
void kr__product_run_by(kr_product_unit unit, const kr_product_shape *shape, const kr_bf16 *a,
                        const kr_bf16 *b, const kr_real *bias, kr_real *c, kr_real *scratch);

#endif
