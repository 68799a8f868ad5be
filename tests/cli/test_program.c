/* SPDX-License-Identifier: MIT
 * test_program.c - a request to stop harms nothing, whatever the program is doing when it comes. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/platform.h"
#include "framework/program.h"
#include "kernels/gemm.h"

/* The shape of a forecasting head. And blocks that fill all holes of the heap, so that oneDNN's
 * buffer follows one of them, at ever changing distances. */
enum { ROWS = 49, COLUMNS = 96, TERMS = 3584, N_REQUESTS = 60, N_BLOCKS = 4000, BLOCK = 600 };

static char *blocks[N_BLOCKS + N_REQUESTS];
static int n_blocks;

static void add_block(void) {
    blocks[n_blocks] = malloc(BLOCK);
    memset(blocks[n_blocks++], 'k', BLOCK);
}

static void check_blocks(void) {
    for (int i = 0; i < n_blocks; i++) {
        for (int k = 0; k < BLOCK; k++) {
            if (blocks[i][k] != 'k') _exit(5);
        }
    }
}

/* Multiply until the request comes; a byte on ready says that it may. */
static void run_child(int n_more, int ready) {
    float *a = calloc(ROWS * TERMS, sizeof *a), *b = calloc(COLUMNS * TERMS, sizeof *b);
    float *c = calloc(ROWS * COLUMNS, sizeof *c);
    program_catch_signals();
    for (int i = 0; i < N_BLOCKS + n_more; i++) add_block();
    if (write(ready, "!", 1) != 1) _exit(4);
    while (!program_is_stopping()) {
        kr__gemm('N', 'T', ROWS, COLUMNS, TERMS, a, TERMS, b, TERMS, 0, c, COLUMNS);
    }
    check_blocks();
    _exit(0);
}

static void requests_during_matrix_products_harm_nothing(void **state) {
    (void)state;
    for (int i = 0; i < N_REQUESTS; i++) {
        int status = -1, ready[2];
        char sign = 0;
        assert_int_equal(pipe(ready), 0);
        pid_t child = fork();
        if (child == 0) run_child(i, ready[1]);
        close(ready[1]);
        assert_int_equal(read(ready[0], &sign, 1), 1);
        usleep(2000);
        kill(child, SIGTERM);
        close(ready[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

/* Exits of the child below. */
enum { WAS_STOPPING = 3, IS_DEAF = 4, TEAM_IS_DEAF = 5, SURVIVED = 6 };

static void ask_twice(int signal_number) {
    program_catch_signals();
    if (program_start(2, NULL, NULL, NULL) != KR_OK || program_is_stopping()) _exit(WAS_STOPPING);
    raise(signal_number);
    if (!program_is_stopping()) _exit(IS_DEAF);
    if (!kr_team_is_stopping(program_team())) _exit(TEAM_IS_DEAF);
    raise(signal_number);
    _exit(SURVIVED);
}

static void the_first_signal_asks_and_the_second_ends(void **state) {
    (void)state;
    static const int signals[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; i++) {
        int status = -1;
        pid_t child = fork();
        if (child == 0) ask_twice(signals[i]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), signals[i]);
    }
}

/* The wish is there before the team is. */
static void stop_early(void) {
    program_stop();
    bool is_good = program_is_stopping() && program_start(2, NULL, NULL, NULL) == KR_OK &&
                   kr_team_is_stopping(program_team());
    _exit(is_good ? 0 : 1);
}

static void a_team_hears_an_earlier_request(void **state) {
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0) stop_early();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void handlers_have_a_stack_of_their_own(void **state) {
    (void)state;
    stack_t stack = {0};
    struct sigaction action;
    program_catch_signals();
    assert_int_equal(sigaltstack(NULL, &stack), 0);
    assert_false(stack.ss_flags & SS_DISABLE);
    assert_int_equal(sigaction(SIGTERM, NULL, &action), 0);
    assert_true(action.sa_flags & SA_ONSTACK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_during_matrix_products_harm_nothing),
        cmocka_unit_test(the_first_signal_asks_and_the_second_ends),
        cmocka_unit_test(a_team_hears_an_earlier_request),
        cmocka_unit_test(handlers_have_a_stack_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
