/* SPDX-License-Identifier: MIT
 * forecaster.c - TimeStar, TimeStarMamba and simple forecasters beside them. */
#include "nn/forecaster.h"

#include <stdio.h>
#include <string.h>

/* ---- normalisation of the window, shared by the learned models -------------------------- */

typedef struct window_norm {
    bool is_used;
    kr_tensor mean, deviation;
} window_norm;

static kr_tensor normalise(kr_plan *plan, kr_tensor x, bool is_used, window_norm *norm) {
    *norm = (window_norm){.is_used = is_used};
    return is_used ? kr_instance_norm(plan, x, 1e-5, &norm->mean, &norm->deviation) : x;
}

/* y (B, steps, n): a forecast of the last n channels. */
static kr_tensor undo_normalise(kr_plan *plan, kr_tensor y, const window_norm *norm) {
    if (!norm->is_used) return kr_copy(plan, y);
    if (y.rank != 3 || norm->mean.rank != 2) return KR_NONE;
    int64_t n = y.shape[2], first = norm->mean.shape[1] - n;
    return kr_denormalize(plan, y, kr_slice(norm->mean, 1, first, n),
                          kr_slice(norm->deviation, 1, first, n));
}

/* ---- from what the heads give to a forecast --------------------------------------------- */

static bool has_quantiles(const kr_forecaster_config *c) { return c->n_quantiles > 0; }

/* Numbers that a head gives a variate: the steps of every quantile. */
static int64_t head_rows(const kr_forecaster_config *c) {
    return (has_quantiles(c) ? c->n_quantiles : 1) * c->pred_len;
}

int64_t kr_forecaster_middle(const kr_forecaster_config *c) {
    for (int64_t q = 0; q < c->n_quantiles; q++) {
        if (c->quantiles[q] == 0.5) return q;
    }
    return 0;
}

/* y (B, n_quantiles * pred_len, n) -> contiguous, so that quantiles do not cross. */
static kr_tensor spread(kr_plan *plan, const kr_forecaster_config *c, kr_tensor y) {
    kr_tensor flat = kr_copy(plan, y);
    if (flat.rank != 3) return KR_NONE;
    const int64_t apart[3] = {y.shape[0], c->n_quantiles, c->pred_len * y.shape[2]};
    flat = kr_quantile_spread(plan, kr_reshape(flat, 3, apart), kr_forecaster_middle(c));
    return flat.rank == 3 ? kr_reshape(flat, 3, y.shape) : KR_NONE;
}

/* raw (B, n, head_rows()) of the last n channels -> the model's forecast. */
static kr_tensor finish(kr_plan *plan, const kr_forecaster_config *c, kr_tensor raw,
                        const window_norm *norm) {
    if (raw.rank != 3) return KR_NONE;
    kr_tensor y = kr_transpose(raw, 1, 2);
    if (!has_quantiles(c)) return undo_normalise(plan, y, norm);
    y = undo_normalise(plan, spread(plan, c, y), norm);
    if (y.rank != 3) return KR_NONE;
    return kr_reshape(y, 4, (int64_t[]){y.shape[0], c->n_quantiles, c->pred_len, y.shape[2]});
}

/* ---- TimeStar and TimeStarMamba --------------------------------------------------------- */

static kr_tensor embed_patches(kr_builder *b, const kr_forecaster_config *c, kr_tensor x) {
    if (x.rank != 3) return KR_NONE;
    const int64_t weight[2] = {c->d_model, c->patch_len}, glb[4] = {1, x.shape[2], 1, c->d_model};
    kr_tensor tokens = kr_params_get(b->params, b->plan, (kr_init){KR_INIT_NORMAL, 1}, 4, glb,
                                     "en_embedding.glb_token");
    kr_tensor w = kr_params_get(b->params, b->plan, kr_init_fan_in(c->patch_len), 2, weight,
                                "en_embedding.value_embedding.weight");
    return kr_dropout(b->plan, kr_patch_embed(b->plan, x, w, tokens), c->dropout);
}

