/* SPDX-License-Identifier: MIT
 * dialect.h - how the text of a table is divided: what stands above it, delimiter, header, units.
 *
 * Decided in three steps, each from what the one before has found: kr__dialect_find_lines(), then
 * the sample, then kr__dialect_find_header() (csv_sample.c has the last two). */
#ifndef KR_DIALECT_H
#define KR_DIALECT_H

#include "tables/csv_fields.h"
#include "tables/reading.h"

/* Skip a sep= line and what stands above the header, and find the delimiter: s is at the first line
 * of the table then. before: an earlier reading of such files; NULL: none. */
kr_status kr__dialect_find_lines(kr__csv_scan *s, const kr__given *given, const kr__reading *before,
                                 kr__reading *reading);

/* Lines that show what the columns are: the first, then some of the middle and of the end. Lines
 * with another number of fields are left out; whoever reads them complains. */
typedef struct kr__csv_sample {
    int64_t n_fields, n_rows;
    int64_t n_first;      /* of them, the first rows, which follow one another in the file */
    kr__csv_field *cells; /* (n_rows, n_fields), without blanks around them; in the arena */
} kr__csv_sample;

/* Does the line at s, of n_fields names, lack that of the first column? So it is in tables of R:
 * every row has a cell more, and their first ones are words or dates, or count the rows. Not with
 * commas, where 1,5 may be a number. */
bool kr__csv_lacks_name(const kr__csv_scan *s, int64_t n_fields);
/* From s on, which stays. n_fields: with the name that is lacking. Cells that missing lists are
 * empty. KR_MEMORY. */
kr_status kr__csv_sample_take(const kr__csv_scan *s, int64_t n_fields, bool lacks_name,
                              const char *missing, kr_arena *arena, kr__csv_sample *out);

/* Are the first rows of the sample names and units? They are taken out of the sample, the names to
 * *header (n_fields; NULL: there is no header). */
kr_status kr__dialect_find_header(const kr__given *given, const kr__reading *before,
                                  kr__csv_sample *sample, kr__csv_field **header,
                                  kr__reading *reading, kr_error *err);

/* What kind of thing a cell is, by any format. */
typedef enum kr__cell_kind {
    KR__CELL_GAP,
    KR__CELL_NUMBER,
    KR__CELL_DATE,
    KR__CELL_CLOCK,
    KR__CELL_TEXT,
    KR__N_CELL_KINDS
} kr__cell_kind;
kr__cell_kind kr__cell_kind_of(kr__csv_field cell);

#endif
