/* SPDX-License-Identifier: MIT
 * name_list.h - names of columns from a setting: "a, b, c". */
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
/* The place of name, without regard to blanks around it; -1: it is not there. */
int64_t kr__name_list_find(const kr__name_list *list, const char *name);
/* The same in names (n); blanks around these are ignored, too. */
int64_t kr__find_name(char *const *names, int64_t n, const char *name);

#endif
