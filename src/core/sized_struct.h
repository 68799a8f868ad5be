/* SPDX-License-Identifier: MIT
 * sized_struct.h - a public structure that begins with its size in the caller's version. */
#ifndef KR_SIZED_STRUCT_H
#define KR_SIZED_STRUCT_H

#include <string.h>

#include <kr/base.h>

/* Copy a structure into `to`, which has `size` bytes; fields that the caller's version lacks are
 * zero, the default. from NULL: all are. KR_USAGE when its size is not set, or when it has values
 * that this version does not know. `to` is a structure whose first member is size_t size. */
static inline kr_status kr__sized_take(const char *name, const void *from, void *to, size_t size,
                                       kr_error *err) {
    size_t given = 0;
    memset(to, 0, size);
    if (!from) return KR_OK;
    memcpy(&given, from, sizeof given);
    if (given <= sizeof given) {
        return kr_fail(err, KR_USAGE, "%s: its size is not set; write .size = sizeof(%s)", name,
                       name);
    }
    for (size_t i = size; i < given; i++) {
        if (((const char *)from)[i] == 0) continue;
        return kr_fail(err, KR_USAGE, "%s: has values that this version of the library lacks",
                       name);
    }
    memcpy(to, from, given < size ? given : size);
    return KR_OK;
}

/* The other way: fill in a structure of the caller, as much of it as its version has. */
static inline void kr__sized_give(const void *all, size_t size, void *to) {
    size_t given = 0;
    memcpy(&given, to, sizeof given);
    if (given <= sizeof given) return;
    memcpy((char *)to + sizeof given, (const char *)all + sizeof given,
           (given < size ? given : size) - sizeof given);
}

#endif
