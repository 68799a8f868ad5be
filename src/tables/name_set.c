/* SPDX-License-Identifier: MIT
 * name_set.c - open addressing over FNV-1a; at most half of the slots are taken. */
#include "tables/name_set.h"

#include <string.h>

#include "core/arena.h"
#include "core/shard.h"

static uint64_t hash(const char *name) {
    uint64_t h = kr__hash_bytes(0, name, strlen(name));
    return h ^ h >> 29;
}

/* The slot that holds name, or the free one where it belongs. */
static int64_t find_slot(const kr__name_set *set, const char *name) {
    int64_t mask = set->n_slots - 1, slot = (int64_t)(hash(name) & (uint64_t)mask);
    while (set->slots[slot] != 0 && strcmp(set->names[set->slots[slot] - 1], name) != 0) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

static bool grow(kr__name_set *set) {
    enum { FIRST = 64 };
    kr__name_set larger = {.n_slots = set->n_slots > 0 ? 2 * set->n_slots : FIRST};
    larger.slots = kr__calloc((size_t)larger.n_slots, sizeof *larger.slots);
    larger.names = kr__calloc((size_t)larger.n_slots / 2, sizeof *larger.names);
    if (!larger.slots || !larger.names) {
        kr__name_set_deinit(&larger);
        return false;
    }
    for (; larger.n < set->n; larger.n++) {
        larger.names[larger.n] = set->names[larger.n];
        larger.slots[find_slot(&larger, set->names[larger.n])] = larger.n + 1;
    }
    kr__name_set_deinit(set);
    *set = larger;
    return true;
}

int64_t kr__name_set_add(kr__name_set *set, char *name) {
    int64_t number = kr__name_set_find(set, name);
    if (number >= 0) return number;
    if (2 * set->n >= set->n_slots && !grow(set)) return -1;
    int64_t slot = find_slot(set, name);
    set->names[set->n++] = name;
    set->slots[slot] = set->n;
    return set->n - 1;
}

int64_t kr__name_set_find(const kr__name_set *set, const char *name) {
    return set->n_slots > 0 ? set->slots[find_slot(set, name)] - 1 : -1;
}

void kr__name_set_deinit(kr__name_set *set) {
    kr_free(set->names);
    kr_free(set->slots);
    *set = (kr__name_set){0};
}
