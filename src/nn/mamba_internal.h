/* SPDX-License-Identifier: MIT
 * mamba_internal.h - what is behind kr_mamba, for those who read models from files. */
#ifndef KR_MAMBA_INTERNAL_H
#define KR_MAMBA_INTERNAL_H

#include <kr/mamba.h>

#include "nn/next_model.h"

typedef struct kr_mamba_text {
    const char *key, *value;
} kr_mamba_text;

struct kr_mamba {
    kr_params params;
    bool is_block;
    kr_next_model_config config; /* of a block: d_model, mamba; one layer */
    kr_mamba_shape shape;
    kr_mamba_text *texts; /* n_texts, all in arena */
    int64_t n_texts;
    kr_arena arena;
};

struct kr_mamba_chunk {
    const kr_mamba *model;
    kr_plan *plan;
    int64_t batch, n_steps;
    kr_tensor x, y;
    kr_mamba_state *states; /* n_layers */
    kr_next_inside *inside; /* pushes in; what is seen, out */
    kr_run run;
    kr_per_worker scratch;
    int64_t n_pieces; /* of the node that is cut into most */
};

/* mamba_inside.c: before the plan is finished, keep what can be seen; after it, find it. */
void kr__mamba_keep_inside(kr_mamba_chunk *chunk);
void kr__mamba_resolve_inside(kr_mamba_chunk *chunk);

/* The parameters of config, not yet filled. */
kr_status kr__mamba_create(const kr_next_model_config *config, bool is_block, kr_mamba **out,
                           kr_error *err);

#endif
