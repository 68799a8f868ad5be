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
    /* Of rows that are pushed one by one, where the model goes on from its state: predict_streams.c
     */
    bool is_pushed;
    int64_t n_arrived; /* rows, those that are not kept any more included */
    int64_t n_streams; /* the outputs; 0: none are made */
    kr_zeroshot_stream **streams;
    int64_t n_streamed; /* rows that they have taken */
    kr_arena arena;
} kr__history;

/* How a file of rows is read for this model: as options say, and as the rows of the training were
 * where a file leaves something open. */
kr_rows_options kr__history_reading(const kr_forecaster *forecaster,
                                    const kr_history_options *options);

/* All rows of a panel's file. predict_series.c */
kr_status kr__history_read_rows(const kr_forecaster *forecaster, const char *path,
                                const kr_history_options *options, kr_rows **out, kr_error *err);

/* The streams of the outputs, with all rows of the history; NULL: it has none, because its rows
 * were not pushed, or not for this forecaster, or that is more than the zero-shot model. KR_MEMORY.
 */
kr_status kr__history_streams(const kr_history *history, const kr_forecaster *forecaster,
                              kr_zeroshot_stream ***out, kr_error *err);
void kr__history_end_streams(kr__history *history);

/* Do the dates rise? KR_FORMAT if not; the sentence names the first row that does not. */
kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err);

#endif
