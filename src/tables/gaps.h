/* SPDX-License-Identifier: MIT
 * gaps.h - cells and rows that a table lacks: found, counted, filled. */
#ifndef KR_GAPS_H
#define KR_GAPS_H

#include <kr/rows.h>

#include "tables/csv.h"

/* Put in the rows that the grid of the dates lacks, then fill every gap as `gaps` says.
 * table was read with keeps_gaps. frequency may be NULL: no dates, no rows are put in. missing:
 * (n_rows, n_columns) of the filled table, 1 where a value was filled; NULL when there is none;
 * free with kr_free. KR_FORMAT: gaps were found and `gaps` is refuse (their count and the first
 * place); dates that go back, repeat or are off the grid; a column without any value. Rows grow to
 * 16 times what the table had at most. */
kr_status kr__gaps_fill(const char *name, const char *gaps, const kr_frequency *frequency,
                        kr_table *table, uint8_t **missing, kr_gaps_report *report, kr_error *err);

#endif
