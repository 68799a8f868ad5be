/* SPDX-License-Identifier: MIT
 * bf16_rows.c - numbers rounded to bf16, the upper half of a float. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* To the nearest, a tie to the even one; NaN stays NaN (the lower half alone may have said so).
 * Whole numbers only: the same at every level, whatever is done with subnormal numbers. */
KR_INLINE uint16_t round_bits(uint32_t bits) {
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    uint32_t quiet = bits >> 16 | 0x40;
    return (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
}

/* x (rows, cols), its rows x_stride apart, to y, contiguous. */
void KR_K(to_bf16)(int64_t rows, int64_t cols, const kr_real *restrict x, int64_t x_stride,
                   uint16_t *restrict y) {
    for (int64_t r = 0; r < rows; r++, x += x_stride, y += cols) {
        for (int64_t c = 0; c < cols; c++) {
            float value = (float)x[c];
            uint32_t bits;
            memcpy(&bits, &value, sizeof bits);
            y[c] = round_bits(bits);
        }
    }
}
