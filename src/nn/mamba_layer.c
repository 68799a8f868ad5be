/* SPDX-License-Identifier: MIT
 * mamba_layer.c - the Mamba block and its guarded form.
 *
 *     x -> in_proj -> (u, z)      u -> conv1d, SiLU -> x_proj -> (dt, B, C)
 *     scan(u, dt, A, B, C, D) * SiLU(z) -> out_proj */
#include <stdio.h>

#include "nn/layers.h"

/* name.part; a block outside a model has no name. */
static void join(char full[KR_NAME_SIZE], const char *name, const char *part) {
    snprintf(full, KR_NAME_SIZE, "%s%s%s", name, *name ? "." : "", part);
}

static kr_tensor get(kr_builder *b, kr_init init, int rank, const int64_t *shape, const char *name,
                     const char *part) {
    char full[KR_NAME_SIZE];
    join(full, name, part);
    return kr__params_get(b->params, b->plan, init, rank, shape, full);
}

static kr_tensor convolve(kr_plan *plan, kr_tensor u, const kr_mamba_weights *w,
                          kr_mamba_state *state) {
    if (!state) return kr__conv1d(plan, u, w->conv, w->conv_bias, true);
    return kr__conv1d_chunk(plan, u, w->conv, w->conv_bias, true, state->conv_first,
                            &state->conv_last);
}

/* dt_proj is without its bias: the scan adds it before the softplus. */
kr_tensor kr__mamba_block(kr_plan *plan, kr_tensor x, const kr_mamba_weights *w,
                          kr_mamba_state *state, kr_mamba_taps *taps) {
    kr_tensor uz = w->in_proj.rank > 0 ? kr__linear(plan, x, w->in_proj, w->in_proj_bias) : x;
    if (uz.rank == 0 || w->A.rank == 0) return KR_NONE;
    int64_t d_inner = w->A.shape[0], d_state = w->A.shape[1];
    kr_tensor branch = kr__slice(uz, 2, 0, d_inner), u = convolve(plan, branch, w, state);
    kr_tensor parts = u.rank > 0 ? kr__linear(plan, u, w->x_proj, KR_NONE) : KR_NONE;
    if (parts.rank == 0) return KR_NONE;
    int64_t dt_rank = parts.shape[2] - 2 * d_state;
    const kr_scan_in in = {
        .x = u,
        .dt_raw = kr__linear(plan, kr__slice(parts, 2, 0, dt_rank), w->dt_proj, KR_NONE),
        .dt_bias = w->dt_bias,
        .A_log = w->A,
        .B = kr__slice(parts, 2, dt_rank, d_state),
        .C = kr__slice(parts, 2, dt_rank + d_state, d_state),
        .D = w->D,
        .z = kr__slice(uz, 2, d_inner, d_inner),
        .h_first = state ? state->h_first : KR_NONE,
        .A_is_plain = w->A_is_plain};
    kr_tensor y = kr__selective_scan(plan, &in, state ? &state->h_last : NULL);
    if (taps) *taps = (kr_mamba_taps){branch, in.z, u, in.dt_raw, in.dt_bias, in.B, in.C};
    return y.rank > 0 ? kr__linear(plan, y, w->out_proj, w->out_proj_bias) : KR_NONE;
}

kr_tensor kr__layer_mamba(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                          const char *name) {
    return kr__layer_mamba_chunk(b, x, config, name, NULL, NULL);
}

kr_tensor kr__layer_mamba_chunk(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                                const char *name, kr_mamba_state *state, kr_mamba_taps *taps) {
    if (x.rank != 3) return KR_NONE;
    int64_t d_model = x.shape[2], d_inner = d_model * config->expand, d_state = config->d_state;
    int64_t dt_rank = (d_model + 15) / 16, conv[3] = {d_inner, 1, config->d_conv};
    const kr_init model = kr__init_fan_in(d_model), inner = kr__init_fan_in(d_inner);
    const kr_init taps_init = kr__init_fan_in(config->d_conv), rank = kr__init_fan_in(dt_rank);
    const kr_init dt = config->dt_init > 0 ? (kr_init){KR_INIT_DT, config->dt_init} : rank;
    const int64_t *channel = conv;
    kr_mamba_weights w = {.A_is_plain = false};
    w.in_proj = get(b, model, 2, (int64_t[]){2 * d_inner, d_model}, name, "in_proj.weight");
    w.conv = get(b, taps_init, 3, conv, name, "conv1d.weight");
    w.conv_bias = get(b, taps_init, 1, channel, name, "conv1d.bias");
    w.x_proj = get(b, inner, 2, (int64_t[]){dt_rank + 2 * d_state, d_inner}, name, "x_proj.weight");
    w.A = get(b, (kr_init){KR_INIT_A_LOG, 0}, 2, (int64_t[]){d_inner, d_state}, name, "A_log");
    w.D = get(b, (kr_init){KR_INIT_ONES, 0}, 1, channel, name, "D");
    w.dt_proj = get(b, rank, 2, (int64_t[]){d_inner, dt_rank}, name, "dt_proj.weight");
    w.dt_bias = get(b, dt, 1, channel, name, "dt_proj.bias");
    w.out_proj = get(b, inner, 2, (int64_t[]){d_model, d_inner}, name, "out_proj.weight");
    if (w.in_proj.rank == 0) return KR_NONE; /* a failed plan's, not a block without one */
    return kr__mamba_block(b->plan, x, &w, state, taps);
}

/* The block on the steps from the last to the first, back in their order. */
static kr_tensor read_backwards(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                                const char *name) {
    if (x.rank != 3) return KR_NONE;
    kr_tensor y = kr__layer_mamba(b, kr__copy(b->plan, kr__reverse(x, 1)), config, name);
    return y.rank == 3 ? kr__copy(b->plan, kr__reverse(y, 1)) : KR_NONE;
}

kr_tensor kr__layer_mamba_guarded(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                                  bool is_both_ways, const char *name) {
    char part[KR_NAME_SIZE];
    join(part, name, "mamba");
    kr_tensor y = kr__layer_mamba(b, x, config, part);
    if (is_both_ways) {
        join(part, name, "mamba_back");
        y = kr__add(b->plan, y, read_backwards(b, x, config, part));
    }
    join(part, name, "norm");
    return kr__clamp(b->plan, kr__layer_layer_norm(b, y, part), -10, 10);
}
