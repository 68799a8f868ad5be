/* SPDX-License-Identifier: MIT
 * test_memory.c - blocks of the heap: zeroed, aligned, and refused when they cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"

static bool is_zero(const char *block, size_t n) {
    return n == 0 || (block[0] == 0 && memcmp(block, block + 1, n - 1) == 0);
}

/* Blocks on both sides of the size from which they get large pages; each is dirtied, so that the
 * next may be the same memory. */
static void blocks_are_zeroed_and_aligned(void **state) {
    (void)state;
    const size_t large = 8 << 20, sizes[] = {0, 1, 64, 100, 5000, large - 1, large, large + 1};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i / 2];
        char *block = kr__calloc(n, 1);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % (n < large ? KR_ALIGN : 2 << 20), 0);
        assert_true(is_zero(block, n));
        memset(block, 0x5a, n);
        kr_free(block);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    assert_null(kr__calloc(SIZE_MAX, 1));
    assert_null(kr__calloc(SIZE_MAX - 5, 1));
    assert_null(kr__calloc(SIZE_MAX / 2, 3));
    assert_null(kr__calloc((size_t)PTRDIFF_MAX, 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(blocks_are_zeroed_and_aligned),
                                       cmocka_unit_test(what_does_not_fit_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
