/* SPDX-License-Identifier: MIT
 * nextstep_model.c - the causal next-step model made of Mamba blocks. */
#include "nn/nextstep_model.h"
#include "core/arena.h"

#include <assert.h>
#include <stdio.h>

int kr__nextstep_horizons(int64_t max_horizon, int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS]) {
    int n = 0;
    assert(max_horizon >= 1);
    for (int64_t k = 1; k <= max_horizon && n < KR__NEXTSTEP_MAX_HORIZONS - 1; k *= 2)
        horizons[n++] = k;
    if (horizons[n - 1] != max_horizon) horizons[n++] = max_horizon;
    return n;
}

double kr__nextstep_size(const kr__nextstep_model_config *config) {
    int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS];
    double d = (double)config->d_model, f = (double)config->n_features,
           hidden = (double)config->d_ff;
    double inner = d * (double)config->mamba.expand, n = (double)config->mamba.d_state;
    int64_t dt_rank = (config->d_model + 15) / 16;
    double rank = (double)dt_rank;
    double block = 2 * inner * d + inner * ((double)config->mamba.d_conv + 1) +
                   inner * (rank + 2 * n) + inner * (rank + 1) + inner * (n + 1) + d * inner;
    double head = hidden * (d + 1) + f * (hidden + 1);
    return d * (f + 1) + (double)config->n_layers * (2 * d + block) + 2 * d +
           kr__nextstep_horizons(config->max_horizon, horizons) * head;
}

static kr_tensor build_layer(kr_builder *b, const kr__nextstep_model_config *c, kr_tensor h,
                             int64_t i, kr_mamba_state *states, kr__nextstep_inside *inside) {
    char name[KR_NAME_SIZE];
    snprintf(name, sizeof name, "layers.%lld", (long long)i);
    kr__plan_label(b->plan, "%s", name);
    snprintf(name, sizeof name, "layers.%lld.norm", (long long)i);
    kr_tensor y = kr__layer_layer_norm(b, h, name);
    snprintf(name, sizeof name, "layers.%lld.mamba", (long long)i);
    y = kr__layer_mamba_chunk(b, y, &c->mamba, name, states ? &states[i] : NULL,
                              inside ? &inside->taps[i] : NULL);
    if (inside) inside->hidden[i] = y;
    h = kr__add(b->plan, h, kr__dropout(b->plan, y, c->dropout));
    if (inside && inside->push[i].rank > 0) h = kr__add(b->plan, h, inside->push[i]);
    if (inside) inside->layers[i] = h;
    return h;
}

static kr_tensor build_head(kr_builder *b, const kr__nextstep_model_config *c, kr_tensor h,
                            int64_t horizon) {
    char name[KR_NAME_SIZE];
    kr__plan_label(b->plan, "output_heads.%lld", (long long)horizon);
    snprintf(name, sizeof name, "output_heads.%lld.0", (long long)horizon);
    kr_tensor y = kr__gelu(b->plan, kr__layer_linear(b, h, c->d_ff, true, name));
    snprintf(name, sizeof name, "output_heads.%lld.2", (long long)horizon);
    return kr__layer_linear(b, y, c->n_features, true, name);
}

/* The model on one stretch of time. */
static void build_stretch(kr_builder *b, const kr__nextstep_model_config *config, kr_tensor x,
                          int n_heads, kr_tensor *pred, kr_mamba_state *states,
                          kr__nextstep_inside *inside) {
    int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS];
    int n = kr__nextstep_horizons(config->max_horizon, horizons);
    kr__plan_label(b->plan, "input_proj");
    kr_tensor h = kr__layer_linear(b, x, config->d_model, true, "input_proj");
    h = kr__dropout(b->plan, h, config->dropout);
    for (int64_t i = 0; i < config->n_layers; i++) {
        h = build_layer(b, config, h, i, states, inside);
    }
    kr__plan_label(b->plan, "final_norm");
    h = kr__layer_layer_norm(b, h, "final_norm");
    for (int i = 0; i < n && i < n_heads; i++) pred[i] = build_head(b, config, h, horizons[i]);
}

/* Steps of a stretch: few enough that the output of one op is still in the second-level cache for
 * the next, and enough that a plan has at most MOST_STRETCHES of them. */
static int64_t stretch_steps(int64_t seq_len) {
    enum { STRETCH = 512, LEAST_STRETCHES = 4, MOST_STRETCHES = 128 };
    if (seq_len < LEAST_STRETCHES * STRETCH) return seq_len;
    int64_t least = (seq_len + MOST_STRETCHES - 1) / MOST_STRETCHES;
    return (least + STRETCH - 1) / STRETCH * STRETCH;
}

