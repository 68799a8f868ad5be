/* SPDX-License-Identifier: MIT
 * test_scan_channels.c - one chunk of the selective scan, and the convolution, at every level
 * against plain loops, with guarded edges; the scan's exponential over all of its range. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"
#include "support/plain_scan.h"

enum { STEPS = KR_SCAN_STEPS, STATES = 5, GAP = 3 };

/* ---- memory of a check ------------------------------------------------------------------ */

static void *held[64];
static size_t n_held;

static void *hold(void *memory) {
    assert_true(n_held < sizeof held / sizeof held[0]);
    assert_non_null(memory);
    return held[n_held++] = memory;
}

static void free_held(void) {
    while (n_held > 0) kr_free(held[--n_held]);
}

static double *zeros(int64_t n) { return hold(kr__calloc((size_t)n, sizeof(double))); }
static kr_real *zero_reals(int64_t n) { return hold(kr__calloc((size_t)n, sizeof(kr_real))); }
static kr_real *output(int64_t n) { return hold(kr_check_output(n, NULL)); }
static kr_real *sums(int64_t n) { return hold(kr_check_output(n, zero_reals(n))); }
static kr_real *uniform(int64_t n, double low, double high, uint64_t which) {
    return hold(kr_check_random(n, low, high, which));
}

/* Rows of `width` that lie `stride` apart, side by side and in double. */
static double *widen(const kr_real *x, int64_t rows, int64_t width, int64_t stride) {
    double *y = zeros(rows * width);
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < width; i++) y[r * width + i] = (double)x[r * stride + i];
    }
    return y;
}

/* Rows n + GAP apart against rows n apart; the gaps and what follows are untouched. */
static void check_strided(const kr_real *got, const double *want, int64_t rows, int64_t n,
                          double tolerance) {
    int64_t stride = n + GAP, size = (rows - 1) * stride + n;
    if (sizeof(kr_real) == 8) tolerance *= 1e-6;
    for (int64_t i = 0; i < size + KR_CHECK_GUARD; i++) {
        int64_t r = i / stride, d = i % stride;
        if (i >= size || d >= n) {
            assert_true(got[i] == kr_check_guard);
        } else {
            assert_true(fabs((double)got[i] - want[r * n + d]) <= tolerance);
        }
    }
}

/* ---- the scan --------------------------------------------------------------------------- */

/* x and z lie n + GAP apart; A_log reaches down to exponents that are cut. */
static kr__scan_chunk make_chunk(const kr_kernels *kernels, int64_t n, const kr_real *A_log) {
    int64_t n_states = kr__scan_states(STATES), size = kr__scan_blocks(n) * n_states * 16;
    int64_t wide = (STEPS - 1) * (n + GAP) + n;
    kr_real *A = sums(size);
    for (int64_t d = 0; d < n; d++) {
        for (int64_t k = 0; k < STATES; k++) {
            A[(d / 16 * n_states + k) * 16 + d % 16] = A_log[d * STATES + k];
        }
    }
    kernels->scan_decay(size, A);
    kr_check_end("scan_decay", size, A);
    return (kr__scan_chunk){.n_steps = STEPS,
                            .d_inner = n,
                            .d_state = STATES,
                            .x = uniform(wide, -1, 1, 1),
                            .dt_raw = uniform(STEPS * n, -6, 2, 2),
                            .z = uniform(wide, -3, 3, 3),
                            .B = uniform(STEPS * STATES, -1, 1, 4),
                            .C = uniform(STEPS * STATES, -1, 1, 5),
                            .x_stride = n + GAP,
                            .dt_stride = n,
                            .z_stride = n + GAP,
                            .y_stride = n,
                            .B_stride = STATES,
                            .C_stride = STATES,
                            .dt_bias = uniform(n, -1, 1, 6),
                            .D = uniform(n, -1, 1, 7),
                            .A = A,
                            .y = output(STEPS * n),
                            .y_ungated = output(STEPS * n),
                            .scratch = output(kr__scan_scratch_size(n, STATES, true))};
}

static kr_plain_scan make_plain(const kr__scan_chunk *s, const kr_real *A_log) {
    int64_t n = s->d_inner;
    return (kr_plain_scan){.seq_len = STEPS,
                           .d_inner = n,
                           .d_state = STATES,
                           .x = widen(s->x, STEPS, n, n + GAP),
                           .dt_raw = widen(s->dt_raw, STEPS, n, n),
                           .dt_bias = widen(s->dt_bias, 1, n, n),
                           .A_log = widen(A_log, n, STATES, STATES),
                           .B = widen(s->B, STEPS, STATES, STATES),
                           .C = widen(s->C, STEPS, STATES, STATES),
                           .D = widen(s->D, 1, n, n),
                           .z = widen(s->z, STEPS, n, n + GAP)};
}

