/* SPDX-License-Identifier: MIT
 * one_thread.h - the one place that knows OpenMP, which oneDNN uses. oneDNN asks it how many
 * threads to start; between these two calls the answer is one, for the calling thread alone.
 * Afterwards the number that a host had set is in place again. */
#ifndef KR_ONE_THREAD_H
#define KR_ONE_THREAD_H

#include <omp.h>

static inline int kr__one_thread_begin(void) {
    int before = omp_get_max_threads();
    if (before != 1) omp_set_num_threads(1);
    return before;
}

static inline void kr__one_thread_end(int before) {
    if (before != 1) omp_set_num_threads(before);
}

#endif
