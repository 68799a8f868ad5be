/* SPDX-License-Identifier: MIT
 * predict_internal.h - the book-keeping behind a history. */
#ifndef KR_PREDICT_INTERNAL_H
#define KR_PREDICT_INTERNAL_H

#include <kr/forecaster.h>

#include "core/arena.h"
#include "forecast/features.h"
#include "forecast/forecaster_internal.h"

/* What a history is handed out as is the first member. */
typedef struct kr__history {
    kr_history rows;
    const kr_forecaster *forecaster;
    const char *gaps;
    const char **ignored;
    double *statics;  /* n_static of the features; NaN: not told yet */
    int64_t capacity; /* rows that there is room for */
    kr_arena arena;
} kr__history;

/* Do the dates rise? KR_FORMAT with the first row that does not. */
kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err);

#endif
