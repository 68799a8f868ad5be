/* SPDX-License-Identifier: MIT
 * mamba.h - Mamba blocks and next-step models on chunks of a series, with the state in hand.
 *
 * What a model remembers of the steps before is its state: for each layer the last d_conv - 1
 * inputs of the convolution and h. It is an array of the caller's: zeros before the first step,
 * given to one chunk and taken from it for the next. Chunks of any lengths give what one pass over
 * the whole series gives; so do single steps.
 *
 *     kr_mamba *model = NULL;
 *     kr_mamba_chunk *step = NULL;
 *     KR_TRY(kr_mamba_open("model_next.pt", &model, err));
 *     KR_TRY(kr_mamba_chunk_create(model, &(kr_mamba_chunk_options){.n_steps = 1}, &step, err));
 *     kr_real *state = calloc(kr_mamba_shape_of(model)->state_size, sizeof *state);
 *     for (;;) {
 *         read_a_step(x);
 *         kr_mamba_chunk_forward(step, x, state, y, state);    y: forecast of the next step
 *     }
 *
 * Backward through a chunk takes the gradient of the state that it left and gives that of the state
 * it was given: truncated back-propagation through time over series of any length in the memory of
 * one chunk. examples/stream.c is a whole program. */
#ifndef KR_MAMBA_H
#define KR_MAMBA_H

#include <kr/status.h>
#include <kr/team.h>

KR_BEGIN_DECLS

typedef struct kr_mamba kr_mamba;

typedef struct kr_mamba_shape {
    int64_t n_features; /* values of a step, in and out; of a block: d_model */
    int64_t d_model, n_layers, d_inner, d_state, d_conv;
    int64_t d_ff, max_horizon; /* of the heads; 0 in a block */
    int64_t n_parameters;
    int64_t
        state_size; /* values: layer by layer conv (d_conv - 1, d_inner), h (d_inner, d_state) */
    int64_t gradient_size; /* values of kr_mamba_parameters(), some of them padding */
} kr_mamba_shape;

/* A next-step model out of .pt, .pth or .safetensors, as `krait train` and MambaSynth leave it. */
KR_API kr_status kr_mamba_open(const char *path, kr_mamba **out, kr_error *err);
/* One block of its own, without norm and residual, with PyTorch's kind of first values drawn from
 * seed. */
KR_API kr_status kr_mamba_create_block(int64_t d_model, int64_t d_state, int64_t d_conv,
                                       int64_t expand, uint64_t seed, kr_mamba **out,
                                       kr_error *err);
/* NULL is fine. Chunks of it go first. */
KR_API void kr_mamba_destroy(kr_mamba *model);

KR_API const kr_mamba_shape *kr_mamba_shape_of(const kr_mamba *model);
/* All parameters in one vector, to be read and changed; gradients have the same layout. */
KR_API kr_real *kr_mamba_parameters(kr_mamba *model);
/* First value and number of the parameter of this name ("layers.0.mamba.A_log"; of a block,
 * "A_log"); -1: there is none. */
KR_API int64_t kr_mamba_find(const kr_mamba *model, const char *name, int64_t *count);
/* Text of the file that the model came from ("epoch", "args.seq_len"); NULL: there is none. */
KR_API const char *kr_mamba_value(const kr_mamba *model, const char *key);

/* ---- chunks ------------------------------------------------------------------------------ */

/* A model made ready for chunks of one length. It belongs to one thread at a time. */
typedef struct kr_mamba_chunk kr_mamba_chunk;

typedef struct kr_mamba_chunk_options {
    int64_t n_steps;    /* of a chunk */
    int64_t batch;      /* series side by side; 0: 1 */
    bool with_backward; /* kr_mamba_chunk_backward() will be called */
    bool with_pushes;   /* kr_mamba_chunk_push() will be called */
    bool with_inside;   /* kr_mamba_chunk_inside() will be called */
} kr_mamba_chunk_options;

KR_API kr_status kr_mamba_chunk_create(kr_team *team, const kr_mamba *model,
                                       const kr_mamba_chunk_options *options, kr_mamba_chunk **out,
                                       kr_error *err);
/* NULL is fine. */
KR_API void kr_mamba_chunk_destroy(kr_mamba_chunk *chunk);

/* x (batch, n_steps, n_features) -> y, as large: of a model the forecast one step ahead, of a block
 * its output. state, state_after: (batch, state_size), may be the same; state NULL: the start;
 * state_after NULL: not wanted. Does not allocate. */
KR_API void kr_mamba_chunk_forward(kr_mamba_chunk *chunk, const kr_real *x, const kr_real *state,
                                   kr_real *y, kr_real *state_after);

/* Of the forward that ran last: gradients of y and of the state after it (NULL: zero) in, of x, of
 * the state before it (either NULL: not wanted) and of the parameters (added to) out. */
KR_API void kr_mamba_chunk_backward(kr_mamba_chunk *chunk, const kr_real *grad_y,
                                    const kr_real *grad_state_after, kr_real *grad_x,
                                    kr_real *grad_state, kr_real *grad_parameters);

/* (batch, n_steps, d_model) values that the next forwards add to the output of layer `layer` (from
 * 0), behind its residual: zeros at first. Write into them. */
KR_API kr_real *kr_mamba_chunk_push(kr_mamba_chunk *chunk, int64_t layer);

/* ---- what goes on inside ----------------------------------------------------------------- */

/* What can be seen of a step, and how many values it has. A block of its own has one layer, whose
 * output is that of the block. */
typedef enum kr_inside {
    KR_INSIDE_LAYER,  /* output of a layer, residual included: d_model */
    KR_INSIDE_HIDDEN, /* output of its Mamba block, before the residual: d_model */
    KR_INSIDE_DELTA,  /* step size of the scan, after the softplus: d_inner */
    KR_INSIDE_Z_GATE, /* SiLU(z), which gates the output: d_inner */
    KR_INSIDE_B,      /* input to state: d_state */
    KR_INSIDE_C,      /* state to output: d_state */
    KR_INSIDE_X_CONV, /* input of the scan, after convolution and SiLU: d_inner */
    KR_INSIDE_OUTPUT, /* y of the forward, whatever the layer: n_features */
    KR_INSIDE_COUNT
} kr_inside;
KR_API int64_t kr_inside_width(const kr_mamba *model, kr_inside what);

/* Rows first .. first + n - 1 of the forward that ran last into out (n, width); step t of series b
 * is row b * n_steps + t. layer counts from 0. */
KR_API void kr_mamba_chunk_inside(const kr_mamba_chunk *chunk, kr_inside what, int64_t layer,
                                  int64_t first, int64_t n, kr_real *out);

KR_END_DECLS

#endif
