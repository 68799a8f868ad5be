/* SPDX-License-Identifier: MIT
 * star_columns.c - STAR's pooling over channels for one sample: (channels, cols) matrices.
 *
 * Columns are lanes and every sum runs over channels from the first to the last, so no sum crosses
 * lanes. Scores are taken clamped to +-bound; a bound of infinity clamps nothing, NaN stays. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

KR_INLINE kr_w load_some(const kr_real *p, int64_t n, kr_real fill) {
    return n >= KR_W ? kr_w_load(p) : kr_w_load_n(p, n, fill);
}

KR_INLINE void store_some(kr_real *p, kr_w a, int64_t n) {
    if (n >= KR_W) {
        kr_w_store(p, a);
    } else {
        kr_w_store_n(p, a, n);
    }
}

KR_INLINE kr_w clamp(kr_w x, kr_real bound) {
    KR_W_EACH(i) {
        x.v[i] = kr_v_select(x.v[i] > kr_v_set(bound), kr_v_set(bound), x.v[i]);
        x.v[i] = kr_v_select(x.v[i] < kr_v_set(-bound), kr_v_set(-bound), x.v[i]);
    }
    return x;
}

/* p = softmax of score over channels. */
void KR_K(star_softmax)(int64_t channels, int64_t cols, kr_real bound,
                        const kr_real *restrict score, kr_real *restrict p) {
    for (int64_t c = 0; c < cols; c += KR_W) {
        int64_t n = cols - c;
        kr_w largest = clamp(load_some(score + c, n, 0), bound), sum = kr_w_set(0);
        for (int64_t j = 1; j < channels; j++) {
            largest = kr_w_max(largest, clamp(load_some(score + j * cols + c, n, 0), bound));
        }
        for (int64_t j = 0; j < channels; j++) {
            kr_w s = clamp(load_some(score + j * cols + c, n, 0), bound);
            s = kr_w_exp(kr_w_sub(s, largest));
            sum = kr_w_add(sum, s);
            store_some(p + j * cols + c, s, n);
        }
        for (int64_t j = 0; j < channels; j++) {
            store_some(p + j * cols + c, kr_w_div(load_some(p + j * cols + c, n, 1), sum), n);
        }
    }
}

/* p = max(p, least), then divided by its sum over channels. */
void KR_K(star_renormalize)(int64_t channels, int64_t cols, kr_real least, kr_real *p) {
    for (int64_t c = 0; c < cols; c += KR_W) {
        int64_t n = cols - c;
        kr_w sum = kr_w_set(0);
        for (int64_t j = 0; j < channels; j++) {
            kr_w v = kr_w_max(load_some(p + j * cols + c, n, 1), kr_w_set(least));
            sum = kr_w_add(sum, v);
            store_some(p + j * cols + c, v, n);
        }
        for (int64_t j = 0; j < channels; j++) {
            store_some(p + j * cols + c, kr_w_div(load_some(p + j * cols + c, n, 1), sum), n);
        }
    }
}

/* y = sum over channels of score * p. */
void KR_K(star_mean)(int64_t channels, int64_t cols, kr_real bound, const kr_real *restrict score,
                     const kr_real *restrict p, kr_real *restrict y) {
    for (int64_t c = 0; c < cols; c += KR_W) {
        int64_t n = cols - c;
        kr_w sum = kr_w_set(0);
        for (int64_t j = 0; j < channels; j++) {
            kr_w s = clamp(load_some(score + j * cols + c, n, 0), bound);
            sum = kr_w_fmadd(s, load_some(p + j * cols + c, n, 0), sum);
        }
        store_some(y + c, sum, n);
    }
}

/* The gradient of both above: grad_score += grad_y * p * (1 + score - y), 0 where clamped. */
void KR_K(star_mean_backward)(int64_t channels, int64_t cols, kr_real bound,
                              const kr_real *restrict score, const kr_real *restrict p,
                              const kr_real *restrict y, const kr_real *restrict grad_y,
                              kr_real *restrict grad_score) {
    for (int64_t c = 0; c < cols; c += KR_W) {
        int64_t n = cols - c;
        kr_w g = load_some(grad_y + c, n, 0);
        kr_w shift = kr_w_sub(kr_w_set(1), load_some(y + c, n, 0));
        for (int64_t j = 0; j < channels; j++) {
            int64_t at = j * cols + c;
            kr_w s = load_some(score + at, n, 0), add = kr_w_mul(g, load_some(p + at, n, 0));
            add = kr_w_mul(add, kr_w_add(s, shift));
            KR_W_EACH(i) {
                kr_vi is_free = (s.v[i] <= kr_v_set(bound)) & (s.v[i] >= kr_v_set(-bound));
                add.v[i] = kr_v_select(is_free, add.v[i], kr_v_set(0));
            }
            store_some(grad_score + at, kr_w_add(load_some(grad_score + at, n, 0), add), n);
        }
    }
}

/* The channel that u, uniform in [0, 1 - 2^-23], falls on when the unit interval is divided in
 * proportion to p; NaN where the column of p holds a NaN. A channel of probability 0 is never
 * taken: u times the sum stays below the sum, which the last channel with p > 0 reaches. */
void KR_K(star_draw)(int64_t channels, int64_t cols, const kr_real *restrict p,
                     const kr_real *restrict u, kr_real *restrict channel) {
    for (int64_t c = 0; c < cols; c += KR_W) {
        int64_t n = cols - c;
        kr_w sum = kr_w_set(0), count = sum;
        for (int64_t j = 0; j < channels; j++) {
            sum = kr_w_add(sum, load_some(p + j * cols + c, n, 1));
        }
        kr_w mark = kr_w_mul(sum, load_some(u + c, n, 0)), past = kr_w_set(0);
        for (int64_t j = 0; j < channels; j++) {
            past = kr_w_add(past, load_some(p + j * cols + c, n, 1));
            KR_W_EACH(i) {
                kr_vi is_past = past.v[i] <= mark.v[i];
                count.v[i] += kr_v_select(is_past, kr_v_set(1), kr_v_set(0));
            }
        }
        KR_W_EACH(i) { count.v[i] = kr_v_select(mark.v[i] == mark.v[i], count.v[i], mark.v[i]); }
        store_some(channel + c, count, n);
    }
}
