/* SPDX-License-Identifier: MIT
 * test_threads.c - pieces are all run once, and fading numbers do not slow them down. */
#define _DEFAULT_SOURCE /* readlink */
#include <kr/threads.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int n_arguments;

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

/* Steps of 0, 1, 2 and 7 pieces; each piece sees all of the steps before. */
enum { STEPS = 200, MOST_PIECES = 7 };

typedef struct walk {
    int value[STEPS][MOST_PIECES];
    int done[STEPS], n_done;
    bool is_late; /* a piece ran before the step ahead of it was done */
} walk;

static int64_t pieces_of(void *arg, int64_t step) {
    static const int64_t counts[] = {1, 1, 7, 0, 2, 7, 0, 0, 1, 2};
    (void)arg;
    return counts[step % 10];
}

static void run_step(void *arg, int64_t step, int64_t piece, int thread) {
    walk *w = arg;
    (void)thread;
    for (int64_t before = step - 1; before >= 0 && before > step - 4; before--) {
        for (int64_t k = 0; k < pieces_of(arg, before); k++) {
            if (w->value[before][k] != before + 1) w->is_late = true;
        }
    }
    w->value[step][piece] += (int)step + 1;
}

static void step_done(void *arg, int64_t step) {
    walk *w = arg;
    for (int64_t k = 0; k < pieces_of(arg, step); k++) {
        if (w->value[step][k] != step + 1) w->is_late = true;
    }
    w->done[w->n_done++] = (int)step;
}

static void walk_inside(void *arg, int64_t piece, int thread) {
    const kr_steps steps = {STEPS, pieces_of, run_step, step_done};
    (void)piece, (void)thread;
    kr_parallel_steps(&steps, arg);
}

static void check_walk(const walk *w) {
    int n = 0;
    assert_false(w->is_late);
    for (int step = 0; step < STEPS; step++) {
        int64_t count = pieces_of(NULL, step);
        for (int64_t k = 0; k < MOST_PIECES; k++) {
            assert_int_equal(w->value[step][k], k < count ? step + 1 : 0);
        }
        if (count > 0) assert_int_equal(w->done[n++], step);
    }
    assert_int_equal(w->n_done, n);
}

static void steps_come_one_after_the_other(void **state) {
    (void)state;
    for (int threads = 1; threads <= 5; threads++) {
        kr_threads_set(threads);
        for (int time = 0; time < 20; time++) {
            static walk w;
            w = (walk){.n_done = 0};
            walk_inside(&w, 0, 0);
            check_walk(&w);
            w = (walk){.n_done = 0};
            kr_parallel_for(1, walk_inside, &w);
            check_walk(&w);
        }
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

/* main asked for it; a program of one CPU, or of a user's choice, stays as it was. */
static void the_program_was_started_anew_once(void **state) {
    (void)state;
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || getenv("OMP_WAIT_POLICY")) skip();
    const char *count = getenv("GOMP_SPINCOUNT");
    assert_non_null(count);
    if (n_arguments == 1 && strcmp(count, "10000") != 0) skip();
    assert_string_equal(count, n_arguments == 2 ? "7" : "10000");
    if (n_arguments == 2) return;
    char command[4200], path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    assert_true(n > 0);
    path[n] = '\0';
    snprintf(command, sizeof command, "GOMP_SPINCOUNT=7 '%s' again >/dev/null", path);
    assert_int_equal(system(command), 0);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_piece_is_run_once),
                                       cmocka_unit_test(steps_come_one_after_the_other),
                                       cmocka_unit_test(subnormal_numbers_are_zero_in_pieces_only),
                                       cmocka_unit_test(the_program_was_started_anew_once)};
    kr_threads_restart_calm(argv);
    n_arguments = argc;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
