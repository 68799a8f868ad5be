/* SPDX-License-Identifier: MIT
 * zeroshot_model.h - the model that forecasts series it has never seen: Mamba blocks over the past,
 * then a choice among guesses for each step ahead, corrected.
 *
 *     tokens --linear--> d_model --n_layers x (norm, Mamba, +)--> norm --> state of an origin
 *     (state, what is known of a step ahead) --d_hidden, GELU--d_hidden, GELU--> weights, offsets
 *     middle = weights . guesses + offset * spread,   spread = weights . errors of the guesses
 *
 * What tokens, steps and guesses hold is the caller's: src/zeroshot. */
#ifndef KR_ZEROSHOT_MODEL_H
#define KR_ZEROSHOT_MODEL_H

#include "nn/layers.h"

enum { KR__ZEROSHOT_QUANTILES = 9, KR__ZEROSHOT_MIDDLE = 4 };

typedef struct kr__zeroshot_config {
    int64_t n_tokens, token_size;
    /* Forecasts of a sample: from n_origins moments, the last behind the last token, the others
     * origin_gap tokens earlier each; n_steps steps ahead from each. */
    int64_t n_origins, origin_gap, n_steps;
    int64_t step_size, n_guesses;
    int64_t d_model, n_layers, d_hidden;
    double dropout;
    kr_mamba_config mamba;
} kr__zeroshot_config;

typedef struct kr__zeroshot_in {
    kr_tensor tokens;  /* (batch, n_tokens, token_size) */
    kr_tensor steps;   /* (batch, n_origins * n_steps, step_size) */
    kr_tensor guesses; /* (batch, 2, n_origins * n_steps, n_guesses): guesses, their errors */
} kr__zeroshot_in;

extern const double kr__zeroshot_quantiles[KR__ZEROSHOT_QUANTILES];

/* -> (batch, KR__ZEROSHOT_QUANTILES, n_origins * n_steps) */
kr_tensor kr__zeroshot_build(kr_builder *b, const kr__zeroshot_config *config,
                             const kr__zeroshot_in *in);

/* Its two parts. The past: tokens (batch, n, token_size) -> (batch, n, d_model), from the states of
 * the layers on; NULL: from the start. And what is ahead: origins (batch * n_origins, d_model) and
 * two of kr__zeroshot_in -> as kr__zeroshot_build(). */
kr_tensor kr__zeroshot_encode(kr_builder *b, const kr__zeroshot_config *config, kr_tensor tokens,
                              kr_mamba_state *states);
kr_tensor kr__zeroshot_head(kr_builder *b, const kr__zeroshot_config *config, kr_tensor origins,
                            kr_tensor steps, kr_tensor guesses);

#endif
