/* SPDX-License-Identifier: MIT
 * made_text.h - comma-separated text that is made from another kind of table, so that all kinds are
 * read in one way. */
#ifndef KR_MADE_TEXT_H
#define KR_MADE_TEXT_H

#include <kr/base.h>

/* Start with the name of the file and the most bytes; free text with kr_free. */
typedef struct kr__made_text {
    const char *name; /* for sentences */
    size_t limit;
    char *text; /* n bytes */
    size_t n, room;
    bool is_within_line; /* a cell came, the line has not ended */
} kr__made_text;

/* One cell more; in quotes where its text needs them. Line breaks in it become blanks, so that a
 * row is a line. KR_MEMORY, or KR_FORMAT beyond the limit. */
kr_status kr__made_cell(kr__made_text *made, const char *cell, size_t n, kr_error *err);
kr_status kr__made_line_end(kr__made_text *made, kr_error *err);

#endif
