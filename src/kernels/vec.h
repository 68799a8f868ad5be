/* SPDX-License-Identifier: MIT
 * vec.h - 16 lanes of kr_real, whatever the registers' width.
 *
 * kr_w is always 16 lanes: one AVX-512 register, two AVX2 registers, four of SSE or NEON. So sums
 * have the same lanes and the same tree at every level, and v3 and v4 agree to the bit; v2 has no
 * fused multiply-add and differs by rounding. Only for files compiled once per level. */
#ifndef KR_VEC_H
#define KR_VEC_H

#include <kr/base.h>
#include <math.h>
#include <string.h>

#include "core/real.h"

#if defined(__AVX2__) || defined(__AVX512F__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { KR_W = 16 };

#if defined(KR_REAL_DOUBLE)
#define KR_V 2
#define KR_V_BYTES 16
typedef int64_t kr_int;
#elif defined(__AVX512F__)
#define KR_V 16
#define KR_V_BYTES 64
typedef int32_t kr_int;
#elif defined(__AVX2__)
#define KR_V 8
#define KR_V_BYTES 32
typedef int32_t kr_int;
#else
#define KR_V 4
#define KR_V_BYTES 16
typedef int32_t kr_int;
#endif
enum { KR_WV = KR_W / KR_V }; /* registers in a kr_w */

/* One register of KR_V lanes; operators + - * / and comparisons (to kr_vi masks) work on it. */
typedef kr_real kr_v __attribute__((vector_size(KR_V_BYTES)));
typedef kr_int kr_vi __attribute__((vector_size(KR_V_BYTES)));
typedef uint32_t kr_bits __attribute__((vector_size(KR_V_BYTES))); /* of float lanes */
typedef kr_real kr_vu __attribute__((vector_size(KR_V_BYTES), aligned(sizeof(kr_real)), may_alias));

/* The square root in kr_real; correctly rounded, so the same everywhere. */
#ifdef KR_REAL_DOUBLE
#define kr_sqrt sqrt
#else
#define kr_sqrt sqrtf
#endif

#define KR_INLINE static inline __attribute__((always_inline, unused))

/* Before a loop over registers, whose number is a constant: in full, so that they stay registers.
 */
#ifdef __clang__
#define KR_UNROLL _Pragma("clang loop unroll(full)")
#else
#define KR_UNROLL _Pragma("GCC unroll 16")
#endif

KR_INLINE kr_v kr_v_load(const kr_real *p) { return *(const kr_vu *)p; }
KR_INLINE void kr_v_store(kr_real *p, kr_v v) { *(kr_vu *)p = v; }
KR_INLINE kr_v kr_v_set(kr_real x) { return x - (kr_v){0}; }

/* a * b + c, rounded once at v3, v4 and on arm64, twice at v2. */
KR_INLINE kr_v kr_v_fmadd(kr_v a, kr_v b, kr_v c) {
#if defined(KR_REAL_DOUBLE)
    return a * b + c;
#elif KR_V == 16
    return (kr_v)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif KR_V == 8
    return (kr_v)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return (kr_v)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

/* a * b - c, rounded alike. */
KR_INLINE kr_v kr_v_fmsub(kr_v a, kr_v b, kr_v c) {
#if defined(KR_REAL_DOUBLE)
    return a * b - c;
#elif KR_V == 16
    return (kr_v)_mm512_fmsub_ps((__m512)a, (__m512)b, (__m512)c);
#elif KR_V == 8
    return (kr_v)_mm256_fmsub_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(__aarch64__)
    return -(kr_v)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b - c;
#endif
}

/* mask ? a : b, lane by lane; mask lanes are 0 or -1. */
KR_INLINE kr_v kr_v_select(kr_vi mask, kr_v a, kr_v b) {
#if !defined(KR_REAL_DOUBLE) && KR_V == 8
    return (kr_v)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)mask);
#else
    return (kr_v)(((kr_vi)a & mask) | ((kr_vi)b & ~mask));
