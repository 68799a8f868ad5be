/* SPDX-License-Identifier: MIT
 * test_program.c - a request to stop harms nothing, whatever the program is doing when it comes. */
#define _GNU_SOURCE
#include <kr/platform.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

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

/* Multiply until all requests have come; a byte on ready says that the next may come. */
static void run_child(int ready) {
    float *a = calloc(ROWS * TERMS, sizeof *a), *b = calloc(COLUMNS * TERMS, sizeof *b);
    float *c = calloc(ROWS * COLUMNS, sizeof *c);
    program_catch_signals();
    for (int i = 0; i < N_BLOCKS; i++) add_block();
    for (int i = 0; i < N_REQUESTS; i++) {
        add_block();
        program_go_on();
        if (write(ready, "!", 1) != 1) _exit(4);
        while (!program_is_stopping()) {
            kr__gemm('N', 'T', ROWS, COLUMNS, TERMS, a, TERMS, b, TERMS, 0, c, COLUMNS);
        }
        check_blocks();
    }
    _exit(0);
}

static void requests_during_matrix_products_harm_nothing(void **state) {
    (void)state;
    int status = -1, ready[2];
    char sign = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) run_child(ready[1]);
    close(ready[1]);
    while (read(ready[0], &sign, 1) == 1) {
        usleep(2000);
        kill(child, SIGTERM);
    }
    close(ready[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_request_is_seen_and_cleared(void **state) {
    (void)state;
    program_catch_signals();
    assert_false(program_is_stopping());
    raise(SIGINT);
    assert_true(program_is_stopping());
    program_go_on();
    assert_false(program_is_stopping());
    program_stop();
    assert_true(program_is_stopping());
    program_go_on();
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
        cmocka_unit_test(a_request_is_seen_and_cleared),
        cmocka_unit_test(handlers_have_a_stack_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
