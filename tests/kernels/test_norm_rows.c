/* SPDX-License-Identifier: MIT
 * test_norm_rows.c - layer norm of rows and its gradients at every level against plain loops. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

enum { ROWS = 4, GAP = 3 };
static const double eps = 1e-5;

typedef struct sample {
    kr__norm_rows s;
    kr_real *x, *weight, *bias, *grad_y, *start; /* x rows are GAP elements longer */
    kr_real *y, *mean, *inverse;
    double *z, *mean_exact, *inverse_exact; /* z: (x - mean) * inverse */
} sample;

static sample make_sample(int64_t n) {
    sample a = {.s = {.rows = ROWS, .cols = n, .x_stride = n + GAP, .y_stride = n, .eps = eps}};
    a.x = kr_check_random((n + GAP) * ROWS, 2, 5, 0);
    a.weight = kr_check_random(n, -2, 2, 1);
    a.bias = kr_check_random(n, -2, 2, 2);
    a.grad_y = kr_check_random(n * ROWS, -1, 1, 3);
    a.start = kr_check_random((n + GAP) * ROWS, -1, 1, 4);
    a.y = kr_check_output(n * ROWS, NULL);
    a.mean = kr_check_output(ROWS, NULL);
    a.inverse = kr_check_output(ROWS, NULL);
    a.z = kr__calloc((size_t)(n * ROWS), sizeof *a.z);
    a.mean_exact = kr__calloc(ROWS, sizeof *a.mean_exact);
    a.inverse_exact = kr__calloc(ROWS, sizeof *a.inverse_exact);
    for (int r = 0; r < ROWS; r++) {
        const kr_real *x = a.x + r * (n + GAP);
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < n; i++) mean += (double)x[i] / (double)n;
        for (int64_t i = 0; i < n; i++) variance += pow((double)x[i] - mean, 2) / (double)n;
        a.mean_exact[r] = mean;
        a.inverse_exact[r] = 1 / sqrt(variance + eps);
        for (int64_t i = 0; i < n; i++) a.z[r * n + i] = ((double)x[i] - mean) * a.inverse_exact[r];
    }
    return a;
}

static void free_sample(sample *a) {
    kr_real *const all[] = {a->x,     a->weight, a->bias, a->grad_y,
                            a->start, a->y,      a->mean, a->inverse};
    for (int i = 0; i < 8; i++) kr_free(all[i]);
    kr_free(a->z);
    kr_free(a->mean_exact);
    kr_free(a->inverse_exact);
}

/* One element alone is its own mean: the deviation is 0, and float rounding is all that is left,
 * times 1 / sqrt(eps); the tolerance below covers it. */
static void check_grad_x(const kr_kernels *kernels, const sample *a, bool is_adding) {
    int64_t n = a->s.cols;
    kr_real *grad_x = kr_check_output((n + GAP) * ROWS, a->start);
    double *expected = kr__calloc((size_t)((n + GAP) * ROWS), sizeof *expected);
    kernels->norm_rows_backward(&a->s, a->x, a->weight, a->mean, a->inverse, a->grad_y, grad_x,
                                is_adding, NULL, NULL);
    for (int r = 0; r < ROWS; r++) {
        double mean_g = 0, mean_gz = 0;
        const double *z = a->z + r * n;
        const kr_real *grad_y = a->grad_y + r * n;
        for (int64_t i = 0; i < n; i++) {
            double g = (double)grad_y[i] * (double)a->weight[i];
            mean_g += g / (double)n;
            mean_gz += g * z[i] / (double)n;
        }
        for (int64_t i = 0; i < n + GAP; i++) { /* what lies between the rows stays */
            int64_t at = r * (n + GAP) + i;
            expected[at] = i >= n || is_adding ? (double)a->start[at] : 0;
            if (i >= n) continue;
            double g = (double)grad_y[i] * (double)a->weight[i];
            expected[at] += a->inverse_exact[r] * (g - mean_g - z[i] * mean_gz);
        }
    }
    kr_check_close("norm_rows_backward", (n + GAP) * ROWS, grad_x, expected, n == 1 ? 1e-4 : 4e-5,
                   2e-5);
    kr_free(grad_x);
    kr_free(expected);
}

static void check_parameters(const kr_kernels *kernels, const sample *a) {
    int64_t n = a->s.cols;
    kr_real *grad_weight = kr_check_output(n, a->start), *grad_bias = kr_check_output(n, a->start);
    double *weight = kr__calloc((size_t)n, sizeof *weight),
           *bias = kr__calloc((size_t)n, sizeof *bias);
    kernels->norm_rows_backward(&a->s, a->x, a->weight, a->mean, a->inverse, a->grad_y, NULL, false,
                                grad_weight, grad_bias);
    for (int64_t i = 0; i < n; i++) {
        weight[i] = bias[i] = (double)a->start[i];
        for (int r = 0; r < ROWS; r++) {
            weight[i] += (double)a->grad_y[r * n + i] * a->z[r * n + i];
            bias[i] += (double)a->grad_y[r * n + i];
        }
    }
    kr_check_close("grad_weight", n, grad_weight, weight, 2e-5, 2e-5);
    kr_check_close("grad_bias", n, grad_bias, bias, 1e-6, 1e-6);
    kr_free(grad_weight);
    kr_free(grad_bias);
    kr_free(weight);
    kr_free(bias);
}

static void check(const kr_kernels *kernels, int64_t n) {
    sample a = make_sample(n);
    double *expected = kr__calloc((size_t)(n * ROWS), sizeof *expected);
    kernels->norm_rows(&a.s, a.x, a.weight, a.bias, a.y, a.mean, a.inverse);
    for (int64_t i = 0; i < n * ROWS; i++) {
        expected[i] = a.z[i] * (double)a.weight[i % n] + (double)a.bias[i % n];
    }
    kr_check_close("norm_rows", n * ROWS, a.y, expected, 1e-5, 1e-6);
    kr_check_close("mean", ROWS, a.mean, a.mean_exact, 0, 1e-6);
    kr_check_close("inverse", ROWS, a.inverse, a.inverse_exact, 0, 1e-5);
    check_grad_x(kernels, &a, true);
    check_grad_x(kernels, &a, false);
    check_parameters(kernels, &a);
    kr_free(expected);
    free_sample(&a);
}

static void levels(void **state) {
    (void)state;
    kr_check_levels(check);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
