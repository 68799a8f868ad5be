/* SPDX-License-Identifier: MIT
 * nextstep_model.h - MambaSynth's causal model: it forecasts, at every step of a series, the next
 * one.
 *
 *     x -> input_proj -> dropout -> n_layers of [ h + dropout(Mamba(LayerNorm(h))) ] -> final_norm
 *       -> a head for each horizon: Linear, GELU, Linear
 *
 * Parameters have the original's names. Source: MambaSynth, commit b360f2d. */
#ifndef KR_NEXTSTEP_MODEL_H
#define KR_NEXTSTEP_MODEL_H

#include "core/torch_random.h"
#include "nn/layers.h"

enum { KR__NEXTSTEP_MAX_HORIZONS = 32, KR__NEXTSTEP_MAX_LAYERS = 256 };

typedef struct kr__nextstep_model_config {
    int64_t n_features, d_model, n_layers, d_ff, max_horizon;
    kr_mamba_config mamba;
    double dropout;
} kr__nextstep_model_config;

/* 1, 2, 4, .. up to max_horizon, and max_horizon itself; gives how many. max_horizon >= 1. */
int kr__nextstep_horizons(int64_t max_horizon, int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS]);

/* What a model gives beside the forecasts, if the caller passes one. push[i], unless it is KR_NONE,
 * is added to layers[i] before the next layer sees it. */
typedef struct kr__nextstep_inside {
    kr_tensor push[KR__NEXTSTEP_MAX_LAYERS];   /* in: (batch, seq_len, d_model) */
    kr_tensor layers[KR__NEXTSTEP_MAX_LAYERS]; /* after layer i: (batch, seq_len, d_model) */
    kr_tensor hidden[KR__NEXTSTEP_MAX_LAYERS]; /* Mamba's output in layer i, before the residual */
    kr_mamba_taps taps[KR__NEXTSTEP_MAX_LAYERS];
} kr__nextstep_inside;

/* Values of all parameters; as a double, since a hostile file may claim any size. */
double kr__nextstep_size(const kr__nextstep_model_config *config);

/* x (batch, seq_len, n_features) -> pred[i] (batch, seq_len, n_features) for horizon i: step t is
 * the forecast of step t + horizon. n_heads: build that many heads only, the first ones.
 * states: n_layers of them for a chunk of a longer series, or NULL. inside: or NULL. Without either
 * a long series (batch 1) is planned in stretches of time, for the caches' sake. */
void kr__nextstep_build(kr_builder *b, const kr__nextstep_model_config *config, kr_tensor x,
                        int n_heads, kr_tensor *pred, kr_mamba_state *states,
                        kr__nextstep_inside *inside);

/* Weights of the losses beside that of the forecast; 0: off. Means over the layers' outputs. */
typedef struct kr__nextstep_extras {
    double slowness;    /* (h[t+1] - h[t])^2 */
    double contrastive; /* kr__contrastive_loss() */
    double preact;      /* h^2 */
    double temperature;
    int64_t n_negatives;
} kr__nextstep_extras;
/* Are any on? */
bool kr__nextstep_has_extras(const kr__nextstep_extras *extras);
/* (batch): loss plus everything that extras ask for. */
kr_tensor kr__nextstep_add_extras(kr_builder *b, const kr__nextstep_model_config *config,
                                  const kr__nextstep_extras *extras, const kr_tensor *layers,
                                  kr_tensor loss);

/* (batch): mean over horizons of the mean squared error of pred against the later target. */
kr_tensor kr__nextstep_loss(kr_builder *b, const kr__nextstep_model_config *config,
                            const kr_tensor *pred, kr_tensor target);

/* Initial values as PyTorch draws them for the original's model; rng is torch's generator just
 * after seeding, and is left in the state that the original continues from. All heads must be
 * built. nextstep_init.c
 */
void kr__nextstep_initialise(kr_params *params, const kr__nextstep_model_config *config,
                             kr_torch_rng *rng);

#endif
