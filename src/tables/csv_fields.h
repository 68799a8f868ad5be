/* SPDX-License-Identifier: MIT
 * csv_fields.h - text with fields between commas, semicolons or tabs, field by field. */
#ifndef KR_CSV_FIELDS_H
#define KR_CSV_FIELDS_H

#include <kr/base.h>

#include "core/arena.h"
#include "tables/table_text.h"

typedef struct kr__csv_field {
    const char *text;
    size_t size;
    bool is_quoted; /* "" inside means " */
} kr__csv_field;

/* A place in the text. name is what sentences call the file. */
typedef struct kr__csv_scan {
    const char *name;
    const char *at, *end;
    int64_t line; /* of `at`, from 1; the caller adds one when the last field of a line is taken */
    char delimiter; /* a blank: any number of them */
    kr_error *err;
} kr__csv_scan;

/* Go to the first line that is not empty; fields are separated by commas until s->delimiter is
 * changed. text is opened, and to be closed also on failure. */
kr_status kr__csv_start(const char *name, const uint8_t *bytes, size_t n_bytes, size_t max_bytes,
                        kr__csv_scan *s, kr__table_text *text, kr_error *err);
/* The next field, with the blanks around it, and whether it is the last one of its line. A quoted
 * one may go over several lines; s->line is then its last. */
kr_status kr__csv_take_field(kr__csv_scan *s, kr__csv_field *f, bool *is_last);
/* And, between vertical bars, rules: lines of dashes alone. */
void kr__csv_skip_blank_lines(kr__csv_scan *s);
/* Behind the row at s->at, into the next line. */
kr_status kr__csv_skip_row(kr__csv_scan *s);

kr__csv_field kr__csv_trim(kr__csv_field f);
kr__csv_field kr__csv_trim_name(const char *name);
/* Without regard to blanks around either; called: nor to case. */
bool kr__csv_is_name(const char *a, const char *b);
bool kr__csv_is_called(const char *a, const char *b);
/* The number of up to nine digits that a name ends with, V12; -1: none. *n_prefix: the bytes before
 * it. */
int64_t kr__csv_number_at_end(kr__csv_field name, size_t *n_prefix);
/* A copy. Ends of lines become blanks, other control characters ?. Of apostrophes before = + - @, a
 * tab or a carriage return, which keep a spreadsheet from taking a name for a formula, the first is
 * left out. NULL: out of memory. */
char *kr__csv_copy_name(kr_arena *arena, kr__csv_field f);
/* A cell made safe for a sentence. Returns text. */
enum { KR__CSV_CELL = 48 };
const char *kr__csv_show_cell(kr__csv_field f, char text[KR__CSV_CELL]);

#endif
