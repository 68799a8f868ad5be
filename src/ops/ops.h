/* SPDX-License-Identifier: MIT
 * ops.h - the typed functions that models are written with.
 *
 * Each appends a node to the plan and gives the output tensor. Shapes are checked when the node is
 * planned; the first failure sticks in the plan. Gradients are added (kr_op in plan.h).
 * KR_NONE in an optional place means "none". "matrix view": see kr__tensor_as_matrix(). Outputs are
 * contiguous. "rows" is batch, or batch * n_vars. */
#ifndef KR_OPS_H
#define KR_OPS_H

#include "tensor/plan.h"

#define KR_OP(name)                                                                                \
    extern const kr_op kr_op_##name;                                                               \
    extern const kr_op_row kr_op_##name##_cpu;
#include "ops/ops.inc"
#undef KR_OP

/* The CPU's row of every op. */
extern const kr_backend kr_backend_cpu;

#define KR_NONE ((kr_tensor){0})

/* How elementwise ops of one sample are cut: a piece has so many values at least, so that it is
 * worth handing to a worker, and cuts lie at multiples of a group, which fills lines of the cache.
 */
enum { KR_LEAST_VALUES = 1 << 14, KR_VALUES_GROUP = 64 };

/* By name; NULL when there is none. And by number, 0 .. kr__op_count()-1. */
const kr_op *kr__op_find(const char *name);
const kr_op *kr__op_at(int i);
int kr__op_count(void);

/* ---- elementwise ------------------------------------------------------------------------ */

/* y = a + b; both of the same shape, both contiguous. */
kr_tensor kr__add(kr_plan *plan, kr_tensor a, kr_tensor b);

/* y = f(x), x contiguous. GELU is the exact (erf) one; softplus is x itself above 20. */
kr_tensor kr__gelu(kr_plan *plan, kr_tensor x);
kr_tensor kr__relu(kr_plan *plan, kr_tensor x);
kr_tensor kr__silu(kr_plan *plan, kr_tensor x);
kr_tensor kr__softplus(kr_plan *plan, kr_tensor x);

/* y = min(max(x, low), high); a clamped element passes no gradient. NaN stays NaN. */
kr_tensor kr__clamp(kr_plan *plan, kr_tensor x, double low, double high);

/* In training: y = x * mask / (1 - p), mask 0 with probability p; else y = x. p in [0, 1).
 * With p = 0, or in a plan without backward, no node is made. x contiguous, its first axis a
 * multiple of the plan's batch: the numbers depend on (seed, step, sample, node, place in the
 * sample) only. */
kr_tensor kr__dropout(kr_plan *plan, kr_tensor x, double p);

/* y = x, contiguous; x has any strides (rank up to 4). */
kr_tensor kr__copy(kr_plan *plan, kr_tensor x);

/* ---- norms ------------------------------------------------------------------------------ */

/* Over the last axis: y = (x - mean) / sqrt(var + eps) * weight + bias; var by n. x is a matrix
 * view; weight, bias (last axis). */
kr_tensor kr__layer_norm(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor bias, double eps);

/* x (batch, seq_len, n_vars) -> y the same, mean and deviation (batch, n_vars):
 * y = (x - mean) / deviation over time, deviation = sqrt(var + eps), var by n. The mean is a
 * constant for gradients, the deviation is not (as the original). */
kr_tensor kr__instance_norm(kr_plan *plan, kr_tensor x, double eps, kr_tensor *mean,
                            kr_tensor *deviation);

/* y = x * deviation + mean; x (batch, pred_len, n_vars) with any strides; mean, deviation
 * (batch, n_vars), any strides (a slice of kr__instance_norm's); deviation KR_NONE: 1. */
kr_tensor kr__denormalize(kr_plan *plan, kr_tensor x, kr_tensor mean, kr_tensor deviation);

/* The inverse, with moments that come from elsewhere: y = (x - mean) / deviation; shapes and
 * strides as above. */
kr_tensor kr__normalize(kr_plan *plan, kr_tensor x, kr_tensor mean, kr_tensor deviation);

/* ---- products and attention ------------------------------------------------------------- */

/* y = x weight^T + bias; x a matrix view (.., in), weight (out, in) or (out, in, 1), bias (out) or
 * KR_NONE; y (.., out). */
kr_tensor kr__linear(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor bias);

/* The same with products of bf16 numbers: x, weight and the gradient of y are rounded, sums and
 * results are not. weight is a parameter, and kr_run.bf16 holds it rounded. kr__linear() makes this
 * node where the plan asks for it and the product is large enough to gain. */
kr_tensor kr__linear_bf16(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor bias);

/* y[..] = sum over k of a[.., k] b[.., k]; both (.., k), contiguous. */
kr_tensor kr__row_dots(kr_plan *plan, kr_tensor a, kr_tensor b);

/* Softmax over the last axis; x contiguous. */
kr_tensor kr__softmax(kr_plan *plan, kr_tensor x);

