/* SPDX-License-Identifier: MIT
 * encoder_layer.c - one layer of TimeStar's encoder, and the feed-forward part of any.
 *
 *     x = norm1(x + dropout(mixer(x)))                   mixer: attention or Mamba
 *     g = last token of every variate
 *     g = norm2(g + dropout(STAR(g, cross)))             across variates
 *     x = norm3(x' + dropout(conv2(dropout(act(conv1(x'))))))    x' = x with g in place */
#include <stdio.h>

#include "nn/layers.h"

static void join(char full[KR_NAME_SIZE], const char *name, const char *part) {
    snprintf(full, KR_NAME_SIZE, "%s.%s", name, part);
}

static kr_tensor mix_tokens(kr_builder *b, kr_tensor x, const kr_encoder_config *config,
                            const char *name) {
    char part[KR_NAME_SIZE];
    join(part, name, "self_attention");
    kr__plan_label(b->plan, "%s", part);
    kr_tensor y = config->uses_mamba
                      ? kr__layer_mamba_guarded(b, x, &config->mamba, config->mamba_both_ways, part)
                      : kr__layer_attention(b, x, config->n_heads, config->dropout, part);
    y = kr__add(b->plan, x, kr__dropout(b->plan, y, config->dropout));
    join(part, name, "norm1");
    return kr__layer_layer_norm(b, y, part);
}

/* The global tokens, (R, T, d) -> (B, n_vars, d), exchange through STAR. */
static kr_tensor mix_variates(kr_builder *b, kr_tensor x, kr_tensor cross,
                              const kr_encoder_config *config, const char *name) {
    char part[KR_NAME_SIZE];
    int64_t batch = cross.shape[0], d_model = x.shape[2];
    const int64_t shape[3] = {batch, x.shape[0] / batch, d_model},
                  back[3] = {x.shape[0], 1, d_model};
    kr_tensor g = kr__slice(x, 1, x.shape[1] - 1, 1);
    g = kr__copy(b->plan, kr__reshape(g, 3, shape));
    join(part, name, "cross_attention");
    kr__plan_label(b->plan, "%s", part);
    kr_tensor y = kr__layer_star(b, g, cross, &config->star, part);
    y = kr__add(b->plan, g, kr__dropout(b->plan, y, config->dropout));
    join(part, name, "norm2");
    return kr__reshape(kr__layer_layer_norm(b, y, part), 3, back);
}

kr_tensor kr__layer_feed_forward(kr_builder *b, kr_tensor x, const kr_encoder_config *config,
                                 const char *name, const char *norm) {
    char part[KR_NAME_SIZE];
    int64_t d_model = x.rank == 3 ? x.shape[2] : 1;
    kr__plan_label(b->plan, "%s", name);
    join(part, name, "conv1");
    kr_tensor y = kr__layer_conv1x1(b, x, config->d_ff, part);
    y = config->is_relu ? kr__relu(b->plan, y) : kr__gelu(b->plan, y);
    y = kr__dropout(b->plan, y, config->dropout);
    join(part, name, "conv2");
    y = kr__layer_conv1x1(b, y, d_model, part);
    y = kr__add(b->plan, x, kr__dropout(b->plan, y, config->dropout));
    join(part, name, norm);
    return kr__layer_layer_norm(b, y, part);
}

kr_tensor kr__layer_encoder(kr_builder *b, kr_tensor tokens, kr_tensor cross,
                            const kr_encoder_config *config, const char *name) {
    kr_tensor x = mix_tokens(b, tokens, config, name);
    if (x.rank != 3 || cross.rank != 3) return KR_NONE;
    kr_tensor g = mix_variates(b, x, cross, config, name);
    x = kr__concat(b->plan, kr__slice(x, 1, 0, x.shape[1] - 1), g, 1);
    return kr__layer_feed_forward(b, x, config, name, "norm3");
}
