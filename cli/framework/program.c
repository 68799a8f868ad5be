/* SPDX-License-Identifier: MIT
 * program.c - the team of the process, and what its signals do. */
#define _GNU_SOURCE
#include "framework/program.h"
#include "core/cpu.h"

#include <signal.h>
#include <stddef.h>

static kr_team *volatile team; /* the handler of signals looks at it at any time */
static volatile sig_atomic_t is_stopping;

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

bool program_is_stopping(void) { return is_stopping != 0; }

static void on_signal(int signal_number) {
    if (is_stopping) {
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    program_stop();
}

/* The matrix products of oneDNN point the stack register at a buffer on the heap while they run. A
 * signal that comes then would write its frame over what lies before that buffer. So the handler
 * has a stack of its own; and the workers take no signals. */
void program_catch_signals(void) {
    static char own_stack[64 * 1024];
    stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack}, before = {0};
    if (sigaltstack(NULL, &before) != 0 || (before.ss_flags & SS_DISABLE)) {
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}
