/* SPDX-License-Identifier: MIT
 * unpack_limit.c - how far packed files may grow. */
#include "files/unpack_limit.h"

#include <stdatomic.h>

#include <kr/files.h>

#include "core/arena.h"

/* What a process lets files do to it, not a model's or a team's affair. */
static atomic_size_t given;

void kr_unpack_limit_set(size_t n_bytes) { atomic_store(&given, n_bytes); }
size_t kr__unpack_limit_given(void) { return atomic_load(&given); }

size_t kr__unpack_limit(size_t n_packed) {
    size_t limit = kr__unpack_limit_given();
    if (limit > 0) return limit;
    if (!kr__size_mul(n_packed, KR_UNPACK_RATIO, &limit)) limit = SIZE_MAX;
    return limit > KR_UNPACK_ALWAYS ? limit : KR_UNPACK_ALWAYS;
}

kr_status kr__unpack_refuse(const char *what, size_t limit, kr_error *err) {
    const char *why = kr__unpack_limit_given() > 0
                          ? "the limit that was given"
                          : "the limit of what is packed more than 64-fold";
    return kr_fail(err, KR_FORMAT,
                   "%s: unpacks to more than %zu bytes, %s; if you trust it, raise the limit with "
                   "`max_unpacked` 8G",
                   what, limit, why);
}
