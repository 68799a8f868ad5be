/* SPDX-License-Identifier: MIT
 * test_activations.c - GELU, ReLU, SiLU, softplus, sigmoid and clamp at every level against libm.
 */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

typedef void forward_fn(int64_t, const kr_real *, kr_real *);
typedef void backward_fn(int64_t, const kr_real *, const kr_real *, kr_real *, bool);

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double gelu(double x) { return 0.5 * x * (1 + erf(x * 0.70710678118654752440)); }
static double gelu_slope(double x) {
    return 0.5 * (1 + erf(x * 0.70710678118654752440)) +
           x * exp(-0.5 * x * x) * 0.39894228040143267794;
}
static double relu(double x) { return x > 0 ? x : 0; }
static double relu_slope(double x) { return x > 0; }
static double silu(double x) { return x * sigmoid(x); }
static double silu_slope(double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }
static double softplus(double x) { return x > 20 ? x : log1p(exp(x)); }
static double softplus_slope(double x) { return x > 20 ? 1 : sigmoid(x); }

static const double low = -1.5, high = 2.25;
static double clamp(double x) { return x < low ? low : x > high ? high : x; }
static double clamp_slope(double x) { return x >= low && x <= high; }

/* Random numbers, with some far out and at the places where the formulas change. */
static kr_real *make_x(int64_t n) {
    const double special[] = {0,    -0.0, 1e-6, -1e-6, 4 * 1.41421356, -5.7, 19.999, 20.001, 100,
                              -100, -1.5, 2.25, 1e4,   -1e4,           30,   -30};
    kr_real *x = kr_check_random(n, -6, 6, 3);
    for (int64_t i = 0; i < 16 && 3 * i < n; i++) x[3 * i] = (kr_real)special[i];
    return x;
}

static void check_pair(const char *name, int64_t n, forward_fn *forward, double (*f)(double),
                       backward_fn *backward, double (*slope)(double), bool takes_y,
                       double relative) {
    kr_real *x = make_x(n), *grad_y = kr_check_random(n, -1, 1, 4);
    kr_real *start = kr_check_random(n, -1, 1, 5), *y = kr_check_output(n, NULL);
    double *expected = kr__calloc((size_t)n, sizeof *expected);
    forward(n, x, y);
    for (int64_t i = 0; i < n; i++) expected[i] = f((double)x[i]);
    kr_check_close(name, n, y, expected, 4e-7, relative);

    kr_real *grad_x = kr_check_output(n, start);
    for (int is_adding = 0; is_adding < 2; is_adding++) {
        memcpy(grad_x, start, (size_t)n * sizeof *grad_x);
        backward(n, takes_y ? y : x, grad_y, grad_x, is_adding);
        for (int64_t i = 0; i < n; i++) {
            expected[i] =
                (is_adding ? (double)start[i] : 0) + slope((double)x[i]) * (double)grad_y[i];
        }
        kr_check_close(name, n, grad_x, expected, 6e-7, 1e-6);
    }
    forward(n, x, x); /* in place */
    assert_memory_equal(x, y, (size_t)n * sizeof *x);
    kr_free(x);
    kr_free(y);
    kr_free(grad_x);
    kr_free(grad_y);
    kr_free(start);
    kr_free(expected);
}

static void check(const kr_kernels *k, int64_t n) {
    check_pair("gelu", n, k->gelu_forward, gelu, k->gelu_backward, gelu_slope, false, 2e-7);
    check_pair("relu", n, k->relu_forward, relu, k->relu_backward, relu_slope, true, 0);
    check_pair("silu", n, k->silu_forward, silu, k->silu_backward, silu_slope, false, 1e-6);
    check_pair("softplus", n, k->softplus_forward, softplus, k->softplus_backward, softplus_slope,
               false, 3e-7);
}

static const kr_kernels *clamp_of;
static void clamp_forward(int64_t n, const kr_real *x, kr_real *y) {
    clamp_of->clamp_forward(n, (kr_real)low, (kr_real)high, x, y);
}
static void clamp_backward(int64_t n, const kr_real *x, const kr_real *grad_y, kr_real *grad_x,
                           bool is_adding) {
    clamp_of->clamp_backward(n, (kr_real)low, (kr_real)high, x, grad_y, grad_x, is_adding);
}
static void check_clamp(const kr_kernels *k, int64_t n) {
    clamp_of = k;
    check_pair("clamp", n, clamp_forward, clamp, clamp_backward, clamp_slope, false, 0);
}

static void check_sigmoid(const kr_kernels *k, int64_t n) {
    kr_real *x = make_x(n), *y = kr_check_output(n, NULL);
    double *expected = kr__calloc((size_t)n, sizeof *expected);
    k->sigmoid_forward(n, x, y);
    for (int64_t i = 0; i < n; i++) expected[i] = sigmoid((double)x[i]);
    kr_check_close("sigmoid", n, y, expected, 2e-7, 0);
    kr_free(x);
    kr_free(y);
    kr_free(expected);
}

/* NaN in, NaN out: the training loop has to see it. */
static void check_nan(const kr_kernels *k, int64_t n) {
    kr_real *x = kr_check_random(n, -1, 1, 0), *y = kr_check_output(n, NULL);
    x[n - 1] = (kr_real)NAN;
    clamp_of = k;
    forward_fn *const all[] = {k->gelu_forward,     k->relu_forward,    k->silu_forward,
                               k->softplus_forward, k->sigmoid_forward, clamp_forward};
    for (int f = 0; f < 6; f++) {
        all[f](n, x, y);
        assert_true(isnan(y[n - 1]));
        for (int64_t i = 0; i + 1 < n; i++) assert_true(isfinite(y[i]));
    }
    kr_free(x);
    kr_free(y);
}

/* erf alone, through GELU: 2 gelu(x) / x - 1, on a fine grid. */
static void check_erf(const kr_kernels *k, int64_t n) {
    if (n < 1000) return;
    kr_real *x = kr__calloc((size_t)n, sizeof *x), *y = kr_check_output(n, NULL);
    for (int part = 0; part < 16; part++) {
        for (int64_t i = 0; i < n; i++) {
            x[i] = (kr_real)(-6.5 + 13.0 * ((double)i + part / 16.0 + 0.01) / (double)n);
        }
        k->gelu_forward(n, x, y);
        for (int64_t i = 0; i < n; i++) {
            double got = 2 * (double)y[i] / (double)x[i] - 1;
            double error = fabs(got - erf((double)x[i] * 0.70710678118654752440));
            assert_true(error <= (sizeof(kr_real) == 4 ? 3e-7 : 1e-15));
        }
    }
    kr_free(x);
    kr_free(y);
}

#define LEVELS(name, check_)                                                                       \
    static void name(void **state) {                                                               \
        (void)state;                                                                               \
        kr_check_levels(check_);                                                                   \
    }
LEVELS(functions, check)
LEVELS(clamps, check_clamp)
LEVELS(sigmoids, check_sigmoid)
LEVELS(nan_stays, check_nan)
LEVELS(erf_is_accurate, check_erf)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions), cmocka_unit_test(clamps),          cmocka_unit_test(sigmoids),
        cmocka_unit_test(nan_stays), cmocka_unit_test(erf_is_accurate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
