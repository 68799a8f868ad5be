/* SPDX-License-Identifier: MIT
 * pinball_sums.c - the pinball loss of a quantile p, max(p e, (p - 1) e) of e = target - y, and its
 * gradient. A target that is NaN does not count: its error is 0. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

KR_INLINE double loss_of(double p, kr_real y, kr_real target) {
    const double e = isnan(target) ? 0 : (double)target - (double)y;
    return e > 0 ? p * e : (p - 1) * e;
}

/* *sum += sum of the losses; element i in lane i % 16 of double, then one fixed tree. */
void KR_K(pinball_sum)(int64_t n, double p, const kr_real *y, const kr_real *target, double *sum) {
    double lane[KR_W] = {0};
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) {
        for (int l = 0; l < KR_W; l++) lane[l] += loss_of(p, y[i + l], target[i + l]);
    }
    for (int l = 0; i + l < n; l++) lane[l] += loss_of(p, y[i + l], target[i + l]);
    for (int half = KR_W / 2; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];
    }
    *sum += lane[0];
}

/* grad_y = grad * slope, or += when is_adding: -p below the target, 1 - p above, 0 on it. */
void KR_K(pinball_backward)(int64_t n, double p, kr_real grad, const kr_real *restrict y,
                            const kr_real *restrict target, kr_real *restrict grad_y,
                            bool is_adding) {
    const kr_real below = (kr_real)-p, above = (kr_real)(1 - p);
    for (int64_t i = 0; i < n; i++) {
        const kr_real e = isnan(target[i]) ? 0 : target[i] - y[i];
        grad_y[i] = (is_adding ? grad_y[i] : 0) + grad * (e > 0 ? below : e < 0 ? above : e);
    }
}
