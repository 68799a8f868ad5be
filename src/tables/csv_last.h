/* SPDX-License-Identifier: MIT
 * csv_last.h - which rows of a text are read when only the last are wanted. */
#ifndef KR_CSV_LAST_H
#define KR_CSV_LAST_H

#include "tables/csv_plan.h"
#include "tables/file_ends.h"

typedef struct kr__csv_last {
    kr__csv_scan from;     /* the first of them */
    int64_t n_rows, n_all; /* to be read, and of the file */
    bool is_newest_first;  /* the last rows in time are the first of the file */
    bool is_unordered;     /* dates rise and fall, by more than an hour: nobody knows the last */
} kr__csv_last;

/* The last n rows, and n_more in front of them. cut: of kr__file_ends_read(). Rows are in order of
 * time or against it: the first date and the last tell which. KR_FORMAT: as kr__csv_take_field().
 */
kr_status kr__csv_find_last(const kr__csv_plan *plan, const kr__cut *cut, bool has_order, int64_t n,
                            int64_t n_more, kr__csv_last *out);

#endif
