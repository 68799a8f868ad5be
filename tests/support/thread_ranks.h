/* SPDX-License-Identifier: MIT
 * thread_ranks.h - ranks that are threads of a test. */
#ifndef KR_TEST_THREAD_RANKS_H
#define KR_TEST_THREAD_RANKS_H

#include <kr/ranks.h>

/* Call fn in as many threads, each as one of the ranks; returns when all have returned. */
void test_ranks(int count, void (*fn)(const kr_ranks *ranks, void *arg), void *arg);

#endif