static kr_tensor embed_variates(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                                kr_tensor mark) {
    const int64_t weight[2] = {c->d_model, c->seq_len};
    kr_init init = kr_init_fan_in(c->seq_len);
    kr_tensor w =
        kr_params_get(b->params, b->plan, init, 2, weight, "ex_embedding.value_embedding.weight");
    kr_tensor bias =
        kr_params_get(b->params, b->plan, init, 1, weight, "ex_embedding.value_embedding.bias");
    return kr_dropout(b->plan, kr_inverted_embed(b->plan, x, mark, w, bias), c->dropout);
}

static kr_tensor forecast_head(kr_builder *b, const kr_forecaster_config *c, kr_tensor tokens) {
    if (tokens.rank != 3) return KR_NONE;
    int64_t n_in = tokens.shape[1] * tokens.shape[2];
    const int64_t weight[2] = {head_rows(c), n_in};
    kr_init init = kr_init_fan_in(n_in);
    kr_tensor w = kr_params_get(b->params, b->plan, init, 2, weight, "head.linear.weight");
    kr_tensor bias = kr_params_get(b->params, b->plan, init, 1, weight, "head.linear.bias");
    kr_tensor y = kr_flatten_head(b->plan, tokens, kr_forecaster_outputs(c), w, bias);
    return kr_dropout(b->plan, y, c->dropout);
}

/* With is_ms the last column is patched; the others reach it through STAR (as TimeXer). */
static kr_tensor build_timestar(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                                kr_tensor mark) {
    window_norm norm;
    kr_plan_label(b->plan, "embedding");
    kr_tensor xn = normalise(b->plan, x, c->use_norm, &norm);
    if (xn.rank != 3) return KR_NONE;
    int64_t own = kr_forecaster_outputs(c), others = c->is_ms ? c->n_channels - 1 : c->n_channels;
    kr_tensor tokens = embed_patches(b, c, kr_slice(xn, 2, c->n_channels - own, own));
    kr_tensor cross = embed_variates(b, c, kr_slice(xn, 2, 0, others), mark);
    for (int64_t i = 0; i < c->e_layers; i++) {
        char name[KR_NAME_SIZE];
        snprintf(name, sizeof name, "encoder.layers.%lld", (long long)i);
        tokens = kr_layer_encoder(b, tokens, cross, &c->encoder, name);
    }
    kr_plan_label(b->plan, "head");
    tokens = kr_layer_layer_norm(b, tokens, "encoder.norm");
    return finish(b->plan, c, forecast_head(b, c, tokens), &norm);
}

static kr_tensor build_timestar_attention(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                                          kr_tensor mark) {
    kr_forecaster_config own = *c;
    own.encoder.uses_mamba = own.encoder.star.is_guarded = false;
    return build_timestar(b, &own, x, mark);
}

static kr_tensor build_timestar_mamba(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                                      kr_tensor mark) {
    kr_forecaster_config own = *c;
    own.encoder.uses_mamba = own.encoder.star.is_guarded = true;
    return build_timestar(b, &own, x, mark);
}

/* ---- simple forecasters ----------------------------------------------------------------- */

/* One linear map over time for all channels, on normalised windows. Source: arXiv:2305.10721. */
static kr_tensor build_rlinear(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                               kr_tensor mark) {
    (void)mark;
    window_norm norm;
    const int64_t weight[2] = {head_rows(c), c->seq_len};
    kr_init init = kr_init_fan_in(c->seq_len);
    int64_t own = kr_forecaster_outputs(c);
    kr_plan_label(b->plan, "linear");
    kr_tensor xn = normalise(b->plan, x, c->use_norm, &norm);
    if (xn.rank != 3) return KR_NONE;
    kr_tensor w = kr_params_get(b->params, b->plan, init, 2, weight, "linear.weight");
    kr_tensor bias = kr_params_get(b->params, b->plan, init, 1, weight, "linear.bias");
    kr_tensor y =
        kr_inverted_embed(b->plan, kr_slice(xn, 2, c->n_channels - own, own), KR_NONE, w, bias);
    return finish(b->plan, c, y, &norm);
}

