/* SPDX-License-Identifier: MIT
 * philox_lanes.h - Philox4x32-10 for 8 counters at once. Only for files compiled once per level.
 *
 * Words 1 to 3 of the counter say which stream it is, word 0 counts in it. The stream comes in
 * groups of 32 words, out of the counters 8 * group .. 8 * group + 7: word 2 c + i of a group is
 * output word i of its counter c, and word 16 + 2 c + i is output word 2 + i, for i in {0, 1}: the
 * order that needs no shuffles, the same at every CPU level. Source: as core/random.h. */
#ifndef KR_PHILOX_LANES_H
#define KR_PHILOX_LANES_H

#include "kernels/vec.h"

enum { PHILOX_COUNTERS = 8, PHILOX_WORDS = 32, PHILOX_ROUNDS = 10 };

/* 64-bit lanes, of which the low halves are used; the high ones hold leftovers. */
enum { PHILOX_LANES = KR_V_BYTES / 8, PHILOX_VECTORS = PHILOX_COUNTERS / PHILOX_LANES };
typedef uint64_t philox_v __attribute__((vector_size(KR_V_BYTES)));

/* The 64-bit product of the low halves. */
KR_INLINE philox_v philox_multiply(philox_v a, uint64_t b) {
#if KR_V_BYTES == 64
    return (philox_v)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((long long)b));
#elif KR_V_BYTES == 32
    return (philox_v)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((long long)b));
#elif defined(__SSE2__)
    return (philox_v)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x((long long)b));
#else
    return (a & 0xffffffffu) * b;
#endif
}

/* The streams of a seed, spread over the lanes. */
typedef struct philox_lanes {
    philox_v key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS], counter[3];
    philox_v number[PHILOX_VECTORS]; /* of the counter in its group */
} philox_lanes;

KR_INLINE philox_v philox_spread(uint32_t x) { return x - (philox_v){0}; }

KR_INLINE philox_lanes philox_open(uint64_t seed) {
    philox_lanes s;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < PHILOX_ROUNDS; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        s.key0[round] = philox_spread(k0);
        s.key1[round] = philox_spread(k1);
    }
    uint64_t numbers[PHILOX_COUNTERS];
    for (uint64_t l = 0; l < PHILOX_COUNTERS; l++) numbers[l] = l;
    memcpy(s.number, numbers, sizeof numbers);
    return s;
}

/* Choose the stream: words 1 to 3 of the counter. */
KR_INLINE void philox_seek(philox_lanes *s, uint32_t c1, uint32_t c2, uint32_t c3) {
    s->counter[0] = philox_spread(c1);
    s->counter[1] = philox_spread(c2);
    s->counter[2] = philox_spread(c3);
}

/* The 32 words of one group. */
KR_INLINE void philox_draw(const philox_lanes *s, uint64_t group, uint32_t words[PHILOX_WORDS]) {
    const uint64_t low = 0xffffffffu;
    philox_v c0[PHILOX_VECTORS], c1[PHILOX_VECTORS], c2[PHILOX_VECTORS], c3[PHILOX_VECTORS];
    for (int k = 0; k < PHILOX_VECTORS; k++) {
        c0[k] = s->number[k] + group * PHILOX_COUNTERS;
        c1[k] = s->counter[0];
        c2[k] = s->counter[1];
        c3[k] = s->counter[2];
    }
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        for (int k = 0; k < PHILOX_VECTORS; k++) {
            philox_v p0 = philox_multiply(c0[k], 0xD2511F53u);
            philox_v p1 = philox_multiply(c2[k], 0xCD9E8D57u);
            c0[k] = (p1 >> 32) ^ c1[k] ^ s->key0[round];
            c2[k] = (p0 >> 32) ^ c3[k] ^ s->key1[round];
            c1[k] = p1;
            c3[k] = p0;
        }
    }
    for (int k = 0; k < PHILOX_VECTORS; k++) {
        philox_v first = (c0[k] & low) | c1[k] << 32, second = (c2[k] & low) | c3[k] << 32;
        memcpy(words + k * 2 * PHILOX_LANES, &first, sizeof first);
        memcpy(words + PHILOX_WORDS / 2 + k * 2 * PHILOX_LANES, &second, sizeof second);
    }
}

#endif
