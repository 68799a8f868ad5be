/* SPDX-License-Identifier: MIT
 * next_objective.h - the next-step model and its losses, for the engine. */
#ifndef KR_NEXT_OBJECTIVE_H
#define KR_NEXT_OBJECTIVE_H

#include "nn/next_model.h"
#include "train/engine.h"

typedef struct kr_next_objective {
    kr_next_model_config model;
    kr_next_extras extras; /* in training */
    int64_t seq_len;
} kr_next_objective;

/* The inputs of a sample: what the model sees and what it is to foretell, both (seq_len,
 * n_features); they differ when the input is augmented. y is the forecast one step ahead. */
enum { KR_NEXT_INPUT, KR_NEXT_TARGET };

/* Borrows config. */
kr_objective kr__next_objective(const kr_next_objective *config);

#endif
