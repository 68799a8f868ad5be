/* SPDX-License-Identifier: MIT
 * xlsx.c - which part of a workbook holds the sheet. */
#include "tables/xlsx.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/text.h"
#include "files/unpack_limit.h"
#include "tables/xlsx_internal.h"

enum { MOST_SHEETS = 10000 };

typedef struct sheet {
    char *name, *relation, *member;
    bool is_hidden;
} sheet;

/* What xl/workbook.xml and its relations say. */
typedef struct listing {
    const char *path;
    sheet *sheets;
    int64_t n;
    bool is_from_1904;
    kr_arena arena;
    kr_error *err;
} listing;

static kr_status out_of_memory(const listing *l) {
    return kr_fail(l->err, KR_MEMORY, "%s: no memory for its sheets", l->path);
}

/* ---- the list of sheets ----------------------------------------------------------------- */

static kr_status add_sheet(listing *l, const char *const *attributes) {
    const char *name = kr__xml_attribute(attributes, "name");
    const char *relation = kr__xml_attribute(attributes, "id");
    const char *state = kr__xml_attribute(attributes, "state");
    if (!name || !relation || l->n == MOST_SHEETS) return KR_OK;
    sheet *s = &l->sheets[l->n++];
    s->name = kr__arena_strdup(&l->arena, name);
    s->relation = kr__arena_strdup(&l->arena, relation);
    s->is_hidden = state && strcmp(state, "visible") != 0;
    return s->name && s->relation ? KR_OK : out_of_memory(l);
}

static kr_status start_in_book(void *user, const char *name, const char *const *attributes) {
    listing *l = user;
    if (strcmp(name, "sheet") == 0) return add_sheet(l, attributes);
    if (strcmp(name, "workbookPr") == 0) {
        const char *from = kr__xml_attribute(attributes, "date1904");
        l->is_from_1904 = from && (strcmp(from, "1") == 0 || strcmp(from, "true") == 0);
    }
    return KR_OK;
}

/* "/xl/worksheets/sheet1.xml", or "worksheets/sheet1.xml" beside the workbook. */
static char *member_of(listing *l, const char *target) {
    if (*target == '/') return kr__arena_strdup(&l->arena, target + 1);
    size_t size = strlen(target) + sizeof "xl/";
    char *member = kr__arena_alloc(&l->arena, size, 1);
    if (member) snprintf(member, size, "xl/%s", target);
    return member;
}

/* Charts on sheets of their own are no worksheets. */
static kr_status start_in_relations(void *user, const char *name, const char *const *attributes) {
    listing *l = user;
    const char *id = kr__xml_attribute(attributes, "Id");
    const char *target = kr__xml_attribute(attributes, "Target");
    const char *type = kr__xml_attribute(attributes, "Type");
    if (strcmp(name, "Relationship") != 0 || !id || !target || !type) return KR_OK;
    if (!kr__text_ends(type, "/worksheet")) return KR_OK;
    for (int64_t i = 0; i < l->n; i++) {
        sheet *s = &l->sheets[i];
        if (s->member || strcmp(s->relation, id) != 0) continue;
        s->member = member_of(l, target);
        if (!s->member) return out_of_memory(l);
    }
    return KR_OK;
}

static kr_status list_sheets(listing *l, kr__zip *zip) {
    const kr__xml_calls in_book = {.start = start_in_book};
    const kr__xml_calls in_relations = {.start = start_in_relations};
    l->sheets = kr__arena_alloc(&l->arena, MOST_SHEETS, sizeof *l->sheets);
    if (!l->sheets) return out_of_memory(l);
    if (kr__zip_find(zip, "xl/workbook.xml") < 0) {
        return kr_fail(l->err, KR_FORMAT,
                       "%s: is a zip file without a workbook; save the table as .xlsx or .csv",
                       l->path);
    }
    KR_TRY(kr__xml_read(zip, "xl/workbook.xml", &in_book, l, l->err));
    KR_TRY(kr__xml_read(zip, "xl/_rels/workbook.xml.rels", &in_relations, l, l->err));
    int64_t kept = 0;
    for (int64_t i = 0; i < l->n; i++) {
        if (l->sheets[i].member) l->sheets[kept++] = l->sheets[i];
    }
    l->n = kept;
    if (kept > 0) return KR_OK;
    return kr_fail(l->err, KR_FORMAT, "%s: has no sheet of cells", l->path);
}

/* ---- choosing --------------------------------------------------------------------------- */

