/* SPDX-License-Identifier: MIT
 * activations.c - GELU, ReLU, SiLU, softplus, sigmoid, clamp and their derivatives.
 *
 * Forward: y = f(x). Backward: grad_x = f'(x) * grad_y, or += when is_adding. Arrays may be the
 * same, not partly overlap. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* Over n elements: the expression makes 16 results out of v, 16 elements of x. */
#define FORWARD(expression)                                                                        \
    int64_t i = 0;                                                                                 \
    for (; i + KR_W <= n; i += KR_W) {                                                             \
        const kr_w v = kr_w_load(x + i);                                                           \
        kr_w_store(y + i, expression);                                                             \
    }                                                                                              \
    if (i < n) {                                                                                   \
        const kr_w v = kr_w_load_n(x + i, n - i, 0);                                               \
        kr_w_store_n(y + i, expression, n - i);                                                    \
    }

/* The same for the gradient: the expression is f'(v). */
#define BACKWARD(expression)                                                                       \
    int64_t i = 0;                                                                                 \
    for (; i + KR_W <= n; i += KR_W) {                                                             \
        const kr_w v = kr_w_load(x + i);                                                           \
        kr_w grad = kr_w_mul(expression, kr_w_load(grad_y + i));                                   \
        if (is_adding) grad = kr_w_add(grad, kr_w_load(grad_x + i));                               \
        kr_w_store(grad_x + i, grad);                                                              \
    }                                                                                              \
    if (i < n) {                                                                                   \
        const kr_w v = kr_w_load_n(x + i, n - i, 0);                                               \
        kr_w grad = kr_w_mul(expression, kr_w_load_n(grad_y + i, n - i, 0));                       \
        if (is_adding) grad = kr_w_add(grad, kr_w_load_n(grad_x + i, n - i, 0));                   \
        kr_w_store_n(grad_x + i, grad, n - i);                                                     \
    }

/* ---- GELU ------------------------------------------------------------------------------- */

/* (1 + erf(x / sqrt 2)) / 2, the normal distribution's cumulative function. */
KR_INLINE kr_w normal_below(kr_w x) {
    kr_w e = kr_w_erf(kr_w_mul(x, kr_w_set((kr_real)0.70710678118654752440)));
    return kr_w_fmadd(e, kr_w_set((kr_real)0.5), kr_w_set((kr_real)0.5));
}
KR_INLINE kr_w gelu(kr_w x) { return kr_w_mul(x, normal_below(x)); }

/* normal_below(x) + x * density(x) */
KR_INLINE kr_w gelu_slope(kr_w x) {
    const kr_w minus_half = kr_w_set((kr_real)-0.5);
    kr_w density = kr_w_mul(kr_w_exp(kr_w_mul(kr_w_mul(x, x), minus_half)),
                            kr_w_set((kr_real)0.39894228040143267794));
    return kr_w_fmadd(x, density, normal_below(x));
}

/* y = x * (1 + erf(x / sqrt 2)) / 2 */
void KR_K(gelu_forward)(int64_t n, const kr_real *x, kr_real *y) { FORWARD(gelu(v)) }
void KR_K(gelu_backward)(int64_t n, const kr_real *x, const kr_real *grad_y, kr_real *grad_x,
                         bool is_adding){BACKWARD(gelu_slope(v))}

/* ---- ReLU ------------------------------------------------------------------------------- */

KR_INLINE kr_w relu(kr_w x) {
    return kr_w_max(kr_w_set(0), x);
} /* NaN stays NaN */
KR_INLINE kr_w relu_slope(kr_w y) {
    return kr_w_select_less(kr_w_set(0), y, kr_w_set(1), kr_w_set(0));
}

/* y = max(0, x). Backward takes y in place of x: it is positive where x is. */
void KR_K(relu_forward)(int64_t n, const kr_real *x, kr_real *y) { FORWARD(relu(v)) }
void KR_K(relu_backward)(int64_t n, const kr_real *y, const kr_real *grad_y, kr_real *grad_x,
                         bool is_adding) {
    const kr_real *x = y;
    BACKWARD(relu_slope(v))
}

/* ---- SiLU and softplus ------------------------------------------------------------------ */

KR_INLINE kr_w silu(kr_w x) { return kr_w_mul(x, kr_w_sigmoid(x)); }

/* s (1 + x (1 - s)) with s = sigmoid(x) */
KR_INLINE kr_w silu_slope(kr_w x) {
    const kr_w one = kr_w_set(1);
    kr_w s = kr_w_sigmoid(x);
    return kr_w_mul(s, kr_w_fmadd(x, kr_w_sub(one, s), one));
}

/* y = x / (1 + e^-x) */
void KR_K(silu_forward)(int64_t n, const kr_real *x, kr_real *y) { FORWARD(silu(v)) }
void KR_K(silu_backward)(int64_t n, const kr_real *x, const kr_real *grad_y, kr_real *grad_x,
                         bool is_adding){BACKWARD(silu_slope(v))}

KR_INLINE kr_w softplus_slope(kr_w x) {
    return kr_w_select_less(kr_w_set(20), x, kr_w_set(1), kr_w_sigmoid(x));
}

/* y = log(1 + e^x), x itself above 20 */
void KR_K(softplus_forward)(int64_t n, const kr_real *x, kr_real *y) { FORWARD(kr_w_softplus(v)) }
void KR_K(softplus_backward)(int64_t n, const kr_real *x, const kr_real *grad_y, kr_real *grad_x,
                             bool is_adding) {
    BACKWARD(softplus_slope(v))
}

/* y = 1 / (1 + e^-x) */
void KR_K(sigmoid_forward)(int64_t n, const kr_real *x, kr_real *y){FORWARD(kr_w_sigmoid(v))}

/* ---- clamp ------------------------------------------------------------------------------ */

KR_INLINE kr_w clamp(kr_w x, kr_w low, kr_w high) { /* NaN is in neither selection */
    x = kr_w_select_less(x, low, low, x);
    return kr_w_select_less(high, x, high, x);
}
KR_INLINE kr_w clamp_slope(kr_w x, kr_w low, kr_w high) {
    const kr_w zero = kr_w_set(0);
    kr_w slope = kr_w_select_less(x, low, zero, kr_w_set(1));
    return kr_w_select_less(high, x, zero, slope);
}

/* y = min(max(x, low), high). The gradient passes from low to high, both included. */
void KR_K(clamp_forward)(int64_t n, kr_real low, kr_real high, const kr_real *x, kr_real *y) {
    FORWARD(clamp(v, kr_w_set(low), kr_w_set(high)))
}
void KR_K(clamp_backward)(int64_t n, kr_real low, kr_real high, const kr_real *x,
                          const kr_real *grad_y, kr_real *grad_x, bool is_adding) {
    BACKWARD(clamp_slope(v, kr_w_set(low), kr_w_set(high)))
}
