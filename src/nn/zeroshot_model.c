/* SPDX-License-Identifier: MIT
 * zeroshot_model.c - the zero-shot model out of ops. */
#include "nn/zeroshot_model.h"

#include <stdio.h>

const double kr__zeroshot_quantiles[KR__ZEROSHOT_QUANTILES] = {.1, .2, .3, .4, .5, .6, .7, .8, .9};

/* Between neighbouring quantiles of a normal distribution whose mean distance from its middle is 1.
 */
static const double widths[KR__ZEROSHOT_QUANTILES] = {.55, .40, .34, .32, 1, .32, .34, .40, .55};

kr_tensor kr__zeroshot_encode(kr_builder *b, const kr__zeroshot_config *c, kr_tensor tokens,
                              kr_mamba_state *states) {
    char name[KR_NAME_SIZE];
    kr__plan_label(b->plan, "tokens");
    kr_tensor h = kr__layer_linear(b, tokens, c->d_model, true, "tokens");
    for (int64_t i = 0; i < c->n_layers; i++) {
        kr__plan_label(b->plan, "layers.%lld", (long long)i);
        snprintf(name, sizeof name, "layers.%lld.norm", (long long)i);
        kr_tensor y = kr__layer_layer_norm(b, h, name);
        snprintf(name, sizeof name, "layers.%lld.mamba", (long long)i);
        y = kr__layer_mamba_chunk(b, y, &c->mamba, name, states ? &states[i] : NULL, NULL);
        h = kr__add(b->plan, h, kr__dropout(b->plan, y, c->dropout));
    }
    return kr__layer_layer_norm(b, h, "norm");
}

/* The tokens at which forecasts begin, in order of time: (B, T, d_model) -> (B * n_origins, d). */
static kr_tensor at_origins(kr_builder *b, const kr__zeroshot_config *c, kr_tensor h) {
    if (h.rank != 3) return KR_NONE;
    int64_t first = c->n_tokens - 1 - (c->n_origins - 1) * c->origin_gap;
    kr_tensor origins = kr__slice(h, 1, first, 1);
    origins.shape[1] = c->n_origins;
    origins.stride[1] = h.stride[1] * c->origin_gap;
    origins = kr__copy(b->plan, origins);
    return kr__reshape(origins, 2, (int64_t[]){h.shape[0] * c->n_origins, h.shape[2]});
}

/* What each step ahead makes of its origin: (B * n_origins, n_steps, d_hidden). */
static kr_tensor look_ahead(kr_builder *b, const kr__zeroshot_config *c, kr_tensor origins,
                            kr_tensor steps) {
    kr__plan_label(b->plan, "head");
    kr_tensor state = kr__layer_linear(b, origins, c->d_model, true, "head.state");
    const int64_t shape[3] = {steps.shape[0] * c->n_origins, c->n_steps, c->step_size};
    kr_tensor x = kr__concat_core(b->plan, kr__reshape(steps, 3, shape), state);
    x = kr__gelu(b->plan, kr__layer_linear(b, x, c->d_hidden, true, "head.0"));
    x = kr__dropout(b->plan, x, c->dropout);
    return kr__gelu(b->plan, kr__layer_linear(b, x, c->d_hidden, true, "head.1"));
}

static kr_tensor half(kr_builder *b, kr_tensor guesses, int64_t which) {
    if (guesses.rank != 4) return KR_NONE;
    kr_tensor t = kr__copy(b->plan, kr__slice(guesses, 1, which, 1));
    return kr__reshape(t, 3, (int64_t[]){t.shape[0], t.shape[2], t.shape[3]});
}

kr_tensor kr__zeroshot_head(kr_builder *b, const kr__zeroshot_config *c, kr_tensor origins,
                            kr_tensor steps, kr_tensor guesses) {
    kr_plan *plan = b->plan;
    kr_tensor h = look_ahead(b, c, origins, steps);
    kr_tensor weights =
        kr__softmax(plan, kr__layer_linear(b, h, c->n_guesses, true, "head.weights"));
    kr_tensor offsets = kr__layer_linear(b, h, KR__ZEROSHOT_QUANTILES, true, "head.offsets");
    if (weights.rank != 3 || offsets.rank != 3) return KR_NONE;
    int64_t batch = steps.shape[0], n = steps.shape[1];
    weights = kr__reshape(weights, 3, (int64_t[]){batch, n, c->n_guesses});
    kr_tensor middle = kr__row_dots(plan, weights, half(b, guesses, 0));
    kr_tensor spread = kr__row_dots(plan, weights, half(b, guesses, 1));
    offsets = kr__reshape(offsets, 3, (int64_t[]){batch, n, KR__ZEROSHOT_QUANTILES});
    offsets = kr__copy(plan, kr__transpose(offsets, 1, 2));
    offsets = kr__quantile_spread(plan, offsets, KR__ZEROSHOT_MIDDLE, widths);
    return kr__denormalize(plan, offsets, middle, spread);
}

kr_tensor kr__zeroshot_build(kr_builder *b, const kr__zeroshot_config *c,
                             const kr__zeroshot_in *in) {
    kr_tensor origins = at_origins(b, c, kr__zeroshot_encode(b, c, in->tokens, NULL));
    return kr__zeroshot_head(b, c, origins, in->steps, in->guesses);
}
