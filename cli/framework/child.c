/* SPDX-License-Identifier: MIT
 * child.c - work in child processes, and what comes back from each through a pipe. */
#define _GNU_SOURCE
#include "framework/child.h"
#include "core/arena.h"
#include "core/platform.h"
#include "framework/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child sends: its error, then its result. */
struct child_process {
    pid_t pid;
    int from;       /* the reading end of its pipe */
    uint8_t *bytes; /* n_bytes, of which n_read came so far */
    size_t n_bytes, n_read;
    bool is_ended;     /* all came, or no more will come */
    bool is_passed_on; /* the request to stop */
    bool draws;
    _Atomic double *share;
};

/* ---- the child -------------------------------------------------------------------------- */

static _Atomic double *own_share; /* NULL in a process that is no child */

void child_tell(double share) {
    if (own_share) atomic_store(own_share, share);
}

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

/* A terminal sends SIGINT and SIGHUP to the child, too; the SIGTERM of the parent would then be its
 * second request to stop, which ends it at once. And no child outlives its parent. */
static void listen_to_parent_alone(pid_t parent) {
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(1);
}

/* Streams were flushed before the fork, and _exit leaves them alone. */
static void work(child_fn fn, void *arg, size_t n_bytes, int to) {
    kr_error said = {.text = ""};
    uint8_t *result = kr__calloc(n_bytes, 1);
    said.status = result ? fn(arg, result, &said)
                         : kr_fail(&said, KR_MEMORY, "out of memory for the result of a child");
    bool is_sent = write_all(to, &said, sizeof said) && (!result || write_all(to, result, n_bytes));
    _exit(is_sent ? 0 : 1);
}

/* ---- starting --------------------------------------------------------------------------- */

static void release(child_process *child) {
    if (child->share) munmap((void *)child->share, sizeof *child->share);
    kr_free(child->bytes);
    kr_free(child);
}

/* NULL when out of memory. */
static child_process *make_child(size_t n_bytes) {
    child_process *child = kr__calloc(1, sizeof *child);
    if (!child) return NULL;
    child->n_bytes = sizeof(kr_error) + n_bytes;
    child->bytes = kr__calloc(child->n_bytes, 1);
    void *shared =
        mmap(NULL, sizeof *child->share, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared != MAP_FAILED) child->share = shared;
    if (child->bytes && child->share) return child;
    release(child);
    return NULL;
}

/* Other children do not inherit the ends, or a pipe would outlive its writer. */
static kr_status fork_child(child_process *child, child_fn fn, void *arg, kr_error *err) {
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return kr_fail(err, KR_IO, "no pipe to a child: %s", strerror(errno));
    }
    fflush(NULL);
    child->is_passed_on = program_is_stopping(); /* the copy knows of it; a second would kill */
    child->pid = fork();
    if (child->pid == 0) {
        listen_to_parent_alone(parent);
        close(ends[0]);
        own_share = child->share;
        work(fn, arg, child->n_bytes - sizeof(kr_error), ends[1]);
    }
    int reason = errno;
    close(ends[1]);
    if (child->pid < 0) {
        close(ends[0]);
        return kr_fail(err, KR_IO, "no child process: %s", strerror(reason));
    }
    child->from = ends[0];
    return KR_OK;
}

kr_status child_start(child_fn fn, void *arg, size_t n_bytes, child_process **out, kr_error *err) {
    child_process *child = make_child(n_bytes);
    if (!child) return kr_fail(err, KR_MEMORY, "out of memory for a child process");
    kr_status status = fork_child(child, fn, arg, err);
    if (status != KR_OK) {
        release(child);
        return status;
    }
    *out = child;
    return KR_OK;
}

void child_draws(child_process *child) { child->draws = true; }

/* ---- waiting ---------------------------------------------------------------------------- */

/* A request to stop reaches this process alone. */
static void pass_on_stop(child_process *child) {
    if (child->is_passed_on || !program_is_stopping()) return;
    kill(child->pid, SIGTERM);
    child->is_passed_on = true;
}

