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

/* Before a program does anything: start it anew, once, with an OpenMP whose threads wait for work
 * in circles for some 30 microseconds and then sleep. By default gcc's go on for milliseconds:
 * where other programs want the CPUs, too, that makes a map or a forecast several times slower.
 * Returns when OMP_WAIT_POLICY or GOMP_SPINCOUNT is set (the user's choice, or done already), when
 * there is one CPU, or when it cannot. */
KR_API void kr_threads_restart_calm(char **argv);

/* piece: 0 .. n_pieces-1; thread: 0 .. kr_threads_get()-1, for picking that thread's memory. */
typedef void (*kr_piece_fn)(void *arg, int64_t piece, int thread);

/* Call fn once for every piece; pieces are handed out as threads get free. Returns when all are
 * done. Inside a piece everything is single-threaded: a nested call runs in place. */
KR_API void kr_parallel_for(int64_t n_pieces, kr_piece_fn fn, void *arg);

/* Steps of work, one after the other: all pieces of a step are done before the next begins. Cheaper
 * than a kr_parallel_for for each, and a thread takes the same pieces whenever steps are alike, so
 * that what it has in its cache serves it again. */
typedef struct kr_steps {
    int64_t count;
    /* Pieces of a step, 0: skip it. Called by every thread. */
    int64_t (*pieces)(void *arg, int64_t step);
    void (*run)(void *arg, int64_t step, int64_t piece, int thread);
    void (*done)(void *arg, int64_t step); /* thread 0, when the step is done; NULL: nothing */
} kr_steps;
KR_API void kr_parallel_steps(const kr_steps *steps, void *arg);

KR_END_DECLS

#endif
