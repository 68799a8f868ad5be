/* SPDX-License-Identifier: MIT
 * samples.h - samples of the zero-shot model: a series becomes the inputs of the plan. */
#ifndef KR_ZEROSHOT_SAMPLES_H
#define KR_ZEROSHOT_SAMPLES_H

#include "nn/zeroshot_model.h"
#include "train/engine.h"
#include "zeroshot/past.h"

/* The farthest step ahead that is forecast from the past itself. */
enum { KR__FARTHEST = 96 };

enum { KR__ZS_TOKENS, KR__ZS_STEPS, KR__ZS_GUESSES, KR__ZS_TARGET, KR__ZS_INPUTS };

/* What an engine needs to train the model or to forecast with it. */
kr_objective kr__zeroshot_objective(const kr__zeroshot_config *config);

/* A series, and what is asked of it. */
typedef struct kr__zeroshot_series {
    const double *values; /* n_past, then n_ahead that are the truth, or none; NaN: missing */
    int64_t n_past, n_ahead;
    int64_t season[2];    /* as for kr__guesser_begin() */
    const int64_t *leads; /* n_steps of the model, rising */
    int64_t first_target; /* values before it are no targets */
} kr__zeroshot_series;

/* Fill the inputs of a sample; in[KR__ZS_TARGET] may be NULL. scale, last (n_origins): forecast f
 * of an origin stands for last + f * scale; either may be NULL. */
void kr__zeroshot_sample(const kr__zeroshot_config *config, const kr__zeroshot_series *series,
                         kr__guesser *guesser, kr_real *const in[KR__ZS_INPUTS], double *last,
                         double *scale);

#endif