#endif
}
/* b when either is NaN: what minps and maxps do. The compilers do not find them by themselves. */
KR_INLINE kr_v kr_v_min(kr_v a, kr_v b) {
#if defined(KR_REAL_DOUBLE)
    return kr_v_select(a < b, a, b);
#elif KR_V == 16
    return (kr_v)_mm512_min_ps((__m512)a, (__m512)b);
#elif KR_V == 8
    return (kr_v)_mm256_min_ps((__m256)a, (__m256)b);
#else
    return kr_v_select(a < b, a, b);
#endif
}
KR_INLINE kr_v kr_v_max(kr_v a, kr_v b) {
#if defined(KR_REAL_DOUBLE)
    return kr_v_select(a > b, a, b);
#elif KR_V == 16
    return (kr_v)_mm512_max_ps((__m512)a, (__m512)b);
#elif KR_V == 8
    return (kr_v)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return kr_v_select(a > b, a, b);
#endif
}

/* 2^x: round to n + f, |f| <= 1/2, polynomial of 2^f, exponent shifted in. Float: error below
 * 1.2e-7 relative, x clamped to [-126, 127]: under it the result is 0, NaN stays NaN. Double: libm.
 */
KR_INLINE kr_v kr_v_exp2(kr_v x) {
#if defined(KR_REAL_DOUBLE)
    for (int i = 0; i < KR_V; i++) x[i] = exp2(x[i]);
    return x;
#else
    /* 1.5 * 2^23: adding it rounds to an integer; and the bias of the exponent. */
    const float magic = 12582912.0f + 127.0f;
    kr_vi is_small = x < kr_v_set(-126.0f);
    kr_v c = kr_v_max(kr_v_set(-126.0f), kr_v_min(kr_v_set(127.0f), x));
    kr_v shifted = c + kr_v_set(magic);
    kr_v f = c - (shifted - kr_v_set(magic));
    kr_v power = (kr_v)((kr_bits)shifted << 23); /* 2^n; as a factor it keeps any NaN a NaN */
    kr_v p = kr_v_set(1.535336188319500e-4f);
    p = kr_v_fmadd(p, f, kr_v_set(1.339887440266574e-3f));
    p = kr_v_fmadd(p, f, kr_v_set(9.618437357674640e-3f));
    p = kr_v_fmadd(p, f, kr_v_set(5.550332471162809e-2f));
    p = kr_v_fmadd(p, f, kr_v_set(2.402264791363012e-1f));
    p = kr_v_fmadd(p, f, kr_v_set(6.931472028550421e-1f));
    p = kr_v_fmadd(p, f, kr_v_set(1.0f));
    return (kr_v)((kr_vi)(p * power) & ~is_small);
#endif
}

/* Some lane of a mask (0 or -1) set? */
KR_INLINE bool kr_v_any(kr_vi mask) {
#if KR_V == 16
    return _mm512_test_epi32_mask((__m512i)mask, (__m512i)mask) != 0;
#elif KR_V == 8
    return _mm256_movemask_ps((__m256)mask) != 0;
#elif defined(__aarch64__) && !defined(KR_REAL_DOUBLE)
    return vmaxvq_u32((uint32x4_t)mask) != 0;
#else
    kr_int any = 0;
    for (int i = 0; i < KR_V; i++) any |= mask[i];
    return any != 0;
#endif
}

#if !defined(KR_REAL_DOUBLE)
/* 2^f for |f| <= 1/2, error below 2.0e-7 relative. */
KR_INLINE kr_v kr_v_exp2_of_fraction(kr_v f) {
    kr_v p = kr_v_set(1.326472724718652e-3f);
    p = kr_v_fmadd(p, f, kr_v_set(9.671512688153545e-3f));
    p = kr_v_fmadd(p, f, kr_v_set(5.550733743574116e-2f));
    p = kr_v_fmadd(p, f, kr_v_set(2.402224208463501e-1f));
    p = kr_v_fmadd(p, f, kr_v_set(6.931469775987171e-1f));
    return kr_v_fmadd(p, f, kr_v_set(1.0f));
}
#endif

