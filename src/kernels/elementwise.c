/* SPDX-License-Identifier: MIT
 * elementwise.c - one number in, one number out. Arrays may be the same, not partly overlap. */
#include "core/real.h"
#include "kernels/kernels.h"
#include "kernels/vec.h"

/* y = a + b */
void KR_K(add)(int64_t n, const kr_real *a, const kr_real *b, kr_real *y) {
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) {
        kr_w_store(y + i, kr_w_add(kr_w_load(a + i), kr_w_load(b + i)));
    }
    for (; i < n; i++) y[i] = a[i] + b[i];
}

/* y += x */
void KR_K(accumulate)(int64_t n, const kr_real *x, kr_real *y) { KR_K(add)(n, y, x, y); }

/* y = factor * x */
void KR_K(scale)(int64_t n, kr_real factor, const kr_real *x, kr_real *y) {
    const kr_w f = kr_w_set(factor);
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) kr_w_store(y + i, kr_w_mul(f, kr_w_load(x + i)));
    for (; i < n; i++) y[i] = factor * x[i];
}

/* y += factor * x */
void KR_K(axpy)(int64_t n, kr_real factor, const kr_real *x, kr_real *y) {
    const kr_w f = kr_w_set(factor);
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) {
        kr_w_store(y + i, kr_w_fmadd(f, kr_w_load(x + i), kr_w_load(y + i)));
    }
    if (i == n) return;
    kr_w last = kr_w_load_n(y + i, n - i, 0);
    kr_w_store_n(y + i, kr_w_fmadd(f, kr_w_load_n(x + i, n - i, 0), last), n - i);
}

/* y += a * b */
void KR_K(multiply_add)(int64_t n, const kr_real *a, const kr_real *b, kr_real *y) {
    int64_t i = 0;
    for (; i + KR_W <= n; i += KR_W) {
        kr_w_store(y + i, kr_w_fmadd(kr_w_load(a + i), kr_w_load(b + i), kr_w_load(y + i)));
    }
    if (i == n) return;
    kr_w sum = kr_w_fmadd(kr_w_load_n(a + i, n - i, 0), kr_w_load_n(b + i, n - i, 0),
                          kr_w_load_n(y + i, n - i, 0));
    kr_w_store_n(y + i, sum, n - i);
}
