/* SPDX-License-Identifier: MIT
 * fuzz_replay.c - runs a fuzz target without a fuzzer: every file of the folder named, its
 * prefixes, and copies with bytes changed. The same ones each time. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"

enum { MAX_BYTES = 1 << 20, PREFIXES = 64, CHANGES = 256 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feed a block of exactly size bytes, so that the address sanitizer sees a read beyond it
 * (kr__calloc rounds up). */
static void feed(const uint8_t *data, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void feed_variants(uint8_t *data, size_t size) {
    feed(data, size);
    for (size_t i = 0; i < PREFIXES; i++) feed(data, size * i / PREFIXES);
    if (size == 0) return;
    uint64_t state = size;
    for (int i = 0; i < CHANGES; i++) {
        size_t at = (size_t)next_random(&state) % size;
        uint8_t before = data[at];
        data[at] = (uint8_t)next_random(&state);
        feed(data, size);
        data[at] = before;
    }
}

int main(int argc, char **argv) {
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER with seed files\n", argv[0]);
        return 2;
    }
    int n_files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        uint8_t *bytes = NULL;
        size_t n_bytes = 0;
        kr_error err;
        if (kr__file_read(path, MAX_BYTES, &bytes, &n_bytes, &err) != KR_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        feed_variants(bytes, n_bytes);
        kr_free(bytes);
        n_files++;
    }
    closedir(folder);
    printf("%d files\n", n_files);
    return n_files > 0 ? 0 : 1;
}
