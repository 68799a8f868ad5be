/* SPDX-License-Identifier: MIT
 * test_threads.c - pieces are all run once, and fading numbers do not slow them down. */
#include <kr/threads.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PIECES = 100 };

typedef struct work {
    int runs[PIECES];
    float product[PIECES];
} work;

static volatile float small = 1e-30f, smaller = 1e-10f; /* 1e-40: not a normal float */

static void run_piece(void *arg, int64_t piece, int thread) {
    (void)thread;
    work *w = arg;
    w->runs[piece]++;
    w->product[piece] = small * smaller;
}

static void every_piece_is_run_once(void **state) {
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        work w = {0};
        kr_threads_set(threads);
        kr_parallel_for(PIECES, run_piece, &w);
        for (int i = 0; i < PIECES; i++) assert_int_equal(w.runs[i], 1);
    }
    kr_threads_set(0);
}

/* Inside, on every thread, so that their number changes no bit; not in the caller's own work. */
static void subnormal_numbers_are_zero_in_pieces_only(void **state) {
    (void)state;
#if defined(__SSE__)
    for (int threads = 1; threads <= 3; threads++) {
        work w = {0};
        kr_threads_set(threads);
        kr_parallel_for(PIECES, run_piece, &w);
        for (int i = 0; i < PIECES; i++) assert_true(w.product[i] == 0);
        assert_true(small * smaller > 0);
    }
    kr_threads_set(0);
#else
    skip();
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_piece_is_run_once),
                                       cmocka_unit_test(subnormal_numbers_are_zero_in_pieces_only)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