/* 2^x for x <= 0, cheaper: no upper clamp, one coefficient less. Float: error below 2.0e-7 relative
 * down to -126, and 2^-126 instead of smaller results; NaN stays NaN if its low 9 bits are 0 (so it
 * is after any arithmetic on a plain one). Double: libm. */
KR_INLINE kr_v kr_v_exp2_negative(kr_v x) {
#if defined(KR_REAL_DOUBLE)
    for (int i = 0; i < KR_V; i++) x[i] = exp2(x[i]);
    return x;
#else
    const float magic = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer */
    x = kr_v_max(kr_v_set(-126.0f), x);
    kr_v shifted = x + kr_v_set(magic);
    kr_v p = kr_v_exp2_of_fraction(x - (shifted - kr_v_set(magic)));
    return (kr_v)((kr_bits)p + ((kr_bits)shifted << 23));
#endif
}

/* 2^(a * b) for a * b <= 0, the product not rounded. Exponents below KR_EXP2_LOWEST give 0 when
 * is_deep, else they must not happen. Error and NaN as above. */
#define KR_EXP2_LOWEST (-126)
KR_INLINE kr_v kr_v_exp2_product(kr_v a, kr_v b, bool is_deep) {
#if defined(KR_REAL_DOUBLE)
    (void)is_deep;
    a *= b;
    for (int i = 0; i < KR_V; i++) a[i] = exp2(a[i]);
    return a;
#else
    const float magic = 12582912.0f;
    kr_v shifted = kr_v_fmadd(a, b, kr_v_set(magic));
    kr_v p = kr_v_exp2_of_fraction(kr_v_fmsub(a, b, shifted - kr_v_set(magic)));
    kr_bits bits = (kr_bits)p + ((kr_bits)shifted << 23); /* may wrap where it is cut */
    if (is_deep) bits &= ~(kr_bits)(shifted < kr_v_set(magic + KR_EXP2_LOWEST)); /* NaN stays */
    return (kr_v)bits;
#endif
}

/* ---- 16 lanes --------------------------------------------------------------------------- */

typedef struct kr_w {
    kr_v v[KR_WV];
} kr_w;

#define KR_W_EACH(i) for (int i = 0; i < KR_WV; i++)

KR_INLINE kr_w kr_w_load(const kr_real *p) {
    kr_w r;
    KR_W_EACH(i) r.v[i] = kr_v_load(p + i * KR_V);
    return r;
}
KR_INLINE void kr_w_store(kr_real *p, kr_w a) { KR_W_EACH(i) kr_v_store(p + i * KR_V, a.v[i]); }
KR_INLINE kr_w kr_w_set(kr_real x) {
    kr_w r;
    KR_W_EACH(i) r.v[i] = kr_v_set(x);
    return r;
}
/* The first n lanes (0 .. 16) from memory, the others `fill`; and only the first n to memory. What
 * lies behind is not touched. Masked instructions where there are any: a detour through a small
 * array waits for its own stores. */
