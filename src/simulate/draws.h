/* SPDX-License-Identifier: MIT
 * draws.h - the random numbers of simulated series: fast ones, the same on every machine.
 *
 * Philox (core/random.h) makes the start from (seed, index, attempt), so that any series can be
 * drawn alone; from there xoshiro256++ goes on, which costs a nanosecond a number. C does not say
 * which of two calls in one expression comes first: never draw twice in one.
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021. */
#ifndef KR_DRAWS_H
#define KR_DRAWS_H

#include <kr/base.h>

typedef struct kr__draws {
    uint64_t state[4];
} kr__draws;

kr__draws kr__draws_make(uint64_t seed, uint64_t index, uint32_t attempt);

static inline uint64_t kr__draw_bits(kr__draws *d) {
    uint64_t *s = d->state, sum = s[0] + s[3], shifted = s[1] << 17;
    uint64_t out = (sum << 23 | sum >> 41) + s[0];
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 45 | s[3] >> 19;
    return out;
}

/* [0, 1), 53 bits */
static inline double kr__draw_uniform(kr__draws *d) {
    return (double)(kr__draw_bits(d) >> 11) * 0x1p-53;
}

static inline double kr__draw_between(kr__draws *d, double low, double high) {
    return low + (high - low) * kr__draw_uniform(d);
}

static inline bool kr__draw_chance(kr__draws *d, double p) { return kr__draw_uniform(d) < p; }

/* 0 .. n - 1; n below 2^32. The bias, below n / 2^32, does not matter here. */
static inline int64_t kr__draw_below(kr__draws *d, int64_t n) {
    return (int64_t)((kr__draw_bits(d) >> 32) * (uint64_t)n >> 32);
}

/* Standard normal. */
double kr__draw_normal(kr__draws *d);
/* Standard exponential. */
double kr__draw_exponential(kr__draws *d);
/* The logarithm is uniform between those of low and high, both above 0. */
double kr__draw_log_between(kr__draws *d, double low, double high);
/* Mean shape, scale 1; shape above 0. */
double kr__draw_gamma(kr__draws *d, double shape);
/* Student's t, degrees above 2, divided by its deviation. */
double kr__draw_student(kr__draws *d, double degrees);
/* mean in 0 .. 1e15; 1e8 and above: a rounded normal. */
double kr__draw_poisson(kr__draws *d, double mean);
/* A number with the weights given, n of them, not all 0. */
int64_t kr__draw_pick(kr__draws *d, const double *weights, int64_t n);

#endif