/* A long series goes through the whole model stretch by stretch; the state passes from one stretch
 * to the next, and its gradient back. Room: n_layers states, parts (horizons, n). */
static void build_stretches(kr_builder *b, const kr__nextstep_model_config *config, kr_tensor x,
                            int n_heads, kr_tensor *pred, kr_mamba_state *states,
                            kr_tensor *parts) {
    int64_t seq_len = x.shape[1], steps = stretch_steps(seq_len), n = (seq_len + steps - 1) / steps;
    for (int64_t s = 0; s < n; s++) {
        int64_t first = s * steps, count = seq_len - first < steps ? seq_len - first : steps;
        kr_tensor made[KR__NEXTSTEP_MAX_HORIZONS] = {KR_NONE};
        build_stretch(b, config, kr__slice(x, 1, first, count), n_heads, made, states, NULL);
        for (int i = 0; i < KR__NEXTSTEP_MAX_HORIZONS; i++) parts[i * n + s] = made[i];
        for (int64_t i = 0; i < config->n_layers; i++) {
            states[i].conv_first = states[i].conv_last;
            states[i].h_first = states[i].h_last;
        }
    }
    for (int i = 0; i < KR__NEXTSTEP_MAX_HORIZONS && parts[i * n].rank > 0; i++) {
        pred[i] = kr__plan_join(b->plan, n, parts + i * n, 1);
    }
}

void kr__nextstep_build(kr_builder *b, const kr__nextstep_model_config *config, kr_tensor x,
                        int n_heads, kr_tensor *pred, kr_mamba_state *states,
                        kr__nextstep_inside *inside) {
    bool is_whole = states || inside || x.rank != 3 || x.shape[0] != 1;
    if (is_whole || stretch_steps(x.shape[1]) == x.shape[1]) {
        build_stretch(b, config, x, n_heads, pred, states, inside);
        return;
    }
    int64_t n = (x.shape[1] - 1) / stretch_steps(x.shape[1]) + 1;
    kr_mamba_state *between = kr__calloc((size_t)config->n_layers, sizeof *between);
    kr_tensor *parts = kr__calloc((size_t)(n * KR__NEXTSTEP_MAX_HORIZONS), sizeof *parts);
    if (between && parts) {
        build_stretches(b, config, x, n_heads, pred, between, parts);
    } else {
        kr__plan_fail(b->plan, KR_MEMORY, "out of memory while planning");
    }
    kr_free(between);
    kr_free(parts);
}

kr_tensor kr__nextstep_loss(kr_builder *b, const kr__nextstep_model_config *config,
                            const kr_tensor *pred, kr_tensor target) {
    int64_t horizons[KR__NEXTSTEP_MAX_HORIZONS];
    int n = kr__nextstep_horizons(config->max_horizon, horizons);
    kr__plan_label(b->plan, "loss");
    kr_tensor sum = KR_NONE;
    for (int i = 0; i < n; i++) {
        kr_tensor loss = kr__horizon_loss(b->plan, pred[i], target, horizons[i], 1.0 / n);
        sum = i == 0 ? loss : kr__add(b->plan, sum, loss);
    }
    return sum;
}

bool kr__nextstep_has_extras(const kr__nextstep_extras *extras) {
    return extras->slowness > 0 || extras->contrastive > 0 || extras->preact > 0;
}

kr_tensor kr__nextstep_add_extras(kr_builder *b, const kr__nextstep_model_config *config,
                                  const kr__nextstep_extras *extras, const kr_tensor *layers,
                                  kr_tensor loss) {
    double share = 1.0 / (double)config->n_layers;
    for (int64_t i = 0; i < config->n_layers; i++) {
        kr_tensor h = layers[i];
        kr__plan_label(b->plan, "auxiliary losses of layer %lld", (long long)i);
        if (extras->slowness > 0) {
            kr_tensor slow = kr__horizon_loss(b->plan, h, h, 1, extras->slowness * share);
            loss = kr__add(b->plan, loss, slow);
        }
        if (extras->contrastive > 0) {
            kr_tensor apart = kr__contrastive_loss(
                b->plan, h, extras->n_negatives, extras->temperature, extras->contrastive * share);
            loss = kr__add(b->plan, loss, apart);
        }
        if (extras->preact > 0) {
            loss = kr__add(b->plan, loss, kr__mean_square(b->plan, h, extras->preact * share));
        }
    }
    return loss;
}
