/* SPDX-License-Identifier: MIT
 * mamba_stack.h - Mamba blocks, a single one or those of a next-step model, on chunks of a series;
 * the caller holds the state.
 *
 * What a stack remembers of the steps before is its state: for each layer the last d_conv - 1
 * inputs of the convolution and h. Chunks of any lengths give what one pass over the whole series
 * gives; so do single steps. Backward through a chunk takes the gradient of the state after it and
 * gives that of the state before it. */
#ifndef KR_MAMBA_STACK_H
#define KR_MAMBA_STACK_H

#include <kr/team.h>

#include "core/real.h"
#include "nn/nextstep_model.h"
#include "ops/weight_panels.h"

typedef struct kr__stack_shape {
    int64_t n_features; /* values of a step, in and out; of a block: d_model */
    int64_t d_model, n_layers, d_inner, d_state, d_conv;
    int64_t d_ff, max_horizon; /* of the heads; 0 in a block */
    int64_t n_parameters;
    /* Values: layer by layer conv (d_conv - 1, d_inner), h (d_inner, d_state). */
    int64_t state_size;
    int64_t gradient_size; /* of the vector of parameters, some of it padding */
} kr__stack_shape;

typedef struct kr__stack {
    kr_params params;
    bool is_block;
    kr__nextstep_model_config config; /* of a block: d_model, mamba; one layer */
    kr__stack_shape shape;
} kr__stack;

/* The parameters of a model, not yet filled. */
kr_status kr__stack_create(const kr__nextstep_model_config *config, kr__stack **out, kr_error *err);
/* One block, without norm and residual, with initial values as PyTorch draws them, from seed. */
kr_status kr__stack_create_block(int64_t d_model, const kr_mamba_config *config, uint64_t seed,
                                 kr__stack **out, kr_error *err);
/* NULL is fine. Destroy its chunks first. */
void kr__stack_destroy(kr__stack *stack);

/* ---- chunks ------------------------------------------------------------------------------ */

/* A stack prepared for chunks of one length. It belongs to one thread at a time. */
typedef struct kr__chunk {
    const kr__stack *stack;
    kr_plan *plan;
    int64_t batch, n_steps;
    kr_tensor x, y;
    kr_mamba_state *states;      /* n_layers */
    kr__nextstep_inside *inside; /* takes pushes, gives inner values */
    const kr_weight_panels *panels;
    bool is_in_place; /* the state is changed where the caller has it */
    kr_real *state;   /* with is_in_place: for a forward whose state is not wanted */
    kr_run run;
    kr_per_worker scratch;
    int64_t n_pieces; /* of the node that is cut into the most pieces */
} kr__chunk;

typedef struct kr__chunk_options {
    int64_t n_steps;    /* of a chunk */
    int64_t batch;      /* series side by side; 0: 1 */
    bool with_backward; /* kr__chunk_backward() will be called */
    bool with_pushes;   /* kr__chunk_push() will be called */
    bool with_inside;   /* kr__chunk_inside() will be called */
    /* Weights for chunks that run while no parameter changes: make all of them, then the panels.
     * NULL: the chunk reads the parameters as they are at each forward. */
    kr_weight_panels *panels;
} kr__chunk_options;

kr_status kr__chunk_create(kr_team *team, const kr__stack *stack, const kr__chunk_options *options,
                           kr__chunk **out, kr_error *err);
/* NULL is fine. */
void kr__chunk_destroy(kr__chunk *chunk);

/* x (batch, n_steps, n_features) -> y of the same shape: for a model the forecasts one step ahead,
 * for a block its output. state, state_after: (batch, state_size), may be the same; state NULL: the
 * start; state_after NULL: not wanted. Does not allocate. */
void kr__chunk_forward(kr__chunk *chunk, const kr_real *x, const kr_real *state, kr_real *y,
                       kr_real *state_after);

/* The backward pass of the last forward. In: the gradients of y and of the state after it (NULL:
 * zero). Out: those of x and of the state before it (either NULL: not wanted); those of the
 * parameters are added. */
void kr__chunk_backward(kr__chunk *chunk, const kr_real *grad_y, const kr_real *grad_state_after,
                        kr_real *grad_x, kr_real *grad_state, kr_real *grad_parameters);

/* (batch, n_steps, d_model) values for the caller to write, which the next forwards add to the
 * output of layer `layer` (from 0) after its residual. Zeros at first. */
kr_real *kr__chunk_push(kr__chunk *chunk, int64_t layer);

/* ---- what goes on inside, mamba_inside.c -------------------------------------------------- */

/* What can be seen of a step. A single block has one layer, whose output is that of the block.
 */
typedef enum kr__inside {
    KR__INSIDE_LAYER,  /* output of a layer, residual included: d_model */
    KR__INSIDE_HIDDEN, /* output of its Mamba block, before the residual: d_model */
    KR__INSIDE_DELTA,  /* step size of the scan, after the softplus: d_inner */
    KR__INSIDE_Z_GATE, /* SiLU(z), which gates the output: d_inner */
    KR__INSIDE_B,      /* input to state: d_state */
    KR__INSIDE_C,      /* state to output: d_state */
    KR__INSIDE_X_CONV, /* input of the scan, after convolution and SiLU: d_inner */
    KR__INSIDE_OUTPUT, /* y of the forward, whatever the layer: n_features */
    KR__INSIDE_COUNT
} kr__inside;
int64_t kr__inside_width(const kr__stack *stack, kr__inside what);

/* Copy rows first .. first + n - 1 of the last forward into out (n, width); step t of series b is
 * row b * n_steps + t. layer counts from 0. */
void kr__chunk_inside(const kr__chunk *chunk, kr__inside what, int64_t layer, int64_t first,
                      int64_t n, kr_real *out);

/* Called before the plan is finished, to keep the inner values, and after it, to find them. */
void kr__chunk_keep_inside(kr__chunk *chunk);
void kr__chunk_resolve_inside(kr__chunk *chunk);

/* ---- the public interface ---------------------------------------------------------------- */

/* The public interface is float, and so is the library. Its double copy, which the gradient tests
 * use, refuses calls that would return its numbers as floats. */
static inline kr_status kr__check_float(kr_error *err) {
    if (sizeof(kr_real) == sizeof(float)) return KR_OK;
    return kr_fail(err, KR_UNSUPPORTED, "this copy of the library computes in double");
}

#endif