/* A_log's gradient is A times that of A; s->A is A * log2(e). */
static void check_A(const kr__scan_chunk *s, const kr_real *grad, const double *want) {
    int64_t n = s->d_inner, n_states = kr__scan_states(STATES);
    kr_real *plain = output(n * STATES);
    for (int64_t i = 0; i < n * STATES; i++) {
        int64_t d = i / STATES, at = (d / 16 * n_states + i % STATES) * 16 + d % 16;
        plain[i] = (kr_real)((double)grad[at] * (double)s->A[at] * 0.69314718055994531);
    }
    kr_check_close("scan grad A", n * STATES, plain, want, 2e-5, 2e-5);
    kr_check_end("scan grad A", kr__scan_blocks(n) * 16 * n_states, grad);
}

static void check_chunk(const kr_kernels *kernels, int64_t n) {
    const kr_real *A_log = uniform(n * STATES, -2, 5, 0), *grad_y = uniform(STEPS * n, -1, 1, 9);
    kr__scan_chunk s = make_chunk(kernels, n, A_log);
    kr_plain_scan plain = make_plain(&s, A_log);
    double *y = zeros(STEPS * n);
    kr_plain_scan_forward(&plain, y, NULL);
    kernels->scan_forward(&s);
    kr_check_close("scan y", STEPS * n, s.y, y, 4e-6, 1e-6);
    kr_check_end("scan y_ungated", STEPS * n, s.y_ungated);

    const kr_plain_scan_grad want = {.x = zeros(STEPS * n),
                                     .dt_raw = zeros(STEPS * n),
                                     .dt_bias = zeros(n),
                                     .A_log = zeros(n * STATES),
                                     .B = zeros(STEPS * STATES),
                                     .C = zeros(STEPS * STATES),
                                     .D = zeros(n),
                                     .z = zeros(STEPS * n)};
    kr_plain_scan_backward(&plain, widen(grad_y, STEPS, n, n), NULL, &want);
    int64_t lanes = kr__scan_blocks(n) * 16, wide = (STEPS - 1) * (n + GAP) + n;
    kr__scan_gradients grad = {.y = grad_y,
                               .x = output(wide),
                               .z = output(wide),
                               .dt_raw = output(STEPS * n),
                               .B = output(STEPS * STATES),
                               .C = output(STEPS * STATES),
                               .B_stride = STATES,
                               .C_stride = STATES,
                               .A = sums(lanes * kr__scan_states(STATES)),
                               .D = sums(lanes),
                               .dt_bias = sums(lanes)};
    kernels->scan_backward(&s, &grad);
    kr_check_close("scan grad dt_raw", STEPS * n, grad.dt_raw, want.dt_raw, 2e-5, 1e-5);
    check_strided(grad.x, want.x, STEPS, n, 2e-5);
    check_strided(grad.z, want.z, STEPS, n, 2e-5);
    kr_check_close("scan grad B", STEPS * STATES, grad.B, want.B, 2e-4, 1e-5);
    kr_check_close("scan grad C", STEPS * STATES, grad.C, want.C, 2e-4, 1e-5);
    check_A(&s, grad.A, want.A_log);
    for (int64_t d = 0; d < n; d++) {
        assert_true(fabs((double)grad.D[d] - want.D[d]) <= 2e-5);
        assert_true(fabs((double)grad.dt_bias[d] - want.dt_bias[d]) <= 1e-4);
    }
    kr_check_end("scan grad D", lanes, grad.D);
    kr_check_end("scan grad dt_bias", lanes, grad.dt_bias);
    kr_check_end("scan scratch", kr__scan_scratch_size(n, STATES, true), s.scratch);
    free_held();
}

static void chunks(void **state) {
    (void)state;
    kr_check_levels(check_chunk);
}

