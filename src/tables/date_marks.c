/* SPDX-License-Identifier: MIT
 * date_marks.c - time features or calendar integers of rows. */
#include "tables/date_marks.h"

#include "tables/timefeatures.h"

kr_status kr__date_marks_count(const kr__date_marks *marks, int64_t *n, kr_error *err) {
    if (marks->is_timef) return kr__timefeatures_count(marks->freq, n, err);
    *n = marks->has_quarter ? 5 : 4;
    return KR_OK;
}

kr_status kr__date_marks_make(const kr__date_marks *marks, int64_t n_rows,
                              const int64_t *timestamps, double *out, kr_error *err) {
    if (marks->is_timef) return kr__timefeatures(marks->freq, n_rows, timestamps, out, err);
    kr__timefeatures_calendar(n_rows, timestamps, marks->has_quarter, out);
    return KR_OK;
}
