/* SPDX-License-Identifier: MIT
 * gaps.h - cells and rows that are missing from a table: found, counted, filled. */
#ifndef KR_GAPS_H
#define KR_GAPS_H

#include <kr/rows.h>

#include "tables/csv.h"
#include "tables/step_names.h"

/* Insert the rows that are missing between the dates, then fill every gap as `gaps` says. table was
 * read with keeps_gaps. frequency NULL: there are no dates, and no rows are inserted. missing:
 * (n_rows, n_columns) of the filled table, 1 where a value was filled; NULL when none was; free
 * with kr_free. KR_FORMAT: there are gaps and `gaps` is refuse (the sentence has their count and
 * the first place); dates go back, repeat or do not fit the step; a column has no value at all. The
 * table may grow to 16 times its rows at most. */
kr_status kr__gaps_fill(const char *name, const char *gaps, const kr_frequency *frequency,
                        kr_table *table, uint8_t **missing, kr_gaps_report *report, kr_error *err);

/* "12 of 400 rows (3 %) were filled: the dates follow steps of business days, with holidays", if
 * rows were inserted into these n_rows, with a step that leaves out days or hours, or many of them;
 * NULL: nothing of this to be said. Returns text. */
enum { KR__GAPS_TEXT = 2 * KR__STEP_WORDS };
const char *kr__gaps_share(const kr_gaps_report *report, int64_t n_rows,
                           const kr_frequency *frequency, char text[KR__GAPS_TEXT]);

#endif
