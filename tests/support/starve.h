/* SPDX-License-Identifier: MIT
 * starve.h - want of memory at each place of a call. For cmocka tests. */
#ifndef KR_TEST_STARVE_H
#define KR_TEST_STARVE_H

#include <kr/base.h>

typedef kr_status kr_starved_fn(void *arg, kr_error *err);

/* call() passes; then each of its allocations fails once, those from arenas, too: it must return
 * KR_MEMORY with a sentence. Each time all blocks that it took are given back. */
void kr_starve(const char *what, kr_starved_fn *call, void *arg);
/* The same of one in every that many allocations, and of all that come early: for a long call. */
void kr_starve_some(const char *what, kr_starved_fn *call, void *arg, uint64_t every);

#endif