/* Step after step, the state in place, against one pass. */
static void check_step(const kr_kernels *kernels, int64_t n, int64_t n_states, bool is_gated) {
    enum { N = 5 };
    kr_real *x = uniform(N * n, -1, 1, 1), *dt = uniform(N * n, -3, 2, 2);
    kr_real *z = uniform(N * n, -2, 2, 3), *D = uniform(n, -1, 1, 4), *bias = uniform(n, -1, 1, 5);
    kr_real *B = uniform(N * n_states, -1, 1, 6), *C = uniform(N * n_states, -1, 1, 7);
    kr_real *A_log = uniform(n * n_states, -1, 5, 8), *h = output(n * n_states), *y = output(N * n);
    const kr_plain_scan plain = {.seq_len = N,
                                 .d_inner = n,
                                 .d_state = n_states,
                                 .x = widen(x, N, n, n),
                                 .dt_raw = widen(dt, N, n, n),
                                 .dt_bias = is_gated ? widen(bias, 1, n, n) : NULL,
                                 .A_log = widen(A_log, n, n_states, n_states),
                                 .B = widen(B, N, n_states, n_states),
                                 .C = widen(C, N, n_states, n_states),
                                 .D = is_gated ? widen(D, 1, n, n) : NULL,
                                 .z = is_gated ? widen(z, N, n, n) : NULL};
    double *want = zeros(N * n), *want_h = zeros(n * n_states);
    kr_plain_scan_forward(&plain, want, want_h);
    kr_real *scratch = output(2 * kr__scan_blocks(n) * 16);
    kr_real *A = zero_reals((n * n_states + 15) / 16 * 16);
    memcpy(A, A_log, (size_t)(n * n_states) * sizeof *A);
    kernels->scan_decay((n * n_states + 15) / 16 * 16, A);
    for (int64_t t = 0; t < N; t++) {
        kr__scan_step s = {.d_inner = n,
                           .d_state = n_states,
                           .x = x + t * n,
                           .dt_raw = dt + t * n,
                           .z = is_gated ? z + t * n : NULL,
                           .B = B + t * n_states,
                           .C = C + t * n_states,
                           .dt_bias = is_gated ? bias : NULL,
                           .D = is_gated ? D : NULL,
                           .A = A,
                           .h_in = t > 0 ? h : NULL,
                           .h_out = h,
                           .y = y + t * n,
                           .scratch = scratch};
        kernels->scan_step(&s);
    }
    kr_check_close("step y", N * n, y, want, 2e-5, 1e-5);
    kr_check_close("step h", n * n_states, h, want_h, 2e-5, 1e-5);
    kr_check_end("step scratch", 2 * kr__scan_blocks(n) * 16, scratch);
    free_held();
}

static void check_steps(const kr_kernels *kernels, int64_t n) {
    check_step(kernels, n, 1, true);
    check_step(kernels, n, 15, true);
    check_step(kernels, n, 32, false);
    check_step(kernels, n, 35, true);
}

static void steps(void **state) {
    (void)state;
    kr_check_levels(check_steps);
}

/* One step from h = 1 with B = 0 and C = 1 gives 2^(dt * A); above 20 dt is dt_raw itself. Once all
 * exponents are above the cut, once another state of the tile is far below it. */
static void check_exponents(const kr_kernels *kernels, int64_t n) {
    const kr_real B[8] = {0}, C[8] = {1}, dt = 32;
    bool is_cut = sizeof(kr_real) == 4;
    for (int is_deep = 0; is_deep < 2; is_deep++) {
        kr_real *A = zero_reals(kr__scan_blocks(n) * 8 * 16);
        kr_real *h = zero_reals(kr__scan_blocks(n) * 8 * 16);
        double *want = zeros(n);
        for (int64_t d = 0; d < n; d++) {
            int64_t at = d / 16 * 8 * 16 + d % 16;
            double lowest = is_deep ? -200 : -125.9;
            A[at] = (kr_real)(lowest / (double)dt * (double)d / (double)n);
            A[at + 16] = (kr_real)(is_deep ? -1e30 : 0);
            h[at] = 1;
            double exponent = (double)A[at] * (double)dt;
            want[d] = is_cut && exponent < -126.5 ? 0 : exp2(exponent);
        }
        kr__scan_chunk s = {.n_steps = 1,
                            .d_inner = n,
                            .d_state = 8,
                            .x = uniform(n, 1, 1, 0),
                            .dt_raw = uniform(n, (double)dt, (double)dt, 0),
                            .B = B,
                            .C = C,
                            .A = A,
                            .h_in = h,
                            .y = output(n),
                            .scratch = uniform(kr__scan_scratch_size(n, 8, false), 7, 8, 0)};
        kernels->scan_forward(&s);
        kr_check_close("scan exponent", n, s.y, want, is_cut ? 1e-38 : 0, 2e-7);
        free_held();
    }
}

static void exponents(void **state) {
    (void)state;
    kr_check_levels(check_exponents);
}

/* ---- the convolution -------------------------------------------------------------------- */

