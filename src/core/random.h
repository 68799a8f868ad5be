/* SPDX-License-Identifier: MIT
 * random.h - counter-based random numbers (Philox4x32-10).
 *
 * A number depends on (seed, place) alone, never on the order of calls: any thread may ask for any
 * of them. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
#ifndef KR_RANDOM_H
#define KR_RANDOM_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* Four 32-bit numbers for counter (c0, c1, c2, c3) under key seed. */
void kr__philox(uint64_t seed, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t out[4]);

/* What a stream is for; separates the uses of one seed. */
typedef enum kr_stream {
    KR_STREAM_INIT = 1,
    KR_STREAM_SHUFFLE = 2,
    KR_STREAM_DROPOUT = 3,
    KR_STREAM_STAR = 4,
    KR_STREAM_AUGMENT = 5,
    KR_STREAM_TEST = 6,
    KR_STREAM_SAMPLE = 7,
    KR_STREAM_NOISE = 8,
    KR_STREAM_LAYOUT = 9,
    KR_STREAM_SWEEP = 10,
    KR_STREAM_SIMULATE = 11
} kr_stream;

/* A sequence of numbers given by (seed, stream, substream); copyable, no hidden state. */
typedef struct kr_rng {
    uint64_t seed;
    uint32_t stream;
    uint64_t substream; /* epoch, parameter number, .. */
    uint64_t index;     /* how many 32-bit numbers were taken */
    uint32_t block[4];
} kr_rng;

kr_rng kr__rng_make(uint64_t seed, kr_stream stream, uint64_t substream);
uint32_t kr__rng_u32(kr_rng *rng);
/* Uniform in [0, 1), 53 bits. */
double kr__rng_uniform(kr_rng *rng);
/* Standard normal (Box-Muller, a new pair is drawn for each number). */
double kr__rng_normal(kr_rng *rng);
/* Uniform in 0 .. n-1 without bias; n in 1 .. 2^32. */
uint64_t kr__rng_below(kr_rng *rng, uint64_t n);
/* Fisher-Yates over order[0..n-1]. */
void kr__rng_shuffle(kr_rng *rng, int64_t *order, int64_t n);

KR_END_DECLS

#endif
