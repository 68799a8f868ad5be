/* SPDX-License-Identifier: MIT
 * failing_calls.c - a library to be preloaded: one call of the program fails, whoever made it, or a
 * signal comes in it.
 *
 *     FAIL_WHAT=memory   allocations are counted; files: calls that change a file (below)
 *     FAIL_AT=n          the n-th fails
 *     FAIL_ALL=1         and all after it
 *     FAIL_WITH=NAME     ENOSPC, EIO, ..: why a call fails; KILL, TERM, STOP, ..: a signal in its
 * place FAIL_AFTER=ms      that signal, so long after the start of main, in place of FAIL_AT
 *     FAIL_ALONE=1       the signal is for the process that made the call, not for the first one
 * and its children FAIL_COUNT=1       stderr ends with a line that holds the number of calls
 *
 * Calls are counted from the start of main on: what the libraries of C++ allocate before that ends
 * the process whatever we do. Processes that main starts count together. A write that fails, or in
 * which a signal comes, has written half of its bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What is defined here has no prototype in the headers above. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* Those of glibc under names that nobody replaces. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

typedef enum call_kind { MEMORY, FILES, N_KINDS } call_kind;

static atomic_long *count; /* of each kind, shared by all processes; NULL before main */
static call_kind counted;
static long fail_at;
static bool fails_all, is_alone;
static int reason, signal_number; /* the latter 0: calls fail */
static pid_t first;

/* ---- the call that is due ----------------------------------------------------------------- */

/* For a debugger: break at it to see who called. */
__attribute__((noinline)) void failing_call_now(void);
void failing_call_now(void) {
    if (signal_number == 0) {
        errno = reason;
    } else {
        kill(is_alone ? getpid() : -first, signal_number);
        while (signal_number == SIGKILL) pause();
    }
}

static bool is_due(call_kind kind) {
    if (!count) return false;
    long n = atomic_fetch_add(&count[kind], 1) + 1;
    return kind == counted && fail_at > 0 && (fails_all ? n >= fail_at : n == fail_at);
}

static bool fails(call_kind kind) {
    if (!is_due(kind)) return false;
    failing_call_now();
    return signal_number == 0;
}

/* ---- memory ------------------------------------------------------------------------------- */

void *malloc(size_t n) { return fails(MEMORY) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return fails(MEMORY) ? NULL : __libc_calloc(n, size); }
void *realloc(void *block, size_t n) { return fails(MEMORY) ? NULL : __libc_realloc(block, n); }
void *memalign(size_t alignment, size_t n) {
    return fails(MEMORY) ? NULL : __libc_memalign(alignment, n);
}
void *aligned_alloc(size_t alignment, size_t n) {
    return fails(MEMORY) ? NULL : __libc_memalign(alignment, n);
}
int posix_memalign(void **block, size_t alignment, size_t n) {
    if (fails(MEMORY)) return ENOMEM;
    *block = __libc_memalign(alignment, n);
    return *block ? 0 : ENOMEM;
}

/* ---- files -------------------------------------------------------------------------------- */

/* The one that this library stands before. */
#define NEXT(function)                                                                             \
    static __typeof__(function) *next;                                                             \
    if (!next) {                                                                                   \
        void *found = dlsym(RTLD_NEXT, #function);                                                 \
        memcpy(&next, &found, sizeof next); /* a pointer to data is none to a function */          \
    }

static bool is_written(int file) {
    struct stat info;
    int flags = fcntl(file, F_GETFL);
    return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(file, &info) == 0 &&
           S_ISREG(info.st_mode);
}

ssize_t write(int file, const void *bytes, size_t n) {
    NEXT(write)
    if (count && is_written(file) && is_due(FILES)) {
        ssize_t half = n > 1 ? next(file, bytes, n / 2) : 0;
        failing_call_now();
        if (signal_number == 0) return -1;
        if (half > 0) return half;
    }
    return next(file, bytes, n);
}

static int open_next(const char *path, int flags, mode_t mode) {
    NEXT(open)
    return (flags & O_ACCMODE) != O_RDONLY && fails(FILES) ? -1 : next(path, flags, mode);
}
int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_next(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_next(path, flags, mode);
}
int fsync(int file) {
    NEXT(fsync)
    return fails(FILES) ? -1 : next(file);
}
int rename(const char *from, const char *to) {
    NEXT(rename)
    return fails(FILES) ? -1 : next(from, to);
}
int ftruncate(int file, off_t n) {
    NEXT(ftruncate)
    return fails(FILES) ? -1 : next(file, n);
}
int ftruncate64(int file, off64_t n) {
    NEXT(ftruncate64)
    return fails(FILES) ? -1 : next(file, n);
}
int mkdir(const char *path, mode_t mode) {
    NEXT(mkdir)
    return fails(FILES) ? -1 : next(path, mode);
}
int flock(int file, int what) {
    NEXT(flock)
    return fails(FILES) ? -1 : next(file, what);
}
/* The descriptor is gone in any case. */
int close(int file) {
    NEXT(close)
    bool has_failed = count && is_written(file) && fails(FILES);
    int code = next(file);
    if (has_failed) errno = reason;
    return has_failed ? -1 : code;
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

static bool read_how(const char *name) {
    enum { MOST = 200 /* reasons */ };
    bool is_known = !name;
    for (int i = 1; i < MOST && name; i++) {
        const char *is = i < NSIG ? sigabbrev_np(i) : NULL, *why = strerrorname_np(i);
        bool is_signal = is && strcmp(is, name) == 0, is_reason = why && strcmp(why, name) == 0;
        if (is_signal) signal_number = i;
        if (is_reason) reason = i;
        is_known |= is_signal || is_reason;
    }
    return is_known;
}

static bool read_environment(void) {
    const char *what = getenv("FAIL_WHAT");
    counted = what && strcmp(what, "files") == 0 ? FILES : MEMORY;
    fail_at = number_of("FAIL_AT");
    fails_all = number_of("FAIL_ALL") != 0;
    is_alone = number_of("FAIL_ALONE") != 0;
    reason = ENOMEM;
    return read_how(getenv("FAIL_WITH"));
}

/* A group of its own, so that its children are reached and who started it is not. */
static bool start_clock(void) {
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal_number};
    long ms = number_of("FAIL_AFTER");
    timer_t timer;
    first = getpid();
    if (signal_number == 0) return true;
    if (!is_alone) setpgid(0, 0);
    if (ms == 0) return true;
    const struct itimerspec when = {.it_value = {ms / 1000, ms % 1000 * 1000000}};
    return timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
           timer_settime(timer, 0, &when, NULL) == 0;
}

/* No stdio: it may allocate. */
static void say_count(void) {
    char text[64];
    int n = snprintf(text, sizeof text, "%ld %ld\n", atomic_load(&count[MEMORY]),
                     atomic_load(&count[FILES]));
    ssize_t unused = write(STDERR_FILENO, text, (size_t)n);
    (void)unused;
}

static int counted_main(int argc, char **argv, char **environment) {
    enum { NOT_READ = 99 };
    void *shared = mmap(NULL, N_KINDS * sizeof *count, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !read_environment() || !start_clock()) return NOT_READ;
    if (number_of("FAIL_COUNT")) atexit(say_count);
    count = shared;
    return main_of_program(argc, argv, environment);
}

int __libc_start_main(main_fn *function, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack_end) {
    void *found = dlsym(RTLD_NEXT, "__libc_start_main");
    start_fn *start;
    memcpy(&start, &found, sizeof start);
    main_of_program = function;
    return start(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}
