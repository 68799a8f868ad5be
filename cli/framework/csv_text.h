/* SPDX-License-Identifier: MIT
 * csv_text.h - text as a field of a CSV file. */
#ifndef KRAIT_CSV_TEXT_H
#define KRAIT_CSV_TEXT_H

#include <stdio.h>

/* In quotes where it needs them. */
void csv_write_text(FILE *out, const char *text);
/* With an ending of plain letters inside the same field: OT and _lower_80. */
void csv_write_name(FILE *out, const char *text, const char *ending);

#endif