/* Trend and rest of the window by a linear map each, shared over channels; weights start as a mean.
 * Windows are not normalised. Source: arXiv:2205.13504, Time-Series-Library's DLinear. */
static kr_tensor build_dlinear(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                               kr_tensor mark) {
    (void)mark;
    static const char *const names[2] = {"Linear_Seasonal", "Linear_Trend"};
    const int64_t weight[2] = {head_rows(c), c->seq_len};
    const kr_init mean = {KR_INIT_CONSTANT, 1.0 / (double)c->seq_len};
    int64_t own = kr_forecaster_outputs(c);
    kr_plan_label(b->plan, "linear");
    if (x.rank != 3) return KR_NONE;
    kr_tensor part[2], y[2];
    part[1] = kr_moving_average(b->plan, kr_slice(x, 2, c->n_channels - own, own), c->moving_avg,
                                &part[0]);
    for (int i = 0; i < 2; i++) {
        char name[KR_NAME_SIZE];
        snprintf(name, sizeof name, "%s.weight", names[i]);
        kr_tensor w = kr_params_get(b->params, b->plan, mean, 2, weight, name);
        snprintf(name, sizeof name, "%s.bias", names[i]);
        kr_tensor bias =
            kr_params_get(b->params, b->plan, kr_init_fan_in(c->seq_len), 1, weight, name);
        y[i] = kr_inverted_embed(b->plan, part[i], KR_NONE, w, bias);
    }
    const window_norm none = {.is_used = false};
    return finish(b->plan, c, kr_add(b->plan, y[0], y[1]), &none);
}

/* y[p] = x[seq_len - period + p % period]; a period of 1 repeats the last value. */
static kr_tensor repeat_period(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                               int64_t period) {
    int64_t own = kr_forecaster_outputs(c);
    if (x.rank != 3) return KR_NONE;
    return kr_seasonal_naive(b->plan, kr_slice(x, 2, c->n_channels - own, own), c->pred_len,
                             period);
}

static kr_tensor build_naive(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                             kr_tensor mark) {
    (void)mark;
    return repeat_period(b, c, x, 1);
}

static kr_tensor build_seasonal_naive(kr_builder *b, const kr_forecaster_config *c, kr_tensor x,
                                      kr_tensor mark) {
    (void)mark;
    return repeat_period(b, c, x, c->season);
}

/* ---- the table -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    kr_tensor (*build)(kr_builder *b, const kr_forecaster_config *c, kr_tensor x, kr_tensor mark);
} models[] = {
    {"TimeStar", build_timestar_attention},
    {"TimeStarMamba", build_timestar_mamba},
    {"RLinear", build_rlinear},
    {"DLinear", build_dlinear},
    {"Naive", build_naive},
    {"SeasonalNaive", build_seasonal_naive},
};
enum { N_MODELS = sizeof models / sizeof models[0] };

static int find_model(const char *name) {
    for (int i = 0; i < N_MODELS; i++) {
        if (strcmp(models[i].name, name) == 0) return i;
    }
    return -1;
}

bool kr_forecaster_exists(const char *model) { return find_model(model) >= 0; }

int64_t kr_forecaster_outputs(const kr_forecaster_config *config) {
    return config->is_ms ? 1 : config->n_channels;
}

kr_tensor kr_forecaster_build(kr_builder *b, const kr_forecaster_config *config, kr_tensor x,
                              kr_tensor mark) {
    int i = find_model(config->model);
    if (i < 0) {
        kr_plan_fail(b->plan, KR_USAGE, "model %s is not known", config->model);
        return KR_NONE;
    }
    return models[i].build(b, config, x, mark);
}
