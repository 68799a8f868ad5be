/* SPDX-License-Identifier: MIT
 * scan.h - the operations of a Mamba block, with gradients, on arrays of the caller's: the
 * selective scan, the causal convolution, and the block that they are in. For a host that holds the
 * parameters itself; a block that holds them is kr/mamba.h.
 *
 *     kr_scan scan = {.size = sizeof scan, .batch = 4, .d_inner = 64, .seq_len = 100,
 *                     .d_state = 16, .n_groups_B = 1, .n_groups_C = 1, .delta_softplus = true};
 *     kr_scan_arrays values = {.u = {u, {64 * 100, 100, 1}}, ..};
 *     KR_TRY(kr_scan_forward(team, &scan, &values, err));
 *     kr_scan_arrays gradients = {.y = {grad_y, {64 * 100, 100, 1}}, .u = {grad_u, ..}, ..};
 *     KR_TRY(kr_scan_backward(team, &scan, &values, &gradients, err));
 *
 * Nothing is kept between the calls: backward computes forward again, except in the block, where
 * the caller keeps what forward leaves. Work is cut by its size alone: the same bits for any number
 * of workers. Any number of calls may run at once, also with one team. When the team is asked to
 * stop, a call ends with KR_INTERRUPTED, its results undefined.
 *
 * Sources: Mamba, arXiv:2312.00752, section 3.2 and figure 3; the meaning of the arrays is that of
 * selective_scan_fn and mamba_inner_fn of mamba-ssm and causal_conv1d_fn of causal-conv1d. */
#ifndef KR_SCAN_H
#define KR_SCAN_H

#include <kr/base.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* An array with any layout: element (i, j, ..) is values[i stride[0] + j stride[1] ..]. values
 * NULL: there is none. What a call writes must not overlap itself or what the call reads. */
typedef struct kr_strided {
    float *values;
    int64_t stride[4]; /* as many as it has axes */
} kr_strided;

/* ---- selective scan ---------------------------------------------------------------------- */

/* size is sizeof(kr_scan). Sizes are at least 1. */
typedef struct kr_scan {
    size_t size;
    int64_t batch, d_inner, seq_len, d_state;
    /* Neighbouring channels share B and C, in so many groups, which divide d_inner; 0: B, C are
     * (d_inner, d_state), the same at all steps, which costs a channel as much as 16 do else. */
    int64_t n_groups_B, n_groups_C;
    bool delta_softplus;
} kr_scan;

/* dt = delta + delta_bias, after a softplus if asked for
 *     h[t] = exp(dt[t] A) h[t-1] + dt[t] B[t] u[t]
 *     y[t] = (sum over d_state of C[t] h[t] + D u[t]) silu(z[t])
 *
 *     u, delta, z, y    (batch, d_inner, seq_len)             z may be missing: no gate
 *     A                 (d_inner, d_state)                    of any sign
 *     B, C              (batch, n_groups, d_state, seq_len)   or (d_inner, d_state)
 *     D, delta_bias     (d_inner)                             may be missing: 0
 *     h_first, h_last   (batch, d_inner, d_state)             the state before and after; missing:
 *                                                             zeros, not wanted; may be the same
 */
typedef struct kr_scan_arrays {
    kr_strided u, delta, A, B, C, D, z, delta_bias, h_first;
    kr_strided y, h_last;
} kr_scan_arrays;

/* Writes values->y and values->h_last. KR_SHAPE: a size is impossible; KR_USAGE: an array is
 * missing; KR_NUMERIC: dt A above 88, or above 87 in size with a negative dt, where exp() leaves
 * float; KR_MEMORY. */
KR_API kr_status kr_scan_forward(kr_team *team, const kr_scan *scan, const kr_scan_arrays *values,
                                 kr_error *err);

/* Reads values (not y, h_last) and the gradients of y and h_last (missing: zeros), writes all other
 * gradients that are there; those of what is missing in values are left alone. Can fail as forward
 * can. */
KR_API kr_status kr_scan_backward(kr_team *team, const kr_scan *scan, const kr_scan_arrays *values,
                                  const kr_scan_arrays *gradients, kr_error *err);

