/* SPDX-License-Identifier: MIT
 * date_marks.h - the inputs that a model gets from the date of a row. */
#ifndef KR_DATE_MARKS_H
#define KR_DATE_MARKS_H

#include <kr/base.h>

/* Time features of freq, or calendar integers, with or without the quarter of the hour. */
typedef struct kr__date_marks {
    const char *freq;
    bool is_timef, has_quarter;
} kr__date_marks;

kr_status kr__date_marks_count(const kr__date_marks *marks, int64_t *n, kr_error *err);
/* timestamps (n_rows) -> out (n_rows, that many). */
kr_status kr__date_marks_make(const kr__date_marks *marks, int64_t n_rows,
                              const int64_t *timestamps, double *out, kr_error *err);

#endif
