/* SPDX-License-Identifier: MIT
 * predict_internal.h - what the parts of predicting share: features and engine behind a predictor,
 * the book-keeping behind a history. */
#ifndef KR_PREDICT_INTERNAL_H
#define KR_PREDICT_INTERNAL_H

#include <kr/arena.h>
#include <kr/predict.h>
#include <kr/tensor_file.h>

#include "forecast/features.h"
#include "train/engine.h"

/* What kr_predictor_open() hands out is the first member; and so is a history. */
typedef struct kr__predictor {
    kr_predictor known;
    kr_features *features; /* what is known of the columns points into them */
    kr_engine *engine;
    int64_t rows_per_sample;
    int64_t point; /* where in what the engine gives for a window the point forecast begins */
} kr__predictor;

typedef struct kr__history {
    kr_history rows;
    const kr_predictor *predictor;
    const char *gaps;
    const char **ignored;
    double *statics;  /* n_static of the features; NaN: not told yet */
    int64_t capacity; /* rows that there is room for */
    kr_arena arena;
} kr__history;

/* Out of an open file, which is not needed afterwards. */
kr_status kr__predictor_open(kr_team *team, kr_tensor_file *file, kr_predictor **out,
                             kr_error *err);

/* Do the dates rise? KR_FORMAT with the first row that does not. */
kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err);

#endif