/* Multi-head attention without projections: q, k, v (rows, tokens, d_model), the last axis cut in
 * n_heads; y = dropout(softmax(q k^T / sqrt(d_model / n_heads))) v. Matrix views (slices of one
 * projection) are fine. Tiled over keys: memory is linear in tokens, also in backward; dropout on
 * the probabilities is recomputed from its counter (given masks: (rows, n_heads, tokens, tokens)).
 */
kr_tensor kr__attention(kr_plan *plan, kr_tensor q, kr_tensor k, kr_tensor v, int64_t n_heads,
                        double dropout);

/* ---- Mamba ------------------------------------------------------------------------------ */

/* Depthwise causal convolution over time, then SiLU when with_silu:
 *     y[t] = bias + sum over j < d_conv of weight[j] * x[t - (d_conv - 1) + j],  x[<0] = 0
 * x (rows, seq_len, d_inner) a matrix view; weight (d_inner, 1, d_conv); bias (d_inner). */
kr_tensor kr__conv1d(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor bias, bool with_silu);
/* The same of a chunk of a longer sequence. first (rows, d_conv - 1, d_inner) contiguous: x before
 * step 0, zeros when KR_NONE; *last gets the last d_conv - 1 steps of first and x
 * together, which are first of the next chunk; first in a state (KR_SPACE_STATE) is replaced by
 * them instead, and *last becomes KR_NONE. With d_conv 1 neither is used, *last becomes KR_NONE. */
kr_tensor kr__conv1d_chunk(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor bias,
                           bool with_silu, kr_tensor first, kr_tensor *last);

/* The selective state-space recurrence, with the softplus before it and the gate after it:
 *     dt = softplus(dt_raw + dt_bias)                A = -exp(A_log)
 *     h[t] = exp(dt[t] * A) * h[t-1] + dt[t] * B[t] * x[t]
 *     y[t] = (sum over d_state of C[t] * h[t] + D * x[t]) * silu(z[t])
 * x, dt_raw, z (rows, seq_len, d_inner); B, C (rows, seq_len, d_state), all matrix views;
 * A_log (d_inner, d_state); D, dt_bias (d_inner); z, D, dt_bias and h_first may be KR_NONE.
 * h_first (rows, d_inner, d_state) contiguous: the state before step 0, zeros when KR_NONE.
 * h_last: when not NULL gets the state after the last step, same shape, with gradient; h_first in
 * a state (KR_SPACE_STATE) is replaced by it instead, and *h_last becomes KR_NONE.
 * A_is_plain: A_log holds A itself, of any sign; dt_is_plain: no softplus. Then dt * A must stay
 * below 88, and above -87 where dt is negative: the kernels do not look.
 * Source: Mamba, arXiv:2312.00752, section 3.2, equations 2a and 2b. */
typedef struct kr_scan_in {
    kr_tensor x, dt_raw, dt_bias, A_log, B, C, D, z, h_first;
    bool A_is_plain, dt_is_plain;
} kr_scan_in;
kr_tensor kr__selective_scan(kr_plan *plan, const kr_scan_in *in, kr_tensor *h_last);

/* ---- TimeStar --------------------------------------------------------------------------- */

/* Patches of every variate and its global token:
 * x (batch, seq_len, n_vars) any strides; weight (d_model, patch_len); glb (1, n_vars, 1, d_model)
 * -> tokens (batch * n_vars, n_patches + 1, d_model), n_patches = seq_len / patch_len (rest of the
 * series dropped). Token p = weight * patch p + sine / cosine table row p; the last token is
 * glb[v], without table. Row b * n_vars + v. */
kr_tensor kr__patch_embed(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor glb);
/* Its table (n_positions, d_model), d_model even: sine on even, cosine on odd columns of
 * position * exp(-2i * ln(10000) / d_model). */
void kr__position_table(int64_t n_positions, int64_t d_model, kr_real *table);

/* One token a variate: x (batch, seq_len, n_vars), mark (batch, seq_len, n_marks) or KR_NONE, any
 * strides; weight (d_model, seq_len), bias (d_model)
 * -> (batch, n_vars + n_marks, d_model): weight applied over time to every variate, then marks. */
kr_tensor kr__inverted_embed(kr_plan *plan, kr_tensor x, kr_tensor mark, kr_tensor weight,
                             kr_tensor bias);

/* STAR's pooling over channels. score (batch, channels, d_core) contiguous -> (batch, d_core).
 * p = softmax of score over channels, per core column.
 * Evaluation, or !is_stochastic: sum over channels of score * p. Training: the score of one channel
 * drawn from p; the draw passes no gradient, the drawn score does.
 * is_guarded (TimeStarMamba): score is clamped to +-10 first (clamped: no gradient); in training a
 * NaN or infinity in p makes p uniform for all samples of the plan's micro-batch (the original: of
 * its batch), with a warning through kr_log each time; then p is clamped to at least 1e-8 and
 * divided by its sum.
 * Not guarded and p not finite in training: the output is NaN (the original raises an error); the
 * training loop stops on it. */
kr_tensor kr__star_pool(kr_plan *plan, kr_tensor score, bool is_guarded, bool is_stochastic);

