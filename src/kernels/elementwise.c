/* SPDX-License-Identifier: MIT
 * elementwise.c - one number in, one number out. Arrays may be the same, not partly overlap. */
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* y = a + b */
void KR_K(add)(int64_t n, const kr_real *a, const kr_real *b, kr_real *y) {
    for (int64_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

/* y += x */
void KR_K(accumulate)(int64_t n, const kr_real *x, kr_real *y) {
    for (int64_t i = 0; i < n; i++) y[i] += x[i];
}
