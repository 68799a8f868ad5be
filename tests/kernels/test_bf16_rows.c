/* SPDX-License-Identifier: MIT
 * test_bf16_rows.c - rounding to bf16 at every CPU level: ties, overflow, NaN, the smallest
 * numbers, strided rows. */
#include <float.h>

#include "core/arena.h"
#include "core/real.h"
#include "kernels/kernel_check.h"
#include "kernels/product.h"

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static kr_bf16 round_one(const kr_kernels *kernels, float x) {
    kr_real value = (kr_real)x;
    kr_bf16 y = 0;
    kernels->to_bf16(1, 1, &value, 1, &y);
    return y;
}

static void each_level(void (*check)(const kr_kernels *kernels)) {
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
        if (kernels) check(kernels);
    }
}

static void check_special(const kr_kernels *kernels) {
    static const struct {
        uint32_t bits;
        kr_bf16 rounded;
    } cases[] = {
        {0x3f800000, 0x3f80}, /* 1 */
        {0x3f807fff, 0x3f80}, /* below the tie */
        {0x3f808000, 0x3f80}, /* tie: down to even */
        {0x3f818000, 0x3f82}, /* tie: up to even */
        {0x3f808001, 0x3f81}, /* above the tie */
        {0xbf808001, 0xbf81}, /* and below zero */
        {0x3fffffff, 0x4000}, /* carries into the exponent */
        {0x7f7fffff, 0x7f80}, /* FLT_MAX to infinity */
        {0x7f800000, 0x7f80}, /* infinity */
        {0xff800000, 0xff80}, {0x00000000, 0x0000}, {0x80000000, 0x8000}, /* -0 */
        {0x00800000, 0x0080},                                             /* FLT_MIN */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(round_one(kernels, from_bits(cases[i].bits)), cases[i].rounded);
    }
}

static void special_numbers(void **state) {
    (void)state;
    each_level(check_special);
}

/* Whatever says NaN, and be it the lowest bit alone. */
static void check_nan(const kr_kernels *kernels) {
    static const uint32_t cases[] = {0x7fc00000, 0xffc00000, 0x7f800001, 0x7fffffff, 0xffffffff};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr_bf16 y = round_one(kernels, from_bits(cases[i]));
        assert_true((y & 0x7fff) > 0x7f80);
    }
}

static void nan_stays_nan(void **state) {
    (void)state;
    each_level(check_nan);
}

/* The nearest, found by comparing with both neighbours. */
static void check_row(const kr_kernels *kernels, int64_t n) {
    enum { ROWS = 3 };
    int64_t stride = n + 5;
    kr_real *x = kr_check_random(ROWS * stride, -3, 3, (uint64_t)n);
    kr_bf16 *y = kr__calloc((size_t)(ROWS * n + KR_CHECK_GUARD), sizeof *y);
    memset(y, 0x77, (size_t)(ROWS * n + KR_CHECK_GUARD) * sizeof *y);
    kernels->to_bf16(ROWS, n, x, stride, y);
    for (int64_t i = 0; i < ROWS * n; i++) {
        double exact = (double)(float)x[i / n * stride + i % n];
        double got = (double)from_bits((uint32_t)y[i] << 16);
        double below = (double)from_bits((uint32_t)(y[i] - 1) << 16);
        double above = (double)from_bits((uint32_t)(y[i] + 1) << 16);
        assert_true(fabs(got - exact) <= fabs(below - exact));
        assert_true(fabs(got - exact) <= fabs(above - exact));
    }
    for (int i = 0; i < KR_CHECK_GUARD; i++) assert_int_equal(y[ROWS * n + i], 0x7777);
    kr_free(x);
    kr_free(y);
}

static void rows(void **state) {
    (void)state;
    kr_check_levels(check_row);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(special_numbers),
                                       cmocka_unit_test(nan_stays_nan), cmocka_unit_test(rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
