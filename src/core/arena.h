/* SPDX-License-Identifier: MIT
 * arena.h - memory that is freed all at once, and checked size arithmetic.
 *
 *     block 0                  block 1 (larger)
 *     +------+-------+---+     +-----------+---------+
 *     | a    | b     |free| -> | c         |  free   |
 *     +------+-------+---+     +-----------+---------+
 *
 * Every allocation is zeroed and aligned to KR_ALIGN bytes. Not thread-safe. */
#ifndef KR_ARENA_H
#define KR_ARENA_H

#include <kr/base.h>

KR_BEGIN_DECLS

enum { KR_ALIGN = 64 };

typedef struct kr_arena_block kr_arena_block;

typedef struct kr_arena {
    kr_arena_block *last;
} kr_arena;

typedef struct kr_arena_mark {
    kr_arena_block *block;
    size_t used;
} kr_arena_mark;

/* An all-zero kr_arena is valid and empty. */
KR_API void kr__arena_deinit(kr_arena *arena);

/* count * size zeroed bytes, or NULL when out of memory or when the product overflows. */
KR_API void *kr__arena_alloc(kr_arena *arena, size_t count, size_t size);

/* A copy of text, or NULL. */
char *kr__arena_strdup(kr_arena *arena, const char *text);

/* Remember a point; reset frees everything that was taken since. */
kr_arena_mark kr__arena_mark_get(const kr_arena *arena);
void kr__arena_reset(kr_arena *arena, kr_arena_mark mark);

/* Heap blocks, zeroed, aligned to KR_ALIGN; NULL when out of memory or on overflow. kr_free(NULL)
 * is fine. Every allocation of the library goes through these two, so tests can count them and
 * make the n-th fail. */
KR_API void *kr__calloc(size_t count, size_t size);

/* Allocations so far; and make the n-th from now fail (0: none). Until then each allocation from an
 * arena counts as one; UINT64_MAX: they count, and none fails. For tests. */
uint64_t kr__alloc_count(void);
void kr__alloc_fail_at(uint64_t n);
/* Heap blocks that kr_free() has not got yet. adopt: one of malloc's that it will get, or NULL. */
int64_t kr__alloc_in_use(void);
void kr__alloc_adopt(const void *block);
/* Did kr__calloc ever get no memory? For handlers of signals, too. */
bool kr__alloc_has_failed(void);

/* *out = a * b (a + b); false, and *out untouched, when it does not fit. */
KR_API bool kr__size_mul(size_t a, size_t b, size_t *out);
bool kr__size_add(size_t a, size_t b, size_t *out);

KR_END_DECLS

#endif
