/* SPDX-License-Identifier: MIT
 * gaps.h - cells and rows that a table lacks: found, counted, filled. */
#ifndef KR_GAPS_H
#define KR_GAPS_H

#include <kr/csv.h>
#include <kr/frequency.h>

KR_BEGIN_DECLS

/* refuse: a gap is an error. linear: on the straight line between the neighbours, at an end like
 * the nearest value. ffill: like the value before (the next one at the start). model: as linear,
 * and the model is told which values are not real. */
#define KR_GAPS_CHOICES "refuse|linear|ffill|model"

typedef struct kr_gaps_report {
    int64_t n_rows;       /* that were missing and stand in the table now */
    int64_t n_cells;      /* that were empty in rows that were there */
    int64_t longest;      /* rows of the longest gap of one column */
    int64_t first_row;    /* of the first gap, in the filled table, from 0; -1: none */
    int64_t first_column; /* -1: the whole row was missing */
} kr_gaps_report;

/* Put in the rows that the grid of the dates lacks, then fill every gap as `gaps` says.
 * table was read with keeps_gaps. frequency may be NULL: no dates, no rows are put in. missing:
 * (n_rows, n_columns) of the filled table, 1 where a value was filled; NULL when there is none;
 * free with kr_free. KR_FORMAT: gaps were found and `gaps` is refuse (their count and the first
 * place); dates that go back, repeat or are off the grid; a column without any value. Rows grow to
 * 16 times what the table had at most. */
KR_API kr_status kr_gaps_fill(const char *name, const char *gaps, const kr_frequency *frequency,
                              kr_table *table, uint8_t **missing, kr_gaps_report *report,
                              kr_error *err);

KR_END_DECLS

#endif
