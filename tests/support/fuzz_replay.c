/* SPDX-License-Identifier: MIT
 * fuzz_replay.c - runs a fuzz target without a fuzzer: every file of the folder named, its
 * prefixes, copies with bytes changed, and what the target's own mutator, if it has one, makes of
 * it. The same ones each time. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"

/* Variants of a file, of each kind at most; in all as many as the command line says, so that a test
 * takes the same time however many seeds there are. */
enum { MAX_BYTES = 1 << 20, PREFIXES = 64, CHANGES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
/* NULL where the target has none. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
    __attribute__((weak));

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* For mutators: in place of the fuzzer's changes, a byte that is changed or added. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size) {
    static uint64_t state;
    bool grows = size < max_size && (size == 0 || next_random(&state) % 2);
    if (grows) data[size++] = 0;
    if (size > 0) data[next_random(&state) % size] = (uint8_t)next_random(&state);
    return size;
}

/* Feed a block of exactly size bytes, so that the address sanitizer sees a read beyond it
 * (kr__calloc rounds up). */
static void feed(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_mutants(const uint8_t *data, size_t size, int n) {
    size_t room = 2 * size + 4096;
    uint8_t *mutant = malloc(room);
    if (!mutant) abort();
    for (int i = 0; i < n; i++) {
        memcpy(mutant, data, size);
        feed(mutant, LLVMFuzzerCustomMutator(mutant, size, room, (unsigned)i));
    }
    free(mutant);
}

/* n: of each kind, at most. */
static void feed_variants(uint8_t *data, size_t size, int n) {
    int prefixes = n < PREFIXES ? n : PREFIXES, changes = n < CHANGES ? n : CHANGES;
    feed(data, size);
    for (int i = 0; i < prefixes; i++) feed(data, size * (size_t)i / (size_t)prefixes);
    if (LLVMFuzzerCustomMutator) feed_mutants(data, size, changes /= 2);
    if (size == 0) return;
    uint64_t state = size;
    for (int i = 0; i < changes; i++) {
        size_t at = (size_t)next_random(&state) % size;
        uint8_t before = data[at];
        data[at] = (uint8_t)next_random(&state);
        feed(data, size);
        data[at] = before;
    }
}

static int feed_file(const char *folder, const char *name, int n) {
    char path[4096];
    uint8_t *bytes = NULL;
    size_t n_bytes = 0;
    kr_error err;
    kr__path_join(folder, name, path, sizeof path);
    if (kr__file_read(path, MAX_BYTES, &bytes, &n_bytes, &err) != KR_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    feed_variants(bytes, n_bytes, n);
    kr_free(bytes);
    return 0;
}

int main(int argc, char **argv) {
    kr_arena arena = {0};
    char **names = NULL;
    int64_t n = 0, runs = 0;
    bool is_asked = argc == 3 && kr__text_int(argv[2], &runs) && runs > 0;
    if (!is_asked || kr__folder_list(argv[1], &arena, &names, &n, NULL) != KR_OK || n == 0) {
        fprintf(stderr, "usage: %s FOLDER with seed files, about how many RUNS\n", argv[0]);
        return 2;
    }
    int kinds = LLVMFuzzerCustomMutator ? 3 : 2, failed = 0;
    for (int64_t i = 0; i < n && !failed; i++) {
        failed = feed_file(argv[1], names[i], 1 + (int)(runs / kinds / n));
    }
    printf("%lld files\n", (long long)n);
    kr__arena_deinit(&arena);
    return failed;
}
