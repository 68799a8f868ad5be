/* SPDX-License-Identifier: MIT
 * json_lines.c - rows as JSON objects. They are parsed twice: first for the names of the columns,
 * then, one after the other, for their cells; so only one is in memory at a time. */
#include "tables/json_lines.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/json.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "files/gunzip.h"
#include "files/unpack_limit.h"
#include "tables/name_set.h"
#include "tables/table_text.h"

enum { MOST_NAME = 4096, MOST_COLUMNS = 100000 };

typedef struct reading {
    const char *path;
    const char *at, *end;
    bool is_list; /* the objects are elements of [..] */
    int64_t line; /* of at, from 1 */
    kr__name_set names;
    const cJSON **cells; /* (names.n) of the open object */
    kr__made_text *made; /* NULL: only the names */
    kr_arena arena;      /* the names */
    kr_error *err;
} reading;

static kr_status refuse(const reading *r, const char *what) {
    return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": %s", r->path, r->line, what);
}

static kr_status out_of_memory(const reading *r) {
    return kr_fail(r->err, KR_MEMORY, "%s: no memory for the table", r->path);
}

/* ---- objects ------------------------------------------------------------------------------ */

static void skip_blanks(reading *r) {
    for (; r->at < r->end && memchr(" \t\r\n", *r->at, 4); r->at++) r->line += *r->at == '\n';
}

static void skip_to(reading *r, const char *behind) {
    for (; r->at < behind; r->at++) r->line += *r->at == '\n';
}