#if !defined(KR_REAL_DOUBLE) && KR_V == 16
KR_INLINE kr_w kr_w_load_n(const kr_real *p, int64_t n, kr_real fill) {
    kr_w r;
    r.v[0] = (kr_v)_mm512_mask_loadu_ps((__m512)kr_v_set(fill), (__mmask16)((1u << n) - 1), p);
    return r;
}
KR_INLINE void kr_w_store_n(kr_real *p, kr_w a, int64_t n) {
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)a.v[0]);
}
#elif !defined(KR_REAL_DOUBLE) && KR_V == 8
KR_INLINE kr_vi kr_v_first(int64_t n) { /* -1 in the first n lanes; n may be below 0 or above 8 */
    const kr_vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
    return lane < ((int32_t)n - (kr_vi){0});
}
KR_INLINE kr_w kr_w_load_n(const kr_real *p, int64_t n, kr_real fill) {
    kr_w r;
    KR_W_EACH(i) {
        kr_vi mask = kr_v_first(n - i * KR_V);
        kr_v loaded = (kr_v)_mm256_maskload_ps(p + i * KR_V, (__m256i)mask);
        r.v[i] = kr_v_select(mask, loaded, kr_v_set(fill));
    }
    return r;
}
KR_INLINE void kr_w_store_n(kr_real *p, kr_w a, int64_t n) {
    KR_W_EACH(i) {
        _mm256_maskstore_ps(p + i * KR_V, (__m256i)kr_v_first(n - i * KR_V), (__m256)a.v[i]);
    }
}
#else /* lane by lane, too much code to stand wherever a row ends */
#define KR_OUTLINE static __attribute__((noinline, unused))
KR_OUTLINE kr_w kr_w_load_n(const kr_real *p, int64_t n, kr_real fill) {
    kr_real t[KR_W];
    for (int i = 0; i < KR_W; i++) t[i] = i < n ? p[i] : fill;
    return kr_w_load(t);
}
KR_OUTLINE void kr_w_store_n(kr_real *p, kr_w a, int64_t n) {
    kr_real t[KR_W];
    kr_w_store(t, a);
    for (int i = 0; i < n; i++) p[i] = t[i];
}
#endif

/* The next 16 of `left` numbers: all of them, or the rest with zeros behind it. */
KR_INLINE kr_w kr_w_load_lanes(const kr_real *p, int64_t left) {
    return left >= KR_W ? kr_w_load(p) : kr_w_load_n(p, left, 0);
}
KR_INLINE void kr_w_store_lanes(kr_real *p, kr_w a, int64_t left) {
    if (left >= KR_W) {
        kr_w_store(p, a);
    } else {
        kr_w_store_n(p, a, left);
    }
}

#define KR_W_BINARY(name, expression)                                                              \
    KR_INLINE kr_w name(kr_w a, kr_w b) {                                                          \
        KR_W_EACH(i) a.v[i] = (expression);                                                        \
        return a;                                                                                  \
    }
KR_W_BINARY(kr_w_add, a.v[i] + b.v[i])
KR_W_BINARY(kr_w_sub, a.v[i] - b.v[i])
KR_W_BINARY(kr_w_mul, a.v[i] * b.v[i])
KR_W_BINARY(kr_w_div, a.v[i] / b.v[i])
KR_W_BINARY(kr_w_min, kr_v_min(a.v[i], b.v[i]))
KR_W_BINARY(kr_w_max, kr_v_max(a.v[i], b.v[i]))

KR_INLINE kr_w kr_w_fmadd(kr_w a, kr_w b, kr_w c) {
    KR_W_EACH(i) c.v[i] = kr_v_fmadd(a.v[i], b.v[i], c.v[i]);
    return c;
}
KR_INLINE kr_w kr_w_exp2(kr_w a) {
    KR_W_EACH(i) a.v[i] = kr_v_exp2(a.v[i]);
    return a;
}
/* e^x */
KR_INLINE kr_w kr_w_exp(kr_w a) {
    return kr_w_exp2(kr_w_mul(a, kr_w_set((kr_real)1.44269504088896341)));
}

/* Four numbers. Four by four of them: x[r] becomes column r. */
typedef kr_real kr_quad __attribute__((vector_size(4 * sizeof(kr_real))));

