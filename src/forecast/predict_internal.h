/* SPDX-License-Identifier: MIT
 * predict_internal.h - what the parts of predicting share: the engine behind a predictor, the book-
 * keeping behind a history. */
#ifndef KR_PREDICT_INTERNAL_H
#define KR_PREDICT_INTERNAL_H

#include <kr/arena.h>
#include <kr/predict.h>
#include <kr/tensor_file.h>

#include "tables/date_marks.h"
#include "train/engine.h"

/* What kr_predictor_open() hands out is the first member; and so is a history. */
typedef struct kr__predictor {
    kr_predictor known;
    kr_engine *engine;
    int64_t n_marks, n_masks; /* of all marks the last n_masks say which values are gaps */
    kr__date_marks dates;     /* what the others are made of */
    int64_t rows_per_sample;
    int64_t point;  /* where in what the engine gives for a window the point forecast begins */
    bool *is_blank; /* n_channels: the model sees 0 there (--blank_columns) */
    kr_arena arena; /* names, scale */
} kr__predictor;

typedef struct kr__history {
    kr_history rows;
    const kr_predictor *predictor;
    const char *gaps;
    int64_t capacity; /* rows that there is room for */
    kr_table *table;  /* holds names; NULL for a history that was started empty */
    kr_arena arena;
} kr__history;

/* Out of an open file, which is not needed afterwards. */
kr_status kr__predictor_open(kr_team *team, kr_tensor_file *file, kr_predictor **out,
                             kr_error *err);

/* Do the dates rise? KR_FORMAT with the first row that does not. */
kr_status kr__dates_check(const char *name, int64_t n, const int64_t *timestamps, kr_error *err);

#endif
