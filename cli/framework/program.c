/* SPDX-License-Identifier: MIT
 * program.c - the team of the process, and what its signals do. */
#define _GNU_SOURCE
#include "framework/program.h"
#include "core/arena.h"
#include "core/cpu.h"
#include "core/platform.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static kr_team *volatile team; /* the handler of signals looks at it at any time */
static volatile sig_atomic_t is_stopping, hears_requests;
static const char *volatile command_name = "";
static volatile pid_t main_process;

kr_status program_start(int64_t threads, kr_log_fn log, void *log_arg, kr_error *err) {
    kr_cpu_level level;
    KR_TRY(kr__cpu_level_get(&level, err));
    program_end();
    kr_team *made = NULL;
    KR_TRY(kr_team_create((int)threads, log, log_arg, &made, err));
    team = made;
    if (is_stopping) kr_team_stop(team);
    return KR_OK;
}

kr_team *program_team(void) { return team; }

void program_end(void) {
    kr_team *old = team;
    team = NULL; /* first, or a signal could find a team that is gone */
    kr_team_destroy(old);
}

/* ---- stopping --------------------------------------------------------------------------- */

void program_stop(void) {
    is_stopping = 1;
    kr_team_stop(team);
}

const char *program_command(void) { return command_name; }

bool program_is_stopping(void) { return is_stopping != 0; }

/* ---- signals ---------------------------------------------------------------------------- */

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGINT, "SIGINT (Ctrl-C)"}, {SIGTERM, "SIGTERM"}, {SIGHUP, "SIGHUP"}};
enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

/* No stdio: the signal may have come inside it. */
static void write_words(const char *text) {
    ssize_t unused = write(STDERR_FILENO, text, strlen(text));
    (void)unused;
}

static void write_sentence(const char *what, const char *why, const char *more) {
    if (isatty(STDERR_FILENO) == 1) write_words("\r\033[K"); /* over the line of a bar */
    write_words("krait ");
    write_words(command_name);
    write_words(what);
    write_words(why);
    write_words(more);
    write_words("; no file is left half written\n");
}

static bool leaves_words;
void program_leave_words(void) { leaves_words = true; }

/* A child leaves the words to its parent. */
static void end_with_sentence(const char *why, const char *more) {
    enum { FAILED = 1 };
    kr__file_writers_remove();
    if (getpid() == main_process) write_sentence(why, more, "");
    _exit(FAILED);
}

static void end_by_signal(int signal_number) {
    const char *name = "";
    for (int i = 0; i < N_SIGNALS; i++) {
        if (signals[i].number == signal_number) name = signals[i].name;
    }
    if (leaves_words) main_process = 0;
    end_with_sentence(": stopped by ", name);
}

/* ---- crashes ----------------------------------------------------------------------------- */

/* Is there no memory, or was there none when this thread last asked, or the library did? Who
 * crashes because malloc() gave it nothing has the reason still in errno. */
static bool lacks_memory(int reason) {
    const size_t some = (size_t)64 << 20;
    if (reason == ENOMEM || kr__alloc_has_failed()) return true;
    void *block = mmap(NULL, some, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return true;
    munmap(block, some);
    return false;
}

/* cairo and others crash when they get no memory, libraries of C++ abort, and so do a broken heap
 * and a fault of ours. The two must not read the same: who asked for too much asks for less, a
 * fault is worth a report, with the signal as the end of the process and its core. */
static void explain_crash(int reason, const char *name) {
    bool is_memory = lacks_memory(reason);
    kr__file_writers_remove();
    if (is_memory && getpid() != main_process) _exit(PROGRAM_NO_MEMORY);
    if (is_memory) {
        end_with_sentence(": a library that it uses gave up for want of memory",
                          "; free some, or ask for less");
    }
    if (getpid() == main_process) {
        write_sentence(": crashed with ", name,
                       "; that is a fault of krait and not of yours, please report it with the "
                       "command line");
    }
}

/* abort() goes on. */
static void on_abort(int signal_number) {
    (void)signal_number;
    explain_crash(errno, "SIGABRT");
}

static const struct {
    int number;
    const char *name;
} crashes[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"}};
enum { N_CRASHES = sizeof crashes / sizeof crashes[0] };

/* What crashed crashes again, a signal that was sent does not come again by itself. */
static void on_crash(int signal_number, siginfo_t *info, void *context) {
    const char *name = "";
    int reason = errno;
    (void)context;
    for (int i = 0; i < N_CRASHES; i++) {
        if (crashes[i].number == signal_number) name = crashes[i].name;
    }
    explain_crash(reason, name);
    signal(signal_number, SIG_DFL);
    if (info->si_code <= 0) raise(signal_number);
}

/* A sanitizer that looks at crashes goes on doing so. */
static void fence_crashes(void) {
    const struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct sigaction was;
    for (int i = 0; i < N_CRASHES; i++) {
        bool is_free = sigaction(crashes[i].number, NULL, &was) == 0 && was.sa_handler == SIG_DFL;
        if (is_free) sigaction(crashes[i].number, &action, NULL);
    }
}

static void on_signal(int signal_number) {
    if (is_stopping) {
        kr__file_writers_remove();
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    } else if (!hears_requests) {
        end_by_signal(signal_number);
    }
    program_stop();
}

/* The handler has a stack of its own, as the one of the program may be what is full; it has room
 * for the tiles of AMX, too. */
static void install_handler(void) {
    static char own_stack[64 * 1024];
    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack}, before = {0};
    if (sigaltstack(NULL, &before) != 0 || (before.ss_flags & SS_DISABLE)) {
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK}, was;
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < N_SIGNALS; i++) {
        /* nohup: the terminal may go */
        if (signals[i].number == SIGHUP && sigaction(SIGHUP, NULL, &was) == 0 &&
            was.sa_handler == SIG_IGN) {
            continue;
        }
        sigaction(signals[i].number, &action, NULL);
    }
}

/* Without SIGXFSZ a write beyond a limit on files fails with a reason, as on a full disk. */
void program_begin(const char *name) {
    command_name = name;
    main_process = getpid();
    kr__file_writers_share();
    signal(SIGXFSZ, SIG_IGN);
    install_handler();
    const struct sigaction action = {.sa_handler = on_abort, .sa_flags = SA_ONSTACK};
    sigaction(SIGABRT, &action, NULL);
    fence_crashes();
}

void program_catch_signals(void) {
    hears_requests = 1;
    install_handler();
}

bool program_wait_for_input(int file) {
    struct pollfd input = {.fd = file, .events = POLLIN};
    sigset_t ours, before;
    int n = 0;
    sigemptyset(&ours);
    for (int i = 0; i < N_SIGNALS; i++) sigaddset(&ours, signals[i].number);
    /* A request that comes between the look and the wait would be slept through. */
    sigprocmask(SIG_BLOCK, &ours, &before);
    do {
        if (!is_stopping) n = ppoll(&input, 1, NULL, &before);
    } while (n < 0 && errno == EINTR && !is_stopping);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !is_stopping;
}
