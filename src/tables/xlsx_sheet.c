/* SPDX-License-Identifier: MIT
 * xlsx_sheet.c - the cells of a sheet. It is read twice: first to see which columns it uses, then
 * to write them down. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/datetime.h"
#include "core/text.h"
#include "files/array_internal.h"
#include "tables/xlsx_internal.h"

enum { MOST_ROWS = 1048576, MOST_COLUMNS = 16384 };

typedef struct reading {
    const kr__xlsx_book *book;
    const char *path;
    kr__made_text *made; /* NULL: only look */
    int64_t first, last; /* columns with content, from 0; last < first: none yet */
    int64_t row;         /* of the open row, from 1; lines so far */
    int64_t n_lines;
    int64_t column; /* of the open cell */
    int64_t next;   /* column to be written next */
    char type[12];  /* of the open cell: "" or n: a number, s: a shared text, .. */
    size_t style;
    bool is_in_value; /* inside v or t */
    int n_phonetic;
    char *value; /* of the open cell, n_value bytes */
    size_t n_value, value_room;
    kr_error *err;
} reading;

/* ---- where a cell is ---------------------------------------------------------------------- */

/* "BC12" -> 54; -1: no such column. */
static int64_t column_of(const char *reference) {
    int64_t column = 0;
    for (const char *c = reference; *c >= 'A' && *c <= 'Z'; c++) {
        column = column * 26 + (*c - 'A' + 1);
        if (column > MOST_COLUMNS) return -1;
    }
    return column - 1;
}

static kr_status start_row(reading *r, const char *const *attributes) {
    const char *number = kr__xml_attribute(attributes, "r");
    int64_t row = r->row + 1;
    if (number && (!kr__text_int(number, &row) || row <= r->row)) row = -1;
    if (row < 1 || row > MOST_ROWS) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64 " of the sheet is followed by \"%.20s\"", r->path, r->row,
                       number ? number : "another one too many");
    }
    r->row = row;
    r->column = -1;
    r->next = r->first;
    return KR_OK;
}

static kr_status start_cell(reading *r, const char *const *attributes) {
    const char *reference = kr__xml_attribute(attributes, "r");
    const char *type = kr__xml_attribute(attributes, "t");
    const char *style = kr__xml_attribute(attributes, "s");
    int64_t column = reference ? column_of(reference) : r->column + 1, number = 0;
    if (column <= r->column || column >= MOST_COLUMNS) {
        return kr_fail(r->err, KR_FORMAT, "%s: row %" PRId64 ": cell \"%.20s\" is out of order",
                       r->path, r->row, reference ? reference : "");
    }
    r->column = column;
    snprintf(r->type, sizeof r->type, "%s", type ? type : "");
    r->style = style && kr__text_int(style, &number) && number >= 0 ? (size_t)number : SIZE_MAX;
    r->n_value = 0;
    return KR_OK;
}

/* ---- what a cell holds -------------------------------------------------------------------- */

/* Days since the end of 1899, or the start of 1904, to text: 2024-01-31, with the time of day where
 * there is one, or that alone. Excel has a 29 February 1900; before it the count is one less. */
static bool date_text(const reading *r, double serial, bool is_time, char text[KR_DATETIME_TEXT]) {
    enum { AFTER_LAST = 2958466, FROM_1904 = 1462, TO_1970 = 25569, DAY_TEXT = 10 };
    const int64_t milli = KR__SECOND / 1000, millis_a_day = KR__DAY / milli;
    if (!(serial >= 0 && serial < AFTER_LAST)) return false;
    int64_t micros = (int64_t)llround(serial * (double)millis_a_day) * milli;
    int64_t days = micros / KR__DAY;
    int64_t shift = r->book->is_from_1904 ? FROM_1904 : days < 60 ? 1 : 0;
    kr__datetime_text(micros + (shift - TO_1970) * KR__DAY, text);
    if (is_time && days == 0) {
        memmove(text, text + DAY_TEXT + 1, strlen(text + DAY_TEXT));
    } else if (micros % KR__DAY == 0) {
        text[*text ? DAY_TEXT : 0] = '\0';
    }
    return *text != '\0';
}

/* A number, or the date that its format makes of it. */
static kr_status write_number(reading *r) {
    char text[KR_DATETIME_TEXT], *end = NULL;
    kr__xlsx_kind kind =
        r->style < r->book->n_kinds ? (kr__xlsx_kind)r->book->kinds[r->style] : KR__XLSX_NUMBER;
    if (kind != KR__XLSX_NUMBER) {
        double serial = kr__text_strtod(r->value, &end);
        bool is_whole = end != r->value && *end == '\0';
        if (is_whole && date_text(r, serial, kind == KR__XLSX_TIME, text)) {
            return kr__made_cell(r->made, text, strlen(text), r->err);
        }
    }
    return kr__made_cell(r->made, r->value, r->n_value, r->err);
}

