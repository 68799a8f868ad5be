/* SPDX-License-Identifier: MIT
 * test_double_tiles.c - products and distances of panels against plain loops; all levels have the
 * same bits. */
#include "core/arena.h"
#include "core/random.h"
#include "kernels/kernel_check.h"

enum { TILE = 64 };

static double *draw_panel(int64_t depth, uint64_t which) {
    double *x = kr__calloc((size_t)(8 * depth), sizeof *x);
    assert_non_null(x);
    kr_rng rng = kr__rng_make(22, KR_STREAM_TEST, which);
    for (int64_t i = 0; i < 8 * depth; i++) x[i] = 4 * kr__rng_uniform(&rng) - 2;
    return x;
}

/* Terms in order, each rounded: the bits of the kernels. Panels of depth 1 and more; y is added to.
 */
static void check_tiles(const kr_kernels *kernels, int64_t depth) {
    double *a = draw_panel(depth, 0), *b = draw_panel(depth, 1);
    double y[2][TILE + 1], expected[2][TILE + 1];
    for (int i = 0; i <= TILE; i++) y[0][i] = y[1][i] = expected[0][i] = expected[1][i] = 0.1 * i;
    kernels->product_tile(depth, a, b, y[0]);
    kernels->distance_tile(depth, a, b, y[1]);
    for (int i = 0; i < TILE; i++) {
        double product = 0, distance2 = 0;
        for (int64_t t = 0; t < depth; t++) {
            double p = a[8 * t + i / 8], q = b[8 * t + i % 8];
            product += p * q;
            distance2 += (p - q) * (p - q);
        }
        expected[0][i] += product;
        expected[1][i] += distance2;
    }
    assert_memory_equal(y, expected, sizeof y);
    kr_free(a);
    kr_free(b);
}

static void tiles(void **state) {
    (void)state;
    kr_check_levels(check_tiles);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(tiles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
