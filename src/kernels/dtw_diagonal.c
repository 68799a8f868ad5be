/* SPDX-License-Identifier: MIT
 * dtw_diagonal.c - one antidiagonal of dynamic time warping; its cells do not depend on each other.
 */
#include "kernels/kernels.h"

#include <math.h>

/* y[i] = |a[i] - b[i]| + min(left[i], above[i], corner[i]); the difference is taken in float. */
void KR_K(dtw_diagonal)(int64_t n, const float *restrict a, const float *restrict b,
                        const double *restrict left, const double *restrict above,
                        const double *restrict corner, double *restrict y) {
    for (int64_t i = 0; i < n; i++) {
        double least = corner[i];
        least = above[i] < least ? above[i] : least;
        least = left[i] < least ? left[i] : least;
        y[i] = (double)fabsf(a[i] - b[i]) + least;
    }
}
