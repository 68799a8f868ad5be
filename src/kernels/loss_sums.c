/* SPDX-License-Identifier: MIT
 * loss_sums.c - sums of squared, absolute and Huber errors, and their gradients. A target that is
 * NaN does not count: its error is 0. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

KR_INLINE double error_of(kr_real y, kr_real target) {
    const double e = (double)y - (double)target;
    return isnan(target) ? 0 : e;
}

/* The errors e = y - target in 16 lanes of double, element i in lane i % 16, then one fixed tree:
 * the same bits at every level. `expression` makes a term out of e. */
#define SUM_TERMS(expression)                                                                      \
    double lane[KR_W] = {0};                                                                       \
    int64_t i = 0;                                                                                 \
    for (; i + KR_W <= n; i += KR_W) {                                                             \
        for (int l = 0; l < KR_W; l++) {                                                           \
            const double e = error_of(y[i + l], target[i + l]);                                    \
            lane[l] += expression;                                                                 \
        }                                                                                          \
    }                                                                                              \
    for (int l = 0; i + l < n; l++) {                                                              \
        const double e = error_of(y[i + l], target[i + l]);                                        \
        lane[l] += expression;                                                                     \
    }                                                                                              \
    for (int half = KR_W / 2; half > 0; half /= 2) {                                               \
        for (int l = 0; l < half; l++) lane[l] += lane[l + half];                                  \
    }                                                                                              \
    *sum += lane[0]

KR_INLINE double huber(double e) {
    double size = fabs(e);
    return size <= 1 ? 0.5 * e * e : size - 0.5;
}

/* *sum += sum of e^2 */
void KR_K(mse_sum)(int64_t n, const kr_real *y, const kr_real *target, double *sum) {
    SUM_TERMS(e * e);
}
/* *sum += sum of |e| */
void KR_K(mae_sum)(int64_t n, const kr_real *y, const kr_real *target, double *sum) {
    SUM_TERMS(fabs(e));
}
/* *sum += sum of e^2 / 2 up to |e| = 1, |e| - 1/2 beyond */
void KR_K(huber_sum)(int64_t n, const kr_real *y, const kr_real *target, double *sum) {
    SUM_TERMS(huber(e));
}

/* grad_y = grad * (derivative of the term), or += when is_adding. */
#define GRADIENT(expression)                                                                       \
    for (int64_t i = 0; i < n; i++) {                                                              \
        const kr_real e = isnan(target[i]) ? 0 : y[i] - target[i];                                 \
        grad_y[i] = (is_adding ? grad_y[i] : 0) + grad * (expression);                             \
    }

/* The derivative is 2 e. */
void KR_K(mse_backward)(int64_t n, kr_real grad, const kr_real *restrict y,
                        const kr_real *restrict target, kr_real *restrict grad_y, bool is_adding) {
    GRADIENT(2 * e)
}
/* The sign of e, 0 for 0. A forecast that is NaN gives NaN. */
void KR_K(mae_backward)(int64_t n, kr_real grad, const kr_real *restrict y,
                        const kr_real *restrict target, kr_real *restrict grad_y, bool is_adding) {
    GRADIENT(e > 0 ? 1 : e < 0 ? -1 : e)
}
/* e, at most 1 in size. */
void KR_K(huber_backward)(int64_t n, kr_real grad, const kr_real *restrict y,
                          const kr_real *restrict target, kr_real *restrict grad_y,
                          bool is_adding) {
    GRADIENT(e > 1 ? 1 : e < -1 ? -1 : e)
}
