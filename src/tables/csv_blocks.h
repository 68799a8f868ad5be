/* SPDX-License-Identifier: MIT
 * csv_blocks.h - rows without dates whose series follow one another: a column names the series of a
 * row, and each name stands in one run of rows. */
#ifndef KR_CSV_BLOCKS_H
#define KR_CSV_BLOCKS_H

#include "tables/csv_plan.h"

/* The column of words, none of the n_needed, that stand in such blocks, two rows or more of a word
 * on average: of those with a usual name of ids the one with the most words, also if its words are
 * whole numbers; else the first. *field -1: there is none. All rows of the text are looked at. */
typedef struct kr__csv_blocks {
    int64_t field;
    bool is_called_id;
} kr__csv_blocks;
kr_status kr__csv_find_blocks(const kr__csv_plan *plan, const char *const *needed, int64_t n_needed,
                              kr__csv_blocks *out);

#endif
