/* SPDX-License-Identifier: MIT
 * child.h - work in child processes. */
#ifndef KRAIT_CHILD_H
#define KRAIT_CHILD_H

#include <kr/base.h>

/* Work in a child process, so that its memory and its end are its own: a copy of this process,
 * whose team has one worker. A request to stop is passed on to children, and none
 * outlives its parent. result: zero at the start, without pointers. */
typedef kr_status (*child_fn)(void *arg, void *result, kr_error *err);
typedef struct child_process child_process;
enum { CHILDREN_MAX = 256 /* that are waited for together */ };

/* Run fn(arg, result) in a child. result (n_bytes) and fn's error come back. */
kr_status child_start(child_fn fn, void *arg, size_t n_bytes, child_process **out, kr_error *err);
/* It uses libraries that crash for want of memory: the sentence of its end says so. */
void child_draws(child_process *child);
/* Which of n children (NULL: none there) has ended? -1 when none did within most_ms. */
int64_t child_wait(child_process *const *children, int64_t n, int most_ms);
/* Wait for its end and free it. fn's status; KR_MEMORY for a child that died, of whatever, which
 * the sentence says; KR_INTERRUPTED when it was asked to stop. peak_rss (may be NULL) is the
 * child's. */
kr_status child_finish(child_process *child, void *result, int64_t *peak_rss, kr_error *err);
/* All of it for one child. */
kr_status child_run(child_fn fn, void *arg, void *result, size_t n_bytes, int64_t *peak_rss,
                    kr_error *err);
/* In a child: how much is done, 0 to 1; elsewhere without effect. The parent reads what was last
 * told, 0 at the start. */
void child_tell(double share);
double child_share(const child_process *child);

#endif
