/* SPDX-License-Identifier: MIT
 * threads.c - OpenMP behind one function, so that oneDNN and we share one pool. */
#define _GNU_SOURCE
#include <kr/threads.h>

#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <kr/platform.h>

static int n_threads; /* 0: not chosen yet */

static int count_cpus(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n < 1 ? 1 : n > KR_MAX_THREADS ? KR_MAX_THREADS : n;
}

int kr_threads_get(void) {
    if (n_threads == 0) n_threads = count_cpus();
    return n_threads;
}

void kr_threads_set(int n) {
    n_threads = n == 0 ? count_cpus() : n < 1 ? 1 : n > KR_MAX_THREADS ? KR_MAX_THREADS : n;
}

/* Numbers below the smallest normal one count as 0 in pieces: an Intel core takes over a hundred
 * cycles for each, and states and gradients that fade away are full of them. Gives the setting
 * from before, for unflush(). */
static unsigned flush(void) {
#if defined(__SSE__)
    enum { FLUSH_RESULTS = 0x8000, FLUSH_INPUTS = 0x0040 };
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSH_RESULTS | FLUSH_INPUTS);
    return before;
#else
    return 0;
#endif
}

static void unflush(unsigned before) {
#if defined(__SSE__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

/* How every thread of a region starts, and what to give to leave_region(). oneDNN inside a piece
 * starts no threads of its own, also when there is one and omp_in_parallel() says no. */
static unsigned enter_region(void) {
    omp_set_num_threads(1); /* for this thread and region only */
    if (omp_get_thread_num() > 0) kr_stop_shield_thread();
    return flush();
}

static void leave_region(unsigned before) { unflush(before); }

void kr_parallel_for(int64_t n_pieces, kr_piece_fn fn, void *arg) {
    int n = kr_threads_get();
    if (n > n_pieces) n = (int)n_pieces;
    if (n < 1) return;
    if (omp_in_parallel()) {
        for (int64_t piece = 0; piece < n_pieces; piece++) fn(arg, piece, omp_get_thread_num());
        return;
    }
#pragma omp parallel num_threads(n)
    {
        unsigned before = enter_region();
#pragma omp for schedule(dynamic, 1) nowait
        for (int64_t piece = 0; piece < n_pieces; piece++) fn(arg, piece, omp_get_thread_num());
        leave_region(before);
    }
}
