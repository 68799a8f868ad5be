/* SPDX-License-Identifier: MIT
 * pcg64.h - the random numbers of numpy.random.default_rng(seed), bit for bit.
 *
 * Used where data and choices must be the same as the originals'; everything else uses random.h.
 * Source: O'Neill, "PCG", 2014 (XSL-RR 128/64); numpy's documentation of SeedSequence; Lemire,
 * "Fast random integer generation in an interval", 2019. */
#ifndef KR_PCG64_H
#define KR_PCG64_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* Copyable: a copy continues from the same place. */
typedef struct kr_pcg64 {
    uint64_t state[2], increment[2]; /* high word first */
    uint32_t half;                   /* the other half of a 64-bit draw */
    bool has_half;
} kr_pcg64;

kr_pcg64 kr__pcg64_make(uint64_t seed);
uint64_t kr__pcg64_u64(kr_pcg64 *rng);
/* 32 bits: two of them share a 64-bit draw, whatever is drawn in between. */
uint32_t kr__pcg64_u32(kr_pcg64 *rng);
/* random(): [0, 1), 53 bits; uniform(low, high); normal(mean, deviation). */
double kr__pcg64_random(kr_pcg64 *rng);
double kr__pcg64_uniform(kr_pcg64 *rng, double low, double high);
double kr__pcg64_normal(kr_pcg64 *rng, double mean, double deviation);
/* integers(low, high): low .. high - 1; low < high. */
int64_t kr__pcg64_integer(kr_pcg64 *rng, int64_t low, int64_t high);
/* choice(n, p=p): p sums to about 1. Needs no memory. */
int64_t kr__pcg64_choice(kr_pcg64 *rng, const double *p, int64_t n);
/* choice(n, size=k, replace=False): out has room for n numbers, of which the first k are the
 * result. 1 <= k <= n. */
void kr__pcg64_choose(kr_pcg64 *rng, int64_t n, int64_t k, int64_t *out);
/* shuffle(x); permutation(n) shuffles 0 .. n-1. */
void kr__pcg64_shuffle(kr_pcg64 *rng, int64_t *x, int64_t n);

KR_END_DECLS

#endif
