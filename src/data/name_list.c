/* SPDX-License-Identifier: MIT
 * name_list.c - "a, b, c" cut at its commas. */
#include "data/name_list.h"

#include <string.h>

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* text[0 .. *n) without the blanks around it. */
static const char *trim(const char *text, size_t *n) {
    while (*n > 0 && is_blank(*text)) text++, (*n)--;
    while (*n > 0 && is_blank(text[*n - 1])) (*n)--;
    return text;
}

bool kr__name_list_read(const char *text, kr_arena *arena, kr__name_list *out) {
    size_t n_most = 1;
    *out = (kr__name_list){0};
    if (!text || !*text) return true;
    for (const char *p = text; *p; p++) n_most += *p == ',';
    out->names = kr_arena_alloc(arena, n_most, sizeof *out->names);
    if (!out->names) return false;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ","), n_name = n;
        const char *start = trim(p, &n_name);
        char *name = kr_arena_alloc(arena, n_name + 1, 1);
        if (!name) return false;
        memcpy(name, start, n_name);
        if (n_name > 0) out->names[out->n++] = name;
        p += n;
        if (!*p) return true;
    }
}

int64_t kr__name_list_find(const kr__name_list *list, const char *name) {
    size_t n = strlen(name);
    name = trim(name, &n);
    for (int64_t i = 0; i < list->n; i++) {
        if (strlen(list->names[i]) == n && memcmp(list->names[i], name, n) == 0) return i;
    }
    return -1;
}
