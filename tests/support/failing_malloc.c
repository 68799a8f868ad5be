/* SPDX-License-Identifier: MIT
 * failing_malloc.c - a library to be preloaded: one allocation of the program fails, whoever asks.
 *
 *     FAIL_AT=n      the n-th fails
 *     FAIL_ALL=1     and all after it
 *     FAIL_COUNT=1   stderr ends with a line that holds their number
 *
 * They are counted from the start of main on: what the libraries of C++ allocate before that ends
 * the process whatever we do. Processes that main starts count together. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is defined here has no prototype in the headers above. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* Those of glibc under names that nobody replaces. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static atomic_long *count; /* shared by all processes; NULL before main */
static long fail_at;
static bool fails_all;

/* For a debugger: break at it to see who asked. */
__attribute__((noinline)) void failing_malloc_now(void);
void failing_malloc_now(void) { errno = ENOMEM; }

static bool fails(void) {
    if (!count) return false;
    long n = atomic_fetch_add(count, 1) + 1;
    bool is_due = fail_at > 0 && (fails_all ? n >= fail_at : n == fail_at);
    if (is_due) failing_malloc_now();
    return is_due;
}

void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *block, size_t n) { return fails() ? NULL : __libc_realloc(block, n); }
void *memalign(size_t alignment, size_t n) {
    return fails() ? NULL : __libc_memalign(alignment, n);
}
void *aligned_alloc(size_t alignment, size_t n) {
    return fails() ? NULL : __libc_memalign(alignment, n);
}
int posix_memalign(void **block, size_t alignment, size_t n) {
    if (fails()) return ENOMEM;
    *block = __libc_memalign(alignment, n);
    return *block ? 0 : ENOMEM;
}

/* ---- the start of main ------------------------------------------------------------------- */

typedef int main_fn(int argc, char **argv, char **environment);
typedef int start_fn(main_fn *function, int argc, char **argv, void (*init)(void),
                     void (*fini)(void), void (*loader_fini)(void), void *stack_end);

static main_fn *main_of_program;

static long number_of(const char *name) {
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

/* No stdio: it may allocate. */
static void say_count(void) {
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", atomic_load(count));
    ssize_t unused = write(STDERR_FILENO, text, (size_t)n);
    (void)unused;
}

static int counted_main(int argc, char **argv, char **environment) {
    void *shared =
        mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fail_at = number_of("FAIL_AT");
    fails_all = number_of("FAIL_ALL") != 0;
    if (shared == MAP_FAILED) return 1;
    if (number_of("FAIL_COUNT")) atexit(say_count);
    count = shared;
    return main_of_program(argc, argv, environment);
}

int __libc_start_main(main_fn *function, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack_end) {
    void *found = dlsym(RTLD_NEXT, "__libc_start_main");
    start_fn *start;
    memcpy(&start, &found, sizeof start); /* a pointer to data is none to a function */
    main_of_program = function;
    return start(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}
