/* SPDX-License-Identifier: MIT
 * workers.c - one team at a time. */
#include "support/workers.h"

#include <setjmp.h>
#include <stdarg.h>
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
