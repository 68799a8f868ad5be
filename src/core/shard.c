/* SPDX-License-Identifier: MIT
 * shard.c - whose is a name? */
#include "core/shard.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

kr_status kr__shard_read(const char *text, kr__shard *out, kr_error *err) {
    kr__shard shard = {0, 0};
    if (text && *text) {
        const char *behind = kr__text_behind(text, '/');
        char first[24] = "";
        if (behind) snprintf(first, sizeof first, "%.*s", (int)(behind - 1 - text), text);
        bool is_read = behind && (size_t)(behind - text) <= sizeof first &&
                       kr__text_int(first, &shard.i) && kr__text_int(behind, &shard.n);
        if (!is_read || shard.n < 1 || shard.n > KR__SHARDS) {
            return kr_fail(err, KR_USAGE,
                           "`shard` %.40s: write I/N, part I of N, as 1/8 to 8/8 for eight parts",
                           text);
        }
        if (shard.i < 1 || shard.i > shard.n) {
            return kr_fail(err, KR_USAGE, "`shard` %.40s: the parts are 1/%lld to %lld/%lld", text,
                           (long long)shard.n, (long long)shard.n, (long long)shard.n);
        }
    }
    *out = shard;
    return KR_OK;
}

uint64_t kr__hash_bytes(uint64_t start, const void *bytes, size_t n_bytes) {
    const uint8_t *b = bytes;
    uint64_t hash = start ? start : UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n_bytes; i++) hash = (hash ^ b[i]) * UINT64_C(1099511628211);
    return hash;
}

/* FNV-1a leaves names that differ in their last letters close together; the finalizer of
 * MurmurHash3 spreads them. Changing either would give every series to another shard. */
static uint64_t spread(uint64_t hash) {
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ (hash >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

bool kr__shard_has(const kr__shard *shard, const char *name) {
    if (shard->n == 0) return true;
    uint64_t hash = spread(kr__hash_bytes(0, name, strlen(name)));
    return (int64_t)(hash % (uint64_t)shard->n) == shard->i - 1;
}

bool kr__shard_has_number(const kr__shard *shard, int64_t number) {
    return shard->n == 0 || number % shard->n == shard->i - 1;
}
