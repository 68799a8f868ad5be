/* SPDX-License-Identifier: MIT
 * row_order.h - rows of a table in order of time, one for each date. */
#ifndef KR_ROW_ORDER_H
#define KR_ROW_ORDER_H

#include <kr/base.h>

#include "tables/reading.h"

/* The rows, of which one series or, by ids, several are made. */
typedef struct kr__ordering {
    const char *name; /* of the file, for sentences */
    int64_t n_rows, n_columns;
    double *values; /* (n_rows, n_columns) */
    int64_t *dates; /* (n_rows) */
    int64_t *ids;   /* (n_rows); NULL: one series */
    char **id_names;
    const char *sort; /* auto; no: rows of which one goes back stay as they are; NULL, "": auto */
    const char *repeats; /* refuse, first, last, mean, sum; NULL, "": refuse */
    bool keeps_repeats;  /* rows of one date are no matter */
} kr__ordering;

/*
 * kr__row_order() - bring rows into order of time, in place.
 *
 * Rows with the newest first are turned, others sorted. If repeats is refuse, rows that repeat
 * another in all values are dropped; else it says which of the rows of one date stays, in the order
 * of the file, or that their mean or sum does, in which gaps do not count. Dates without zone whose
 * hour comes twice in autumn (hourly rows or finer, on a Sunday morning) are put on the clock of
 * the last row, and so are the hours that spring leaves out. What was done is in reading->order.
 * KR_FORMAT: one date with different values, and repeats is refuse; the sentence has the rows.
 * KR_USAGE: no such sort or repeats. n_rows may become less.
 */
kr_status kr__row_order(kr__ordering *rows, kr__reading *reading, kr_error *err);

#endif
