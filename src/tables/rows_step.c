/* SPDX-License-Identifier: MIT
 * rows_step.c - the step of the dates of rows. */
#include "tables/calendar.h"
#include "tables/rows_internal.h"

int64_t kr__rows_longest(const kr_rows *rows) {
    int64_t longest = 0, n = 0;
    for (int64_t i = 0; i < rows->n_series; i++) {
        int64_t n_rows = rows->start[i + 1] - rows->start[i];
        if (n_rows <= n) continue;
        longest = i;
        n = n_rows;
    }
    return longest;
}

kr_status kr__rows_step(const kr_rows *rows, bool *has, kr_frequency *step, kr_error *err) {
    const kr__whole *whole = rows->whole;
    char name[1200];
    *has = whole && whole->has_step;
    if (whole) *step = whole->step;
    if (whole && whole->why) return kr_fail(err, whole->step_status, "%s", whole->why);
    if (whole || !rows->dates || rows->n_series == 0) return KR_OK;
    int64_t longest = kr__rows_longest(rows), first = rows->start[longest],
            n = rows->start[longest + 1] - first;
    if (n < 2) return KR_OK;
    KR_TRY(kr_frequency_infer(kr__rows_describe(rows, longest, name, sizeof name), n,
                              rows->dates + first, step, err));
    kr__frequency_widen(step, rows->n_rows, rows->dates);
    *has = true;
    return KR_OK;
}
