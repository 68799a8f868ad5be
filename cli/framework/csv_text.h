/* SPDX-License-Identifier: MIT
 * csv_text.h - text as a field of a CSV file.
 *
 * A spreadsheet takes a field that starts with = + - @, a tab or a carriage return for a formula,
 * and names come from files. Such a text gets an apostrophe before it, which spreadsheets show as
 * text, unless it is a number; so does a text with apostrophes before one of these, and krait's
 * reader takes one apostrophe off again (tables/csv_fields.h): each name comes back as it was. */
#ifndef KRAIT_CSV_TEXT_H
#define KRAIT_CSV_TEXT_H

#include <stdio.h>

/* In quotes where it needs them. What a terminal shows is for people: control characters are
 * visible there (say.h). */
void csv_write_text(FILE *out, const char *text);
/* With an ending of plain letters inside the same field: OT and _lower_80. */
void csv_write_name(FILE *out, const char *text, const char *ending);
/* A text that begins with words of the program and is no formula: in quotes where it needs them. */
void csv_write_own(FILE *out, const char *text);

/* A field of csv_write_text(), read and without its quotes, as the text that it stands for. */
const char *csv_skip_guard(const char *field);

#endif
