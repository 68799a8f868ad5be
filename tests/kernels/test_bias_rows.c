/* SPDX-License-Identifier: MIT
 * test_bias_rows.c - bias rows and column sums at every CPU level against plain loops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/random.h"
#include "core/real.h"
#include "kernels/kernels.h"

enum { ROWS = 5, MOST = 40, BEHIND = 20 /* what must stay as it is */, N = ROWS * MOST + BEHIND };
static kr_real x[N], y[N], expected[N], row[MOST + BEHIND];

static void fill(kr_real *p, int n, uint64_t substream) {
    kr_rng rng = kr__rng_make(1, KR_STREAM_TEST, substream);
    for (int i = 0; i < n; i++) p[i] = (kr_real)(2 * kr__rng_uniform(&rng) - 1);
}

static void compare(const kr_kernels *kernels, int rows, int cols) {
    fill(x, N, 0);
    fill(row, MOST + BEHIND, 1);
    memcpy(y, x, sizeof y);
    memcpy(expected, x, sizeof expected);
    for (int i = 0; i < rows * cols; i++) expected[i] += row[i % cols];
    kernels->add_row(rows, cols, row, y);
    assert_memory_equal(y, expected, sizeof y);

    memcpy(y, row, sizeof row);
    memcpy(expected, row, sizeof row);
    for (int c = 0; c < cols; c++) {
        kr_real sum = 0;
        for (int r = 0; r < rows; r++) sum += x[r * cols + c];
        expected[c] += sum;
    }
    kernels->column_sums_add(rows, cols, x, y);
    assert_memory_equal(y, expected, sizeof row);
}

static void levels(void **state) {
    (void)state;
    for (int level = 0; level < KR_CPU_LEVELS; level++) {
        const kr_kernels *kernels = kr__kernels_of((kr_cpu_level)level);
        for (int cols = 1; kernels && cols <= MOST; cols++) {
            compare(kernels, 1, cols);
            compare(kernels, ROWS, cols);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