KR_INLINE void kr_quads_transpose(kr_quad x[4]) {
    kr_quad a = __builtin_shufflevector(x[0], x[1], 0, 4, 1, 5);
    kr_quad b = __builtin_shufflevector(x[2], x[3], 0, 4, 1, 5);
    kr_quad c = __builtin_shufflevector(x[0], x[1], 2, 6, 3, 7);
    kr_quad d = __builtin_shufflevector(x[2], x[3], 2, 6, 3, 7);
    x[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
    x[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    x[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
    x[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
}

/* ---- 16 lanes to one, by halves: 16 -> 8 -> 4 -> 2 -> 1, the same tree at every level ------- */

/* a.v[0] becomes the fold of the registers, whose halves come first in the tree. */
#define KR_W_FOLD_REGISTERS(a, combine)                                                            \
    for (int half = KR_WV / 2; half > 0; half /= 2) {                                              \
        for (int i = 0; i < half; i++) (a).v[i] = combine((a).v[i], (a).v[i + half]);              \
    }

#if !defined(KR_REAL_DOUBLE) && defined(__SSE2__)

#if KR_V == 16
#define KR_FOLD_TO_4(combine256, combine128)                                                       \
    __m256 eight = combine256(_mm512_castps512_ps256((__m512)a.v[0]),                              \
                              _mm512_extractf32x8_ps((__m512)a.v[0], 1));                          \
    __m128 r = combine128(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1))
#elif KR_V == 8
#define KR_FOLD_TO_4(combine256, combine128)                                                       \
    __m256 eight = (__m256)a.v[0];                                                                 \
    __m128 r = combine128(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1))
#else
#define KR_FOLD_TO_4(combine256, combine128) __m128 r = (__m128)a.v[0]
#endif
#define KR_W_FOLD(name, combine, combine256, combine128)                                           \
    KR_INLINE kr_real name(kr_w a) {                                                               \
        KR_W_FOLD_REGISTERS(a, combine)                                                            \
        KR_FOLD_TO_4(combine256, combine128);                                                      \
        r = combine128(r, _mm_movehl_ps(r, r));                                                    \
        return _mm_cvtss_f32(combine128(r, _mm_shuffle_ps(r, r, 1)));                              \
    }

#else

#define KR_W_FOLD(name, combine, combine256, combine128)                                           \
    KR_INLINE kr_real name(kr_w a) {                                                               \
        KR_W_FOLD_REGISTERS(a, combine)                                                            \
        for (int half = KR_V / 2; half > 0; half /= 2) {                                           \
            kr_v upper = a.v[0];                                                                   \
            for (int i = 0; i < half; i++) upper[i] = a.v[0][i + half];                            \
            a.v[0] = combine(a.v[0], upper);                                                       \
        }                                                                                          \
        return a.v[0][0];                                                                          \
    }

#endif

KR_INLINE kr_v kr_v_add(kr_v a, kr_v b) { return a + b; }

/* The sum of the lanes. And the largest; with a NaN among them it may be any of them. */
KR_W_FOLD(kr_w_sum, kr_v_add, _mm256_add_ps, _mm_add_ps)
KR_W_FOLD(kr_w_largest, kr_v_max, _mm256_max_ps, _mm_max_ps)

/* Sums of four times 16 lanes, one after the other in memory; the tree of kr_w_sum. */
KR_INLINE void kr_w_sum_4(const kr_real *lanes, kr_real *sums) {
#if defined(KR_REAL_DOUBLE)
    for (int i = 0; i < 4; i++) sums[i] = kr_w_sum(kr_w_load(lanes + i * KR_W));
#else
    typedef float quad __attribute__((vector_size(16)));
    typedef float quad_memory __attribute__((vector_size(16), aligned(sizeof(float)), may_alias));
    quad s[4];
    for (int i = 0; i < 4; i++) {
        const quad_memory *q = (const quad_memory *)(lanes + i * KR_W);
        s[i] = (q[0] + q[2]) + (q[1] + q[3]);
    }
    quad a = __builtin_shufflevector(s[0], s[1], 0, 1, 4, 5) +
             __builtin_shufflevector(s[0], s[1], 2, 3, 6, 7);
    quad b = __builtin_shufflevector(s[2], s[3], 0, 1, 4, 5) +
             __builtin_shufflevector(s[2], s[3], 2, 3, 6, 7);
    *(quad_memory *)sums =
        __builtin_shufflevector(a, b, 0, 2, 4, 6) + __builtin_shufflevector(a, b, 1, 3, 5, 7);
#endif
}

#endif
