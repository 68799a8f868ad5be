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

/* gcc's OpenMP reads its settings before main, so a running program cannot change them. */
void kr_threads_restart_calm(char **argv) {
    if (count_cpus() < 2 || getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT")) return;
    if (setenv("GOMP_SPINCOUNT", "10000", 1) == 0) execv("/proc/self/exe", argv);
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
        /* For this thread and region only: oneDNN inside a piece starts no threads of its own,
         * also when n is 1 and omp_in_parallel() says no. */
        omp_set_num_threads(1);
        if (omp_get_thread_num() > 0) kr_stop_shield_thread();
        unsigned before = flush();
#pragma omp for schedule(dynamic, 1) nowait
        for (int64_t piece = 0; piece < n_pieces; piece++) fn(arg, piece, omp_get_thread_num());
        unflush(before);
    }
}
