/* SPDX-License-Identifier: MIT
 * test_threads.c - numbers below the normal ones are zero inside a piece, and not outside. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kr/threads.h>

enum { PIECES = 8 };

/* Volatile: the halving happens at run time. */
static volatile float smallest = FLT_MIN;

static void halve_piece(void *arg, int64_t piece, int thread) {
    (void)thread;
    float *y = arg;
    y[piece] = smallest / 2;
}

static void subnormals_are_flushed_inside_pieces(void **state) {
    (void)state;
    for (int n = 1; n <= 3; n++) {
        float y[PIECES];
        kr_threads_set(n);
        kr_parallel_for(PIECES, halve_piece, y);
        for (int i = 0; i < PIECES; i++) assert_true(y[i] == 0);
        assert_true(smallest / 2 > 0);
    }
    kr_threads_set(0);
}

int main(void) {
#if !defined(__SSE2__)
    return 0; /* no such switch here */
#endif
    const struct CMUnitTest tests[] = {cmocka_unit_test(subnormals_are_flushed_inside_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
