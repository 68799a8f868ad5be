/* SPDX-License-Identifier: MIT
 * train_and_test.h - one repetition of a run: a forecaster trained on rows, or read, and tested,
 * with its checkpoint in the folder that the original would use. */
#ifndef KRAIT_TRAIN_AND_TEST_H
#define KRAIT_TRAIN_AND_TEST_H

#include <kr/forecaster.h>

#include "forecast/forecast_config.h"

typedef struct repetition {
    kr_team *team;
    const kr_forecast_config
        *settings;       /* is_training, resume, load, checkpoints say what is done */
    const kr_rows *rows; /* NULL: those that the settings name, read for this run alone */
    int64_t number;      /* from 0; it is added to the seed */
    const kr_forecast_observer *observer; /* may be NULL */

    /* out, once it has begun: */
    char setting[KR_FORECAST_TEXT];    /* folder name */
    char checkpoint[KR_FORECAST_PATH]; /* the file that was written or read; empty: none */
} repetition;

/* Its setting, which train_and_test() finds too. */
void name_repetition(repetition *r);

/* KR_INTERRUPTED: the sentence says how to go on. */
kr_status train_and_test(repetition *r, kr_forecast_result **out, kr_error *err);

#endif
