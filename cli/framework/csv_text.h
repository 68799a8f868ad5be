/* SPDX-License-Identifier: MIT
 * csv_text.h - text as a field of a CSV file (core/csv_writing.h). What a terminal shows is for
 * people: control characters are visible there (say.h). */
#ifndef KRAIT_CSV_TEXT_H
#define KRAIT_CSV_TEXT_H

#include "core/csv_writing.h"

/* In quotes where it needs them. */
void csv_write_text(FILE *out, const char *text);
/* With an ending of plain letters inside the same field: OT and _lower_80. */
void csv_write_name(FILE *out, const char *text, const char *ending);

/* A text that begins with words of the program and is no formula: in quotes where it needs them. */
void csv_write_own(FILE *out, const char *text);

/* How a stream shows characters; NULL: as they are. */
kr__csv_show csv_show_on(FILE *out);

/* A field of csv_write_text(), read and without its quotes, as the text that it stands for. */
const char *csv_skip_guard(const char *field);

#endif
