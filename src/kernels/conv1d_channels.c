/* SPDX-License-Identifier: MIT
 * conv1d_channels.c - depthwise causal convolution over time and SiLU, forward and backward.
 *
 *     s[t] = bias + sum over j < d_conv of weight[j] * x[t - (d_conv - 1) + j]
 *     y[t] = s[t], or s[t] * sigmoid(s[t])
 *
 * Channels lie across the lanes. The usual d_conv 4 is compiled apart, with its taps unrolled. */
#include <string.h>

#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* ---- forward ---------------------------------------------------------------------------- */

/* y[t] of all channels; the first taps, which lie before the sequence, are left out. */
KR_INLINE void forward_step(const kr__conv1d *s, int64_t d_conv, int64_t first, int64_t t,
                            kr_real *y) {
    const kr_real *x = s->x + (t - (d_conv - 1)) * s->x_stride;
    for (int64_t d = 0; d < s->d_inner; d += KR_W) {
        int64_t lanes = s->d_inner - d;
        const kr_real *weight = s->weight + d * d_conv;
        kr_w sum = kr_w_load(s->bias + d);
        for (int64_t j = first; j < d_conv; j++) {
            kr_w tap = kr_w_load_lanes(x + j * s->x_stride + d, lanes);
            sum = kr_w_fmadd(kr_w_load(weight + j * KR_W), tap, sum);
        }
        if (s->with_silu) sum = kr_w_mul(sum, kr_w_sigmoid(sum));
        kr_w_store_lanes(y + d, sum, lanes);
    }
}

