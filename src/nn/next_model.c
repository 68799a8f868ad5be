/* SPDX-License-Identifier: MIT
 * next_model.c - the causal next-step model out of Mamba blocks. */
#include "nn/next_model.h"

#include <stdio.h>

int kr_next_horizons(int64_t max_horizon, int64_t horizons[KR_NEXT_MAX_HORIZONS]) {
    int n = 0;
    for (int64_t k = 1; k <= max_horizon && n < KR_NEXT_MAX_HORIZONS - 1; k *= 2) horizons[n++] = k;
    if (horizons[n - 1] != max_horizon) horizons[n++] = max_horizon;
    return n;
}

double kr_next_size(const kr_next_model_config *config) {
    int64_t horizons[KR_NEXT_MAX_HORIZONS];
    double d = (double)config->d_model, f = (double)config->n_features,
           hidden = (double)config->d_ff;
    double inner = d * (double)config->mamba.expand, n = (double)config->mamba.d_state;
    double rank = (double)((config->d_model + 15) / 16);
    double block = 2 * inner * d + inner * ((double)config->mamba.d_conv + 1) +
                   inner * (rank + 2 * n) + inner * (rank + 1) + inner * (n + 1) + d * inner;
    double head = hidden * (d + 1) + f * (hidden + 1);
    return d * (f + 1) + (double)config->n_layers * (2 * d + block) + 2 * d +
           kr_next_horizons(config->max_horizon, horizons) * head;
}

static kr_tensor build_layer(kr_builder *b, const kr_next_model_config *c, kr_tensor h, int64_t i,
                             kr_mamba_state *states, kr_next_inside *inside) {
    char name[KR_NAME_SIZE];
    snprintf(name, sizeof name, "layers.%lld", (long long)i);
    kr_plan_label(b->plan, "%s", name);
    snprintf(name, sizeof name, "layers.%lld.norm", (long long)i);
    kr_tensor y = kr_layer_layer_norm(b, h, name);
    snprintf(name, sizeof name, "layers.%lld.mamba", (long long)i);
    y = kr_layer_mamba_chunk(b, y, &c->mamba, name, states ? &states[i] : NULL,
                             inside ? &inside->taps[i] : NULL);
    if (inside) inside->hidden[i] = y;
    h = kr_add(b->plan, h, kr_dropout(b->plan, y, c->dropout));
    if (inside && inside->push[i].rank > 0) h = kr_add(b->plan, h, inside->push[i]);
    if (inside) inside->layers[i] = h;
    return h;
}

static kr_tensor build_head(kr_builder *b, const kr_next_model_config *c, kr_tensor h,
                            int64_t horizon) {
    char name[KR_NAME_SIZE];
    kr_plan_label(b->plan, "output_heads.%lld", (long long)horizon);
    snprintf(name, sizeof name, "output_heads.%lld.0", (long long)horizon);
    kr_tensor y = kr_gelu(b->plan, kr_layer_linear(b, h, c->d_ff, true, name));
    snprintf(name, sizeof name, "output_heads.%lld.2", (long long)horizon);
    return kr_layer_linear(b, y, c->n_features, true, name);
}

void kr_next_build(kr_builder *b, const kr_next_model_config *config, kr_tensor x, int n_heads,
                   kr_tensor *pred, kr_mamba_state *states, kr_next_inside *inside) {
    int64_t horizons[KR_NEXT_MAX_HORIZONS];
    int n = kr_next_horizons(config->max_horizon, horizons);
    kr_plan_label(b->plan, "input_proj");
    kr_tensor h = kr_layer_linear(b, x, config->d_model, true, "input_proj");
    h = kr_dropout(b->plan, h, config->dropout);
    for (int64_t i = 0; i < config->n_layers; i++) {
        h = build_layer(b, config, h, i, states, inside);
    }
    kr_plan_label(b->plan, "final_norm");
    h = kr_layer_layer_norm(b, h, "final_norm");
    for (int i = 0; i < n && i < n_heads; i++) pred[i] = build_head(b, config, h, horizons[i]);
}

kr_tensor kr_next_loss(kr_builder *b, const kr_next_model_config *config, const kr_tensor *pred,
                       kr_tensor target) {
    int64_t horizons[KR_NEXT_MAX_HORIZONS];
    int n = kr_next_horizons(config->max_horizon, horizons);
    kr_plan_label(b->plan, "loss");
    kr_tensor sum = KR_NONE;
    for (int i = 0; i < n; i++) {
        kr_tensor loss = kr_horizon_loss(b->plan, pred[i], target, horizons[i], 1.0 / n);
        sum = i == 0 ? loss : kr_add(b->plan, sum, loss);
    }
    return sum;
}

kr_tensor kr_next_add_extras(kr_builder *b, const kr_next_model_config *config,
                             const kr_next_extras *extras, const kr_tensor *layers,
                             kr_tensor loss) {
    double share = 1.0 / (double)config->n_layers;
    for (int64_t i = 0; i < config->n_layers; i++) {
        kr_tensor h = layers[i];
        kr_plan_label(b->plan, "auxiliary losses of layer %lld", (long long)i);
        if (extras->slowness > 0) {
            kr_tensor slow = kr_horizon_loss(b->plan, h, h, 1, extras->slowness * share);
            loss = kr_add(b->plan, loss, slow);
        }
        if (extras->contrastive > 0) {
            kr_tensor apart = kr_contrastive_loss(b->plan, h, extras->n_negatives,
                                                  extras->temperature, extras->contrastive * share);
            loss = kr_add(b->plan, loss, apart);
        }
        if (extras->preact > 0) {
            loss = kr_add(b->plan, loss, kr_mean_square(b->plan, h, extras->preact * share));
        }
    }
    return loss;
}
