/* SPDX-License-Identifier: MIT
 * product_blocks.h - a block of a bf16 product: its operands packed, and the two units of x86 CPUs
 * that multiply them. Elsewhere there are none. */
#ifndef KR_PRODUCT_BLOCKS_H
#define KR_PRODUCT_BLOCKS_H

#include "kernels/product.h"

enum {
    KR_PRODUCT_TILE = 16, /* rows and columns of a tile of C */
    KR_PRODUCT_STEP = 32, /* terms that AMX takes at once */
    /* A block at most: its B fits the second level cache, beside some of A. */
    KR_PRODUCT_ROWS = 64,
    KR_PRODUCT_COLUMNS = 256,
    KR_PRODUCT_DEPTH = 1024
};

/* Rows, columns and terms that a block does not have are zeros in a and b. */
typedef struct kr__product_block {
    int64_t m, n, k;
    int64_t depth; /* k, filled up to KR_PRODUCT_STEP */
    kr_bf16 *a;    /* (rows, depth) */
    kr_bf16 *b;    /* panels of 16 columns: (depth / 2, 16, 2) */
    const kr_real *bias;
    kr_real *c; /* (m, n), rows ldc apart */
    int64_t ldc;
    bool is_adding;
    kr_real *tile; /* (16, 16) for what hangs over the edge of C */
} kr__product_block;

/* From a matrix whose rows are `stride` apart, transposed in memory or not. */
void kr__product_pack_a(kr__product_block *block, bool is_turned, const kr_bf16 *a, int64_t stride);
void kr__product_pack_b(kr__product_block *block, bool is_turned, const kr_bf16 *b, int64_t stride);
void kr__product_bf16(const kr__product_block *block);
void kr__product_amx(const kr__product_block *block);

#endif
