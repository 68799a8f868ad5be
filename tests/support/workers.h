/* SPDX-License-Identifier: MIT
 * workers.h - the team of a test program, of any size in turn. */
#ifndef KR_TEST_WORKERS_H
#define KR_TEST_WORKERS_H

#include <kr/team.h>

/* NULL, which is a team of one, unless test_workers() made another. */
extern kr_team *test_team;

/* From now on a team of n; 0: none again. What was created with the one before must be gone. */
void test_workers(int n);
/* The same, with a log. */
void test_workers_heard(int n, kr_log_fn log, void *arg);

/* Returns when each thread of the team has begun to work. For tests that fork: the runtime of
 * clang's address sanitizer (before version 18) holds a lock while a thread begins, and a child
 * that inherits that lock waits for ever. */
void test_workers_begin(kr_team *team);

/* Sizes that a result must not depend on. */
static const int test_worker_counts[] = {2, 3, 8, 9, 16, 64};
enum { TEST_WORKER_COUNTS = sizeof test_worker_counts / sizeof *test_worker_counts };

#endif
