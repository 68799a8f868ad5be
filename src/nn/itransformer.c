/* SPDX-License-Identifier: MIT
 * itransformer.c - iTransformer: all steps of a channel in the window are one token, and so are
 * those of a time mark; attention mixes the tokens. Source: arXiv:2310.06625; parameters as in
 * thuml/iTransformer.
 *
 *     x = norm1(x + dropout(attention(x)))                                  a layer
 *     x = norm2(x + dropout(conv2(dropout(act(conv1(x))))))
 *
 * Columns whose future is known become a second token each, over window and forecast. */
#include <stdio.h>

#include "nn/model.h"
#include "nn/model_parts.h"

static kr_status check(const kr__model_config *c, kr_error *err) {
    return kr__check_heads(c, 1, err);
}

/* Each channel is a token. */
static int64_t count_rows(const kr__model_config *c) {
    return c->n_channels + c->n_marks + c->n_future;
}

static kr_tensor embed(kr_builder *b, const kr__model_config *c, const kr__window *w) {
    kr_tensor tokens = kr__embed_series(b, c, w->x, w->mark, c->seq_len, "enc_embedding");
    if (c->n_future == 0) return tokens;
    return kr__concat(b->plan, tokens, kr__embed_futures(b, c, w), 1);
}

static kr_tensor encode(kr_builder *b, const kr__model_config *c, kr_tensor x, int64_t layer) {
    const kr_encoder_config *e = &c->encoder;
    char name[KR_NAME_SIZE], part[KR_NAME_SIZE + 16];
    snprintf(name, sizeof name, "encoder.attn_layers.%jd", (intmax_t)layer);
    snprintf(part, sizeof part, "%s.attention", name);
    kr__plan_label(b->plan, "%s", part);
    kr_tensor y = kr__layer_attention(b, x, e->n_heads, e->dropout, part);
    y = kr__add(b->plan, x, kr__dropout(b->plan, y, e->dropout));
    snprintf(part, sizeof part, "%s.norm1", name);
    return kr__layer_feed_forward(b, kr__layer_layer_norm(b, y, part), e, name, "norm2");
}

static kr_tensor build(kr_builder *b, const kr__model_config *c, const kr__model_in *in) {
    kr__plan_label(b->plan, "embedding");
    kr__window w = kr__window_make(b, c, in, c->use_norm);
    kr_tensor tokens = embed(b, c, &w);
    for (int64_t i = 0; i < c->e_layers; i++) tokens = encode(b, c, tokens, i);
    kr__plan_label(b->plan, "head");
    tokens = kr__layer_layer_norm(b, tokens, "encoder.norm");
    if (tokens.rank != 3) return KR_NONE;
    tokens = kr__copy(b->plan, kr__slice(tokens, 1, c->n_channels - c->n_outputs, c->n_outputs));
    kr_tensor y = kr__layer_linear(b, tokens, kr__head_rows(c), true, "projector");
    return kr__forecast_finish(b, c, y, &w);
}

const kr__model_kind kr__model_itransformer = {
    .build = build,
    .check = check,
    .rows = count_rows,
    .learns = true,
    .uses = "cycle d_model n_heads e_layers d_ff dropout activation use_norm " KR_USES_MARKS,
    .sign = "enc_embedding.value_embedding.weight"};
