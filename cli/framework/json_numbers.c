/* SPDX-License-Identifier: MIT
 * json_numbers.c - numbers with all their digits, and the text of an object. */
#include "framework/json_numbers.h"
#include "core/arena.h"
#include "core/json.h"
#include "core/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "framework/say.h"

const char *json_units(bool is_original) { return is_original ? "original" : "scaled"; }

bool json_add_intervals(cJSON *object, const char *name, const char *units, int n,
                        const kr_interval_score *scores) {
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (int i = 0; i < n && array; i++) {
        cJSON *item = cJSON_CreateObject();
        if (!item || !cJSON_AddItemToArray(array, item)) return false;
        if (!kr__json_add_number(item, "level", scores[i].level) ||
            !kr__json_add_text(item, "units", units) ||
            !kr__json_add_number(item, "coverage", scores[i].coverage) ||
            !kr__json_add_number(item, "width", scores[i].width) ||
            !kr__json_add_number(item, "winkler", scores[i].winkler)) {
            return false;
        }
    }
    return array != NULL;
}

/* cJSON escapes control characters of ASCII alone. What else a terminal may obey, or nobody can
 * see, is escaped here, too, by surrogates beyond U+FFFF; a byte that is no UTF-8, which JSON must
 * not hold, is U+FFFD. Returns the bytes of to. */
static size_t escape(const char *from, char to[PRINTABLE_MOST + 3], size_t *n_read) {
    size_t n = printable_next(from, to, n_read);
    if (n <= *n_read || *from == '\n' || *from == '\t') { /* cJSON's own, between the values */
        memcpy(to, from, *n_read);
        return *n_read;
    }
    if (to[1] == 'u') return n;
    unsigned long code = to[1] == 'U' ? strtoul(to + 2, NULL, 16) - 0x10000 : 0;
    if (to[1] == 'x') code = (unsigned char)*from == 0x7f ? 0x7f : 0xfffd;
    return to[1] == 'U' ? (size_t)snprintf(to, PRINTABLE_MOST + 3, "\\u%04lx\\u%04lx",
                                           0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff))
                        : (size_t)snprintf(to, PRINTABLE_MOST + 3, "\\u%04lx", code);
}

/* A copy that ends in a new line; frees printed. */
static char *copy_printed(char *printed) {
    char piece[PRINTABLE_MOST + 3];
    size_t n = 1, n_read, used = 0;
    if (!printed) return NULL;
    for (const char *p = printed; *p; p += n_read) n += escape(p, piece, &n_read);
    char *copy = kr__calloc(n + 1, 1);
    for (const char *p = printed; copy && *p; p += n_read) {
        n = escape(p, piece, &n_read);
        memcpy(copy + used, piece, n);
        used += n;
    }
    if (copy) copy[used] = '\n';
    cJSON_free(printed);
    return copy;
}

void json_write(const char *json, FILE *out) { fputs(json, out); }

char *json_print(const cJSON *object) { return copy_printed(cJSON_Print(object)); }
char *json_print_line(const cJSON *object) { return copy_printed(cJSON_PrintUnformatted(object)); }
