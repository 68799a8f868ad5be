/* SPDX-License-Identifier: MIT
 * double_tiles.c - products and squared distances of 8 items with 8 others, in double.
 *
 * A panel holds 8 items side by side: (depth, 8), element (t, i) is number t of item i. Terms are
 * rounded, then added in the order of t: every level gives the same bits. */
#include "kernels/kernels.h"

/* A register; and how many rows of a tile have room in the registers at once. */
#if defined(__AVX512F__)
enum { LANES = 8, ROWS = 4 };
#elif defined(__AVX2__)
enum { LANES = 4, ROWS = 4 };
#else
enum { LANES = 2, ROWS = 2 };
#endif
enum { ITEMS = 8, REGISTERS = ITEMS / LANES };
typedef double lanes __attribute__((vector_size(LANES * 8), aligned(8), may_alias));

#define EACH_TERM(term)                                                                            \
    for (int first = 0; first < ITEMS; first += ROWS) {                                            \
        lanes sum[ROWS][REGISTERS] = {{{0}}};                                                      \
        for (int64_t t = 0; t < depth; t++) {                                                      \
            for (int c = 0; c < REGISTERS; c++) {                                                  \
                lanes other = *(const lanes *)(b + t * ITEMS + c * LANES);                         \
                for (int r = 0; r < ROWS; r++) {                                                   \
                    double one = a[t * ITEMS + first + r];                                         \
                    sum[r][c] += term;                                                             \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        for (int r = 0; r < ROWS; r++) {                                                           \
            for (int c = 0; c < REGISTERS; c++) {                                                  \
                *(lanes *)(y + (first + r) * ITEMS + c * LANES) += sum[r][c];                      \
            }                                                                                      \
        }                                                                                          \
    }

/* y (8, 8) += sum over t of a[t][r] * b[t][c] */
void KR_K(product_tile)(int64_t depth, const double *restrict a, const double *restrict b,
                        double *restrict y) {
    EACH_TERM(one * other)
}

/* y (8, 8) += sum over t of (a[t][r] - b[t][c])^2 */
void KR_K(distance_tile)(int64_t depth, const double *restrict a, const double *restrict b,
                         double *restrict y) {
    EACH_TERM((one - other) * (one - other))
}
