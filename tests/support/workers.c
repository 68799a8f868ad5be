/* SPDX-License-Identifier: MIT
 * workers.c - one team at a time. */
#include "support/workers.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

kr_team *test_team;

void test_workers_heard(int n, kr_log_fn log, void *arg) {
    kr_team_destroy(test_team);
    test_team = NULL;
    if (n > 0) assert_int_equal(kr_team_create(n, log, arg, &test_team, NULL), KR_OK);
}

void test_workers(int n) { test_workers_heard(n, NULL, NULL); }

static void meet(void *arg, int64_t piece, int worker) {
    atomic_int *n_missing = arg;
    (void)piece;
    (void)worker;
    atomic_fetch_sub(n_missing, 1);
    while (atomic_load(n_missing) > 0) sched_yield();
}

void test_workers_begin(kr_team *team) {
    atomic_int n_missing = kr_team_workers(team);
    kr_team_for(team, atomic_load(&n_missing), meet, &n_missing);
}