/* y (seq_len, d_inner). */
void KR_K(conv1d_forward)(const kr__conv1d *s, kr_real *y) {
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

/* Steps first .. first + n_steps - 1, in rows of whole blocks (width):
 *     x          n_steps + d_conv - 1 rows, row 0 is step first - (d_conv - 1)
 *     grad_sum   as many, row 0 is step first; the last d_conv - 1 come from the stretch after */
typedef struct stretch {
    int64_t first, n_steps, width;
    kr_real *x, *grad_sum;
} stretch;

/* Steps before the sequence are 0. */
static void pack_x(const kr__conv1d *s, const stretch *p) {
    for (int64_t r = 0; r < p->n_steps + s->d_conv - 1; r++) {
        int64_t t = p->first - (s->d_conv - 1) + r;
        kr_real *row = p->x + r * p->width;
        memset(row, 0, (size_t)p->width * sizeof *row);
        if (t >= 0) memcpy(row, s->x + t * s->x_stride, (size_t)s->d_inner * sizeof *row);
    }
}

/* grad_s[t] = grad_y[t] * silu'(s[t]) */
KR_INLINE void grad_of_sums(const kr__conv1d *s, int64_t d_conv, const stretch *p,
                            const kr_real *grad_y) {
    const kr_w one = kr_w_set(1);
    for (int64_t r = 0; r < p->n_steps; r++) {
        for (int64_t d = 0; d < s->d_inner; d += KR_W) {
            kr_w grad = kr_w_load_lanes(grad_y + (p->first + r) * s->y_stride + d, s->d_inner - d);
            if (s->with_silu) {
                const kr_real *x = p->x + r * p->width + d, *weight = s->weight + d * d_conv;
                kr_w sum = kr_w_load(s->bias + d);
                for (int64_t j = 0; j < d_conv; j++) {
                    kr_w tap = kr_w_load(x + j * p->width);
                    sum = kr_w_fmadd(kr_w_load(weight + j * KR_W), tap, sum);
                }
                kr_w sigmoid = kr_w_sigmoid(sum);
                kr_w slope = kr_w_mul(sigmoid, kr_w_fmadd(sum, kr_w_sub(one, sigmoid), one));
                grad = kr_w_mul(grad, slope);
            }
            kr_w_store(p->grad_sum + r * p->width + d, grad);
        }
    }
}

/* Gradients of weight and bias, half a block (KR_V channels) at d. */
KR_INLINE void add_to_weight(int64_t d_conv, const stretch *p, int64_t d, kr_real *grad_weight,
                             kr_real *grad_bias) {
    enum { MOST = 4 }; /* taps at a time, their sums in registers */
    for (int64_t j0 = 0; j0 < d_conv; j0 += MOST) {
        int64_t count = d_conv - j0 < MOST ? d_conv - j0 : MOST;
        kr_v sums[MOST], bias = kr_v_load(grad_bias);
        for (int64_t j = 0; j < count; j++) sums[j] = kr_v_load(grad_weight + (j0 + j) * KR_W);
        for (int64_t r = 0; r < p->n_steps; r++) {
            const kr_v grad = kr_v_load(p->grad_sum + r * p->width + d);
            const kr_real *x = p->x + (r + j0) * p->width + d;
            for (int64_t j = 0; j < count; j++) {
                sums[j] = kr_v_fmadd(grad, kr_v_load(x + j * p->width), sums[j]);
            }
            bias = bias + grad;
        }
        for (int64_t j = 0; j < count; j++) kr_v_store(grad_weight + (j0 + j) * KR_W, sums[j]);
        if (j0 == 0) kr_v_store(grad_bias, bias);
    }
}

/* grad_x[t] = sum over j of weight[j] * grad_s[t + (d_conv - 1) - j] */
KR_INLINE void grad_of_x(const kr__conv1d *s, int64_t d_conv, const stretch *p, kr_real *grad_x,
                         bool adds_x) {
    for (int64_t r = 0; r < p->n_steps; r++) {
        for (int64_t d = 0; d < s->d_inner; d += KR_W) {
            int64_t lanes = s->d_inner - d;
            const kr_real *weight = s->weight + d * d_conv;
            const kr_real *last = p->grad_sum + (r + d_conv - 1) * p->width + d;
            kr_w sum = kr_w_set(0);
            for (int64_t j = 0; j < d_conv; j++) {
                sum = kr_w_fmadd(kr_w_load(weight + j * KR_W), kr_w_load(last - j * p->width), sum);
            }
            kr_real *out = grad_x + (p->first + r) * s->x_stride + d;
            kr_w_store_lanes(out, adds_x ? kr_w_add(kr_w_load_lanes(out, lanes), sum) : sum, lanes);
        }
    }
}

KR_INLINE void backward_stretch(const kr__conv1d *s, int64_t d_conv, const stretch *p,
                                const kr_real *grad_y, kr_real *grad_x, bool adds_x,
                                kr_real *grad_weight, kr_real *grad_bias) {
    pack_x(s, p);
    grad_of_sums(s, d_conv, p, grad_y);
    for (int64_t d = 0; d < p->width; d += KR_V) {
        int64_t block = d / KR_W * KR_W;
        add_to_weight(d_conv, p, d, grad_weight + block * d_conv + (d - block), grad_bias + d);
    }
    if (grad_x) grad_of_x(s, d_conv, p, grad_x, adds_x);
}

/* grad_weight, grad_bias: blocked, added to. grad_x: as far apart as x, added to when adds_x, or
 * NULL. Stretches of time run from the last to the first. */
void KR_K(conv1d_backward)(const kr__conv1d *s, const kr_real *grad_y, kr_real *grad_x, bool adds_x,
                           kr_real *grad_weight, kr_real *grad_bias) {
    int64_t before = s->d_conv - 1;
    stretch p = {.first = s->seq_len, .width = kr__scan_blocks(s->d_inner) * KR_W};
    p.x = s->scratch;
    p.grad_sum = p.x + (KR_CONV1D_STEPS + before) * p.width;
    size_t carried = (size_t)(before * p.width) * sizeof *p.grad_sum;
    memset(p.grad_sum, 0, carried);
    while (p.first > 0) {
        p.n_steps = p.first < KR_CONV1D_STEPS ? p.first : KR_CONV1D_STEPS;
        p.first -= p.n_steps;
        memmove(p.grad_sum + p.n_steps * p.width, p.grad_sum, carried);
        if (s->d_conv == 4) {
            backward_stretch(s, 4, &p, grad_y, grad_x, adds_x, grad_weight, grad_bias);
        } else {
            backward_stretch(s, s->d_conv, &p, grad_y, grad_x, adds_x, grad_weight, grad_bias);
        }
    }
}
