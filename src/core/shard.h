/* SPDX-License-Identifier: MIT
 * shard.h - many things shared out among N processes, which need not know of one another. */
#ifndef KR_SHARD_H
#define KR_SHARD_H

#include <kr/base.h>

enum { KR__SHARDS = 1000000 /* at most */ };

/* The i-th of n parts, i from 1; n 0: all of it, nothing is shared out. */
typedef struct kr__shard {
    int64_t i, n;
} kr__shard;

/* "2/8"; NULL or "": all of it. KR_USAGE, with a sentence, for anything else. */
kr_status kr__shard_read(const char *text, kr__shard *out, kr_error *err);
/* Whose is a thing with this name? The name and n alone decide, not who its neighbours are, so that
 * any order of files and rows gives the same parts; they differ in size as chance has it. */
bool kr__shard_has(const kr__shard *shard, const char *name);
/* And one of a numbered list, from 0? In turns, so that sizes differ by one at most. */
bool kr__shard_has_number(const kr__shard *shard, int64_t number);

/* FNV-1a over bytes, a start of 0 being its own; the hash of a whole from those of its parts. */
uint64_t kr__hash_bytes(uint64_t start, const void *bytes, size_t n_bytes);

#endif
