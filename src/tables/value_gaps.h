/* SPDX-License-Identifier: MIT
 * value_gaps.h - gaps that only all rows show: numbers that stand for them, such as -999, and
 * columns that hold nothing else. */
#ifndef KR_VALUE_GAPS_H
#define KR_VALUE_GAPS_H

#include "tables/csv_plan.h"

typedef struct kr__value_gaps {
    int64_t n;
    int64_t row, field; /* where the first one was */
} kr__value_gaps;

/*
 * kr__value_gaps_find() - make NaN of the numbers of a table that stand for gaps.
 *
 * These are the numbers that missing lists and, unless it is "no", those of nothing but nines
 * (-999, -99.99, 9999.9) that a column has twice or more, far from all its other numbers: they are
 * its smallest or largest, and the next is less than a fourth of them. Positive ones of two
 * decimals, 99.99, may be prices and count only beside others that are sure. Only columns of plain
 * numbers are looked at. Sets their stand_in; those that an earlier reading had stay. KR_MEMORY.
 */
kr_status kr__value_gaps_find(const char *missing, kr__csv_plan *plan, kr_table *table,
                              kr__value_gaps *out);

/* Leave out columns of ten rows and more in which there are gaps alone, unless columns were asked
 * for by their names or nothing else is there; their role is empty then, and they are in
 * table->unread. KR_MEMORY. */
kr_status kr__value_gaps_drop(kr__csv_plan *plan, bool are_wished, kr_table *table);

#endif
