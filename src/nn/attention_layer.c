/* SPDX-License-Identifier: MIT
 * attention_layer.c - self-attention with its projections. */
#include <stdio.h>

#include "nn/layers.h"

kr_tensor kr__layer_attention(kr_builder *b, kr_tensor x, int64_t n_heads, double dropout,
                              const char *name) {
    static const char *const parts[3] = {"query", "key", "value"};
    char part[KR_NAME_SIZE];
    kr_tensor qkv[3];
    int64_t d_model = x.rank == 3 ? x.shape[2] : 1;
    for (int i = 0; i < 3; i++) {
        snprintf(part, sizeof part, "%s.%s_projection", name, parts[i]);
        qkv[i] = kr__layer_linear(b, x, d_model, true, part);
    }
    kr_tensor y = kr__attention(b->plan, qkv[0], qkv[1], qkv[2], n_heads, dropout);
    snprintf(part, sizeof part, "%s.out_projection", name);
    return kr__layer_linear(b, y, d_model, true, part);
}
