/* SPDX-License-Identifier: MIT
 * gunzip.c - gzip through zlib, into one block that is neither grown nor copied.
 *
 * A gzip file ends in the size of what was packed, which is right for the files that people have,
 * but need not be. So that size is tried, if it is a common one for a file this long; where more
 * comes, or it is not tried, what is unpacked is counted alone, and then unpacked again, into a
 * block of the right size. */
#include "files/gunzip.h"

#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "core/arena.h"
#include "files/unpack_limit.h"

enum { WINDOW_GZIP_ONLY = 15 + 16, LARGEST_STEP = 1 << 30, SCRATCH = 1 << 16, TRUSTED_RATIO = 16 };

typedef struct unpacker {
    const char *name;
    const uint8_t *in;
    size_t n_in, in_used;
    uint8_t *out; /* the first capacity bytes of what is unpacked; the rest is counted alone */
    size_t capacity, used, limit;
    uint8_t *scratch;
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

/* The size at the end of the file (of its last member, modulo 2^32), if it deserves a block. */
static size_t guess_size(const unpacker *u) {
    size_t size = 0;
    if (u->n_in < 18) return 0;
    for (int i = 0; i < 4; i++) size = size << 8 | u->in[u->n_in - 1 - (size_t)i];
    return size / TRUSTED_RATIO <= u->n_in && size <= u->limit ? size : 0;
}

static uInt at_most_step(size_t n) { return (uInt)(n < LARGEST_STEP ? n : LARGEST_STEP); }

static kr_status fail_step(const unpacker *u, int code) {
    if (code == Z_MEM_ERROR) return kr_fail(u->err, KR_MEMORY, "%s: out of memory", u->name);
    if (code == Z_BUF_ERROR && u->in_used == u->n_in) {
        return kr_fail(u->err, KR_FORMAT,
                       "%s: ends in the middle of its compressed data; copy the file again",
                       u->name);
    }
    return kr_fail(u->err, KR_FORMAT, "%s: is damaged: not valid gzip data (%s)", u->name,
                   u->z.msg ? u->z.msg : "no reason given");
}

/* One call of inflate; *is_end: a member ended. */
static kr_status unpack_step(unpacker *u, bool *is_end) {
    z_stream *z = &u->z;
    bool is_kept = u->used < u->capacity;
    uInt n_in = at_most_step(u->n_in - u->in_used);
    uInt n_out = is_kept ? at_most_step(u->capacity - u->used) : SCRATCH;
    z->next_in = u->in + u->in_used;
    z->avail_in = n_in;
    z->next_out = is_kept ? u->out + u->used : u->scratch;
    z->avail_out = n_out;
    int code = inflate(z, Z_NO_FLUSH);
    u->in_used += n_in - z->avail_in;
    u->used += n_out - z->avail_out;
    *is_end = code == Z_STREAM_END;
    if (u->used > u->limit) return kr__unpack_refuse(u->name, u->limit, u->err);
    return code == Z_OK || code == Z_STREAM_END ? KR_OK : fail_step(u, code);
}

static kr_status unpack_members(unpacker *u) {
    u->in_used = u->used = 0;
    inflateReset(&u->z);
    for (;;) {
        bool is_end = false;
        KR_TRY(unpack_step(u, &is_end));
        if (!is_end) continue;
        /* Zeros behind the last member are common. */
        if (!kr__is_gzip(u->in + u->in_used, u->n_in - u->in_used)) return KR_OK;
        inflateReset(&u->z);
    }
}

static kr_status make_room(unpacker *u, size_t capacity) {
    kr_free(u->out);
    u->capacity = capacity;
    u->out = kr__calloc(capacity, 1);
    if (u->out) return KR_OK;
    return kr_fail(u->err, KR_MEMORY, "%s: no memory for %zu bytes", u->name, capacity);
}

static kr_status unpack(unpacker *u) {
    KR_TRY(make_room(u, guess_size(u)));
    KR_TRY(unpack_members(u));
    if (u->used <= u->capacity) return KR_OK;
    KR_TRY(make_room(u, u->used));
    return unpack_members(u);
}

kr_status kr__gunzip(const char *name, const uint8_t *bytes, size_t n_bytes, size_t max_bytes,
                     uint8_t **out, size_t *n_out, kr_error *err) {
    unpacker u = {.name = name, .in = bytes, .n_in = n_bytes, .err = err};
    u.limit = kr__unpack_limit(n_bytes);
    if (u.limit > max_bytes) u.limit = max_bytes;
    u.z.zalloc = allocate;
    u.z.zfree = release;
    u.scratch = kr__calloc(SCRATCH, 1);
    if (!u.scratch || inflateInit2(&u.z, WINDOW_GZIP_ONLY) != Z_OK) {
        kr_free(u.scratch);
        return kr_fail(err, KR_MEMORY, "%s: out of memory", name);
    }
    kr_status status = unpack(&u);
    inflateEnd(&u.z);
    kr_free(u.scratch);
    if (status != KR_OK) {
        kr_free(u.out);
        return status;
    }
    *out = u.out;
    *n_out = u.used;
    return KR_OK;
}