/* (d_inner, d_conv) to blocked. */
static kr_real *block_weight(const kr_real *plain, int64_t n, int64_t d_conv) {
    kr_real *weight = zero_reals(kr__scan_blocks(n) * 16 * d_conv);
    for (int64_t d = 0; d < n; d++) {
        for (int64_t j = 0; j < d_conv; j++) {
            weight[(d / 16 * d_conv + j) * 16 + d % 16] = plain[d * d_conv + j];
        }
    }
    return weight;
}

/* Blocked against (d_inner, d_conv); the bits count for the levels' agreement. */
static void check_weight(const kr_real *blocked, const double *want, int64_t n, int64_t d_conv,
                         double tolerance) {
    kr_real *plain = output(n * d_conv);
    for (int64_t d = 0; d < n; d++) {
        for (int64_t j = 0; j < d_conv; j++) {
            plain[d * d_conv + j] = blocked[(d / 16 * d_conv + j) * 16 + d % 16];
        }
    }
    kr_check_close("conv1d grad_weight", n * d_conv, plain, want, tolerance, 0);
}

static void check_conv1d(const kr_kernels *kernels, int64_t n, int64_t d_conv) {
    int64_t seq_len = 2 * KR_CONV1D_STEPS + 3, stride = n + GAP, lanes = kr__scan_blocks(n) * 16;
    int64_t wide = (seq_len - 1) * stride + n;
    const kr_real *weight = uniform(n * d_conv, -1, 1, 1), *grad_y = uniform(seq_len * n, -1, 1, 2);
    const kr__conv1d_sequence s = {.seq_len = seq_len,
                                   .y_stride = n,
                                   .d_inner = n,
                                   .d_conv = d_conv,
                                   .x_stride = stride,
                                   .with_silu = true,
                                   .x = uniform(wide, -1, 1, 3),
                                   .weight = block_weight(weight, n, d_conv),
                                   .bias = uniform(lanes, -1, 1, 4),
                                   .scratch = output(kr__conv1d_scratch_size(n, d_conv))};
    const kr_plain_conv1d plain = {.seq_len = seq_len,
                                   .d_inner = n,
                                   .d_conv = d_conv,
                                   .with_silu = true,
                                   .x = widen(s.x, seq_len, n, stride),
                                   .weight = widen(weight, n, d_conv, d_conv),
                                   .bias = widen(s.bias, 1, n, n)};
    double *want = zeros(seq_len * n), *want_x = zeros(seq_len * n);
    kr_real *y = output(seq_len * n), *grad_x = output(wide);
    kernels->conv1d_forward(&s, y);
    kr_plain_conv1d_forward(&plain, want);
    kr_check_close("conv1d y", seq_len * n, y, want, 2e-6, 1e-6);
    double *want_weight = zeros(n * d_conv), *want_bias = zeros(n);
    kr_real *grad_weight = sums(lanes * d_conv), *grad_bias = sums(lanes);
    kr__conv1d_gradients grad = {
        .y = grad_y, .x = grad_x, .weight = grad_weight, .bias = grad_bias};
    kernels->conv1d_backward(&s, &grad);
    kr_plain_conv1d_backward(&plain, widen(grad_y, seq_len, n, n), want_x, want_weight, want_bias);
    check_strided(grad_x, want_x, seq_len, n, 4e-6);
    check_weight(grad_weight, want_weight, n, d_conv, 2e-5);
    for (int64_t d = 0; d < n; d++) assert_true(fabs((double)grad_bias[d] - want_bias[d]) <= 2e-5);
    kr_check_end("conv1d grad_weight", lanes * d_conv, grad_weight);
    kr_check_end("conv1d grad_bias", lanes, grad_bias);
    kr_check_end("conv1d scratch", kr__conv1d_scratch_size(n, d_conv), s.scratch);
    grad.adds_x = true;
    kernels->conv1d_backward(&s, &grad);
    for (int64_t i = 0; i < seq_len * n; i++) want_x[i] *= 2;
    check_strided(grad_x, want_x, seq_len, n, 8e-6);
    free_held();
}

static void check_convolutions(const kr_kernels *kernels, int64_t n) {
    check_conv1d(kernels, n, 1);
    check_conv1d(kernels, n, 4);
    check_conv1d(kernels, n, 16);
}

static void convolutions(void **state) {
    (void)state;
    kr_check_levels(check_convolutions);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(chunks), cmocka_unit_test(steps),
                                       cmocka_unit_test(exponents), cmocka_unit_test(convolutions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
