/* SPDX-License-Identifier: MIT
 * torch_random.c - MT19937 and what PyTorch and numpy make from its words. */

#include <assert.h>
#include <math.h>

#include "core/torch_random.h"

enum { WORDS = 624, MIDDLE = 397, BLOCK = 16 };

kr_torch_rng kr__torch_rng_make(uint64_t seed) {
    kr_torch_rng rng = {.next = WORDS};
    rng.state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < WORDS; i++) {
        uint32_t last = rng.state[i - 1];
        rng.state[i] = 1812433253u * (last ^ (last >> 30)) + i;
    }
    return rng;
}

static void renew(kr_torch_rng *rng) {
    uint32_t *s = rng->state;
    for (int i = 0; i < WORDS; i++) {
        uint32_t y = (s[i] & 0x80000000u) | (s[(i + 1) % WORDS] & 0x7fffffffu);
        s[i] = s[(i + MIDDLE) % WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    rng->next = 0;
}

uint32_t kr__torch_u32(kr_torch_rng *rng) {
    if (rng->next == WORDS) renew(rng);
    uint32_t y = rng->state[rng->next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

int64_t kr__torch_int64(kr_torch_rng *rng) {
    uint64_t high = kr__torch_u32(rng);
    return (int64_t)((high << 32 | kr__torch_u32(rng)) & INT64_MAX);
}

float kr__torch_uniform(kr_torch_rng *rng, float low, float high) {
    float x = (float)(kr__torch_u32(rng) & 0xffffffu) * 0x1p-24f;
    return x * (high - low) + low;
}

/* Box-Muller over 16 uniform numbers: those of the second half are the angles. */
static void make_normal(float *x) {
    for (int i = 0; i < BLOCK / 2; i++) {
        double radius = sqrt(-2 * log1p(-(double)x[i])),
               angle = 6.283185307179586 * (double)x[i + 8];
        x[i] = (float)(radius * cos(angle));
        x[i + BLOCK / 2] = (float)(radius * sin(angle));
    }
}

void kr__torch_randn(kr_torch_rng *rng, float *out, int64_t n) {
    assert(n >= BLOCK);
    for (int64_t i = 0; i < n; i++) out[i] = kr__torch_uniform(rng, 0, 1);
    for (int64_t i = 0; i + BLOCK <= n; i += BLOCK) make_normal(out + i);
    if (n % BLOCK == 0) return;
    for (int64_t i = n - BLOCK; i < n; i++) out[i] = kr__torch_uniform(rng, 0, 1);
    make_normal(out + n - BLOCK);
}

void kr__torch_randperm(kr_torch_rng *rng, int64_t *order, int64_t n) {
    for (int64_t i = 0; i < n; i++) order[i] = i;
    for (int64_t i = 0; i < n - 1; i++) {
        int64_t k = i + (int64_t)(kr__torch_u32(rng) % (uint64_t)(n - i));
        int64_t swapped = order[i];
        order[i] = order[k];
        order[k] = swapped;
    }
}

int64_t kr__numpy_randint(kr_torch_rng *rng, int64_t n) {
    assert(n >= 1);
    uint64_t most = (uint64_t)n - 1, mask = most;
    for (int shift = 1; shift < 64; shift *= 2) mask |= mask >> shift;
    if (most == 0) return 0;
    for (;;) {
        uint64_t value = kr__torch_u32(rng) & mask;
        if (value <= most) return (int64_t)value;
    }
}
