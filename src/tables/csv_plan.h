/* SPDX-License-Identifier: MIT
 * csv_plan.h - how each field of a CSV file is read: all decisions that are made before its rows.
 */
#ifndef KR_CSV_PLAN_H
#define KR_CSV_PLAN_H

#include "tables/csv.h"
#include "tables/csv_fields.h"
#include "tables/reading.h"

typedef struct kr__csv_plan {
    kr__csv_scan scan;  /* at the first row */
    const char *header; /* its line, with the end; header_size 0: there is none */
    size_t header_size;
    kr__reading reading;          /* if its wide.n_dates is above 0, nothing else is planned */
    const kr__reading *before;    /* of an earlier file; NULL: there is none */
    int64_t n_fields;             /* of every row; reading.columns has as many */
    int64_t date_field, id_field; /* -1: none */
    bool has_parts;               /* of dates, in further columns */
    bool is_id_by_blocks;         /* all rows say which column is the id */
    int64_t n_outputs;
    char **outputs; /* n_outputs: names of the columns of numbers, as they follow one another */
    /* n_fields. Numbers, percents, booleans: NULL and true. Categories: for each word the place of
     * its column, counted from the first of this field's, -1: nobody wants it; and their number. */
    bool *is_read;
    int64_t **places;
    int64_t *n_places;
    bool *has_fixed_words; /* further words are no error, but said */
    char **unread;         /* n_unread */
    int64_t n_unread;
    kr__wide wide;  /* n_dates is above 0: nothing else is planned (turned.h) */
    char *notes[3]; /* n_notes: "1: .." what was made of the names in a line */
    int n_notes;
} kr__csv_plan;

/* scan is at the start of the text. What the plan points to lies in arena or in the text.
 * Errors as of kr__csv_read(). */
kr_status kr__csv_plan_make(const kr__csv_scan *scan, const kr__table_text *text,
                            const kr_csv_options *options, kr_arena *arena, kr__csv_plan *plan);

/* `column "OT"`, or `column 3` where it has no name. Returns text. */
enum { KR__CSV_COLUMN = 64 };
const char *kr__csv_describe_column(const kr__csv_plan *plan, int64_t field,
                                    char text[KR__CSV_COLUMN]);

/* A name, bounded: a file that is no table may be one line. */
kr_status kr__csv_name(const kr__csv_scan *scan, kr__csv_field f, kr_arena *arena, char **name);

#endif
