/* SPDX-License-Identifier: MIT
 * nextstep_objective.h - the next-step model and its losses, for the engine. */
#ifndef KR_NEXTSTEP_OBJECTIVE_H
#define KR_NEXTSTEP_OBJECTIVE_H

#include "nn/nextstep_model.h"
#include "train/engine.h"

typedef struct kr__nextstep_task {
    kr__nextstep_model_config model;
    kr__nextstep_extras extras; /* in training */
    int64_t seq_len;
} kr__nextstep_task;

/* The inputs of a sample: what the model sees and what it must forecast, both (seq_len,
 * n_features); they differ when the input is augmented. y is the forecast one step ahead. */
enum { KR__NEXTSTEP_INPUT, KR__NEXTSTEP_TARGET };

/* Borrows config. */
kr_objective kr__nextstep_objective(const kr__nextstep_task *config);

#endif