static void take_bytes(child_process *child) {
    ssize_t n = read(child->from, child->bytes + child->n_read, child->n_bytes - child->n_read);
    if (n < 0 && errno == EINTR) return;
    if (n > 0) child->n_read += (size_t)n;
    child->is_ended = n <= 0 || child->n_read == child->n_bytes;
}

static int64_t find_ended(child_process *const *children, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (children[i] && children[i]->is_ended) return i;
    }
    return -1;
}

int64_t child_wait(child_process *const *children, int64_t n, int most_ms) {
    struct pollfd ready[CHILDREN_MAX];
    int64_t ended = find_ended(children, n);
    if (ended >= 0 || n > CHILDREN_MAX) return ended;
    for (int64_t i = 0; i < n; i++) {
        if (children[i]) pass_on_stop(children[i]);
        ready[i] = (struct pollfd){.fd = children[i] ? children[i]->from : -1, .events = POLLIN};
    }
    if (poll(ready, (nfds_t)n, most_ms) <= 0) return -1;
    for (int64_t i = 0; i < n; i++) {
        if (children[i] && ready[i].revents) take_bytes(children[i]);
    }
    return find_ended(children, n);
}

double child_share(const child_process *child) { return atomic_load(child->share); }

/* ---- the end ---------------------------------------------------------------------------- */

/* Who kills a process is mostly the kernel, when memory runs short. cairo and fontconfig crash or
 * exit for want of memory without a trace of that. */
static const char *guess_why(const child_process *child, int signal_number) {
    if (signal_number == SIGKILL) return "is there enough memory?";
    if (child->draws) {
        return "libraries that draw do so when there is too little memory; if there is enough, "
               "please report it with the command line";
    }
    return "that is a fault of krait and not of yours, please report it with the command line";
}

static kr_status explain_end(const child_process *child, int status, kr_error *err) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == PROGRAM_NO_MEMORY) {
        return kr_fail(err, KR_MEMORY,
                       "in the child process a library gave up for want of memory; free some, or "
                       "ask for less");
    }
    if (!WIFSIGNALED(status)) {
        return kr_fail(err, child->draws ? KR_MEMORY : KR_IO,
                       "the child process ended with exit code %d and no result; %s",
                       WEXITSTATUS(status), guess_why(child, 0));
    }
    int number = WTERMSIG(status);
    if (program_is_stopping() && number == SIGTERM) {
        return kr_fail(err, KR_INTERRUPTED, "stopped on request");
    }
    return kr_fail(err, KR_MEMORY, "the child process was ended by signal %d (%s); %s", number,
                   strsignal(number), guess_why(child, number));
}

kr_status child_finish(child_process *child, void *result, int64_t *peak_rss, kr_error *err) {
    enum { LOOK_MS = 100 /* between two looks at the request to stop */ };
    int ended = 0;
    struct rusage usage = {0};
    kr_error said;
    while (!child->is_ended) child_wait(&child, 1, LOOK_MS);
    close(child->from);
    while (wait4(child->pid, &ended, 0, &usage) < 0 && errno == EINTR) pass_on_stop(child);
    if (peak_rss) *peak_rss = (int64_t)usage.ru_maxrss * 1024;
    kr_status status;
    if (child->n_read < child->n_bytes) {
        kr__file_writers_remove_of(child->pid);
        status = explain_end(child, ended, err);
    } else {
        memcpy(&said, child->bytes, sizeof said);
        memcpy(result, child->bytes + sizeof said, child->n_bytes - sizeof said);
        status = said.status == KR_OK ? KR_OK : kr_fail(err, said.status, "%s", said.text);
    }
    release(child);
    return status;
}

kr_status child_run(child_fn fn, void *arg, void *result, size_t n_bytes, int64_t *peak_rss,
                    kr_error *err) {
    child_process *child = NULL;
    kr_status status = child_start(fn, arg, n_bytes, &child, err);
    return child ? child_finish(child, result, peak_rss, err) : status;
}
