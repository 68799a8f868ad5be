/* SPDX-License-Identifier: MIT
 * mamba.h - one Mamba block for a training loop of your own.
 *
 *     kr_mamba *block = NULL;
 *     kr_mamba_options options = {.size = sizeof options, .d_model = 64, .seed = 1};
 *     KR_TRY(kr_mamba_create(team, &options, &block, err));
 *     for (..) {
 *         KR_TRY(kr_mamba_forward(block, batch, seq_len, x, NULL, y, NULL, err));
 *         your_loss(y, grad_y);
 *         kr_mamba_zero_gradients(block);
 *         KR_TRY(kr_mamba_backward(block, grad_y, NULL, grad_x, NULL, err));
 *         your_step(kr_mamba_values(block), kr_mamba_gradients(block), kr_mamba_size(block));
 *     }
 *
 *     x -> in_proj -> (u, z)      u -> conv1d, SiLU -> x_proj -> (dt, B, C)
 *     scan(u, dt, A, B, C, D) * SiLU(z) -> out_proj -> y
 *
 * There is no norm and no residual. What a block remembers of earlier steps is its state, an array
 * of the caller's: zeros before the first step; each call takes it and leaves the state for the
 * next call. Calls of any lengths, down to single steps, give what one call over the whole sequence
 * gives.
 *
 * Arrays are float, row after row. A batch is cut by its size alone: the same bits for any number
 * of workers. A block belongs to one thread at a time; several blocks may run at once, also with
 * one team. Source: Mamba, arXiv:2312.00752, figure 3. examples/mamba_block.c is a whole program.
 */
#ifndef KR_MAMBA_H
#define KR_MAMBA_H

#include <kr/base.h>
#include <kr/team.h>

KR_BEGIN_DECLS

typedef struct kr_mamba kr_mamba;

/* size is sizeof(kr_mamba_options). */
typedef struct kr_mamba_options {
    size_t size;
    int64_t d_model;
    int64_t d_state, d_conv, expand; /* 0: 16, 4 (at most 16), 2 (at most 16) */
    uint64_t seed;                   /* of the initial values, drawn as in PyTorch */
    bool only_forward;               /* keeps nothing for kr_mamba_backward() */
} kr_mamba_options;

/* The block computes with the team, which must outlive it. KR_USAGE: a size is out of range. */
KR_API kr_status kr_mamba_create(kr_team *team, const kr_mamba_options *options, kr_mamba **out,
                                 kr_error *err);
/* NULL is fine. */
KR_API void kr_mamba_destroy(kr_mamba *block);

/* ---- parameters -------------------------------------------------------------------------- */

/* Views, valid as long as the block. Later versions add fields at the end.
 *
 *     in_proj.weight   (2 d_inner, d_model)         x_proj.weight   (dt_rank + 2 d_state, d_inner)
 *     conv1d.weight    (d_inner, 1, d_conv)         dt_proj.weight  (d_inner, dt_rank)
 *     conv1d.bias      (d_inner)                    dt_proj.bias    (d_inner)
 *     A_log            (d_inner, d_state)           D               (d_inner)
 *     out_proj.weight  (d_model, d_inner)
 *
 * d_inner = expand d_model, dt_rank = d_model / 16, rounded up; A = -exp(A_log). */
typedef struct kr_mamba_parameter {
    const char *name;
    int rank;
    int64_t shape[3]; /* rank of them */
    int64_t count;
    float *values;
    float *gradient; /* NULL with only_forward */
} kr_mamba_parameter;

KR_API int64_t kr_mamba_n_parameters(const kr_mamba *block);
/* NULL: i is out of range, or there is none of that name. */
KR_API const kr_mamba_parameter *kr_mamba_parameter_at(const kr_mamba *block, int64_t i);
KR_API const kr_mamba_parameter *kr_mamba_parameter_find(const kr_mamba *block, const char *name);

/* All of them in one vector of kr_mamba_size() values, some of it padding (whose gradient is 0),
 * and their gradients in another (NULL with only_forward). */
KR_API int64_t kr_mamba_size(const kr_mamba *block);
KR_API float *kr_mamba_values(kr_mamba *block);
KR_API float *kr_mamba_gradients(kr_mamba *block);
KR_API void kr_mamba_zero_gradients(kr_mamba *block);

/* ---- running ----------------------------------------------------------------------------- */

/* Values of the state of one sequence: conv (d_conv - 1, d_inner), the last inputs of the
 * convolution, then h (d_inner, d_state). */
KR_API int64_t kr_mamba_state_size(const kr_mamba *block);

/* x (batch, seq_len, d_model) -> y of the same shape. state, state_after (batch, state_size), may
 * be the same array; state NULL: the start of a sequence; state_after NULL: not wanted. y must not
 * overlap x. KR_SHAPE: a size below 1 or far too large; KR_MEMORY. Only a call whose batch or
 * seq_len differs from the call before allocates, and can fail. */
KR_API kr_status kr_mamba_forward(kr_mamba *block, int64_t batch, int64_t seq_len, const float *x,
                                  const float *state, float *y, float *state_after, kr_error *err);

/* The backward pass of the last kr_mamba_forward(); the parameters must not have changed since. In:
 * the gradients of y and of the state after it (NULL: zero). Out: those of x and of the state
 * before it (either NULL: not wanted); those of the parameters are added to kr_mamba_gradients().
 * To go back through several calls, run each forward again from its state, the last one first, and
 * pass grad_state of one call to the call before it as grad_state_after. KR_USAGE: no forward ran,
 * or the block is only_forward. */
KR_API kr_status kr_mamba_backward(kr_mamba *block, const float *grad_y,
                                   const float *grad_state_after, float *grad_x, float *grad_state,
                                   kr_error *err);

/* One step of `batch` sequences: x (batch, d_model) -> y; state (batch, state_size) becomes the
 * state after the step. Faster than a forward of one step, and does not disturb what
 * kr_mamba_backward() needs. Can fail as kr_mamba_forward() can. */
KR_API kr_status kr_mamba_step(kr_mamba *block, int64_t batch, const float *x, float *state,
                               float *y, kr_error *err);

KR_END_DECLS

#endif