static kr_status refuse_name(const listing *l, const char *wanted) {
    kr_few few = {0};
    for (int64_t i = 0; i < l->n; i++) kr__few_add(&few, l->sheets[i].name);
    return kr_fail(l->err, KR_USAGE,
                   "%s: has no sheet \"%.80s\"; name one of its %" PRId64 " with `sheet`: %s",
                   l->path, wanted, l->n, few.names);
}

static kr_status choose_sheet(const listing *l, const char *wanted, kr_team *team,
                              const sheet **out) {
    int64_t number = 0, first = 0;
    for (int64_t i = 0; wanted && i < l->n; i++) {
        if (strcmp(l->sheets[i].name, wanted) != 0) continue;
        *out = &l->sheets[i];
        return KR_OK;
    }
    if (wanted) {
        bool is_number = kr__text_int(wanted, &number) && number >= 1 && number <= l->n;
        if (!is_number) return refuse_name(l, wanted);
        *out = &l->sheets[number - 1];
        return KR_OK;
    }
    while (first + 1 < l->n && l->sheets[first].is_hidden) first++;
    *out = &l->sheets[first];
    if (l->n > 1) {
        kr_team_log(team, KR_LOG_NOTE,
                    "%s: sheet \"%.80s\" is read, one of %" PRId64 "; `sheet` names another",
                    l->path, l->sheets[first].name, l->n);
    }
    return KR_OK;
}

/* ---- the file --------------------------------------------------------------------------- */

/* An old .xls begins like this, and so does an .xlsx with a password. */
static bool is_old(const char *path) {
    static const uint8_t mark[8] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
    uint8_t bytes[sizeof mark] = {0};
    FILE *stream = NULL;
    size_t n_bytes = 0;
    if (kr__file_open(path, PTRDIFF_MAX, &stream, &n_bytes, NULL) != KR_OK) return false;
    bool is_same = fread(bytes, sizeof bytes, 1, stream) == 1 && memcmp(bytes, mark, 8) == 0;
    fclose(stream);
    return is_same;
}

static kr_status read_book(listing *l, kr__xlsx_book *book, const char *wanted, kr_team *team,
                           kr__made_text *made) {
    const sheet *chosen = NULL;
    KR_TRY(list_sheets(l, book->zip));
    KR_TRY(choose_sheet(l, wanted, team, &chosen));
    book->is_from_1904 = l->is_from_1904;
    KR_TRY(kr__xlsx_read_texts(book, l->err));
    KR_TRY(kr__xlsx_read_kinds(book, l->err));
    return kr__xlsx_read_sheet(book, chosen->member, made, l->err);
}

static kr_status read_zip(kr__zip *zip, const char *wanted, kr_team *team, kr__made_text *made,
                          kr_error *err) {
    listing l = {.path = kr__zip_path(zip), .err = err};
    kr__xlsx_book book = {.zip = zip};
    kr_status status = read_book(&l, &book, wanted, team, made);
    kr_free(book.texts);
    kr_free(book.text_end);
    kr_free(book.kinds);
    kr__arena_deinit(&l.arena);
    if (status == KR_OK) return KR_OK;
    kr_free(made->text);
    made->text = NULL;
    return status;
}

kr_status kr__xlsx_read(const char *path, const char *wanted, kr_team *team, kr__made_text *made,
                        kr_error *err) {
    kr__zip *zip = NULL;
    if (is_old(path)) {
        return kr_fail(err, KR_FORMAT,
                       "%s: is an old Excel file, or one with a password; save it as .xlsx "
                       "without a password, or as .csv",
                       path);
    }
    KR_TRY(kr__zip_open(path, &zip, err));
    size_t limit = kr__unpack_limit((size_t)kr__zip_file_size(zip));
    *made = (kr__made_text){.name = path, .limit = limit};
    kr_status status = read_zip(zip, wanted, team, made, err);
    kr__zip_close(zip);
    return status;
}

kr_status kr__xlsx_read_bytes(const char *name, const uint8_t *bytes, size_t n_bytes,
                              kr__made_text *made, kr_error *err) {
    kr__zip *zip = NULL;
    KR_TRY(kr__zip_open_memory(name, bytes, n_bytes, &zip, err));
    *made = (kr__made_text){.name = name, .limit = kr__unpack_limit(n_bytes)};
    kr_status status = read_zip(zip, NULL, NULL, made, err);
    kr__zip_close(zip);
    return status;
}