/* a, then b along axis; the other axes are equal; any strides. */
kr_tensor kr__concat(kr_plan *plan, kr_tensor a, kr_tensor b, int axis);

/* x (batch, n, d), core (batch, c) -> (batch, n, d + c): core appended to every row. */
kr_tensor kr__concat_core(kr_plan *plan, kr_tensor x, kr_tensor core);

/* tokens (batch * n_vars, n_tokens, d_model), contiguous; weight (pred_len, d_model * n_tokens),
 * whose columns run d_model major, token minor; bias (pred_len) -> (batch, n_vars, pred_len). */
kr_tensor kr__flatten_head(kr_plan *plan, kr_tensor tokens, int64_t n_vars, kr_tensor weight,
                           kr_tensor bias);

/* Quantiles that cannot cross: x (batch, n_quantiles, ..) contiguous -> the same shape. Number
 * `middle` is as in x, each other one lies width[q] / log(2) * softplus(x) further out than
 * its inner neighbour: width[q] further where x is 0. width (n_quantiles), positive; that of the
 * middle is not used. */
kr_tensor kr__quantile_spread(kr_plan *plan, kr_tensor x, int64_t middle, const double *width);

/* y[b, p, v] = x[b, seq_len - period + p % period, v]; x (batch, seq_len, n_vars) any strides. */
kr_tensor kr__seasonal_naive(kr_plan *plan, kr_tensor x, int64_t pred_len, int64_t period);

/* A learned cycle, added to series or taken off them:
 *     y[b, t, v] = x[b, t, v] +- cycle[(phase[b] + first + t % period) mod length, v]
 * x (batch, steps, n_vars) any strides; cycle (length, n_vars); phase: one whole number a sample,
 * whatever its axes. A period below the steps begins again, as for the quantiles of a forecast. */
typedef struct kr_cycle_use {
    int64_t first, period;
    bool is_taken_off;
} kr_cycle_use;
kr_tensor kr__cycle(kr_plan *plan, kr_tensor x, kr_tensor cycle, kr_tensor phase,
                    const kr_cycle_use *use);

/* The trend of a series: the mean of `window` steps (odd) around each, the series' ends replicated;
 * and the rest, x - trend. x (batch, seq_len, n_vars) any strides; both outputs the same shape. */
kr_tensor kr__moving_average(kr_plan *plan, kr_tensor x, int64_t window, kr_tensor *rest);

/* ---- losses ----------------------------------------------------------------------------- */

/* Per sample the SUM over all elements of (y - target)^2, |y - target|, or Huber's with delta 1
 * (e^2 / 2 up to 1, |e| - 1/2 beyond): (batch). The caller makes it a mean by the gradient it sets.
 * y and target contiguous (batch, ..); target gets no gradient. Where target is NaN y does not
 * count: value 0, gradient 0. */
kr_tensor kr__mse_loss(kr_plan *plan, kr_tensor y, kr_tensor target);
kr_tensor kr__mae_loss(kr_plan *plan, kr_tensor y, kr_tensor target);
kr_tensor kr__huber_loss(kr_plan *plan, kr_tensor y, kr_tensor target);

/* Per sample the SUM over quantiles p and elements of max(p e, (p - 1) e), e = target - y: (batch).
 * y (batch, n_quantiles, ..), target (batch, ..), contiguous; target as above. */
kr_tensor kr__pinball_loss(kr_plan *plan, kr_tensor y, kr_tensor target, int64_t n_quantiles,
                           const double *p);

/* Per sample scale times the MEAN of (y[t] - target[t + horizon])^2 over the steps that both have
 * and over the features: (batch). y and target (batch, seq_len, n_features) contiguous, or one
 * tensor (how much a series changes over `horizon` steps); horizon in 1 .. seq_len - 1. */
kr_tensor kr__horizon_loss(kr_plan *plan, kr_tensor y, kr_tensor target, int64_t horizon,
                           double scale);

/* Per sample scale times the MEAN over frequencies k = 0 .. steps / 2 and series of |c[k]|, c the
 * discrete Fourier transform over time of y - target, divided by sqrt(steps): (batch). y and target
 * (batch, steps, n_vars) contiguous; target as in the losses above. */
kr_tensor kr__spectrum_loss(kr_plan *plan, kr_tensor y, kr_tensor target, double scale);

/* Per sample scale times the mean of x^2: (batch). x contiguous (batch, ..). */
kr_tensor kr__mean_square(kr_plan *plan, kr_tensor x, double scale);

/* Per sample scale times InfoNCE over time: (batch). x (batch, seq_len, d) contiguous; u = x / |x|:
 *     mean over t < seq_len - 1 of -log(e^(u[t].u[t+1] / temperature) / sum over that and all
 *     negatives k of e^(u[t].u[k] / temperature))
 * n_negatives steps k are drawn from all steps of all samples: the same for each sample, others in
 * each training step. They get gradients too. The plan must hold the whole batch. */
kr_tensor kr__contrastive_loss(kr_plan *plan, kr_tensor x, int64_t n_negatives, double temperature,
                               double scale);

#endif
