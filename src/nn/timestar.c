/* SPDX-License-Identifier: MIT
 * timestar.c - TimeStar and TimeStarMamba: patches of the columns to forecast, and STAR's view of
 * all the rest, a token each. */
#include <stdio.h>

#include "nn/forecaster_parts.h"

/* ---- tokens ----------------------------------------------------------------------------- */

static kr_tensor embed_patches(kr_builder *b, const kr_forecaster_config *c, kr_tensor x) {
    if (x.rank != 3) return KR_NONE;
    const int64_t weight[2] = {c->d_model, c->patch_len}, glb[4] = {1, x.shape[2], 1, c->d_model};
    kr_tensor tokens = kr_params_get(b->params, b->plan, (kr_init){KR_INIT_NORMAL, 1}, 4, glb,
                                     "en_embedding.glb_token");
    kr_tensor w = kr_params_get(b->params, b->plan, kr_init_fan_in(c->patch_len), 2, weight,
                                "en_embedding.value_embedding.weight");
    return kr_dropout(b->plan, kr_patch_embed(b->plan, x, w, tokens), c->dropout);
}

/* Every series of x and mark (B, n_steps, ..) becomes a token; parameters name.value_embedding.*.
 */
static kr_tensor embed_series(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                              kr_tensor mark, int64_t n_steps, const char *name) {
    const int64_t weight[2] = {c->d_model, n_steps};
    char text[KR_NAME_SIZE];
    kr_init init = kr_init_fan_in(n_steps);
    snprintf(text, sizeof text, "%s.value_embedding.weight", name);
    kr_tensor w = kr_params_get(b->params, b->plan, init, 2, weight, text);
    snprintf(text, sizeof text, "%s.value_embedding.bias", name);
    kr_tensor bias = kr_params_get(b->params, b->plan, init, 1, weight, text);
    return kr_dropout(b->plan, kr_inverted_embed(b->plan, x, mark, w, bias), c->dropout);
}

/* Columns whose future is known, from the window's start to the forecast's end. */
static kr_tensor embed_futures(kr_builder *b, const kr_forecaster_config *c, const kr__window *w) {
    kr_tensor past = kr_slice(w->x, 2, 0, c->n_future);
    kr_tensor whole = kr_concat(b->plan, past, w->future, 1);
    return embed_series(b, c, whole, KR_NONE, c->seq_len + c->pred_len, "future_embedding");
}

/* Of a single column to forecast, the others alone: it has its patches (as TimeXer). */
static kr_tensor embed_cross(kr_builder *b, const kr_forecaster_config *c, const kr__window *w) {
    if (w->x.rank != 3) return KR_NONE;
    bool is_single = c->n_outputs == 1 && c->n_channels > 1;
    int64_t n = is_single ? c->n_channels - 1 : c->n_channels;
    kr_tensor cross =
        embed_series(b, c, kr_slice(w->x, 2, 0, n), w->mark, c->seq_len, "ex_embedding");
    return c->n_future > 0 ? kr_concat(b->plan, cross, embed_futures(b, c, w), 1) : cross;
}

/* ---- the models ------------------------------------------------------------------------- */

static kr_tensor forecast_head(kr_builder *b, const kr_forecaster_config *c, kr_tensor tokens) {
    if (tokens.rank != 3) return KR_NONE;
    int64_t n_in = tokens.shape[1] * tokens.shape[2];
    const int64_t weight[2] = {kr__head_rows(c), n_in};
    kr_init init = kr_init_fan_in(n_in);
    kr_tensor w = kr_params_get(b->params, b->plan, init, 2, weight, "head.linear.weight");
    kr_tensor bias = kr_params_get(b->params, b->plan, init, 1, weight, "head.linear.bias");
    kr_tensor y = kr_flatten_head(b->plan, tokens, c->n_outputs, w, bias);
    return kr_dropout(b->plan, y, c->dropout);
}

static kr_tensor build(kr_builder *b, const kr_forecaster_config *c, const kr_forecaster_in *in) {
    kr_plan_label(b->plan, "embedding");
    kr__window w = kr__window_make(b->plan, in, c->use_norm);
    kr_tensor tokens = embed_patches(b, c, kr__window_own(c, &w));
    kr_tensor cross = embed_cross(b, c, &w);
    for (int64_t i = 0; i < c->e_layers; i++) {
        char name[KR_NAME_SIZE];
        snprintf(name, sizeof name, "encoder.layers.%lld", (long long)i);
        tokens = kr_layer_encoder(b, tokens, cross, &c->encoder, name);
    }
    kr_plan_label(b->plan, "head");
    tokens = kr_layer_layer_norm(b, tokens, "encoder.norm");
    return kr__forecast_finish(b, c, forecast_head(b, c, tokens), &w);
}

kr_tensor kr__build_timestar(kr_builder *b, const kr_forecaster_config *c,
                             const kr_forecaster_in *in) {
    kr_forecaster_config own = *c;
    own.encoder.uses_mamba = own.encoder.star.is_guarded = false;
    return build(b, &own, in);
}

kr_tensor kr__build_timestar_mamba(kr_builder *b, const kr_forecaster_config *c,
                                   const kr_forecaster_in *in) {
    kr_forecaster_config own = *c;
    own.encoder.uses_mamba = own.encoder.star.is_guarded = true;
    return build(b, &own, in);
}
