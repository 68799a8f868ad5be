/* SPDX-License-Identifier: MIT
 * layers.h - layers that own parameters, and the blocks of TimeStar and TimeStarMamba.
 *
 * Each function takes the name of its parameters in the table ("encoder.norm"), adds nodes to the
 * plan and returns the output. Shapes: batch B, rows R = B * n_vars, tokens T. */
#ifndef KR_LAYERS_H
#define KR_LAYERS_H

#include "nn/params.h"
#include "ops/ops.h"

/* A plan under construction and the table of the model it belongs to. */
typedef struct kr_builder {
    kr_plan *plan;
    kr_params *params;
} kr_builder;

enum { KR_NAME_SIZE = 160 };

/* x (.., n_in) -> (.., n_out); parameters name.weight (n_out, n_in) and, with_bias, name.bias. */
kr_tensor kr__layer_linear(kr_builder *b, kr_tensor x, int64_t n_out, bool with_bias,
                           const char *name);

/* The same as a convolution of width 1: name.weight (n_out, n_in, 1). */
kr_tensor kr__layer_conv1x1(kr_builder *b, kr_tensor x, int64_t n_out, const char *name);

/* Layer norm over the last axis, eps 1e-5: name.weight, name.bias. */
kr_tensor kr__layer_layer_norm(kr_builder *b, kr_tensor x, const char *name);

/* Mamba block: x (R, T, d_model) -> same. Source: arXiv:2312.00752, figure 3; Time-Series-Library's
 * MambaBlock. Parameters name.in_proj, conv1d, x_proj, dt_proj, A_log, D, out_proj. */
typedef struct kr_mamba_config {
    int64_t d_state, d_conv, expand;
    double
        dt_init; /* as KR_INIT_DT of dt_proj.bias; 0: kr__init_fan_in(), as Time-Series-Library */
} kr_mamba_config;
kr_tensor kr__layer_mamba(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                          const char *name);

/* The same over a chunk of a longer sequence. It takes the state after the chunk before and gives
 * the state after this one; gradients flow through both. conv (R, d_conv - 1, d_inner): the last
 * inputs of the convolution; h (R, d_inner, d_state). */
typedef struct kr_mamba_state {
    /* KR_NONE: the sequence starts here. In a state (KR_SPACE_STATE) they are replaced. */
    kr_tensor conv_first, h_first;
    kr_tensor conv_last, h_last; /* set; KR_NONE in place, and conv_last for d_conv 1 */
} kr_mamba_state;

/* Values inside the block: u (the x branch before the convolution), z, x_conv (after SiLU),
 * (R, T, d_inner); dt = softplus(dt_raw + dt_bias); B, C (R, T, d_state). */
typedef struct kr_mamba_taps {
    kr_tensor u, z, x_conv, dt_raw, dt_bias, B, C;
} kr_mamba_taps;

/* The block itself, on tensors of any plan: in_proj, and the scan's A_log, or with A_is_plain A.
 * in_proj KR_NONE: x (R, T, 2 d_inner) is what it would give. The biases of in_proj and out_proj,
 * dt_bias and D may be KR_NONE. */
typedef struct kr_mamba_weights {
    kr_tensor in_proj, in_proj_bias;   /* (2 d_inner, d_model) */
    kr_tensor conv, conv_bias;         /* (d_inner, 1, d_conv) */
    kr_tensor x_proj;                  /* (dt_rank + 2 d_state, d_inner) */
    kr_tensor dt_proj, dt_bias;        /* (d_inner, dt_rank) */
    kr_tensor A, D;                    /* (d_inner, d_state), (d_inner) */
    kr_tensor out_proj, out_proj_bias; /* (d_out, d_inner) */
    bool A_is_plain;
} kr_mamba_weights;
/* state and taps may be NULL. */
kr_tensor kr__mamba_block(kr_plan *plan, kr_tensor x, const kr_mamba_weights *w,
                          kr_mamba_state *state, kr_mamba_taps *taps);

/* state and taps may be NULL. */
kr_tensor kr__layer_mamba_chunk(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                                const char *name, kr_mamba_state *state, kr_mamba_taps *taps);

/* TimeStarMamba's token mixer: clamp(LayerNorm(Mamba(x)), -10, 10); name.mamba.*, name.norm.*. In
 * both directions another block, name.mamba_back.*, reads the tokens from the last to the first,
 * and the norm takes the sum of the two. */
kr_tensor kr__layer_mamba_guarded(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                                  bool is_both_ways, const char *name);

/* Self-attention with its four projections name.{query,key,value,out}_projection. */
kr_tensor kr__layer_attention(kr_builder *b, kr_tensor x, int64_t n_heads, double dropout,
                              const char *name);

/* STAR (aggregate, redistribute): x (B, n, d_model), cross (B, n_cross, d_model) -> like x.
 * Parameters name.gen1 .. gen4. */
typedef struct kr_star_config {
    int64_t d_core;
    double dropout;
    bool is_guarded, is_stochastic;
} kr_star_config;
kr_tensor kr__layer_star(kr_builder *b, kr_tensor x, kr_tensor cross, const kr_star_config *config,
                         const char *name);

/* One encoder layer: tokens (R, T, d_model), cross (B, n_cross, d_model) -> like tokens. */
typedef struct kr_encoder_config {
    bool uses_mamba;
    bool mamba_both_ways;
    int64_t n_heads, d_ff;
    double dropout;
    bool is_relu;
    kr_mamba_config mamba;
    kr_star_config star;
} kr_encoder_config;
kr_tensor kr__layer_encoder(kr_builder *b, kr_tensor tokens, kr_tensor cross,
                            const kr_encoder_config *config, const char *name);

/* Its feed-forward part: x (R, T, d_model) -> norm(x + dropout(conv2(dropout(act(conv1(x)))))),
 * with convolutions of width 1: name.conv1 (d_ff, d_model, 1), name.conv2, and the layer norm
 * name.<norm>. */
kr_tensor kr__layer_feed_forward(kr_builder *b, kr_tensor x, const kr_encoder_config *config,
                                 const char *name, const char *norm);

#endif
