/* SPDX-License-Identifier: MIT
 * dropout_rows.c - keep or drop, drawn by Philox4x32-10 in all lanes at once.
 *
 * The numbers of one sample form a stream. Its element i belongs to group i / 64, which takes the
 * 8 counters 8 * group .. 8 * group + 7 (word 0 of Philox' counter; words 1 to 3 are the stream's
 * own). Inside a group, with r = i % 64, quarter = r / 16 and lane = r % 16, it takes of counter
 * number lane / 2 the output word 2 * (quarter / 2) + lane % 2, and of this word the low 16 bits
 * when quarter is even, the high ones when it is odd. It is dropped when these 16 bits are below
 * p * 2^16, rounded: so p has steps of 2^-16, for half the cost of 32 bits an element. The order
 * inside a group is the one that needs no shuffles, and is the same at every CPU level. */
#include "kernels/kernels.h"
#include "kernels/vec.h"

enum { GROUP = 64, COUNTERS = 8, WORDS = 32, ROUNDS = 10 };

/* Philox on 64-bit lanes, of which it uses the low halves; the high ones hold leftovers. */
enum { LANES = KR_V_BYTES / 8, VECTORS = COUNTERS / LANES };
typedef uint64_t lanes __attribute__((vector_size(KR_V_BYTES)));

/* The 64-bit product of the low halves. */
KR_INLINE lanes multiply_low(lanes a, uint64_t b) {
#if KR_V_BYTES == 64
    return (lanes)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((long long)b));
#elif KR_V_BYTES == 32
    return (lanes)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((long long)b));
#elif defined(__SSE2__)
    return (lanes)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x((long long)b));
#else
    return (a & 0xffffffffu) * b;
#endif
}

/* What all groups of a stream share, spread over the lanes. */
typedef struct stream {
    lanes key0[ROUNDS], key1[ROUNDS], counter[3];
    lanes number[VECTORS]; /* of the counter in its group */
    int32_t threshold;
    kr_real kept;
} stream;

KR_INLINE lanes spread(uint32_t x) { return x - (lanes){0}; }

KR_INLINE void open_stream(stream *s, const kr__draw *draw) {
    uint32_t k0 = (uint32_t)draw->seed, k1 = (uint32_t)(draw->seed >> 32);
    for (int round = 0; round < ROUNDS; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        s->key0[round] = spread(k0);
        s->key1[round] = spread(k1);
    }
    for (int i = 0; i < 3; i++) s->counter[i] = spread(draw->counter[i]);
    uint64_t numbers[COUNTERS];
    for (uint64_t l = 0; l < COUNTERS; l++) numbers[l] = l;
    memcpy(s->number, numbers, sizeof numbers);
    s->threshold = (int32_t)(draw->p * 65536 + 0.5);
    s->kept = (kr_real)(1 / (1 - draw->p));
}

/* The 32 words of one group; see the head of this file. */
KR_INLINE void draw_group(const stream *s, uint64_t group, uint32_t words[WORDS]) {
    const uint64_t low = 0xffffffffu;
    lanes c0[VECTORS], c1[VECTORS], c2[VECTORS], c3[VECTORS];
    for (int k = 0; k < VECTORS; k++) {
        c0[k] = s->number[k] + group * COUNTERS;
        c1[k] = s->counter[0];
        c2[k] = s->counter[1];
        c3[k] = s->counter[2];
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = 0; k < VECTORS; k++) {
            lanes p0 = multiply_low(c0[k], 0xD2511F53u), p1 = multiply_low(c2[k], 0xCD9E8D57u);
            c0[k] = (p1 >> 32) ^ c1[k] ^ s->key0[round];
            c2[k] = (p0 >> 32) ^ c3[k] ^ s->key1[round];
            c1[k] = p1;
            c3[k] = p0;
        }
    }
    for (int k = 0; k < VECTORS; k++) {
        lanes first = (c0[k] & low) | c1[k] << 32, second = (c2[k] & low) | c3[k] << 32;
        memcpy(words + k * 2 * LANES, &first, sizeof first);
        memcpy(words + WORDS / 2 + k * 2 * LANES, &second, sizeof second);
    }
}

/* The masks of one group: 0, or 1 / (1 - p). */
KR_INLINE void draw_masks(const stream *s, uint64_t group, kr_real mask[GROUP]) {
    const int32_t threshold = s->threshold;
    const kr_real kept = s->kept;
    uint32_t words[WORDS];
    draw_group(s, group, words);
    for (int half = 0; half < 2; half++) {
        for (int l = 0; l < KR_W; l++) {
            int32_t a = (int32_t)(words[half * KR_W + l] & 0xffffu);
            int32_t b = (int32_t)(words[half * KR_W + l] >> 16);
            mask[half * 2 * KR_W + l] = a < threshold ? 0 : kept;
            mask[half * 2 * KR_W + KR_W + l] = b < threshold ? 0 : kept;
        }
    }
}

/* mask[k] of elements first + k of the stream, k < n. */
void KR_K(dropout_mask)(const kr__draw *draw, int64_t first, int64_t n, kr_real *mask) {
    stream s;
    open_stream(&s, draw);
    for (int64_t at = 0; at < n;) {
        int64_t skip = (first + at) % GROUP, count = GROUP - skip;
        if (count > n - at) count = n - at;
        const uint64_t group = (uint64_t)((first + at) / GROUP);
        if (count == GROUP) {
            draw_masks(&s, group, mask + at);
        } else {
            kr_real all[GROUP];
            draw_masks(&s, group, all);
            memcpy(mask + at, all + skip, (size_t)count * sizeof *mask);
        }
        at += count;
    }
}

/* A part of a group; apart from the whole ones, whose fixed count vectorises. */
static __attribute__((noinline)) void apply_some(int64_t n, const kr_real *mask, const kr_real *x,
                                                 kr_real *y, bool is_adding) {
    for (int64_t k = 0; k < n; k++) y[k] = (is_adding ? y[k] : 0) + x[k] * mask[k];
}

/* y[k] = mask * x[k] for elements first + k of the stream, k < n, or += when is_adding. Serves
 * forward and backward: drawing again is cheaper than keeping the masks. y may be x. */
void KR_K(dropout_apply)(const kr__draw *draw, int64_t first, int64_t n, const kr_real *x,
                         kr_real *y, bool is_adding) {
    stream s;
    open_stream(&s, draw);
    for (int64_t at = 0; at < n;) {
        int64_t skip = (first + at) % GROUP, count = GROUP - skip;
        if (count > n - at) count = n - at;
        kr_real mask[GROUP];
        draw_masks(&s, (uint64_t)((first + at) / GROUP), mask);
        if (count < GROUP) {
            apply_some(count, mask + skip, x + at, y + at, is_adding);
        } else {
            for (int k = 0; k < GROUP; k++) {
                y[at + k] = (is_adding ? y[at + k] : 0) + x[at + k] * mask[k];
            }
        }
        at += count;
    }
}
