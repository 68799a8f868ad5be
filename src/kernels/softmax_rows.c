/* SPDX-License-Identifier: MIT
 * softmax_rows.c - softmax over the columns of each row of a matrix. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"
#include "kernels/vec_math.h"

/* One row: the largest element, then exponentials and their sum, then the division. Lanes past the
 * end hold -infinity, whose exponential is 0. */
KR_INLINE void softmax_row(int64_t n, kr_real scale, const kr_real *x, kr_real *y) {
    const kr_w factor = kr_w_set(scale);
    const int64_t full = n - n % KR_W, rest = n % KR_W;
    kr_w most = kr_w_set(-(kr_real)INFINITY);
    for (int64_t i = 0; i < full; i += KR_W) {
        most = kr_w_max(most, kr_w_mul(factor, kr_w_load(x + i)));
    }
    kr_w tail = kr_w_set(-(kr_real)INFINITY);
    if (rest) {
        tail = kr_w_mul(factor, kr_w_load_n(x + full, rest, -(kr_real)INFINITY));
        most = kr_w_max(most, tail);
    }
    kr_w top = kr_w_set(kr_w_largest(most)), sum = kr_w_set(0);
    for (int64_t i = 0; i < full; i += KR_W) {
        kr_w e = kr_w_exp(kr_w_sub(kr_w_mul(factor, kr_w_load(x + i)), top));
        sum = kr_w_add(sum, e);
        kr_w_store(y + i, e);
    }
    tail = kr_w_exp(kr_w_sub(tail, top));
    if (rest) sum = kr_w_add(sum, tail);
    kr_w part = kr_w_set(1 / kr_w_sum(sum));
    for (int64_t i = 0; i < full; i += KR_W) kr_w_store(y + i, kr_w_mul(kr_w_load(y + i), part));
    if (rest) kr_w_store_n(y + full, kr_w_mul(tail, part), rest);
}

/* y[r] = softmax(scale * x[r]), scale > 0. Rows lie x_stride and y_stride elements apart; y may be
 * x with the same stride. A NaN or +infinity makes its whole row NaN; -infinity is fine beside
 * finite ones. */
void KR_K(softmax_rows)(int64_t rows, int64_t cols, kr_real scale, const kr_real *x,
                        int64_t x_stride, kr_real *y, int64_t y_stride) {
    for (int64_t r = 0; r < rows; r++) softmax_row(cols, scale, x + r * x_stride, y + r * y_stride);
}

/* grad_x = scale * y * (grad_y - sum of y * grad_y), or += when is_adding. grad_x may be grad_y
 * with the same stride. */
KR_INLINE void backward_row(int64_t n, kr_real scale, const kr_real *y, const kr_real *grad_y,
                            kr_real *grad_x, bool is_adding) {
    const kr_w factor = kr_w_set(scale);
    const int64_t full = n - n % KR_W, rest = n % KR_W;
    kr_w sum = kr_w_set(0), tail_y = sum, tail_grad = sum;
    for (int64_t i = 0; i < full; i += KR_W) {
        sum = kr_w_fmadd(kr_w_load(y + i), kr_w_load(grad_y + i), sum);
    }
    if (rest) {
        tail_y = kr_w_load_n(y + full, rest, 0);
        tail_grad = kr_w_load_n(grad_y + full, rest, 0);
        sum = kr_w_fmadd(tail_y, tail_grad, sum);
    }
    kr_w mean = kr_w_set(kr_w_sum(sum));
    for (int64_t i = 0; i < full; i += KR_W) {
        kr_w grad =
            kr_w_mul(kr_w_mul(factor, kr_w_load(y + i)), kr_w_sub(kr_w_load(grad_y + i), mean));
        if (is_adding) grad = kr_w_add(grad, kr_w_load(grad_x + i));
        kr_w_store(grad_x + i, grad);
    }
    if (!rest) return;
    kr_w grad = kr_w_mul(kr_w_mul(factor, tail_y), kr_w_sub(tail_grad, mean));
    if (is_adding) grad = kr_w_add(grad, kr_w_load_n(grad_x + full, rest, 0));
    kr_w_store_n(grad_x + full, grad, rest);
}

/* The gradient of softmax_rows from its result y. */
void KR_K(softmax_rows_backward)(int64_t rows, int64_t cols, kr_real scale, const kr_real *y,
                                 int64_t y_stride, const kr_real *grad_y, int64_t grad_y_stride,
                                 kr_real *grad_x, int64_t grad_x_stride, bool is_adding) {
    for (int64_t r = 0; r < rows; r++) {
        backward_row(cols, scale, y + r * y_stride, grad_y + r * grad_y_stride,
                     grad_x + r * grad_x_stride, is_adding);
    }
}
