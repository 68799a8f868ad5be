/* SPDX-License-Identifier: MIT
 * torch_random.h - the random numbers that PyTorch and numpy's RandomState give on a CPU.
 *
 * Both run on MT19937 with the same seeding, so one generator serves for both. Used where initial
 * values, splits and orders must be the same as in the originals; everything else uses random.h.
 * Source: Matsumoto and Nishimura, "Mersenne Twister", 1998; draws checked against PyTorch 2 and
 * numpy 2. */
#ifndef KR_TORCH_RANDOM_H
#define KR_TORCH_RANDOM_H

#include <kr/base.h>

KR_BEGIN_DECLS

/* Copyable: a copy continues from the same place. */
typedef struct kr_torch_rng {
    uint32_t state[624];
    int32_t next; /* the word that comes next; 624: none is left */
} kr_torch_rng;

/* torch.manual_seed(seed), numpy.random.seed(seed): only the low 32 bits matter. */
kr_torch_rng kr__torch_rng_make(uint64_t seed);
uint32_t kr__torch_u32(kr_torch_rng *rng);
/* 64 bits, the high word first, without the top bit: an int64 tensor's random_(). */
int64_t kr__torch_int64(kr_torch_rng *rng);
/* uniform_(low, high) of a float tensor: 24 bits. rand() is 0, 1. */
float kr__torch_uniform(kr_torch_rng *rng, float low, float high);
/* randn(n), n of at least 16; relative error 1e-6 (the logarithm and the cosine are krait's
 * own). */
void kr__torch_randn(kr_torch_rng *rng, float *out, int64_t n);
/* randperm(n), n below 2^32. */
void kr__torch_randperm(kr_torch_rng *rng, int64_t *order, int64_t n);
/* RandomState.randint(0, n), n in 1 .. 2^32: bits under a mask until one fits. */
int64_t kr__numpy_randint(kr_torch_rng *rng, int64_t n);

KR_END_DECLS

#endif
