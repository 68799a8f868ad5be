/* SPDX-License-Identifier: MIT
 * vec_math.h - functions of 16 lanes: erf, log2, sigmoid, softplus, SiLU.
 *
 * In the double build these are libm's, lane by lane, for the gradient tests. */
#ifndef KR_VEC_MATH_H
#define KR_VEC_MATH_H

#include "core/real.h"
#include "kernels/vec.h"

/* Apply a scalar function to each lane. */
#define KR_W_LANES(a, function)                                                                    \
    do {                                                                                           \
        kr_real lanes_[KR_W];                                                                      \
        kr_w_store(lanes_, a);                                                                     \
        for (int l_ = 0; l_ < KR_W; l_++) lanes_[l_] = function(lanes_[l_]);                       \
        a = kr_w_load(lanes_);                                                                     \
    } while (0)

KR_INLINE kr_w kr_w_select_less(kr_w a, kr_w b, kr_w yes, kr_w no) {
    KR_W_EACH(i) yes.v[i] = kr_v_select(a.v[i] < b.v[i], yes.v[i], no.v[i]);
    return yes;
}

/* |a|, and the size of a with the sign of b. */
KR_INLINE kr_w kr_w_abs(kr_w a) {
    const kr_vi sign = (kr_vi)kr_v_set(-(kr_real)0.0);
    KR_W_EACH(i) a.v[i] = (kr_v)((kr_vi)a.v[i] & ~sign);
    return a;
}
KR_INLINE kr_w kr_w_copysign(kr_w a, kr_w b) {
    const kr_vi sign = (kr_vi)kr_v_set(-(kr_real)0.0);
    KR_W_EACH(i) a.v[i] = (kr_v)(((kr_vi)a.v[i] & ~sign) | ((kr_vi)b.v[i] & sign));
    return a;
}

/* erf, |error| below 1.4e-7. Up to 0.95 in size it is x P(x^2), beyond 1 - 2^Q(|x|), where Q is
 * fitted to log2 of 1 - erf; both are minimax fits of our own, good to 2.3e-8. NaN stays NaN. */
KR_INLINE kr_w kr_w_erf(kr_w x) {
#if defined(KR_REAL_DOUBLE)
    KR_W_LANES(x, erf);
    return x;
#else
    const kr_w end = kr_w_set(4.0f); /* from here on the result is 1 */
    kr_w size = kr_w_min(end, kr_w_abs(x)), u = kr_w_mul(x, x);
    kr_w p = kr_w_fmadd(kr_w_set(-5.862190066e-04f), u, kr_w_set(4.967533861e-03f));
    p = kr_w_fmadd(p, u, kr_w_set(-2.674888896e-02f));
    p = kr_w_fmadd(p, u, kr_w_set(1.128132168e-01f));
    p = kr_w_fmadd(p, u, kr_w_set(-3.761244610e-01f));
    p = kr_w_fmadd(p, u, kr_w_set(1.128379142e+00f));
    kr_w q = kr_w_fmadd(kr_w_set(-1.775933687e-03f), size, kr_w_set(2.224545022e-02f));
    q = kr_w_fmadd(q, size, kr_w_set(-1.307464989e-01f));
    q = kr_w_fmadd(q, size, kr_w_set(-9.398667959e-01f));
    q = kr_w_fmadd(q, size, kr_w_set(-1.615357235e+00f));
    q = kr_w_fmadd(q, size, kr_w_set(-2.915517623e-03f));
    KR_W_EACH(i) q.v[i] = kr_v_exp2_negative(q.v[i]);
    kr_w tail = kr_w_copysign(kr_w_sub(kr_w_set(1.0f), q), x);
    return kr_w_select_less(kr_w_set(0.95f), size, tail, kr_w_mul(p, x)); /* NaN: the latter */
#endif
}

/* log2 of a finite x of at least 2^-126: with x = 2^n (1 + t), 1 + t in [1/sqrt 2, sqrt 2), it is
 * n + t Q(t), Q a minimax fit of our own; error below 2e-7 of the larger of 1 and the result. */
KR_INLINE kr_w kr_w_log2(kr_w x) {
#if defined(KR_REAL_DOUBLE)
    KR_W_LANES(x, log2);
    return x;
#else
    static const float q[] = {2.340424346e-01f,  -2.488768872e-01f, 2.870986935e-01f,
                              -3.602396376e-01f, 4.809232424e-01f,  -7.213527881e-01f,
                              1.442694962e+00f};
    KR_W_EACH(i) {
        kr_vi n = ((kr_vi)x.v[i] - 0x3f3504f3) >> 23; /* the bits of 1 / sqrt 2 */
        kr_v t = (kr_v)((kr_vi)x.v[i] - (n << 23)) - kr_v_set(1.0f);
        kr_v p = kr_v_set(-1.458116977e-01f);
        for (int k = 0; k < 7; k++) p = kr_v_fmadd(p, t, kr_v_set(q[k]));
        x.v[i] = kr_v_fmadd(p, t, __builtin_convertvector(n, kr_v));
    }
    return x;
#endif
}

/* 1 / (1 + e^-x) */
KR_INLINE kr_w kr_w_sigmoid(kr_w x) {
    const kr_w one = kr_w_set(1);
    return kr_w_div(one, kr_w_add(one, kr_w_exp(kr_w_sub(kr_w_set(0), x))));
}

/* log(1 + t) for t in [0, 1], relative error about 2e-7: t (1 + t Q(t)), Q interpolated at
 * Chebyshev's points. A quotient would do with half the terms, but divisions are what the scan
 * waits for. */
KR_INLINE kr_w kr_w_log1p(kr_w t) {
#if defined(KR_REAL_DOUBLE)
    KR_W_LANES(t, log1p);
    return t;
#else
    static const float q[] = {
        -3.710757381e-02f, 9.019058437e-02f, -1.463626079e-01f, 1.953962885e-01f,
        -2.494623109e-01f, 3.333086050e-01f, -4.999998081e-01f, 1.0f};
    kr_w p = kr_w_set(7.184105315e-03f);
    for (int k = 0; k < 8; k++) p = kr_w_fmadd(p, t, kr_w_set(q[k]));
    return kr_w_mul(t, p);
#endif
}

/* e^-|x|, for softplus and its slope. */
KR_INLINE kr_w kr_w_exp_minus_abs(kr_w x) {
    x = kr_w_mul(kr_w_abs(x), kr_w_set((kr_real)-1.44269504088896341));
    KR_W_EACH(i) x.v[i] = kr_v_exp2_negative(x.v[i]);
    return x;
}

/* log(1 + e^x); x itself from 20 on, as in PyTorch, and when it is NaN. */
KR_INLINE kr_w kr_w_softplus(kr_w x) {
    kr_w y = kr_w_add(kr_w_max(kr_w_set(0), x), kr_w_log1p(kr_w_exp_minus_abs(x)));
    return kr_w_select_less(x, kr_w_set(20), y, x);
}

#endif
