/* SPDX-License-Identifier: MIT
 * conv1d.c - depthwise causal convolution over time and SiLU, forward and backward.
 *
 *     s[t] = bias + sum over j < d_conv of weight[j] * x[t - (d_conv - 1) + j]
 *     y[t] = s[t], or s[t] * sigmoid(s[t])
 *
 * Channels lie across the lanes; time is outside, so memory is read row by row. */
#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

KR_INLINE kr_w load_lanes(const kr_real *p, int64_t lanes) {
    return lanes >= KR_W ? kr_w_load(p) : kr_w_load_n(p, lanes, 0);
}

KR_INLINE void store_lanes(kr_real *p, kr_w a, int64_t lanes) {
    if (lanes >= KR_W) {
        kr_w_store(p, a);
    } else {
        kr_w_store_n(p, a, lanes);
    }
}

/* s[t] of the block that starts at channel d. */
KR_INLINE kr_w convolve(const kr__conv1d *s, int64_t t, int64_t d, int64_t lanes) {
    const kr_real *weight = s->weight + d * s->d_conv;
    int64_t before = s->d_conv - 1;
    kr_w sum = kr_w_load(s->bias + d);
    for (int64_t j = t < before ? before - t : 0; j < s->d_conv; j++) {
        kr_w x = load_lanes(s->x + (t - before + j) * s->x_stride + d, lanes);
        sum = kr_w_fmadd(kr_w_load(weight + j * KR_W), x, sum);
    }
    return sum;
}

/* y (seq_len, d_inner) contiguous. */
void KR_K(conv1d_forward)(const kr__conv1d *s, kr_real *y) {
    for (int64_t t = 0; t < s->seq_len; t++, y += s->d_inner) {
        for (int64_t d = 0; d < s->d_inner; d += KR_W) {
            int64_t lanes = s->d_inner - d;
            kr_w sum = convolve(s, t, d, lanes);
            if (s->with_silu) sum = kr_w_mul(sum, kr_w_sigmoid(sum));
            store_lanes(y + d, sum, lanes);
        }
    }
}

/* The gradient of s[t] out of that of y[t]. */
KR_INLINE kr_w grad_before_silu(const kr__conv1d *s, int64_t t, int64_t d, int64_t lanes,
                                const kr_real *grad_y) {
    kr_w g = load_lanes(grad_y + t * s->d_inner + d, lanes);
    if (!s->with_silu) return g;
    const kr_w one = kr_w_set(1);
    kr_w sum = convolve(s, t, d, lanes), sigmoid = kr_w_sigmoid(sum);
    return kr_w_mul(g, kr_w_mul(sigmoid, kr_w_fmadd(sum, kr_w_sub(one, sigmoid), one)));
}

/* grad_weight, grad_bias: blocked, added to. grad_x: as far apart as x, added to when adds_x, or
 * NULL. Time runs backward; ring (d_conv rows of whole blocks) holds the gradients of the last
 * d_conv sums, that of s[t] in row t % d_conv. */
void KR_K(conv1d_backward)(const kr__conv1d *s, const kr_real *grad_y, kr_real *grad_x, bool adds_x,
                           kr_real *grad_weight, kr_real *grad_bias, kr_real *ring) {
    int64_t width = kr__scan_blocks(s->d_inner) * KR_W, before = s->d_conv - 1;
    for (int64_t t = s->seq_len - 1; t >= 0; t--) {
        for (int64_t d = 0; d < s->d_inner; d += KR_W) {
            int64_t lanes = s->d_inner - d;
            kr_w g = grad_before_silu(s, t, d, lanes, grad_y);
            kr_w_store(grad_bias + d, kr_w_add(kr_w_load(grad_bias + d), g));
            kr_w_store(ring + t % s->d_conv * width + d, g);
            kr_w sum = kr_w_set(0);
            for (int64_t j = 0; j < s->d_conv; j++) {
                int64_t at = d * s->d_conv + j * KR_W, from = t - before + j, to = t + before - j;
                if (from >= 0) {
                    kr_w x = load_lanes(s->x + from * s->x_stride + d, lanes);
                    kr_w_store(grad_weight + at, kr_w_fmadd(g, x, kr_w_load(grad_weight + at)));
                }
                if (to < s->seq_len) {
                    kr_w later = kr_w_load(ring + to % s->d_conv * width + d);
                    sum = kr_w_fmadd(kr_w_load(s->weight + at), later, sum);
                }
            }
            if (!grad_x) continue;
            kr_real *out = grad_x + t * s->x_stride + d;
            store_lanes(out, adds_x ? kr_w_add(load_lanes(out, lanes), sum) : sum, lanes);
        }
    }
}