static kr_status write_shared(reading *r) {
    const kr__xlsx_book *book = r->book;
    int64_t i = -1;
    if (!kr__text_int(r->value, &i) || i < 0 || (uint64_t)i >= book->n_texts) {
        return kr_fail(r->err, KR_FORMAT,
                       "%s: row %" PRId64 ": a cell refers to text %.20s, and there are %zu",
                       r->path, r->row, r->value, book->n_texts);
    }
    size_t from = i > 0 ? book->text_end[i - 1] : 0;
    return kr__made_cell(r->made, book->texts + from, book->text_end[i] - from, r->err);
}

static kr_status write_value(reading *r) {
    if (strcmp(r->type, "s") == 0) return write_shared(r);
    if (strcmp(r->type, "b") == 0) {
        bool is_true = strcmp(r->value, "1") == 0;
        return kr__made_cell(r->made, is_true ? "TRUE" : "FALSE", is_true ? 4 : 5, r->err);
    }
    if (r->type[0] == '\0' || strcmp(r->type, "n") == 0) return write_number(r);
    return kr__made_cell(r->made, r->value, r->n_value, r->err);
}

static kr_status end_cell(reading *r) {
    if (r->n_value == 0) return KR_OK;
    if (!r->made) {
        if (r->last < r->first || r->column < r->first) r->first = r->column;
        if (r->column > r->last) r->last = r->column;
        return KR_OK;
    }
    for (; r->next < r->column; r->next++) KR_TRY(kr__made_cell(r->made, "", 0, r->err));
    r->next = r->column + 1;
    return write_value(r);
}

/* Lines for rows that are not there, too: the number of a line is that of its row. */
static kr_status end_row(reading *r) {
    if (!r->made || r->next == r->first) return KR_OK; /* nothing in it */
    for (; r->next <= r->last; r->next++) KR_TRY(kr__made_cell(r->made, "", 0, r->err));
    r->n_lines++;
    return kr__made_line_end(r->made, r->err);
}

static kr_status fill_lines(reading *r) {
    for (; r->made && r->n_lines + 1 < r->row; r->n_lines++) {
        KR_TRY(kr__made_line_end(r->made, r->err));
    }
    return KR_OK;
}

/* ---- the sheet ---------------------------------------------------------------------------- */

static kr_status start(void *user, const char *name, const char *const *attributes) {
    reading *r = user;
    if (strcmp(name, "row") == 0) return start_row(r, attributes);
    if (strcmp(name, "c") == 0) return start_cell(r, attributes);
    if (strcmp(name, "rPh") == 0) r->n_phonetic++;
    bool is_value = strcmp(name, "v") == 0 || (strcmp(name, "t") == 0 && r->n_phonetic == 0);
    if (is_value) r->is_in_value = true;
    return KR_OK;
}

static kr_status take_text(void *user, const char *text, size_t n) {
    reading *r = user;
    if (!r->is_in_value) return KR_OK;
    char *larger = kr__grow(r->value, &r->value_room, r->n_value + n + 1, 1);
    if (!larger) return kr_fail(r->err, KR_MEMORY, "%s: no memory for a cell", r->path);
    r->value = larger;
    memcpy(larger + r->n_value, text, n);
    r->n_value += n;
    larger[r->n_value] = '\0';
    return KR_OK;
}

static kr_status end(void *user, const char *name) {
    reading *r = user;
    if (strcmp(name, "rPh") == 0) r->n_phonetic--;
    if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) r->is_in_value = false;
    if (strcmp(name, "row") == 0) return end_row(r);
    if (strcmp(name, "c") != 0) return KR_OK;
    if (r->n_value > 0 && r->next == r->first) KR_TRY(fill_lines(r));
    return end_cell(r);
}

static kr_status read_once(reading *r, kr__zip *zip, const char *member) {
    const kr__xml_calls calls = {start, end, take_text};
    r->row = r->n_lines = 0;
    return kr__xml_read(zip, member, &calls, r, r->err);
}

kr_status kr__xlsx_read_sheet(kr__xlsx_book *book, const char *member, kr__made_text *made,
                              kr_error *err) {
    reading r = {.book = book, .path = made->name, .last = -1, .err = err};
    kr_status status = read_once(&r, book->zip, member);
    if (status == KR_OK && r.last < r.first) {
        status = kr_fail(err, KR_FORMAT, "%s: the sheet has no cells with content", made->name);
    }
    r.made = made;
    if (status == KR_OK) status = read_once(&r, book->zip, member);
    kr_free(r.value);
    return status;
}
