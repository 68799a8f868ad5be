/* SPDX-License-Identifier: MIT
 * predict_internal.h - what a history keeps beside its public fields. */
#ifndef KR_PREDICT_INTERNAL_H
#define KR_PREDICT_INTERNAL_H

#include <kr/forecaster.h>

#include "core/arena.h"
#include "forecast/features.h"
#include "forecast/forecaster_internal.h"

/* Callers see the first member. */
typedef struct kr__history {
    kr_history rows;
    const kr_forecaster *forecaster;
    const char *gaps;
    const char **ignored;
    double *statics;  /* n_static of the features; NaN: not known yet */
    int64_t capacity; /* rows that it has room for */
    kr_arena arena;
} kr__history;

/* How a file of rows is read for this model: as options say, and as the rows of the training were
 * where a file leaves something open. */
kr_rows_options kr__history_reading(const kr_forecaster *forecaster,
                                    const kr_history_options *options);

/* Do the dates rise? KR_FORMAT if not; the sentence names the first row that does not. */
kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err);

#endif
