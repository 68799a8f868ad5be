/* SPDX-License-Identifier: MIT
 * test_child.c - what a child process computes comes back: its result, its error, its end. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "core/arena.h"
#include "core/platform.h"
#include "framework/child.h"
#include "framework/program.h"
#include "support/sanitizer.h"

enum { N_NUMBERS = 100000 /* more than a pipe holds */ };

static kr_status fill(void *arg, void *result, kr_error *err) {
    int *numbers = result, *from = arg;
    (void)err;
    for (int i = 0; i < N_NUMBERS; i++) numbers[i] = *from + i;
    *from = -1; /* the child's own copy */
    return KR_OK;
}

static void a_result_comes_back(void **state) {
    (void)state;
    static int numbers[N_NUMBERS];
    int from = 7;
    int64_t peak = 0;
    assert_int_equal(child_run(fill, &from, numbers, sizeof numbers, &peak, NULL), KR_OK);
    assert_int_equal(numbers[0], 7);
    assert_int_equal(numbers[N_NUMBERS - 1], 7 + N_NUMBERS - 1);
    assert_int_equal(from, 7);
    assert_true(peak > 0);
}

static kr_status refuse(void *arg, void *result, kr_error *err) {
    (void)arg;
    (void)result;
    return kr_fail(err, KR_SHAPE, "sizes %d", 42);
}

static void an_error_comes_back(void **state) {
    (void)state;
    int result = 0;
    kr_error err = {.text = ""};
    assert_int_equal(child_run(refuse, NULL, &result, sizeof result, NULL, &err), KR_SHAPE);
    assert_string_equal(err.text, "sizes 42");
}

static kr_status die(void *arg, void *result, kr_error *err) {
    (void)arg;
    (void)result;
    (void)err;
    raise(SIGKILL);
    return KR_OK;
}

static void an_end_is_explained(void **state) {
    (void)state;
    int result = 0;
    kr_error err = {.text = ""};
    assert_int_equal(child_run(die, NULL, &result, sizeof result, NULL, &err), KR_MEMORY);
    assert_non_null(strstr(err.text, "signal 9"));
}

/* As a library does that gets no memory, and as a fault of ours does. */
static kr_status crash_in_child(void *arg, void *result, kr_error *err) {
    const struct rlimit none = {0, 0};
    (void)result;
    (void)err;
    setrlimit(RLIMIT_CORE, &none);
    errno = *(int *)arg;
    abort();
}

static void a_crash_is_explained(void **state) {
    (void)state;
    if (HAS_THREAD_SANITIZER) skip(); /* it has an errno of its own */
    int result = 0, reason = ENOMEM;
    kr_error err = {.text = ""};
    assert_int_equal(child_run(crash_in_child, &reason, &result, sizeof result, NULL, &err),
                     KR_MEMORY);
    assert_non_null(strstr(err.text, "for want of memory"));
    reason = 0;
    child_run(crash_in_child, &reason, &result, sizeof result, NULL, &err);
    assert_non_null(strstr(err.text, "signal 6"));
    assert_non_null(strstr(err.text, "fault of krait"));
    assert_null(strstr(err.text, "memory"));
}

/* What it was writing is removed, though it could not do so itself. */
static kr_status die_writing(void *arg, void *result, kr_error *err) {
    kr_file_writer writer;
    (void)result;
    if (kr__file_writer_open(arg, &writer, err) == KR_OK) raise(SIGKILL);
    return KR_OK;
}

static void a_file_that_was_begun_is_removed(void **state) {
    (void)state;
    char folder[] = "/tmp/krait-child-XXXXXX", path[64];
    int result = 0;
    kr_error err = {.text = ""};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    kr__file_writers_share();
    assert_int_equal(child_run(die_writing, path, &result, sizeof result, NULL, &err), KR_MEMORY);
    assert_int_equal(rmdir(folder), 0); /* it is empty */
}

/* As a library that draws does. */
static kr_status leave(void *arg, void *result, kr_error *err) {
    (void)arg;
    (void)result;
    (void)err;
    _exit(4);
}

static void leaving_without_a_result_is_explained(void **state) {
    (void)state;
    for (int draws = 0; draws < 2; draws++) {
        child_process *child = NULL;
        int result = 0;
        kr_error err = {.text = ""};
        assert_int_equal(child_start(leave, NULL, sizeof result, &child, &err), KR_OK);
        if (draws) child_draws(child);
        assert_int_equal(child_finish(child, &result, NULL, &err), draws ? KR_MEMORY : KR_IO);
        assert_non_null(strstr(err.text, "exit code 4"));
        assert_int_equal(strstr(err.text, "too little memory") != NULL, draws);
    }
}

static kr_status take_memory(void *arg, void *result, kr_error *err) {
    size_t n = *(size_t *)arg;
    volatile char *block = malloc(n);
    (void)err;
    for (size_t i = 0; i < n; i += 1024) block[i] = 1;
    *(int *)result = block[0];
    free((void *)block);
    return KR_OK;
}

