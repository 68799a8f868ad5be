/* SPDX-License-Identifier: MIT
 * threads.h - the one place that knows OpenMP.
 *
 * Work is cut by the problem's size, never by the number of threads; a piece owns what it writes.
 * Then the result has the same bits for any number of threads. */
#ifndef KR_THREADS_H
#define KR_THREADS_H

#include <kr/base.h>

KR_BEGIN_DECLS

enum { KR_MAX_THREADS = 256 };

/* The number that kr_parallel_for uses. Default: the CPUs this process may run on. */
KR_API int kr_threads_get(void);
/* n is clamped to 1 .. KR_MAX_THREADS; 0 means the default. */
KR_API void kr_threads_set(int n);

/* piece: 0 .. n_pieces-1; thread: 0 .. kr_threads_get()-1, for picking that thread's memory. */
typedef void (*kr_piece_fn)(void *arg, int64_t piece, int thread);

/* Call fn once for every piece; pieces are handed out as threads get free. Returns when all are
 * done. Inside a piece everything is single-threaded: a nested call runs in place. */
KR_API void kr_parallel_for(int64_t n_pieces, kr_piece_fn fn, void *arg);

KR_END_DECLS

#endif
