/* SPDX-License-Identifier: MIT
 * gunzip.c - gzip through zlib, into a block that grows by doubling up to a limit. */
#include "files/gunzip.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "core/arena.h"

enum { WINDOW_GZIP_ONLY = 15 + 16, LARGEST_STEP = 1 << 30, MAX_RATIO = 256 };
static const size_t always_allowed = (size_t)256 << 20;

typedef struct unpacker {
    const char *name;
    const uint8_t *in;
    size_t n_in, in_used;
    uint8_t *out;
    size_t limit, used;
    size_t capacity; /* up to limit + 1: one byte too many shows that the limit is passed */
    z_stream z;
    kr_error *err;
} unpacker;

static void *allocate(void *opaque, uInt count, uInt size) {
    (void)opaque;
    return kr__calloc(count, size);
}

static void release(void *opaque, void *block) {
    (void)opaque;
    kr_free(block);
}

bool kr__is_gzip(const uint8_t *bytes, size_t n_bytes) {
    return n_bytes >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

static size_t choose_limit(size_t n_in, size_t max_bytes) {
    size_t limit;
    if (!kr__size_mul(n_in, MAX_RATIO, &limit)) limit = SIZE_MAX;
    if (limit < always_allowed) limit = always_allowed;
    if (limit > max_bytes) limit = max_bytes;
    return limit < SIZE_MAX ? limit : SIZE_MAX - 1;
}

static kr_status grow(unpacker *u) {
    size_t capacity = u->capacity < u->limit / 2 ? u->capacity * 2 : u->limit + 1;
    uint8_t *larger = kr__calloc(capacity, 1);
    if (!larger) {
        return kr_fail(u->err, KR_MEMORY, "%s: no memory for %zu bytes", u->name, capacity);
    }
    memcpy(larger, u->out, u->used);
    kr_free(u->out);
    u->out = larger;
    u->capacity = capacity;
    return KR_OK;
}

static uInt at_most_step(size_t n) { return (uInt)(n < LARGEST_STEP ? n : LARGEST_STEP); }

/* One call of inflate; *is_end: a member ended. */
static kr_status unpack_step(unpacker *u, bool *is_end) {
    z_stream *z = &u->z;
    if (u->used == u->capacity) KR_TRY(grow(u));
    uInt n_in = at_most_step(u->n_in - u->in_used), n_out = at_most_step(u->capacity - u->used);
    z->next_in = u->in + u->in_used;
    z->avail_in = n_in;
    z->next_out = u->out + u->used;
    z->avail_out = n_out;
    int code = inflate(z, Z_NO_FLUSH);
    u->in_used += n_in - z->avail_in;
    u->used += n_out - z->avail_out;
    *is_end = code == Z_STREAM_END;
    if (u->used > u->limit) {
        return kr_fail(u->err, KR_FORMAT,
                       "%s: unpacks to more than %zu bytes, which is refused; unpack it by hand if "
                       "you trust it",
                       u->name, u->limit);
    }
    if (code == Z_OK || code == Z_STREAM_END) return KR_OK;
    if (code == Z_MEM_ERROR) return kr_fail(u->err, KR_MEMORY, "%s: out of memory", u->name);
    if (code == Z_BUF_ERROR && u->in_used == u->n_in) {
        return kr_fail(u->err, KR_FORMAT,
                       "%s: ends in the middle of its compressed data; copy the file again",
                       u->name);
    }
    return kr_fail(u->err, KR_FORMAT, "%s: is damaged: not valid gzip data (%s)", u->name,
                   z->msg ? z->msg : "no reason given");
}

static kr_status unpack_members(unpacker *u) {
    for (;;) {
        bool is_end = false;
        KR_TRY(unpack_step(u, &is_end));
        if (!is_end) continue;
        /* Zeros behind the last member are common. */
        if (!kr__is_gzip(u->in + u->in_used, u->n_in - u->in_used)) return KR_OK;
        inflateReset(&u->z);
    }
}

kr_status kr__gunzip(const char *name, const uint8_t *bytes, size_t n_bytes, size_t max_bytes,
                     uint8_t **out, size_t *n_out, kr_error *err) {
    unpacker u = {.name = name, .in = bytes, .n_in = n_bytes, .err = err};
    u.limit = choose_limit(n_bytes, max_bytes);
    u.capacity = n_bytes < u.limit / 8 ? n_bytes * 8 : u.limit + 1;
    u.z.zalloc = allocate;
    u.z.zfree = release;
    u.out = kr__calloc(u.capacity, 1);
    if (!u.out || inflateInit2(&u.z, WINDOW_GZIP_ONLY) != Z_OK) {
        kr_free(u.out);
        return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    }
    kr_status status = unpack_members(&u);
    inflateEnd(&u.z);
    if (status != KR_OK) {
        kr_free(u.out);
        return status;
    }
    *out = u.out;
    *n_out = u.used;
    return KR_OK;
}
