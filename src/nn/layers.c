/* SPDX-License-Identifier: MIT
 * layers.c - layers made of one op and its parameters. */
#include "nn/layers.h"

#include <stdio.h>

static kr_tensor get(kr_builder *b, kr_init init, int rank, const int64_t *shape, const char *name,
                     const char *part) {
    char full[KR_NAME_SIZE];
    snprintf(full, sizeof full, "%s.%s", name, part);
    return kr__params_get(b->params, b->plan, init, rank, shape, full);
}

/* Size of the last axis; 1 for the tensor of a failed plan, so that shapes are valid. */
static int64_t width(const kr_tensor *x) { return x->rank > 0 ? x->shape[x->rank - 1] : 1; }

kr_tensor kr__layer_linear(kr_builder *b, kr_tensor x, int64_t n_out, bool with_bias,
                           const char *name) {
    int64_t n_in = width(&x), shape[2] = {n_out, n_in};
    kr_init init = kr__init_fan_in(n_in);
    kr_tensor weight = get(b, init, 2, shape, name, "weight");
    kr_tensor bias = with_bias ? get(b, init, 1, shape, name, "bias") : KR_NONE;
    return kr__linear(b->plan, x, weight, bias);
}

kr_tensor kr__layer_conv1x1(kr_builder *b, kr_tensor x, int64_t n_out, const char *name) {
    int64_t n_in = width(&x), shape[3] = {n_out, n_in, 1};
    kr_init init = kr__init_fan_in(n_in);
    kr_tensor weight = get(b, init, 3, shape, name, "weight");
    return kr__linear(b->plan, x, weight, get(b, init, 1, shape, name, "bias"));
}

kr_tensor kr__layer_layer_norm(kr_builder *b, kr_tensor x, const char *name) {
    int64_t shape[1] = {width(&x)};
    kr_tensor weight = get(b, (kr_init){KR_INIT_ONES, 0}, 1, shape, name, "weight");
    kr_tensor bias = get(b, (kr_init){KR_INIT_ZEROS, 0}, 1, shape, name, "bias");
    return kr__layer_norm(b->plan, x, weight, bias, 1e-5);
}
