/* SPDX-License-Identifier: MIT
 * csv_names.c - names of columns that can be told apart. */
#include "tables/csv_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tables/csv_fields.h"
#include "tables/name_set.h"

typedef struct naming {
    kr__name_set given; /* names as they stand in the header */
    kr__name_set taken; /* those that a column has by now */
    int64_t *n_taken;   /* of each given name: how many columns have it, or it with a number */
    kr_arena *arena;
    char *note;
    int64_t n_renamed;
} naming;

/* A copy without blanks around it. */
static char *trim(kr_arena *arena, const char *name) {
    kr__csv_field f = kr__csv_trim_name(name);
    char *copy = kr__arena_alloc(arena, f.size + 1, 1);
    if (copy) memcpy(copy, f.text, f.size);
    return copy;
}

static void tell(naming *w, const char *name, int64_t field, const char *new_name) {
    enum { SHOWN = 3 };
    size_t n = strlen(w->note);
    if (w->n_renamed == SHOWN) snprintf(w->note + n, KR_CSV_NOTE - n, ", ..");
    if (w->n_renamed++ >= SHOWN) return;
    if (n == 0) n = (size_t)snprintf(w->note, KR_CSV_NOTE, "columns share a name, so that ");
    snprintf(w->note + n, KR_CSV_NOTE - n, "%s%s%.40s%s (column %" PRId64 ") is called \"%.48s\"",
             w->n_renamed > 1 ? ", " : "", *name ? "\"" : "the one without", name,
             *name ? "\"" : "", field + 1, new_name);
}

/* v.1, v.2, .. until it is nobody's. */
static char *find_free(naming *w, const char *name, int64_t *number, int64_t field) {
    size_t size = strlen(name) + 24;
    char *made = kr__arena_alloc(w->arena, size, 1);
    if (!made) return NULL;
    for (int64_t k = *name ? *number : field + 1;; k++) {
        snprintf(made, size, *name ? "%s.%" PRId64 : "%sc%" PRId64, name, k);
        bool is_free =
            kr__name_set_find(&w->given, made) < 0 && kr__name_set_find(&w->taken, made) < 0;
        if (!is_free) continue;
        *number = k + 1;
        return made;
    }
}

static bool name_one(naming *w, char **names, int64_t field) {
    char *name = trim(w->arena, names[field]);
    if (!name) return false;
    int64_t number = kr__name_set_find(&w->given, name);
    if (w->n_taken[number] == 0) {
        w->n_taken[number] = 1;
        return kr__name_set_add(&w->taken, name) >= 0;
    }
    char *made = find_free(w, name, &w->n_taken[number], field);
    if (!made || kr__name_set_add(&w->taken, made) < 0) return false;
    tell(w, name, field, made);
    names[field] = made;
    return true;
}

bool kr__csv_name_apart(char **names, int64_t n, kr_arena *arena, char note[KR_CSV_NOTE]) {
    naming w = {.arena = arena, .note = note};
    bool is_good = true;
    note[0] = '\0';
    for (int64_t i = 0; i < n && is_good; i++) {
        char *name = trim(arena, names[i]);
        is_good = name && kr__name_set_add(&w.given, name) >= 0;
    }
    if (is_good && w.given.n < n) {
        w.n_taken = kr__calloc((size_t)w.given.n, sizeof *w.n_taken);
        is_good = w.n_taken != NULL;
        for (int64_t i = 0; i < n && is_good; i++) is_good = name_one(&w, names, i);
    }
    kr_free(w.n_taken);
    kr__name_set_deinit(&w.given);
    kr__name_set_deinit(&w.taken);
    return is_good;
}
