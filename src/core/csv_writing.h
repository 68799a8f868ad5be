/* SPDX-License-Identifier: MIT
 * csv_writing.h - text as a field of a CSV file.
 *
 * A spreadsheet takes a field that starts with = + - @, a tab or a carriage return for a formula,
 * and names come from files. Such a text gets an apostrophe before it, which spreadsheets show as
 * text, unless it is a number; so does a text with apostrophes before one of these, and krait's
 * reader takes one apostrophe off again (tables/csv_fields.h): each name comes back as it was. */
#ifndef KR_CSV_WRITING_H
#define KR_CSV_WRITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Writes the first character of text, returns its bytes; NULL in its place: as it is. */
typedef size_t (*kr__csv_show)(const char *text, FILE *out);

/* In quotes where it needs them, with an ending of plain letters inside the same field: OT and
 * _lower_80. */
void kr__csv_write_name(FILE *out, const char *text, const char *ending, kr__csv_show show);
/* A text that begins with words of krait and is no formula: in quotes where it needs them. */
void kr__csv_write_own(FILE *out, const char *text, kr__csv_show show);

/* A comma, and a number with nine digits, nothing where it is NaN. */
void kr__csv_write_number(FILE *out, double value);

/* Behind apostrophes, if there are any. */
bool kr__csv_begins_formula(const char *text);

#endif
