/* SPDX-License-Identifier: MIT
 * guarded.c - a stretch of a known pattern lies behind the numbers. */
#include "support/guarded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"

enum { GUARD = 4096, PATTERN = 0x5A };

kr_real *kr_guarded_create(int64_t n) {
    kr_real *numbers = kr__calloc((size_t)n * sizeof *numbers + GUARD, 1);
    assert_non_null(numbers);
    memset(numbers + n, PATTERN, GUARD);
    return numbers;
}

void kr_guarded_destroy(kr_real *numbers, int64_t n) {
    const unsigned char *behind = (const unsigned char *)(numbers + n);
    for (int i = 0; i < GUARD; i++) assert_int_equal(behind[i], PATTERN);
    kr_free(numbers);
}
