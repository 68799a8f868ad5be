/* SPDX-License-Identifier: MIT
 * planes.c - copies between layouts. Strips of 16 rows, so that a line of the cache that was
 * fetched for one element is used for all of its elements. */
#include "nn/planes.h"

#include <string.h>

enum { SIDE = 16 };

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

void kr__plane_get(const kr__plane *p, int64_t n_rows, int64_t n_cols, kr_real *packed) {
    if (!p->values) {
        memset(packed, 0, (size_t)(n_rows * n_cols) * sizeof *packed);
        return;
    }
    if (p->col_stride == 1) {
        for (int64_t i = 0; i < n_rows; i++) {
            memcpy(packed + i * n_cols, p->values + i * p->row_stride,
                   (size_t)n_cols * sizeof *packed);
        }
        return;
    }
    for (int64_t i = 0; i < n_rows; i += SIDE) {
        int64_t i_end = least(i + SIDE, n_rows);
        for (int64_t j = 0; j < n_cols; j++) {
            const kr_real *from = p->values + j * p->col_stride;
            for (int64_t k = i; k < i_end; k++) packed[k * n_cols + j] = from[k * p->row_stride];
        }
    }
}

void kr__plane_put(const kr__plane *p, int64_t n_rows, int64_t n_cols, const kr_real *packed) {
    if (!p->values) return;
    if (p->col_stride == 1) {
        for (int64_t i = 0; i < n_rows; i++) {
            memcpy(p->values + i * p->row_stride, packed + i * n_cols,
                   (size_t)n_cols * sizeof *packed);
        }
        return;
    }
    for (int64_t i = 0; i < n_rows; i += SIDE) {
        int64_t i_end = least(i + SIDE, n_rows);
        for (int64_t j = 0; j < n_cols; j++) {
            kr_real *to = p->values + j * p->col_stride;
            for (int64_t k = i; k < i_end; k++) to[k * p->row_stride] = packed[k * n_cols + j];
        }
    }
}
