/* SPDX-License-Identifier: MIT
 * conv1d_channels.c - depthwise causal convolution over time and SiLU, forward and backward.
 *
 *     s[t] = bias + sum over j < d_conv of weight[j] * x[t - (d_conv - 1) + j]
 *     y[t] = s[t], or s[t] * sigmoid(s[t])
 *
 * Channels lie across the lanes. The usual d_conv 4 is compiled apart, with its taps unrolled. */
#include <string.h>

#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* ---- forward ---------------------------------------------------------------------------- */

/* y[t] of all channels; its first `n_before` taps lie before the sequence. */
KR_INLINE void forward_step(const kr__conv1d_sequence *s, int64_t d_conv, int64_t n_before,
                            int64_t t, kr_real *y) {
    const kr_real *x = s->x + (t - (d_conv - 1)) * s->x_stride;
    for (int64_t d = 0; d < s->d_inner; d += KR_W) {
        int64_t lanes = s->d_inner - d;
        const kr_real *weight = s->weight + d * d_conv;
        kr_w sum = kr_w_load(s->bias + d);
        for (int64_t j = 0; j < n_before && s->first; j++) {
            kr_w tap = kr_w_load_lanes(s->first + (t + j) * s->first_stride + d, lanes);
            sum = kr_w_fmadd(kr_w_load(weight + j * KR_W), tap, sum);
        }
        for (int64_t j = n_before; j < d_conv; j++) {
            kr_w tap = kr_w_load_lanes(x + j * s->x_stride + d, lanes);
            sum = kr_w_fmadd(kr_w_load(weight + j * KR_W), tap, sum);
        }
        if (s->with_silu) sum = kr_w_mul(sum, kr_w_sigmoid(sum));
        kr_w_store_lanes(y + d, sum, lanes);
    }
}

/* y (seq_len, d_inner). */
void KR_K(conv1d_forward)(const kr__conv1d_sequence *s, kr_real *y) {
    int64_t before = s->d_conv - 1;
    for (int64_t t = 0; t < s->seq_len; t++, y += s->y_stride) {
        if (t >= before && s->d_conv == 4) {
            forward_step(s, 4, 0, t, y);
        } else {
            forward_step(s, s->d_conv, t < before ? before - t : 0, t, y);
        }
    }
}

/* ---- backward --------------------------------------------------------------------------- */

enum { FETCHED = 12 }; /* steps ahead */

typedef kr__conv1d_gradients gradients;

/* x[t], also of the steps before the sequence. */
KR_INLINE kr_w x_at(const kr__conv1d_sequence *s, int64_t t, int64_t d, int64_t lanes) {
    if (t < 0) {
        int64_t row = s->d_conv - 1 + t;
        if (!s->first || row < 0) return kr_w_set(0);
        return kr_w_load_lanes(s->first + row * s->first_stride + d, lanes);
    }
    return kr_w_load_lanes(s->x + t * s->x_stride + d, lanes);
}

/* Prefetch what step t needs: rows lie too far apart for the processor to foresee them. */
KR_INLINE void fetch(const kr__conv1d_sequence *s, const gradients *grad, int64_t t, int64_t d) {
    if (t < 0) return;
    __builtin_prefetch(s->x + t * s->x_stride + d);
    __builtin_prefetch(grad->y + t * s->y_stride + d);
    if (grad->x) __builtin_prefetch(grad->x + t * s->x_stride + d, 1);
}

/* grad_y[t] * silu'(s[t]), x[j] being x[t - (d_conv - 1) + j]. */
KR_INLINE kr_w grad_of_sum(kr_w grad_y, int64_t d_conv, const kr_w *weight, const kr_w *x,
                           kr_w sum) {
    const kr_w one = kr_w_set(1);
    for (int64_t j = 0; j < d_conv; j++) sum = kr_w_fmadd(weight[j], x[j], sum);
    kr_w sigmoid = kr_w_sigmoid(sum);
    kr_w slope = kr_w_mul(sigmoid, kr_w_fmadd(sum, kr_w_sub(one, sigmoid), one));
    return kr_w_mul(grad_y, slope);
}

/* grad_x[t] = sum over j of weight[j] * grad_s[t + (d_conv - 1) - j], which is grad_s[j] here. */
KR_INLINE void put_grad_x(const kr__conv1d_sequence *s, int64_t d_conv, const gradients *grad,
                          int64_t t, int64_t d, int64_t lanes, const kr_w *weight,
                          const kr_w *grad_s) {
    kr_real *out = grad->x + t * s->x_stride + d;
    kr_w sum = grad->adds_x ? kr_w_load_lanes(out, lanes) : kr_w_set(0);
    for (int64_t j = 0; j < d_conv; j++) sum = kr_w_fmadd(weight[j], grad_s[j], sum);
    kr_w_store_lanes(out, sum, lanes);
}

