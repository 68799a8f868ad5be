/* SPDX-License-Identifier: MIT
 * csv_reader.h - the rows of a table while they are read: csv_rows.c reads all of them, csv_row.c
 * one, csv_end.c sees where they end. */
#ifndef KR_CSV_READER_H
#define KR_CSV_READER_H

#include "tables/csv_last.h"
#include "tables/csv_plan.h"
#include "tables/date_parts.h"
#include "tables/name_set.h"
#include "tables/row_blocks.h"

typedef struct kr__csv_reader {
    kr__csv_plan plan;
    kr__csv_scan scan;      /* of the text, or of a block of it */
    kr__row_blocks *blocks; /* NULL: the text is in memory */
    bool is_strip;          /* some rows, while others are read: the plan stays as it is */
    const kr_csv_options *options;
    const kr__cut *cut;
    const kr__file_strips *strips; /* of the file; NULL: it is not plain */
    bool is_part;      /* the text is the ends of a file, all of whose rows are wanted */
    bool wants_all;    /* of the text, because the ends do not say how it is read */
    kr__csv_last last; /* n_rows is 0 where all rows are read */
    bool has_more;     /* rows in front of these, which are read if all of these are totals */
    int64_t n_gaps, gap_line, gap_column; /* all gaps; where the first one was */
    kr__date_parts_row parts;             /* of this row */
    bool has_moment;                      /* a date has been read */
    int32_t first_offset;                 /* of it */
    int64_t n_unknown;                    /* words that no column was made for */
    char unknown[KR__CSV_CELL], unknown_column[KR__CSV_COLUMN]; /* the first */
    kr__name_set ids;
    kr__csv_field id; /* of the row that is read */
    kr_table *table;
    kr_table *turned; /* NULL, or instead of table */
    kr_error *err;    /* scan's too */
} kr__csv_reader;

/* All rows of the plan into the table, in order of time. */
kr_status kr__csv_read_rows(kr__csv_reader *r);

/* The row at the scan becomes the last of the table, which has room for it. KR_FORMAT: a cell that
 * does not fit the plan, or another number of fields. */
kr_status kr__csv_read_row(kr__csv_reader *r);
kr_status kr__csv_out_of_memory(const kr__csv_reader *r);

/* A row at start that could not be read: a header that is repeated, as in files that were put one
 * behind the other, is skipped. False: it is none. */
bool kr__csv_skip_header(kr__csv_reader *r, kr__csv_scan start);
/* From such a row on, are there only totals, remarks and lines with nothing in them? Then they are
 * left out. */
bool kr__csv_leave_out_totals(kr__csv_reader *r, kr__csv_scan start);

#endif
