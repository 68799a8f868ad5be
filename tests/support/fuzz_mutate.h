/* SPDX-License-Identifier: MIT
 * fuzz_mutate.h - what mutators that know a format share. A target has at most one of them: a
 * source file that defines LLVMFuzzerCustomMutator(), of those in this folder. libFuzzer calls it
 * in place of its own changes, and so does fuzz_replay.c. */
#ifndef KR_FUZZ_MUTATE_H
#define KR_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Change data in place, to max_size bytes at most; the same seed makes the same change. Returns the
 * new size. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
/* The fuzzer's own changes, of bytes. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* A number below n; 0 for n = 0. */
static inline uint64_t fuzz_below(uint64_t *random, uint64_t n) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return n > 0 ? (*random >> 33) % n : 0;
}

/* Text that grows to the end of its room; what does not fit is left out. */
typedef struct fuzz_text {
    uint8_t *bytes;
    size_t n, room;
} fuzz_text;

static inline void fuzz_add(fuzz_text *to, const void *bytes, size_t n) {
    if (n == 0 || n > to->room - to->n) return;
    memcpy(to->bytes + to->n, bytes, n);
    to->n += n;
}

#endif