/* The same for the steps before the sequence; grad_s[d_conv - 2 - t] is that of step t here. */
KR_INLINE void put_grad_first(const kr__conv1d_sequence *s, int64_t d_conv, const gradients *grad,
                              int64_t d, int64_t lanes, const kr_w *weight, const kr_w *grad_s) {
    for (int64_t r = 0; r < d_conv - 1; r++) {
        kr_real *out = grad->first + r * s->first_stride + d;
        kr_w sum = grad->adds_first ? kr_w_load_lanes(out, lanes) : kr_w_set(0);
        for (int64_t j = 0; j <= r; j++) {
            sum = kr_w_fmadd(weight[j], grad_s[d_conv - 2 - r + j], sum);
        }
        kr_w_store_lanes(out, sum, lanes);
    }
}

/* Steps first .. end - 1 of a block of channels, from the last to the first. All that several steps
 * share stays in registers; what the steps before `first` need of grad_s is left in `later`. */
KR_INLINE void backward_block(const kr__conv1d_sequence *s, int64_t d_conv, const gradients *grad,
                              int64_t first, int64_t end, int64_t d, int64_t lanes) {
    const int64_t before = d_conv - 1;
    const kr_w bias = kr_w_load(s->bias + d);
    kr_real *grad_weight = grad->weight + d * d_conv, *later = s->scratch + d * before;
    kr_w weight[KR_CONV1D_TAPS], x[KR_CONV1D_TAPS], grad_s[KR_CONV1D_TAPS];
    kr_w sums[KR_CONV1D_TAPS], sum_bias = kr_w_load(grad->bias + d);
    for (int64_t j = 0; j < d_conv; j++) {
        weight[j] = kr_w_load(s->weight + d * d_conv + j * KR_W);
        sums[j] = kr_w_load(grad_weight + j * KR_W);
        x[j] = x_at(s, end - d_conv + j, d, lanes);
    }
    for (int64_t j = 0; j < before; j++) grad_s[j] = kr_w_load(later + j * KR_W);
    for (int64_t t = end - 1; t >= first; t--) {
        fetch(s, grad, t - FETCHED, d);
        kr_w g = kr_w_load_lanes(grad->y + t * s->y_stride + d, lanes);
        if (s->with_silu) g = grad_of_sum(g, d_conv, weight, x, bias);
        grad_s[before] = g;
        for (int64_t j = 0; j < d_conv; j++) sums[j] = kr_w_fmadd(g, x[j], sums[j]);
        sum_bias = kr_w_add(sum_bias, g);
        if (grad->x) put_grad_x(s, d_conv, grad, t, d, lanes, weight, grad_s);
        for (int64_t j = 0; j < before; j++) grad_s[j] = grad_s[j + 1];
        for (int64_t j = before; j > 0; j--) x[j] = x[j - 1];
        x[0] = x_at(s, t - d_conv, d, lanes);
    }
    if (first == 0 && grad->first) put_grad_first(s, d_conv, grad, d, lanes, weight, grad_s);
    for (int64_t j = 0; j < d_conv; j++) kr_w_store(grad_weight + j * KR_W, sums[j]);
    for (int64_t j = 0; j < before; j++) kr_w_store(later + j * KR_W, grad_s[j]);
    kr_w_store(grad->bias + d, sum_bias);
}

/* KR_CONV1D_STEPS steps at a time, from the last to the first: few enough for their pages to stay
 * in the address cache. */
void KR_K(conv1d_backward)(const kr__conv1d_sequence *s, const kr__conv1d_gradients *gradients_) {
    const kr__conv1d_sequence c =
        *s; /* copies: the stores below cannot change them, as far as the compiler knows */
    const gradients grad = *gradients_;
    memset(c.scratch, 0, (size_t)kr__conv1d_scratch_size(c.d_inner, c.d_conv) * sizeof(kr_real));
    for (int64_t end = c.seq_len; end > 0; end -= KR_CONV1D_STEPS) {
        int64_t first = end > KR_CONV1D_STEPS ? end - KR_CONV1D_STEPS : 0;
        for (int64_t d = 0; d < c.d_inner; d += KR_W) {
            int64_t lanes = c.d_inner - d;
            if (c.d_conv == 4 && lanes >= KR_W) {
                backward_block(&c, 4, &grad, first, end, d, KR_W);
            } else {
                backward_block(&c, c.d_conv, &grad, first, end, d, lanes);
            }
        }
    }
}
