/* SPDX-License-Identifier: MIT
 * timestar.c - TimeStar: patches of the columns to forecast, and STAR over all other columns, one
 * token each. */
#include "nn/timestar.h"

#include <stdio.h>

#include "nn/model_parts.h"

/* ---- settings --------------------------------------------------------------------------- */

kr_status kr__timestar_check(const kr__model_config *c, kr_error *err) {
    if (c->d_model % 2 != 0) {
        return kr_fail(
            err, KR_USAGE,
            "`d_model` %jd is odd, but the position table needs pairs of columns; use %jd",
            (intmax_t)c->d_model, (intmax_t)c->d_model + 1);
    }
    if (c->patch_len <= c->seq_len) return KR_OK;
    return kr_fail(err, KR_USAGE,
                   "`patch_len` %jd is longer than `seq_len` %jd, so not even one patch fits; use "
                   "`patch_len` %jd or less",
                   (intmax_t)c->patch_len, (intmax_t)c->seq_len, (intmax_t)c->seq_len);
}

static kr_status check(const kr__model_config *c, kr_error *err) {
    KR_TRY(kr__timestar_check(c, err));
    return kr__check_heads(c, 2, err);
}

/* One token per patch, and the global one. */
int64_t kr__timestar_rows(const kr__model_config *c) {
    return c->n_outputs * (c->seq_len / c->patch_len + 1);
}

/* ---- tokens ----------------------------------------------------------------------------- */

static kr_tensor embed_patches(kr_builder *b, const kr__model_config *c, kr_tensor x) {
    if (x.rank != 3) return KR_NONE;
    const int64_t weight[2] = {c->d_model, c->patch_len}, glb[4] = {1, x.shape[2], 1, c->d_model};
    kr_tensor tokens = kr__params_get(b->params, b->plan, (kr_init){KR_INIT_NORMAL, 1}, 4, glb,
                                      "en_embedding.glb_token");
    kr_tensor w = kr__params_get(b->params, b->plan, kr__init_fan_in(c->patch_len), 2, weight,
                                 "en_embedding.value_embedding.weight");
    return kr__dropout(b->plan, kr__patch_embed(b->plan, x, w, tokens), c->dropout);
}

/* When a single column is forecast, only the other columns: that one already has its patches (as in
 * TimeXer). */
static kr_tensor embed_cross(kr_builder *b, const kr__model_config *c, const kr__window *w) {
    if (w->x.rank != 3) return KR_NONE;
    bool is_single = c->n_outputs == 1 && c->n_channels > 1;
    int64_t n = is_single ? c->n_channels - 1 : c->n_channels;
    kr_tensor cross =
        kr__embed_series(b, c, kr__slice(w->x, 2, 0, n), w->mark, c->seq_len, "ex_embedding");
    return c->n_future > 0 ? kr__concat(b->plan, cross, kr__embed_futures(b, c, w), 1) : cross;
}

/* ---- the model -------------------------------------------------------------------------- */

static kr_tensor forecast_head(kr_builder *b, const kr__model_config *c, kr_tensor tokens) {
    if (tokens.rank != 3) return KR_NONE;
    int64_t n_in = tokens.shape[1] * tokens.shape[2];
    const int64_t weight[2] = {kr__head_rows(c), n_in};
    kr_init init = kr__init_fan_in(n_in);
    kr_tensor w = kr__params_get(b->params, b->plan, init, 2, weight, "head.linear.weight");
    kr_tensor bias = kr__params_get(b->params, b->plan, init, 1, weight, "head.linear.bias");
    kr_tensor y = kr__flatten_head(b->plan, tokens, c->n_outputs, w, bias);
    return kr__dropout(b->plan, y, c->dropout);
}

kr_tensor kr__timestar_build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    kr__plan_label(b->plan, "embedding");
    kr__window w = kr__window_make(b, c, in, c->use_norm);
    kr_tensor tokens = embed_patches(b, c, kr__window_own(c, &w));
    kr_tensor cross = embed_cross(b, c, &w);
    for (int64_t i = 0; i < c->e_layers; i++) {
        char name[KR_NAME_SIZE];
        snprintf(name, sizeof name, "encoder.layers.%lld", (long long)i);
        tokens = kr__layer_encoder(b, tokens, cross, &c->encoder, name);
    }
    kr__plan_label(b->plan, "head");
    tokens = kr__layer_layer_norm(b, tokens, "encoder.norm");
    return kr__forecast_finish(b, c, forecast_head(b, c, tokens), &w);
}

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    kr__model_config own = *c;
    own.encoder.uses_mamba = own.encoder.star.is_guarded = false;
    return kr__timestar_build(b, &own, in);
}

const kr__model_kind kr__model_timestar = {
    .build = build,
    .check = check,
    .rows = kr__timestar_rows,
    .learns = true,
    .uses = "n_heads " KR_TIMESTAR_USES,
    .sign = "encoder.layers.0.self_attention.query_projection.weight"};
