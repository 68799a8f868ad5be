/* SPDX-License-Identifier: MIT
 * test_star_columns.c - STAR's kernels at every CPU level against plain loops in double. */
#include "kernels/kernel_check.h"
#include "support/golden.h"

enum { CHANNELS = 11, MOST = 70, N = CHANNELS * MOST };
static kr_real score[N], p[N + 1], want_p[N], y[MOST + 1], want_y[MOST], grad_y[MOST], grad[N + 1],
    want_grad[N];
static const double tolerance = sizeof(kr_real) == sizeof(double) ? 1e-13 : 2e-6;

static void fill(kr_real *x, int n, double size, uint64_t substream) {
    kr_rng rng = kr__rng_make(2, KR_STREAM_TEST, substream);
    for (int i = 0; i < n; i++) x[i] = (kr_real)(size * (2 * kr__rng_uniform(&rng) - 1));
}

static double clamped(int at, double bound) {
    double s = (double)score[at];
    return s > bound ? bound : s < -bound ? -bound : s;
}

static void expect_column(int channels, int cols, int c, double bound) {
    double sum = 0, mean = 0;
    for (int j = 0; j < channels; j++) sum += exp(clamped(j * cols + c, bound));
    for (int j = 0; j < channels; j++) {
        double s = clamped(j * cols + c, bound), probability = exp(s) / sum;
        want_p[j * cols + c] = (kr_real)probability;
        mean += probability * s;
    }
    want_y[c] = (kr_real)mean;
    for (int j = 0; j < channels; j++) {
        double s = (double)score[j * cols + c];
        double slope = exp(clamped(j * cols + c, bound)) / sum * (1 + s - mean);
        want_grad[j * cols + c] = (kr_real)(1 + (fabs(s) <= bound ? (double)grad_y[c] * slope : 0));
    }
}

static void compare(const kr_kernels *kernels, int channels, int cols, double bound) {
    fill(score, channels * cols, 4, 0);
    fill(grad_y, cols, 1, 1);
    for (int c = 0; c < cols; c++) expect_column(channels, cols, c, bound);
    for (int i = 0; i <= channels * cols; i++) grad[i] = 1;
    y[cols] = p[channels * cols] = 77;
    kernels->star_softmax(channels, cols, (kr_real)bound, score, p);
    assert_close(p, want_p, channels * cols, tolerance);
    kernels->star_mean(channels, cols, (kr_real)bound, score, p, y);
    assert_close(y, want_y, cols, tolerance);
    kernels->star_mean_backward(channels, cols, (kr_real)bound, score, p, y, grad_y, grad);
    assert_close(grad, want_grad, channels * cols, tolerance);
    assert_true(y[cols] == 77 && p[channels * cols] == 77 && grad[channels * cols] == 1);
}

static void levels(void **state) {
    (void)state;
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
        for (int cols = 1; kernels && cols <= MOST; cols++) {
            compare(kernels, CHANNELS, cols, (double)INFINITY);
            compare(kernels, CHANNELS, cols, 2.5);
            compare(kernels, 1, cols, (double)INFINITY);
        }
    }
}

/* Cuts at 0.25 and 0.75; a channel without probability at each end and in the middle. */
static void draws(void **state) {
    (void)state;
    const kr_real line[6] = {0, 0.25, 0.5, 0, 0.25, 0};
    const kr_real u[6] = {0, (kr_real)0.2499, 0.25, (kr_real)0.7499, 0.75, (kr_real)(1 - 0x1p-23)};
    const kr_real expected[6] = {1, 1, 2, 2, 4, 4};
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
        if (!kernels) continue;
        for (int i = 0; i < 36; i++) p[i] = line[i / 6];
        p[5] = (kr_real)NAN;
        kernels->star_draw(6, 6, p, u, y);
        for (int c = 0; c < 5; c++) assert_true(y[c] == expected[c]);
        assert_true(isnan(y[5]));
        p[5] = 0;
        kernels->star_draw(6, 6, p, u, y);
        assert_true(y[5] == expected[5]);
    }
}

/* In the order and the type of the kernels, so that no column is told otherwise. */
static double draw_plainly(int64_t channels, int64_t cols, int64_t c, const kr_real *chance,
                           kr_real u) {
    kr_real sum = 0, past = 0;
    int count = 0;
    for (int64_t j = 0; j < channels; j++) sum += chance[j * cols + c];
    for (int64_t j = 0; j < channels; j++) {
        past += chance[j * cols + c];
        count += past <= sum * u;
    }
    return count;
}

/* As many columns as a vector has lanes, one less, one more, and more than one vector. */
static void check_columns(const kr_kernels *kernels, int64_t channels, int64_t cols) {
    kr_real *chance = kr_check_random(channels * cols, 0, 1, 0),
            *u = kr_check_random(cols, 0, 1, 1);
    kr_real *drawn = kr_check_output(cols, NULL), *q = kr_check_output(channels * cols, chance);
    double *want = kr__calloc((size_t)(channels * cols), sizeof *want);
    for (int64_t c = 0; c < cols; c++) want[c] = draw_plainly(channels, cols, c, chance, u[c]);
    kernels->star_draw(channels, cols, chance, u, drawn);
    kr_check_close("star_draw", cols, drawn, want, 0, 0);
    for (int64_t c = 0; c < cols; c++) {
        double sum = 0;
        for (int64_t j = 0; j < channels; j++) sum += fmax((double)chance[j * cols + c], 0.25);
        for (int64_t j = 0; j < channels; j++) {
            want[j * cols + c] = fmax((double)chance[j * cols + c], 0.25) / sum;
        }
    }
    kernels->star_renormalize(channels, cols, (kr_real)0.25, q);
    kr_check_close("star_renormalize", channels * cols, q, want, 0, 1e-6);
    kr_free(chance);
    kr_free(u);
    kr_free(drawn);
    kr_free(q);
    kr_free(want);
}

static void any_number_of_columns(void **state) {
    (void)state;
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
        for (int cols = 1; kernels && cols <= 70; cols++) {
            check_columns(kernels, 1, cols);
            check_columns(kernels, CHANNELS, cols);
        }
    }
}

static void renormalized(void **state) {
    (void)state;
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
        if (!kernels) continue;
        kr_real q[4] = {0, (kr_real)0.5, 1, (kr_real)0.5};
        const kr_real want[4] = {(kr_real)(0.125 / 1.125), (kr_real)0.5, (kr_real)(1 / 1.125),
                                 (kr_real)0.5};
        kernels->star_renormalize(2, 2, (kr_real)0.125, q);
        assert_close(q, want, 4, tolerance);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels), cmocka_unit_test(draws),
                                       cmocka_unit_test(any_number_of_columns),
                                       cmocka_unit_test(renormalized)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
