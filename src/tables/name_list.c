/* SPDX-License-Identifier: MIT
 * name_list.c - "a, b, c" cut at its commas. */
#include "tables/name_list.h"
#include "core/arena.h"

#include <string.h>

#include "tables/csv_fields.h"

bool kr__name_list_read(const char *text, kr_arena *arena, kr__name_list *out) {
    size_t n_most = 1;
    *out = (kr__name_list){0};
    if (!text || !*text) return true;
    for (const char *p = text; *p; p++) n_most += *p == ',';
    out->names = kr__arena_alloc(arena, n_most, sizeof *out->names);
    if (!out->names) return false;
    for (const char *p = text;; p++) {
        size_t n = strcspn(p, ",");
        kr__csv_field f = kr__csv_trim((kr__csv_field){p, n, false});
        char *name = kr__arena_alloc(arena, f.size + 1, 1);
        if (!name) return false;
        memcpy(name, f.text, f.size);
        if (f.size > 0) out->names[out->n++] = name;
        p += n;
        if (!*p) return true;
    }
}

int64_t kr__name_list_find(const kr__name_list *list, const char *name) {
    kr__csv_field wanted = kr__csv_trim_name(name);
    for (int64_t i = 0; i < list->n; i++) {
        size_t n = strlen(list->names[i]);
        if (n == wanted.size && memcmp(list->names[i], wanted.text, n) == 0) return i;
    }
    return -1;
}

int64_t kr__find_name(char *const *names, int64_t n, const char *name) {
    kr__csv_field wanted = kr__csv_trim_name(name);
    for (int64_t i = 0; i < n; i++) {
        kr__csv_field is = kr__csv_trim_name(names[i]);
        if (is.size == wanted.size && memcmp(is.text, wanted.text, is.size) == 0) return i;
    }
    return -1;
}
