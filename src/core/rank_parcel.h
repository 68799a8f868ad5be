/* SPDX-License-Identifier: MIT
 * rank_parcel.h - what the first rank has, for all of them: one function says what a thing is made
 * of, packs it there and unpacks it elsewhere. */
#ifndef KR_RANK_PARCEL_H
#define KR_RANK_PARCEL_H

#include "core/arena.h"
#include "core/rank_sharing.h"

typedef struct kr__parcel {
    bool packs;
    uint8_t *bytes;
    size_t n, room, at;
    kr_arena *arena; /* where texts and lists are unpacked */
    bool has_failed; /* no memory, or too few bytes */
} kr__parcel;

/* n bytes at data. */
void kr__parcel_bytes(kr__parcel *p, void *data, size_t n);
void kr__parcel_int(kr__parcel *p, int64_t *number);
void kr__parcel_bool(kr__parcel *p, bool *is_so);
/* NULL stays NULL, also of the two below. */
void kr__parcel_text(kr__parcel *p, char **text);
/* n texts, none of them NULL. */
void kr__parcel_texts(kr__parcel *p, char ***texts, int64_t n);
/* An array of count numbers, in the arena or, is_block, in a block of kr__calloc(). */
void kr__parcel_array(kr__parcel *p, void *array, int64_t count, size_t size, bool is_block);

/* Pack `thing` in the first rank, unpack it in all others, where it is still zero; arena is the
 * thing's. KR_MEMORY. */
kr_status kr__parcel_share(const kr_team *team, void (*make)(kr__parcel *p, void *thing),
                           void *thing, kr_arena *arena, kr_error *err);

#endif
