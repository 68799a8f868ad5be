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

static kr_tensor convolve(kr_builder *b, kr_tensor u, int64_t d_inner, int64_t d_conv,
                          const char *name, kr_mamba_state *state) {
    int64_t shape[3] = {d_inner, 1, d_conv};
    kr_init init = kr__init_fan_in(d_conv);
    kr_tensor weight = get(b, init, 3, shape, name, "conv1d.weight");
    kr_tensor bias = get(b, init, 1, shape, name, "conv1d.bias");
    if (!state) return kr__conv1d(b->plan, u, weight, bias, true);
    return kr__conv1d_chunk(b->plan, u, weight, bias, true, state->conv_first, &state->conv_last);
}

/* dt_proj without its bias: the scan adds it before the softplus. */
static kr_tensor project_dt(kr_builder *b, kr_tensor dt, int64_t d_inner, double dt_init,
                            const char *name, kr_tensor *bias) {
    int64_t rank = dt.rank > 0 ? dt.shape[dt.rank - 1] : 1, shape[2] = {d_inner, rank};
    kr_init init = kr__init_fan_in(rank);
    kr_tensor weight = get(b, init, 2, shape, name, "dt_proj.weight");
    if (dt_init > 0) init = (kr_init){KR_INIT_DT, dt_init};
    *bias = get(b, init, 1, shape, name, "dt_proj.bias");
    return kr__linear(b->plan, dt, weight, KR_NONE);
}

kr_tensor kr__layer_mamba(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                          const char *name) {
    return kr__layer_mamba_chunk(b, x, config, name, NULL, NULL);
}

kr_tensor kr__layer_mamba_chunk(kr_builder *b, kr_tensor x, const kr_mamba_config *config,
                                const char *name, kr_mamba_state *state, kr_mamba_taps *taps) {
    char part[KR_NAME_SIZE];
    if (x.rank != 3) return KR_NONE;
    int64_t d_model = x.shape[2], d_inner = d_model * config->expand, d_state = config->d_state;
    int64_t dt_rank = (d_model + 15) / 16, shape[2] = {d_inner, d_state};

    join(part, name, "in_proj");
    kr_tensor uz = kr__layer_linear(b, x, 2 * d_inner, false, part);
    if (uz.rank == 0) return uz;
    kr_tensor branch = kr__slice(uz, 2, 0, d_inner);
    kr_tensor u = convolve(b, branch, d_inner, config->d_conv, name, state);
    if (u.rank == 0) return u;

    join(part, name, "x_proj");
    kr_tensor parts = kr__layer_linear(b, u, dt_rank + 2 * d_state, false, part);
    if (parts.rank == 0) return parts;
    kr_scan_in in = {.x = u,
                     .A_log = get(b, (kr_init){KR_INIT_A_LOG, 0}, 2, shape, name, "A_log"),
                     .B = kr__slice(parts, 2, dt_rank, d_state),
                     .C = kr__slice(parts, 2, dt_rank + d_state, d_state),
                     .D = get(b, (kr_init){KR_INIT_ONES, 0}, 1, shape, name, "D"),
                     .z = kr__slice(uz, 2, d_inner, d_inner)};
    in.dt_raw =
        project_dt(b, kr__slice(parts, 2, 0, dt_rank), d_inner, config->dt_init, name, &in.dt_bias);
    if (state) in.h_first = state->h_first;
    kr_tensor y = kr__selective_scan(b->plan, &in, state ? &state->h_last : NULL);
    if (taps) {
        *taps = (kr_mamba_taps){.u = branch,
                                .z = in.z,
                                .x_conv = u,
                                .dt_raw = in.dt_raw,
                                .dt_bias = in.dt_bias,
                                .B = in.B,
                                .C = in.C};
    }

    join(part, name, "out_proj");
    return kr__layer_linear(b, y, d_model, false, part);
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
