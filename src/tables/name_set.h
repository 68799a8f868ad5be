/* SPDX-License-Identifier: MIT
 * name_set.h - different names, numbered in the order of their first appearance: a hash table. */
#ifndef KR_NAME_SET_H
#define KR_NAME_SET_H

#include <kr/base.h>

/* All zero: empty. Borrows the names. */
typedef struct kr__name_set {
    char **names; /* n */
    int64_t n;
    int64_t *slots; /* n_slots, a power of two: number of a name + 1, or 0 */
    int64_t n_slots;
} kr__name_set;

/* The number of name. A new one is added, and must then live as long as the set. -1: out of
 * memory. */
int64_t kr__name_set_add(kr__name_set *set, char *name);
/* -1: not there. */
int64_t kr__name_set_find(const kr__name_set *set, const char *name);
void kr__name_set_deinit(kr__name_set *set);

#endif
