/* SPDX-License-Identifier: MIT
 * product.c - products of bf16 numbers: which unit of the CPU computes them, and plain loops. */
#include "kernels/product.h"

#include <stdatomic.h>
#include <string.h>

#include "core/cpu.h"
#include "core/real.h"
#include "kernels/product_blocks.h"

/* ---- plain loops --------------------------------------------------------------------------- */

static double read_bf16(kr_bf16 x) {
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

static void multiply_plainly(const kr_product_shape *s, const kr_bf16 *a, const kr_bf16 *b,
                             const kr_real *bias, kr_real *c) {
    int64_t row_a = s->trans_a ? 1 : s->lda, col_a = s->trans_a ? s->lda : 1;
    int64_t row_b = s->trans_b ? 1 : s->ldb, col_b = s->trans_b ? s->ldb : 1;
    for (int64_t i = 0; i < s->m; i++) {
        for (int64_t j = 0; j < s->n; j++) {
            double sum = s->is_adding ? (double)c[i * s->ldc + j] : 0;
            if (bias) sum += (double)bias[j];
            for (int64_t p = 0; p < s->k; p++) {
                sum += read_bf16(a[i * row_a + p * col_a]) * read_bf16(b[p * row_b + j * col_b]);
            }
            c[i * s->ldc + j] = (kr_real)sum;
        }
    }
}

#ifdef KR_REAL_DOUBLE

kr_product_unit kr__product_unit(void) { return KR_PRODUCT_PLAIN; }
bool kr__product_is_fast(void) { return true; } /* as far as tests are concerned */

int64_t kr__product_scratch(const kr_product_shape *shape) {
    (void)shape;
    return 0;
}

void kr__product_run_by(kr_product_unit unit, const kr_product_shape *shape, const kr_bf16 *a,
                        const kr_bf16 *b, const kr_real *bias, kr_real *c, kr_real *scratch) {
    (void)unit, (void)scratch;
    multiply_plainly(shape, a, b, bias, c);
}

#else

/* ---- units --------------------------------------------------------------------------------- */

static kr_product_unit find_unit(void) {
    kr_cpu_level level;
    if (kr__cpu_level_get(&level, NULL) != KR_OK) level = kr__cpu_level_detect();
    if (level < KR_CPU_V4) return KR_PRODUCT_PLAIN;
    return kr__cpu_has_amx()    ? KR_PRODUCT_AMX
           : kr__cpu_has_bf16() ? KR_PRODUCT_BF16
                                : KR_PRODUCT_PLAIN;
}

kr_product_unit kr__product_unit(void) {
    static atomic_int found = -1; /* several threads may ask first; all find the same */
    if (found < 0) found = (int)find_unit();
    return (kr_product_unit)found;
}

bool kr__product_is_fast(void) { return kr__product_unit() != KR_PRODUCT_PLAIN; }

/* ---- in blocks ------------------------------------------------------------------------------ */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t up(int64_t n, int64_t step) { return (n + step - 1) / step * step; }

int64_t kr__product_scratch(const kr_product_shape *s) {
    int64_t depth = up(least(s->k, KR_PRODUCT_DEPTH), KR_PRODUCT_STEP);
    int64_t rows = up(least(s->m, KR_PRODUCT_ROWS), KR_PRODUCT_TILE);
    int64_t columns = up(least(s->n, KR_PRODUCT_COLUMNS), KR_PRODUCT_TILE);
    int64_t bytes = (rows + columns) * depth * (int64_t)sizeof(kr_bf16);
    return bytes / (int64_t)sizeof(kr_real) + KR_PRODUCT_TILE * KR_PRODUCT_TILE;
}

/* The rows of C against the columns that are packed in block.b. */
static void multiply_rows(kr_product_unit unit, const kr_product_shape *s, const kr_bf16 *a,
                          kr__product_block block) {
    for (int64_t i = 0; i < s->m; i += KR_PRODUCT_ROWS) {
        block.m = least(s->m - i, KR_PRODUCT_ROWS);
        kr__product_pack_a(&block, s->trans_a, a + i * (s->trans_a ? 1 : s->lda), s->lda);
        (unit == KR_PRODUCT_AMX ? kr__product_amx : kr__product_bf16)(&block);
        block.c += KR_PRODUCT_ROWS * s->ldc;
    }
}

void kr__product_run_by(kr_product_unit unit, const kr_product_shape *s, const kr_bf16 *a,
                        const kr_bf16 *b, const kr_real *bias, kr_real *c, kr_real *scratch) {
    if (unit == KR_PRODUCT_PLAIN) {
        multiply_plainly(s, a, b, bias, c);
        return;
    }
    for (int64_t j = 0; j < s->n; j += KR_PRODUCT_COLUMNS) {
        for (int64_t p = 0; p < s->k; p += KR_PRODUCT_DEPTH) {
            kr__product_block block = {.n = least(s->n - j, KR_PRODUCT_COLUMNS),
                                       .k = least(s->k - p, KR_PRODUCT_DEPTH),
                                       .bias = bias && p == 0 ? bias + j : NULL,
                                       .c = c + j,
                                       .ldc = s->ldc,
                                       .is_adding = s->is_adding || p > 0,
                                       .tile = scratch};
            block.depth = up(block.k, KR_PRODUCT_STEP);
            block.b = (kr_bf16 *)(scratch + KR_PRODUCT_TILE * KR_PRODUCT_TILE);
            block.a = block.b + up(block.n, KR_PRODUCT_TILE) * block.depth;
            kr__product_pack_b(&block, s->trans_b,
                               b + (s->trans_b ? j * s->ldb + p : p * s->ldb + j), s->ldb);
            multiply_rows(unit, s, a + (s->trans_a ? p * s->lda : p), block);
        }
    }
}

#endif

void kr__product_run(const kr_product_shape *shape, const kr_bf16 *a, const kr_bf16 *b,
                     const kr_real *bias, kr_real *c, kr_real *scratch) {
    kr__product_run_by(kr__product_unit(), shape, a, b, bias, c, scratch);
}
