/* SPDX-License-Identifier: MIT
 * fma_peak.c - multiply-adds of registers alone, as wide as the level has them. */
#include "fma_peak.h"

#include "core/platform.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { STEPS = 5000, CHAINS = 12 /* more than the latency of one fills */ };

#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Keeps a value in a register, and the compiler from knowing it. */
#if defined(__x86_64__)
#define HIDE(x) __asm__ volatile("" : "+v"(x))
#else
#define HIDE(x) __asm__ volatile("" : "+w"(x))
#endif

#define LOOP(type, set, fmadd)                                                                     \
    type sum[CHAINS], factor = set(0.999f);                                                        \
    UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = set((float)i);                                \
    for (int step = 0; step < STEPS; step++) {                                                     \
        UNROLL for (int i = 0; i < CHAINS; i++) {                                                  \
            sum[i] = fmadd(sum[i], factor, factor);                                                \
            HIDE(sum[i]);                                                                          \
        }                                                                                          \
    }

#if defined(__x86_64__)

#define MULTIPLY_ADD(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)

__attribute__((target("avx512f"))) static void loop_v4(void) {
    LOOP(__m512, _mm512_set1_ps, _mm512_fmadd_ps)
}
__attribute__((target("avx2,fma"))) static void loop_v3(void) {
    LOOP(__m256, _mm256_set1_ps, _mm256_fmadd_ps)
}
static void loop_v2(void) { LOOP(__m128, _mm_set1_ps, MULTIPLY_ADD) }

static void (*const loops[KR_CPU_LEVELS])(void) = {loop_v2, loop_v3, loop_v4};
static const int lanes[KR_CPU_LEVELS] = {4, 8, 16};

#elif defined(__aarch64__)

#define FUSED(a, b, c) vfmaq_f32(c, a, b)
static void loop_neon(void) { LOOP(float32x4_t, vdupq_n_f32, FUSED) }

static void (*const loops[KR_CPU_LEVELS])(void) = {loop_neon, loop_neon, loop_neon};
static const int lanes[KR_CPU_LEVELS] = {4, 4, 4};

#endif

double fma_peak(kr_cpu_level level, double seconds) {
    double best = 0, start = kr__time_now();
    for (int i = 0; i < 3 || kr__time_now() - start < seconds; i++) {
        double from = kr__time_now();
        loops[level]();
        double took = kr__time_now() - from;
        if (best == 0 || took < best) best = took;
    }
    return 2.0 * STEPS * CHAINS * lanes[level] / best * 1e-9;
}
