/* SPDX-License-Identifier: MIT
 * rank_parcel.c - packing, sending, unpacking. */
#include "core/rank_parcel.h"

#include <string.h>

/* ---- what a parcel holds -------------------------------------------------------------------- */

static bool make_room(kr__parcel *p, size_t n) {
    size_t room = p->room > 0 ? p->room : 4096;
    while (room - p->n < n) {
        if (!kr__size_mul(room, 2, &room)) return false;
    }
    if (room == p->room) return true;
    uint8_t *more = kr__calloc(room, 1);
    if (!more) return false;
    if (p->n > 0) memcpy(more, p->bytes, p->n);
    kr_free(p->bytes);
    p->bytes = more;
    p->room = room;
    return true;
}

void kr__parcel_bytes(kr__parcel *p, void *data, size_t n) {
    if (p->has_failed || n == 0) return;
    p->has_failed = p->packs ? !make_room(p, n) : p->n - p->at < n;
    if (p->has_failed) return;
    if (p->packs) {
        memcpy(p->bytes + p->n, data, n);
        p->n += n;
    } else {
        memcpy(data, p->bytes + p->at, n);
        p->at += n;
    }
}

void kr__parcel_int(kr__parcel *p, int64_t *number) { kr__parcel_bytes(p, number, sizeof *number); }

void kr__parcel_bool(kr__parcel *p, bool *is_so) {
    uint8_t byte = *is_so;
    kr__parcel_bytes(p, &byte, 1);
    *is_so = byte != 0;
}

void kr__parcel_array(kr__parcel *p, void *array, int64_t count, size_t size, bool is_block) {
    void **data = array;
    bool is_there = *data != NULL;
    size_t n = 0;
    kr__parcel_bool(p, &is_there);
    if (p->has_failed || !is_there) return;
    p->has_failed = count < 0 || !kr__size_mul((size_t)count, size, &n);
    if (!p->packs && !p->has_failed) {
        *data = is_block ? kr__calloc(n > 0 ? n : 1, 1) : kr__arena_alloc(p->arena, n + 1, 1);
        p->has_failed = !*data;
    }
    kr__parcel_bytes(p, *data, n);
}

void kr__parcel_text(kr__parcel *p, char **text) {
    int64_t n = *text ? (int64_t)strlen(*text) + 1 : 0;
    kr__parcel_int(p, &n);
    kr__parcel_array(p, text, n, 1, false);
}

void kr__parcel_texts(kr__parcel *p, char ***texts, int64_t n) {
    bool is_there = *texts != NULL;
    kr__parcel_bool(p, &is_there);
    if (p->has_failed || !is_there) return;
    if (!p->packs) {
        *texts = kr__arena_alloc(p->arena, (size_t)n + 1, sizeof **texts);
        p->has_failed = !*texts;
    }
    for (int64_t i = 0; i < n && !p->has_failed; i++) kr__parcel_text(p, &(*texts)[i]);
}

/* ---- sending -------------------------------------------------------------------------------- */

static void send(const kr_team *team, kr__parcel *p) {
    const kr_ranks *ranks = kr_team_ranks(team);
    size_t parts[KR_MAX_RANKS] = {p->n};
    ranks->gather(ranks->arg, p->bytes, parts);
}

/* A rank that has no room must take part all the same: all say whether they have. */
static bool have_all_room(kr_team *team, bool has_room) {
    double lack[KR_MAX_RANKS];
    int count = kr__rank_count(team);
    lack[kr__rank(team)] = has_room ? 0 : 1;
    kr__rank_gather(team, lack, count, sizeof *lack);
    for (int r = 0; r < count; r++) {
        if (lack[r] > 0) return false;
    }
    return true;
}

kr_status kr__parcel_share(const kr_team *team, void (*make)(kr__parcel *p, void *thing),
                           void *thing, kr_arena *arena, kr_error *err) {
    if (!kr_team_ranks(team)) return KR_OK;
    kr__parcel p = {.packs = kr__rank(team) == 0, .arena = arena};
    if (p.packs) make(&p, thing);
    double n = (double)p.n;
    kr__rank_broadcast(team, &n, 1);
    p.n = (size_t)n;
    if (!p.packs) p.bytes = kr__calloc(p.n + 1, 1);
    bool has_room = p.bytes && !p.has_failed;
    if (have_all_room((kr_team *)(uintptr_t)team, has_room)) {
        send(team, &p);
        if (!p.packs) make(&p, thing);
        has_room = !p.has_failed;
    } else {
        has_room = false;
    }
    kr_free(p.bytes);
    return has_room ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for what the ranks share");
}
