/* SPDX-License-Identifier: MIT
 * norm_rows.c - layer normalisation of each row of a matrix.
 *
 * x and grad_x have rows s->x_stride apart, y and grad_y s->y_stride; all have s->cols columns. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* Walk a row: KR_W elements at a time, the last round with fewer; lanes past the end are 0. */
#define EACH_LANES(c, n) for (int64_t c = 0; c < (n); c += KR_W)

KR_INLINE kr_w load(const kr_real *p, int64_t c, int64_t n) {
    return c + KR_W <= n ? kr_w_load(p + c) : kr_w_load_n(p + c, n - c, 0);
}
KR_INLINE void store(kr_real *p, kr_w a, int64_t c, int64_t n) {
    if (c + KR_W <= n) {
        kr_w_store(p + c, a);
    } else {
        kr_w_store_n(p + c, a, n - c);
    }
}

/* Sum of (x - mean)^2; lanes past the end are filled with the mean, so they add nothing. */
KR_INLINE kr_real sum_deviations(int64_t n, const kr_real *x, kr_real mean) {
    const kr_w m = kr_w_set(mean);
    kr_w sum = kr_w_set(0);
    EACH_LANES(c, n) {
        kr_w v = c + KR_W <= n ? kr_w_load(x + c) : kr_w_load_n(x + c, n - c, mean);
        kr_w d = kr_w_sub(v, m);
        sum = kr_w_fmadd(d, d, sum);
    }
    return kr_w_sum(sum);
}

/* y = (x - mean) * inverse * weight + bias with inverse = 1 / sqrt(variance + s->eps), the variance
 * by cols. mean and inverse get one number a row, for backward. Two passes over the row, which is
 * in the first cache by then, keep the variance exact for data far from 0. */
void KR_K(norm_rows)(const kr__norm_rows *s, const kr_real *x, const kr_real *weight,
                     const kr_real *bias, kr_real *y, kr_real *mean, kr_real *inverse) {
    const int64_t n = s->cols;
    for (int64_t r = 0; r < s->rows; r++, x += s->x_stride, y += s->y_stride) {
        kr_w sum = kr_w_set(0);
        EACH_LANES(c, n) sum = kr_w_add(sum, load(x, c, n));
        mean[r] = kr_w_sum(sum) / (kr_real)n;
        kr_real variance = sum_deviations(n, x, mean[r]) / (kr_real)n;
        inverse[r] = 1 / kr_sqrt(variance + (kr_real)s->eps);
        const kr_w m = kr_w_set(mean[r]), k = kr_w_set(inverse[r]);
        EACH_LANES(c, n) {
            kr_w z = kr_w_mul(kr_w_sub(load(x, c, n), m), k);
            store(y, kr_w_fmadd(z, load(weight, c, n), load(bias, c, n)), c, n);
        }
    }
}

/* With z = (x - mean) * inverse and g = grad_y * weight:
 *     grad_x = inverse * (g - mean of g - z * mean of g * z) */
KR_INLINE void backward_row(int64_t n, const kr_real *x, const kr_real *weight, kr_real mean,
                            kr_real inverse, const kr_real *grad_y, kr_real *grad_x,
                            bool is_adding) {
    const kr_w m = kr_w_set(mean), k = kr_w_set(inverse);
    kr_w sum_g = kr_w_set(0), sum_gz = sum_g;
    EACH_LANES(c, n) { /* weight and grad_y are 0 past the end */
        kr_w g = kr_w_mul(load(grad_y, c, n), load(weight, c, n));
        kr_w z = kr_w_mul(kr_w_sub(load(x, c, n), m), k);
        sum_g = kr_w_add(sum_g, g);
        sum_gz = kr_w_fmadd(g, z, sum_gz);
    }
    const kr_w mean_g = kr_w_set(kr_w_sum(sum_g) / (kr_real)n);
    const kr_w minus_mean_gz = kr_w_set(-kr_w_sum(sum_gz) / (kr_real)n);
    EACH_LANES(c, n) {
        kr_w g = kr_w_mul(load(grad_y, c, n), load(weight, c, n));
        kr_w z = kr_w_mul(kr_w_sub(load(x, c, n), m), k);
        kr_w grad = kr_w_mul(k, kr_w_fmadd(z, minus_mean_gz, kr_w_sub(g, mean_g)));
        if (is_adding) grad = kr_w_add(grad, load(grad_x, c, n));
        store(grad_x, grad, c, n);
    }
}

/* Gradients of norm_rows, from what it left in mean and inverse. grad_x is written, or added to
 * when is_adding; grad_weight += sum over rows of grad_y * z, grad_bias += sum over rows of grad_y,
 * the rows in order. Any of the three may be NULL. */
void KR_K(norm_rows_backward)(const kr__norm_rows *s, const kr_real *x, const kr_real *weight,
                              const kr_real *mean, const kr_real *inverse, const kr_real *grad_y,
                              kr_real *grad_x, bool is_adding, kr_real *grad_weight,
                              kr_real *grad_bias) {
    const int64_t n = s->cols;
    for (int64_t r = 0; r < s->rows; r++, x += s->x_stride, grad_y += s->y_stride) {
        if (grad_x) {
            backward_row(n, x, weight, mean[r], inverse[r], grad_y, grad_x + r * s->x_stride,
                         is_adding);
        }
        if (grad_weight) {
            const kr_w m = kr_w_set(mean[r]), k = kr_w_set(inverse[r]);
            EACH_LANES(c, n) {
                kr_w z = kr_w_mul(kr_w_sub(load(x, c, n), m), k);
                kr_w sum = kr_w_fmadd(load(grad_y, c, n), z, load(grad_weight, c, n));
                store(grad_weight, sum, c, n);
            }
        }
        if (grad_bias) {
            EACH_LANES(c, n) {
                store(grad_bias, kr_w_add(load(grad_bias, c, n), load(grad_y, c, n)), c, n);
            }
        }
    }
}
