/* SPDX-License-Identifier: MIT
 * planes.h - arrays of callers, with any strides, to and from the contiguous ones of a plan. */
#ifndef KR_PLANES_H
#define KR_PLANES_H

#include <kr/scan.h>

#include "core/real.h"

/* Two axes of an array: element (i, j) is values[i row_stride + j col_stride]. values NULL: there
 * is none. */
typedef struct kr__plane {
    kr_real *values;
    int64_t row_stride, col_stride;
} kr__plane;

/* From element `offset` on; rows and cols are numbers of axes. */
static inline kr__plane kr__plane_of(const kr_strided *array, int64_t offset, int rows, int cols) {
    kr_real *values = (kr_real *)array->values;
    return (kr__plane){values ? values + offset : NULL, array->stride[rows], array->stride[cols]};
}

/* Of or into `packed` (n_rows, n_cols); get writes zeros when there is no plane, put does nothing.
 */
void kr__plane_get(const kr__plane *plane, int64_t n_rows, int64_t n_cols, kr_real *packed);
void kr__plane_put(const kr__plane *plane, int64_t n_rows, int64_t n_cols, const kr_real *packed);

#endif
