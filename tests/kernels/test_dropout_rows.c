/* SPDX-License-Identifier: MIT
 * test_dropout_rows.c - drawn masks at every level against Philox number by number. */
#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"

static const kr__draw draw = {
    .seed = UINT64_C(0x1234567890abcdef), .counter = {7, 0xffffffffu, 0x03000005}, .p = 0.3};

/* The layout that dropout_rows.c describes, for one element. */
static double plain_mask(int64_t i) {
    uint32_t words[4];
    int64_t group = i / 64, quarter = i % 64 / 16, lane = i % 16;
    kr__philox(draw.seed, (uint32_t)(group * 8 + lane / 2), draw.counter[0], draw.counter[1],
               draw.counter[2], words);
    uint32_t word = words[2 * (quarter / 2) + lane % 2];
    uint32_t bits = quarter % 2 ? word >> 16 : word & 0xffff;
    return bits < 19661 ? 0 : 1 / 0.7; /* 0.3 * 65536 = 19660.8 */
}

static void check(const kr_kernels *kernels, int64_t n) {
    kr_real *x = kr_check_random(n, -2, 2, 0), *start = kr_check_random(n, -2, 2, 1);
    kr_real *y = kr_check_output(n, start);
    double *expected = kr__calloc((size_t)n, sizeof *expected);
    const int64_t firsts[] = {0, 1, 63, 64, 100, 6400};
    for (int f = 0; f < 6; f++) {
        int64_t first = firsts[f];
        for (int64_t i = 0; i < n; i++) expected[i] = plain_mask(first + i);
        kernels->dropout_mask(&draw, first, n, y);
        kr_check_close("dropout_mask", n, y, expected, 2e-7, 0);
        for (int64_t i = 0; i < n; i++) expected[i] *= (double)x[i];
        kernels->dropout_apply(&draw, first, n, x, y, false);
        kr_check_close("dropout_apply", n, y, expected, 4e-7, 0);
        for (int64_t i = 0; i < n; i++) expected[i] += expected[i];
        kernels->dropout_apply(&draw, first, n, x, y, true);
        kr_check_close("dropout_apply, adding", n, y, expected, 8e-7, 0);
    }
    kr_free(x);
    kr_free(y);
    kr_free(start);
    kr_free(expected);
}

static void levels(void **state) {
    (void)state;
    kr_check_levels(check);
}

/* Share of dropped elements within 5 standard deviations, in every place of a group, and no
 * correlation of neighbours. */
static void probability(void **state) {
    (void)state;
    enum { GROUPS = 20000, N = 64 * GROUPS };
    kr_real *mask = kr__calloc(N, sizeof *mask);
    kr__kernels()->dropout_mask(&draw, 0, N, mask);
    int dropped[64] = {0}, both = 0;
    for (int i = 0; i < N; i++) {
        dropped[i % 64] += mask[i] == 0;
        both += i > 0 && mask[i] == 0 && mask[i - 1] == 0;
    }
    for (int k = 0; k < 64; k++) {
        assert_true(fabs(dropped[k] - 0.3 * GROUPS) < 5 * sqrt(0.21 * GROUPS));
    }
    assert_true(fabs(both - 0.09 * N) < 5 * sqrt(0.09 * N));
    kr_free(mask);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels), cmocka_unit_test(probability)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
