/* SPDX-License-Identifier: MIT
 * test_program.c - a request to stop harms nothing, whatever the program is doing when it comes. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <sys/resource.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/program.h"
#include "support/sanitizer.h"

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
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (int i = 0; i < 3; i++) {
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

/* ---- without program_catch_signals() ------------------------------------------------------- */

static const char name[] = "/tmp/test_program";

/* In a folder that is there for it, with standard error into a pipe. */
static void end_while_writing(int signal_number, int to) {
    kr_file_writer writer;
    dup2(to, STDERR_FILENO);
    signal(SIGHUP, SIG_DFL);
    program_begin("synth");
    if (kr__file_writer_open(name, &writer, NULL) != KR_OK) _exit(SURVIVED);
    fputs("half", writer.stream);
    fflush(writer.stream);
    raise(signal_number);
    _exit(SURVIVED);
}

static void a_signal_ends_with_a_sentence(void **state) {
    (void)state;
    static const struct {
        int number;
        const char *name;
    } signals[] = {{SIGINT, "SIGINT (Ctrl-C)"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};
    for (int i = 0; i < 3; i++) {
        char said[256] = "", expected[256];
        int status = -1, ends[2];
        glob_t left = {0};
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) end_while_writing(signals[i].number, ends[1]);
        close(ends[1]);
        for (size_t n = 0, more = 1; more > 0; n += more) {
            ssize_t got = read(ends[0], said + n, sizeof said - 1 - n);
            more = got > 0 ? (size_t)got : 0;
        }
        close(ends[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        snprintf(expected, sizeof expected,
                 "krait synth: stopped by %s; no file is left half written\n", signals[i].name);
        assert_string_equal(said, expected);
        assert_int_equal(glob("/tmp/test_program.krait-*", 0, NULL, &left), GLOB_NOMATCH);
        assert_false(kr__file_exists(name));
        globfree(&left);
    }
}

/* ---- crashes ------------------------------------------------------------------------------- */

typedef enum crash { BY_FAULT, BY_ABORT, BY_LIBRARY, BY_LIMIT, BY_ALLOCATION } crash;

/* In the middle of a file. What a library gets from malloc() is in errno when it crashes. */
static void crash_while_writing(crash how, int to) {
    const struct rlimit none = {0, 0};
    kr_file_writer writer;
    volatile int *nothing = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    dup2(to, STDERR_FILENO);
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL); /* a sanitizer's */
    program_begin("synth");
    if (kr__file_writer_open(name, &writer, NULL) != KR_OK) _exit(SURVIVED);
    fputs("half", writer.stream);
    fflush(writer.stream);
    errno = how == BY_LIBRARY ? ENOMEM : ENOENT;
    if (how == BY_LIMIT) setrlimit(RLIMIT_AS, &none);
    if (how == BY_ALLOCATION) {
        kr__alloc_fail_at(1);
        kr_free(kr__calloc(1, 1));
    }
    if (how == BY_ABORT || how == BY_ALLOCATION) abort();
    *nothing = 1;
    _exit(SURVIVED);
}

/* What it said, and how it ended. */
static int crash_apart(crash how, char said[512]) {
    int status = -1, ends[2];
    glob_t left = {0};
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) crash_while_writing(how, ends[1]);
    close(ends[1]);
    ssize_t got = 1;
    for (size_t n = 0; got > 0 && n < 511; n += (size_t)got) {
        got = read(ends[0], said + n, 511 - n);
        said[n + (got > 0 ? (size_t)got : 0)] = '\0';
        if (got < 0) got = 0;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(glob("/tmp/test_program.krait-*", 0, NULL, &left), GLOB_NOMATCH);
    globfree(&left);
    return status;
}

static void a_fault_is_told_from_want_of_memory(void **state) {
    (void)state;
    if (HAS_THREAD_SANITIZER) skip(); /* it has an errno of its own */
    static const struct {
        crash how;
        int signal_number; /* 0: exit code 1 */
        const char *says;
    } cases[] = {
        {BY_FAULT, SIGSEGV, "crashed with SIGSEGV; that is a fault of krait"},
        {BY_ABORT, SIGABRT, "crashed with SIGABRT; that is a fault of krait"},
        {BY_LIBRARY, 0, "gave up for want of memory"},
        {BY_LIMIT, 0, "gave up for want of memory"},
        {BY_ALLOCATION, 0, "gave up for want of memory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char said[512] = "";
        int status = crash_apart(cases[i].how, said);
        assert_non_null(strstr(said, cases[i].says));
        assert_true(strstr(said, "memory") == NULL || cases[i].signal_number == 0);
        if (cases[i].signal_number == 0) {
            assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
        } else {
            assert_true(WIFSIGNALED(status));
            assert_int_equal(WTERMSIG(status), cases[i].signal_number);
        }
    }
}

/* nohup; and a limit on files, which would end the process where nobody ignores it. */
static void begin_as_told(void) {
    kr_error err = {.text = ""};
    const struct rlimit none = {0, 0};
    signal(SIGHUP, SIG_IGN);
    program_begin("run");
    program_catch_signals();
    raise(SIGHUP);
    if (program_is_stopping()) _exit(1);
    setrlimit(RLIMIT_FSIZE, &none);
    if (kr__file_write(name, "x", 1, &err) != KR_IO) _exit(2);
    _exit(strstr(err.text, ": cannot write: File too large") ? 0 : 3);
}

static void what_the_parent_ignores_stays_ignored(void **state) {
    (void)state;
    int status = -1;
    pid_t child = fork();
    if (child == 0) begin_as_told();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static void wait_for_nothing(int input, int ready) {
    program_catch_signals();
    alarm(20);
    if (write(ready, "!", 1) != 1) _exit(4);
    _exit(program_wait_for_input(input) ? 5 : 0);
}

static void a_request_ends_the_wait_for_input(void **state) {
    (void)state;
    int input[2], ready[2];
    assert_int_equal(pipe(input), 0);
    assert_int_equal(pipe(ready), 0);
    for (int i = 0; i < 20; i++) {
        int status = -1;
        char sign = 0;
        pid_t child = fork();
        if (child == 0) wait_for_nothing(input[0], ready[1]);
        assert_int_equal(read(ready[0], &sign, 1), 1);
        usleep((useconds_t)(i * 100)); /* before the wait, or in it */
        kill(child, SIGTERM);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    assert_int_equal(write(input[1], "!", 1), 1);
    assert_true(program_wait_for_input(input[0]));
    assert_int_equal(read(input[0], (char[1]){0}, 1), 1);
    close(input[1]);
    assert_true(program_wait_for_input(input[0])); /* its end */
    close(input[0]);
    close(ready[0]);
    close(ready[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_signal_asks_and_the_second_ends),
        cmocka_unit_test(a_team_hears_an_earlier_request),
        cmocka_unit_test(a_signal_ends_with_a_sentence),
        cmocka_unit_test(a_fault_is_told_from_want_of_memory),
        cmocka_unit_test(what_the_parent_ignores_stays_ignored),
        cmocka_unit_test(a_request_ends_the_wait_for_input),
        /* in this process, whose children would hear requests afterwards */
        cmocka_unit_test(handlers_have_a_stack_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
