/* SPDX-License-Identifier: MIT
 * name_list.h - names of columns out of a setting: "a, b, c". */
#ifndef KR_NAME_LIST_H
#define KR_NAME_LIST_H

#include "core/arena.h"

/* Names without the blanks around them; empty ones are left out. */
typedef struct kr__name_list {
    const char **names;
    int64_t n;
} kr__name_list;

/* text may be NULL. Everything lies in arena; false: out of memory. */
bool kr__name_list_read(const char *text, kr_arena *arena, kr__name_list *out);
/* Where name stands, blanks around it not counted; -1: nowhere. */
int64_t kr__name_list_find(const kr__name_list *list, const char *name);
/* The same in names (n); blanks around these do not count either. */
int64_t kr__find_name(char *const *names, int64_t n, const char *name);

#endif
