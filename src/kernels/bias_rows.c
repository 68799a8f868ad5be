/* SPDX-License-Identifier: MIT
 * bias_rows.c - a matrix and one row: biases and their gradients. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* y[r][c] += row[c], y contiguous. */
void KR_K(add_row)(int64_t rows, int64_t cols, const kr_real *restrict row, kr_real *restrict y) {
    for (int64_t r = 0; r < rows; r++, y += cols) {
        for (int64_t c = 0; c < cols; c++) y[c] += row[c];
    }
}

/* y[c] += sum over r of x[r][c], x contiguous. 16 columns at a time stay in registers; every column
 * is summed from the first row to the last, so all levels give the same bits. */
void KR_K(column_sums_add)(int64_t rows, int64_t cols, const kr_real *restrict x,
                           kr_real *restrict y) {
    int64_t c = 0;
    for (; c + KR_W <= cols; c += KR_W) {
        kr_w sum = kr_w_set(0);
        for (int64_t r = 0; r < rows; r++) sum = kr_w_add(sum, kr_w_load(x + r * cols + c));
        kr_w_store(y + c, kr_w_add(kr_w_load(y + c), sum));
    }
    for (; c < cols; c++) {
        kr_real sum = 0;
        for (int64_t r = 0; r < rows; r++) sum += x[r * cols + c];
        y[c] += sum;
    }
}