/* ---- causal convolution ------------------------------------------------------------------ */

/* size is sizeof(kr_causal_conv). Sizes are at least 1, d_conv at most 16. */
typedef struct kr_causal_conv {
    size_t size;
    int64_t batch, d_inner, seq_len, d_conv;
    bool with_silu;
} kr_causal_conv;

/* y[t] = act(bias + sum over j < d_conv of weight[j] x[t - (d_conv - 1) + j]), each channel by
 * itself
 *
 *     x, y           (batch, d_inner, seq_len)
 *     weight         (d_inner, d_conv)
 *     bias           (d_inner)                       may be missing: 0
 *     first, last    (batch, d_inner, d_conv - 1)    x before step 0 (missing: zeros), and the last
 *                                                    steps of first and x together, which are first
 *                                                    of a call that goes on; unused with d_conv 1
 */
typedef struct kr_causal_conv_arrays {
    kr_strided x, weight, bias, first;
    kr_strided y, last;
} kr_causal_conv_arrays;

/* As kr_scan_forward() and kr_scan_backward(). */
KR_API kr_status kr_causal_conv_forward(kr_team *team, const kr_causal_conv *conv,
                                        const kr_causal_conv_arrays *values, kr_error *err);
KR_API kr_status kr_causal_conv_backward(kr_team *team, const kr_causal_conv *conv,
                                         const kr_causal_conv_arrays *values,
                                         const kr_causal_conv_arrays *gradients, kr_error *err);

/* ---- block ------------------------------------------------------------------------------- */

/* size is sizeof(kr_block). Sizes are at least 1, d_conv at most 16. */
typedef struct kr_block {
    size_t size;
    int64_t batch, seq_len, d_model, d_inner, d_state, d_conv, dt_rank, d_out;
    bool x_is_constant; /* no gradient of x is wanted */
} kr_block;

/* (u, z) = x in_proj^T + in_proj_bias         u = silu(causal convolution of u)
 * (delta, B, C) = u x_proj^T                  delta = softplus(delta dt_proj^T + dt_bias)
 * y = selective scan(u, delta, A, B, C, D, z) out_proj^T + out_proj_bias
 *
 *     x         (batch, seq_len, d_model)       y          (batch, seq_len, d_out)
 *     in_proj   (2 d_inner, d_model)            may be missing: x is (u, z), d_model = 2 d_inner
 *     conv      (d_inner, d_conv)               dt_proj    (d_inner, dt_rank)
 *     x_proj    (dt_rank + 2 d_state, d_inner)  out_proj   (d_out, d_inner)
 *     A         (d_inner, d_state)              not above 0
 *     in_proj_bias, conv_bias, dt_bias, D, out_proj_bias   may be missing: 0
 */
typedef struct kr_block_arrays {
    kr_strided x, in_proj, in_proj_bias, conv, conv_bias, x_proj, dt_proj, dt_bias, A, D;
    kr_strided out_proj, out_proj_bias, y;
} kr_block_arrays;

/* How many floats forward leaves for backward. Of the arrays it looks only which are there. Can
 * fail as forward can. */
KR_API kr_status kr_block_kept_size(const kr_block *block, const kr_block_arrays *values,
                                    int64_t *count, kr_error *err);

/* Writes values->y, and kr_block_kept_size() floats to kept; NULL: backward will not run. KR_SHAPE:
 * a size is impossible; KR_USAGE: an array is missing; KR_NUMERIC: a number of A is above 0;
 * KR_MEMORY. */
KR_API kr_status kr_block_forward(kr_team *team, const kr_block *block,
                                  const kr_block_arrays *values, float *kept, kr_error *err);

/* Reads values (not y), the gradient of y (missing: zeros) and what forward left, writes all other
 * gradients that are there. A second call with the same kept computes forward again. */
KR_API kr_status kr_block_backward(kr_team *team, const kr_block *block,
                                   const kr_block_arrays *values, const kr_block_arrays *gradients,
                                   float *kept, kr_error *err);

KR_END_DECLS

#endif
