/* SPDX-License-Identifier: MIT
 * scale.h - numbers so large or small that their squares leave the range of double. */
#ifndef KR_SCALE_H
#define KR_SCALE_H

#include <math.h>

/* A power of two that brings numbers up to `largest` near 1, or 1 where squares and their sums fit
 * into a double anyway. A multiplication by it is exact, and so is the way back. */
static inline double kr__scale_for(double largest) {
    const double little = 1e-100, much = 1e100;
    int exponent = 0;
    if (!(largest > 0) || isinf(largest) || (largest >= little && largest <= much)) return 1;
    frexp(largest, &exponent);
    /* Of the smallest numbers the power itself would be infinite. */
    return ldexp(1, exponent < -1000 ? 1000 : -exponent);
}

#endif