static void peak_memory_is_the_childs_own(void **state) {
    (void)state;
    int result = 0;
    size_t much = (size_t)200 << 20, little = 1024;
    int64_t large = 0, small = 0;
    assert_int_equal(child_run(take_memory, &much, &result, sizeof result, &large, NULL), KR_OK);
    assert_int_equal(child_run(take_memory, &little, &result, sizeof result, &small, NULL), KR_OK);
    assert_true(large > (int64_t)much);
    assert_true(small < (int64_t)much);
}

/* Until the parent's request comes. */
static kr_status wait_for_stop(void *arg, void *result, kr_error *err) {
    (void)arg;
    (void)result;
    kill(getppid(), SIGTERM);
    for (int i = 0; i < 3000 && !program_is_stopping(); i++) usleep(10000);
    return program_is_stopping() ? kr_fail(err, KR_INTERRUPTED, "stopped") : KR_OK;
}

/* The last test: the wish stays. */
static void a_request_to_stop_is_passed_on(void **state) {
    (void)state;
    int result = 0;
    program_catch_signals();
    assert_int_equal(child_run(wait_for_stop, NULL, &result, sizeof result, NULL, NULL),
                     KR_INTERRUPTED);
    assert_true(program_is_stopping());
}

/* ---- several at a time -------------------------------------------------------------------- */

typedef struct turn {
    int number, to_read, to_write; /* ends of pipes, -1: none */
} turn;

/* Waits for its turn, then lets the next one go on. */
static kr_status take_turn(void *arg, void *result, kr_error *err) {
    const turn *t = arg;
    char byte = 0;
    if (t->to_read >= 0 && read(t->to_read, &byte, 1) != 1) return kr_fail(err, KR_IO, "no turn");
    child_tell(0.5);
    *(int *)result = t->number;
    if (t->to_write >= 0 && write(t->to_write, &byte, 1) != 1) {
        return kr_fail(err, KR_IO, "nobody waits");
    }
    return t->number == 1 ? kr_fail(err, KR_NUMERIC, "number 1") : KR_OK;
}

static int64_t wait_for_one(child_process *const *children, int64_t n) {
    int64_t ended = -1;
    for (int i = 0; i < 100 && ended < 0; i++) ended = child_wait(children, n, 100);
    return ended;
}

/* The second one can only end before the first when both run at the same time. */
static void several_run_at_a_time(void **state) {
    (void)state;
    int ends[2], result = -1;
    child_process *children[3] = {NULL};
    kr_error err = {.text = ""};
    assert_int_equal(pipe(ends), 0);
    turn turns[2] = {{0, ends[0], -1}, {1, -1, ends[1]}};
    assert_int_equal(child_start(take_turn, &turns[0], sizeof result, &children[0], NULL), KR_OK);
    assert_int_equal(child_wait(children, 3, 50), -1);
    assert_true(child_share(children[0]) == 0);
    assert_int_equal(child_start(take_turn, &turns[1], sizeof result, &children[2], NULL), KR_OK);
    for (int i = 0; i < 2; i++) {
        int64_t ended = wait_for_one(children, 3);
        assert_true(ended == 0 || ended == 2);
        assert_true(child_share(children[ended]) == 0.5);
        kr_status status = child_finish(children[ended], &result, NULL, &err);
        children[ended] = NULL;
        assert_int_equal(result, ended == 2 ? 1 : 0);
        assert_int_equal(status, ended == 2 ? KR_NUMERIC : KR_OK);
    }
    assert_string_equal(err.text, "number 1");
    assert_int_equal(child_wait(children, 3, 0), -1);
    close(ends[0]);
    close(ends[1]);
}

/* A terminal sends SIGINT to all processes; only the parent decides what it means. */
static kr_status interrupt_oneself(void *arg, void *result, kr_error *err) {
    (void)arg;
    (void)err;
    raise(SIGINT);
    raise(SIGINT);
    *(int *)result = program_is_stopping() ? 1 : 2;
    return KR_OK;
}

static void a_child_is_deaf_to_the_terminal(void **state) {
    (void)state;
    int result = 0;
    program_catch_signals();
    assert_int_equal(child_run(interrupt_oneself, NULL, &result, sizeof result, NULL, NULL), KR_OK);
    assert_int_equal(result, 2);
}

int main(void) {
    program_begin("test");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_comes_back),
        cmocka_unit_test(an_error_comes_back),
        cmocka_unit_test(an_end_is_explained),
        cmocka_unit_test(a_crash_is_explained),
        cmocka_unit_test(a_file_that_was_begun_is_removed),
        cmocka_unit_test(leaving_without_a_result_is_explained),
        cmocka_unit_test(peak_memory_is_the_childs_own),
        cmocka_unit_test(several_run_at_a_time),
        cmocka_unit_test(a_child_is_deaf_to_the_terminal),
        cmocka_unit_test(a_request_to_stop_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
