/* SPDX-License-Identifier: MIT
 * arena.c - blocks of doubling size; every heap block of the library comes from kr__calloc. */

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/large_pages.h"

/* ---- heap ------------------------------------------------------------------------------- */

static atomic_uint_fast64_t n_allocs;
static atomic_int_fast64_t n_in_use;
static atomic_uint_fast64_t fail_at; /* counts down; 0: off */
static atomic_bool has_failed;

bool kr__size_mul(size_t a, size_t b, size_t *out) {
    size_t product;
    if (__builtin_mul_overflow(a, b, &product)) return false;
    *out = product;
    return true;
}

bool kr__size_add(size_t a, size_t b, size_t *out) {
    size_t sum;
    if (__builtin_add_overflow(a, b, &sum)) return false;
    *out = sum;
    return true;
}

static bool must_fail(void) {
    uint_fast64_t n = atomic_load(&fail_at);
    return n > 0 && atomic_fetch_sub(&fail_at, 1) == 1;
}

/* Large blocks ask for large pages: with pages of 4 KiB a training step on a long series spends a
 * seventh of its time translating addresses. */
void *kr__calloc(size_t count, size_t size) {
    enum { LARGE_PAGE = 2 << 20, LARGE = 4 * LARGE_PAGE };
    size_t n;
    if (!kr__size_mul(count, size, &n) || !kr__size_add(n, LARGE_PAGE, &n)) return NULL;
    n -= LARGE_PAGE;
    size_t align = n >= LARGE ? LARGE_PAGE : KR_ALIGN;
    n = n == 0 ? align : (n + align - 1) & ~(align - 1);
    atomic_fetch_add(&n_allocs, 1);
    void *block = n > PTRDIFF_MAX || must_fail() ? NULL : aligned_alloc(align, n);
    if (!block) atomic_store(&has_failed, true);
    kr__alloc_adopt(block);
    if (block && align == LARGE_PAGE) kr__use_large_pages(block, n);
    if (block) memset(block, 0, n);
    return block;
}

void kr__alloc_adopt(const void *block) {
    if (block) atomic_fetch_add(&n_in_use, 1);
}

void kr_free(void *block) {
    if (block) atomic_fetch_sub(&n_in_use, 1);
    free(block);
}

uint64_t kr__alloc_count(void) { return atomic_load(&n_allocs); }
int64_t kr__alloc_in_use(void) { return atomic_load(&n_in_use); }
bool kr__alloc_has_failed(void) { return atomic_load(&has_failed); }
void kr__alloc_fail_at(uint64_t n) { atomic_store(&fail_at, n); }

/* ---- arena ------------------------------------------------------------------------------ */

struct kr_arena_block {
    kr_arena_block *previous;
    size_t used, size; /* bytes after this header */
};

enum { HEADER = KR_ALIGN, FIRST_BLOCK = 4096 };
_Static_assert(sizeof(struct kr_arena_block) <= HEADER, "the header fits into its place");

static bool add_block(kr_arena *arena, size_t at_least, bool is_alone) {
    size_t size = arena->last ? arena->last->size : FIRST_BLOCK / 2;
    if (!kr__size_mul(size, 2, &size)) return false;
    if (size < at_least || is_alone) size = at_least;
    size_t total;
    if (!kr__size_add(size, HEADER, &total)) return false;
    kr_arena_block *block = kr__calloc(1, total);
    if (!block) return false;
    *block = (kr_arena_block){.previous = arena->last, .used = 0, .size = size};
    arena->last = block;
    return true;
}

void *kr__arena_alloc(kr_arena *arena, size_t count, size_t size) {
    size_t n;
    if (!kr__size_mul(count, size, &n) || !kr__size_add(n, KR_ALIGN - 1, &n)) return NULL;
    n &= ~(size_t)(KR_ALIGN - 1);
    bool is_alone = atomic_load(&fail_at) > 0; /* so that it, too, is one that can fail */
    if (!arena->last || is_alone || arena->last->size - arena->last->used < n) {
        if (!add_block(arena, n, is_alone)) return NULL;
    }
    char *start = (char *)arena->last + HEADER + arena->last->used;
    arena->last->used += n;
    return start;
}

char *kr__arena_strdup(kr_arena *arena, const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = kr__arena_alloc(arena, n, 1);
    return copy ? memcpy(copy, text, n) : NULL;
}

kr_arena_mark kr__arena_mark_get(const kr_arena *arena) {
    return (kr_arena_mark){arena->last, arena->last ? arena->last->used : 0};
}

void kr__arena_reset(kr_arena *arena, kr_arena_mark mark) {
    while (arena->last != mark.block) {
        kr_arena_block *gone = arena->last;
        arena->last = gone->previous;
        kr_free(gone);
    }
    if (!arena->last) return;
    memset((char *)arena->last + HEADER + mark.used, 0, arena->last->used - mark.used);
    arena->last->used = mark.used;
}

void kr__arena_deinit(kr_arena *arena) { kr__arena_reset(arena, (kr_arena_mark){NULL, 0}); }
