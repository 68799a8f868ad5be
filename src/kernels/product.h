/* SPDX-License-Identifier: MIT
 * product.h - matrix products of bf16 numbers with float32 sums, row-major: made once for their
 * sizes, then run from any thread, single-threaded.
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
    bool with_bias;        /* n numbers of float32 */
    bool is_adding;        /* to what C holds */
    int64_t m, n, k;
    int64_t lda, ldb, ldc; /* distances of the rows in memory */
} kr_product_shape;

typedef struct kr_product kr_product;

/* Does this CPU compute them faster than those of float32 (AVX512-BF16, AMX)? */
bool kr__product_is_fast(void);

kr_status kr__product_create(const kr_product_shape *shape, kr_product **out, kr_error *err);
void kr__product_destroy(kr_product *product);
/* Elements of kr_real, aligned to KR_ALIGN, that a run needs for itself. */
int64_t kr__product_scratch(const kr_product *product);
/* bias: NULL without. */
void kr__product_run(const kr_product *product, const kr_bf16 *a, const kr_bf16 *b,
                     const kr_real *bias, kr_real *c, kr_real *scratch);

#endif
