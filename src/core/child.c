/* SPDX-License-Identifier: MIT
 * child.c - work in a child process, and what comes back from it through a pipe. */
#define _GNU_SOURCE
#include <kr/platform.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the child -------------------------------------------------------------------------- */

static bool write_all(int to, const void *bytes, size_t n) {
    const char *from = bytes;
    while (n > 0) {
        ssize_t written = write(to, from, n);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        from += written;
        n -= (size_t)written;
    }
    return true;
}

/* Streams were flushed before the fork, and _exit leaves them alone. */
static void work(kr_child_fn fn, void *arg, void *result, size_t n_bytes, int to) {
    kr_error said = {.text = ""};
    said.status = fn(arg, result, &said);
    bool is_sent = write_all(to, &said, sizeof said) && write_all(to, result, n_bytes);
    _exit(is_sent ? 0 : 1);
}

/* ---- the parent ------------------------------------------------------------------------- */

/* A request to stop reaches this process alone when it did not come from a terminal. */
static void pass_on_stop(pid_t child, bool *is_passed_on) {
    if (*is_passed_on || !kr_stop_requested()) return;
    kill(child, SIGTERM);
    *is_passed_on = true;
}

static bool read_all(int from, pid_t child, bool *is_passed_on, void *bytes, size_t n) {
    enum { LOOK_MS = 100 /* between two looks at the request to stop */ };
    char *to = bytes;
    while (n > 0) {
        struct pollfd ready = {.fd = from, .events = POLLIN};
        pass_on_stop(child, is_passed_on);
        if (poll(&ready, 1, LOOK_MS) <= 0) continue;
        ssize_t n_read = read(from, to, n);
        if (n_read < 0 && errno == EINTR) continue;
        if (n_read <= 0) return false;
        to += n_read;
        n -= (size_t)n_read;
    }
    return true;
}

static kr_status explain_end(int status, kr_error *err) {
    if (!WIFSIGNALED(status)) return kr_fail(err, KR_IO, "the child process ended without a word");
    if (kr_stop_requested()) return kr_fail(err, KR_INTERRUPTED, "stopped on request");
    return kr_fail(err, KR_MEMORY,
                   "the child process was ended by signal %d (%s); is there enough memory?",
                   WTERMSIG(status), strsignal(WTERMSIG(status)));
}

kr_status kr_child_run(kr_child_fn fn, void *arg, void *result, size_t n_bytes, int64_t *peak_rss,
                       kr_error *err) {
    int ends[2], status = 0;
    bool is_passed_on = false;
    kr_error said;
    struct rusage usage = {0};
    if (pipe(ends) != 0) return kr_fail(err, KR_IO, "no pipe to a child: %s", strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        work(fn, arg, result, n_bytes, ends[1]);
    }
    int reason = errno;
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return kr_fail(err, KR_IO, "no child process: %s", strerror(reason));
    }
    bool is_complete = read_all(ends[0], child, &is_passed_on, &said, sizeof said) &&
                       read_all(ends[0], child, &is_passed_on, result, n_bytes);
    close(ends[0]);
    while (wait4(child, &status, 0, &usage) < 0 && errno == EINTR)
        pass_on_stop(child, &is_passed_on);
    if (peak_rss) *peak_rss = (int64_t)usage.ru_maxrss * 1024;
    if (!is_complete) return explain_end(status, err);
    return said.status == KR_OK ? KR_OK : kr_fail(err, said.status, "%s", said.text);
}