static bool take(reading *r, char c) {
    skip_blanks(r);
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

static void rewind_to(reading *r, const char *text) {
    bool has_mark = r->end - text >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
    r->at = text + (has_mark ? 3 : 0);
    r->line = 1;
    r->is_list = take(r, '[');
}

/* The next object; NULL: there is none. Free with cJSON_Delete. */
static kr_status next_object(reading *r, bool is_first, cJSON **out) {
    const char *behind = NULL;
    *out = NULL;
    skip_blanks(r);
    if (r->at == r->end) return r->is_list ? refuse(r, "the list is never closed with ]") : KR_OK;
    if (r->is_list && take(r, ']')) {
        skip_blanks(r);
        return r->at == r->end ? KR_OK : refuse(r, "something follows the list");
    }
    if (r->is_list && !is_first && !take(r, ',')) return refuse(r, "a comma is missing");
    skip_blanks(r);
    if (r->at == r->end || *r->at != '{') return refuse(r, "an object, {..}, is expected here");
    kr_status status = kr__json_parse(r->at, (size_t)(r->end - r->at), out, &behind);
    if (status == KR_MEMORY) return out_of_memory(r);
    if (status == KR_OK) return skip_to(r, behind), KR_OK;
    if (behind > r->at && behind <= r->end) skip_to(r, behind);
    return refuse(r, "is no JSON");
}

/* ---- cells -------------------------------------------------------------------------------- */

static kr_status add_cell(reading *r, const char *name, const cJSON *cell) {
    int64_t i = kr__name_set_find(&r->names, name);
    char shown[KR_QUOTE_SIZE];
    if (!r->made) {
        char *copy = i < 0 ? kr__arena_strdup(&r->arena, name) : NULL;
        if (i < 0 && r->names.n == MOST_COLUMNS) return refuse(r, "has too many names");
        return i >= 0 || (copy && kr__name_set_add(&r->names, copy) >= 0) ? KR_OK
                                                                          : out_of_memory(r);
    }
    if (r->cells[i]) {
        return kr_fail(r->err, KR_FORMAT, "%s:%" PRId64 ": has \"%s\" twice", r->path, r->line,
                       kr__quote(name, strlen(name), shown));
    }
    r->cells[i] = cell;
    return KR_OK;
}

/* name: of the object, with a point, n bytes. */
static kr_status add_object(reading *r, const cJSON *object, char *name, size_t n) {
    char shown[KR_QUOTE_SIZE];
    for (const cJSON *item = object->child; item; item = item->next) {
        size_t size = strlen(item->string);
        if (n + size + 2 > MOST_NAME) return refuse(r, "has a name that is too long");
        memcpy(name + n, item->string, size + 1);
        if (cJSON_IsObject(item)) {
            strcpy(name + n + size, ".");
            KR_TRY(add_object(r, item, name, n + size + 1));
        } else if (cJSON_IsArray(item)) {
            return kr_fail(r->err, KR_FORMAT,
                           "%s:%" PRId64 ": \"%s\" is a list; a cell needs one value", r->path,
                           r->line, kr__quote(name, n + size, shown));
        } else {
            KR_TRY(add_cell(r, name, item));
        }
    }
    return KR_OK;
}

/* Whole numbers without a point: they may be names. */
static const char *print_number(double value, char text[KR_NUMBER_TEXT]) {
    const double exact = 9007199254740992.0;
    if (value != floor(value) || fabs(value) >= exact) return kr__text_number(value, text);
    snprintf(text, KR_NUMBER_TEXT, "%.0f", value);
    return text;
}

static kr_status write_cell(reading *r, const cJSON *cell) {
    char number[KR_NUMBER_TEXT];
    const char *text = !cell || cJSON_IsNull(cell) ? ""
                       : cJSON_IsString(cell)      ? cell->valuestring
                       : cJSON_IsTrue(cell)        ? "true"
                       : cJSON_IsFalse(cell)       ? "false"
                                                   : print_number(cell->valuedouble, number);
    return kr__made_cell(r->made, text, strlen(text), r->err);
}

static kr_status write_row(reading *r) {
    for (int64_t i = 0; i < r->names.n; i++) {
        KR_TRY(write_cell(r, r->cells[i]));
        r->cells[i] = NULL;
    }
    return kr__made_line_end(r->made, r->err);
}

/* ---- the file ----------------------------------------------------------------------------- */

static kr_status read_objects(reading *r, const char *text) {
    char name[MOST_NAME];
    cJSON *object = NULL;
    rewind_to(r, text);
    for (bool is_first = true;; is_first = false) {
        KR_TRY(next_object(r, is_first, &object));
        if (!object) return KR_OK;
        kr_status status = add_object(r, object, name, 0);
        if (status == KR_OK && r->made) status = write_row(r);
        cJSON_Delete(object);
        KR_TRY(status);
    }
}

static kr_status write_all(reading *r, const char *text, kr__made_text *made) {
    KR_TRY(read_objects(r, text));
    if (r->names.n == 0) return refuse(r, "there are no rows: an object with names is needed");
    r->cells = kr__calloc((size_t)r->names.n, sizeof *r->cells);
    if (!r->cells) return out_of_memory(r);
    r->made = made;
    for (int64_t i = 0; i < r->names.n; i++) {
        KR_TRY(kr__made_cell(made, r->names.names[i], strlen(r->names.names[i]), r->err));
    }
    KR_TRY(kr__made_line_end(made, r->err));
    return read_objects(r, text);
}

static kr_status read_text(const char *name, const uint8_t *text, size_t n, kr__made_text *made,
                           kr_error *err) {
    reading r = {.path = name, .end = (const char *)text + n, .err = err};
    kr_status status = write_all(&r, (const char *)text, made);
    kr__name_set_deinit(&r.names);
    kr__arena_deinit(&r.arena);
    kr_free(r.cells);
    if (status == KR_OK) return KR_OK;
    kr_free(made->text);
    made->text = NULL;
    return status;
}

kr_status kr__json_lines_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                                    kr__made_text *made, kr_error *err) {
    *made = (kr__made_text){.name = name, .limit = kr__unpack_limit(n_bytes)};
    if (!kr__is_gzip(bytes, n_bytes)) return read_text(name, bytes, n_bytes, made, err);
    uint8_t *unpacked = NULL;
    size_t n = 0;
    KR_TRY(kr__gunzip(name, bytes, n_bytes, PTRDIFF_MAX, &unpacked, &n, err));
    kr_status status = read_text(name, unpacked, n, made, err);
    kr_free(unpacked);
    return status;
}

kr_status kr__json_lines_read(const char *path, kr__made_text *made, kr_error *err) {
    uint8_t *bytes = NULL;
    size_t n = 0;
    KR_TRY(kr__file_read(path, KR__LONGEST_TEXT, &bytes, &n, err));
    kr_status status = kr__json_lines_read_bytes(path, bytes, n, made, err);
    kr_free(bytes);
    return status;
}
