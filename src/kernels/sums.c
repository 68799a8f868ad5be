/* SPDX-License-Identifier: MIT
 * sums.c - one number out of many, for gradient norms and for checks. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* *sum += sum of x[i]^2, in double. A product of two floats is exact in double, element i goes to
 * lane i % 16 and the lanes are added in one fixed tree: every level gives the same bits. The
 * result depends on how a caller cuts a long array; cut it by its size. */
void KR_K(sum_squares)(int64_t n, const kr_real *x, double *sum) {
    double lane[KR_W] = {0};
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) {
        for (int l = 0; l < KR_W; l++) {
            double value = (double)x[i + l];
            lane[l] += value * value;
        }
    }
    for (int l = 0; i + l < n; l++) {
        double value = (double)x[i + l];
        lane[l] += value * value;
    }
    for (int half = KR_W / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
    }
    *sum += lane[0];
}

/* Sets *is_finite to false when an element is NaN or infinite; else leaves it as it is. */
void KR_K(all_finite)(int64_t n, const kr_real *x, bool *is_finite) {
    const kr_w zero = kr_w_set(0);
    kr_w bad = zero; /* 0 * NaN and 0 * infinity are NaN, which sticks */
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) bad = kr_w_add(bad, kr_w_mul(zero, kr_w_load(x + i)));
    if (i < n) bad = kr_w_add(bad, kr_w_mul(zero, kr_w_load_n(x + i, n - i, 0)));
    if (kr_w_sum(bad) != 0) *is_finite = false; /* NaN != 0 */
}
