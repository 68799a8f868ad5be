/* SPDX-License-Identifier: MIT
 * xlsx_parts.c - the texts and the formats that cells of a workbook refer to by number. */
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "tables/xlsx_internal.h"

static kr_status out_of_memory(const kr__xlsx_book *book, kr_error *err) {
    return kr_fail(err, KR_MEMORY, "%s: no memory for its texts", kr__zip_path(book->zip));
}

/* ---- texts ------------------------------------------------------------------------------ */

typedef struct texts {
    kr__xlsx_book *book;
    bool is_in_text; /* inside t */
    int n_phonetic;  /* inside rPh, which says how a text is spoken */
    kr_error *err;
} texts;

static kr_status start_text(void *user, const char *name, const char *const *attributes) {
    texts *t = user;
    (void)attributes;
    if (strcmp(name, "rPh") == 0) t->n_phonetic++;
    if (strcmp(name, "t") == 0) t->is_in_text = t->n_phonetic == 0;
    return KR_OK;
}

static kr_status add_text(void *user, const char *text, size_t n) {
    texts *t = user;
    kr__xlsx_book *book = t->book;
    if (!t->is_in_text) return KR_OK;
    char *larger = kr__grow(book->texts, &book->bytes_room, book->n_bytes + n, 1);
    if (!larger) return out_of_memory(book, t->err);
    book->texts = larger;
    memcpy(larger + book->n_bytes, text, n);
    book->n_bytes += n;
    return KR_OK;
}

static kr_status end_text(void *user, const char *name) {
    texts *t = user;
    kr__xlsx_book *book = t->book;
    if (strcmp(name, "rPh") == 0) t->n_phonetic--;
    if (strcmp(name, "t") == 0) t->is_in_text = false;
    if (strcmp(name, "si") != 0) return KR_OK;
    size_t *larger = kr__grow(book->text_end, &book->texts_room, book->n_texts + 1, sizeof *larger);
    if (!larger) return out_of_memory(book, t->err);
    book->text_end = larger;
    larger[book->n_texts++] = book->n_bytes;
    return KR_OK;
}

kr_status kr__xlsx_read_texts(kr__xlsx_book *book, kr_error *err) {
    const kr__xml_calls calls = {start_text, end_text, add_text};
    texts t = {.book = book, .err = err};
    if (kr__zip_find(book->zip, "xl/sharedStrings.xml") < 0) return KR_OK;
    return kr__xml_read(book->zip, "xl/sharedStrings.xml", &calls, &t, err);
}

/* ---- formats ---------------------------------------------------------------------------- */

/* Of the formats that have a number and no text. */
static kr__xlsx_kind kind_of_number(int64_t format) {
    bool is_date = (format >= 14 && format <= 17) || format == 22 ||
                   (format >= 27 && format <= 31) || format == 36 || (format >= 50 && format <= 58);
    bool is_time = (format >= 18 && format <= 21) || (format >= 32 && format <= 35);
    return is_date ? KR__XLSX_DATE : is_time ? KR__XLSX_TIME : KR__XLSX_NUMBER;
}

/* Behind what stands for itself: "text", \c, _c and *c (a width, a filler), [Red]. */
static const char *skip_literal(const char *c) {
    if (*c == '"' || *c == '[') {
        const char *end = strchr(c + 1, *c == '"' ? '"' : ']');
        return end ? end + 1 : c + strlen(c);
    }
    return (*c == '\\' || *c == '_' || *c == '*') && c[1] ? c + 2 : NULL;
}

/* Hours that count on beyond a day, [h], are a length of time: a number. */
kr__xlsx_kind kr__xlsx_kind_of(const char *format) {
    bool has_day = false, has_clock = false, has_month = false;
    for (const char *c = format; *c && *c != ';';) {
        const char *behind = skip_literal(c);
        if (behind && *c == '[' && strchr("hHmMsS", c[1]) && c[1]) return KR__XLSX_NUMBER;
        if (!behind) {
            has_day |= strchr("yYdD", *c) != NULL;
            has_clock |= strchr("hHsS", *c) != NULL;
            has_month |= *c == 'm' || *c == 'M'; /* months, or minutes beside hours */
        }
        c = behind ? behind : c + 1;
    }
    if (strcmp(format, "General") == 0) return KR__XLSX_NUMBER;
    if (has_day) return KR__XLSX_DATE;
    if (has_clock) return KR__XLSX_TIME;
    return has_month ? KR__XLSX_DATE : KR__XLSX_NUMBER;
}

typedef struct custom_format {
    int64_t number;
    kr__xlsx_kind kind;
} custom_format;

typedef struct formats {
    kr__xlsx_book *book;
    custom_format *custom;
    size_t n_custom, room;
    bool is_in_cells; /* inside cellXfs, whose items cells refer to */
    kr_error *err;
} formats;

static kr_status add_custom(formats *f, const char *const *attributes) {
    const char *number = kr__xml_attribute(attributes, "numFmtId");
    const char *code = kr__xml_attribute(attributes, "formatCode");
    custom_format format = {0};
    if (!number || !code || !kr__text_int(number, &format.number)) return KR_OK;
    format.kind = kr__xlsx_kind_of(code);
    custom_format *larger = kr__grow(f->custom, &f->room, f->n_custom + 1, sizeof *larger);
    if (!larger) return out_of_memory(f->book, f->err);
    f->custom = larger;
    larger[f->n_custom++] = format;
    return KR_OK;
}

static kr_status add_style(formats *f, const char *const *attributes) {
    kr__xlsx_book *book = f->book;
    const char *text = kr__xml_attribute(attributes, "numFmtId");
    int64_t number = 0;
    if (text && !kr__text_int(text, &number)) number = 0;
    kr__xlsx_kind kind = kind_of_number(number);
    for (size_t i = 0; i < f->n_custom; i++) {
        if (f->custom[i].number == number) kind = f->custom[i].kind;
    }
    uint8_t *larger = kr__grow(book->kinds, &book->kinds_room, book->n_kinds + 1, 1);
    if (!larger) return out_of_memory(book, f->err);
    book->kinds = larger;
    larger[book->n_kinds++] = (uint8_t)kind;
    return KR_OK;
}

static kr_status start_style(void *user, const char *name, const char *const *attributes) {
    formats *f = user;
    if (strcmp(name, "numFmt") == 0) return add_custom(f, attributes);
    if (strcmp(name, "cellXfs") == 0) f->is_in_cells = true;
    return f->is_in_cells && strcmp(name, "xf") == 0 ? add_style(f, attributes) : KR_OK;
}

static kr_status end_style(void *user, const char *name) {
    formats *f = user;
    if (strcmp(name, "cellXfs") == 0) f->is_in_cells = false;
    return KR_OK;
}

kr_status kr__xlsx_read_kinds(kr__xlsx_book *book, kr_error *err) {
    const kr__xml_calls calls = {.start = start_style, .end = end_style};
    formats f = {.book = book, .err = err};
    if (kr__zip_find(book->zip, "xl/styles.xml") < 0) return KR_OK;
    kr_status status = kr__xml_read(book->zip, "xl/styles.xml", &calls, &f, err);
    kr_free(f.custom);
    return status;
}
