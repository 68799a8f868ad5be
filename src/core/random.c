/* SPDX-License-Identifier: MIT
 * random.c - Philox4x32-10 and sequences made of it. */

#include <math.h>

#include "core/random.h"

void kr__philox(uint64_t seed, uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3,
                uint32_t out[4]) {
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

kr_rng kr__rng_make(uint64_t seed, kr_stream stream, uint64_t substream) {
    return (kr_rng){.seed = seed, .stream = (uint32_t)stream, .substream = substream};
}

/* Counter: block number (32), substream (64), stream with the block number's high part (32). */
uint32_t kr__rng_u32(kr_rng *rng) {
    unsigned lane = (unsigned)(rng->index & 3);
    if (lane == 0) {
        uint64_t block = rng->index >> 2;
        kr__philox(rng->seed, (uint32_t)block, (uint32_t)rng->substream,
                   (uint32_t)(rng->substream >> 32),
                   rng->stream << 24 | ((uint32_t)(block >> 32) & 0xffffffu), rng->block);
    }
    rng->index++;
    return rng->block[lane];
}

double kr__rng_uniform(kr_rng *rng) {
    uint64_t high = kr__rng_u32(rng), low = kr__rng_u32(rng);
    return (double)((high << 32 | low) >> 11) * 0x1p-53;
}

double kr__rng_normal(kr_rng *rng) {
    double u = 1.0 - kr__rng_uniform(rng), v = kr__rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586476925 * v);
}

/* Lemire's multiply-shift with rejection. */
uint64_t kr__rng_below(kr_rng *rng, uint64_t n) {
    if (n <= 1) return 0;
    uint32_t threshold = (uint32_t)(((uint64_t)1 << 32) % n);
    for (;;) {
        uint64_t product = (uint64_t)kr__rng_u32(rng) * n;
        if ((uint32_t)product >= threshold) return product >> 32;
    }
}

void kr__rng_shuffle(kr_rng *rng, int64_t *order, int64_t n) {
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)kr__rng_below(rng, (uint64_t)i + 1);
        int64_t moved = order[i];
        order[i] = order[j];
        order[j] = moved;
    }
}
