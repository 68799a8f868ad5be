/* SPDX-License-Identifier: MIT
 * caller_arrays.h - arrays in any layout, with gradients, for tests of operations on arrays of the
 * caller's. */
#ifndef KR_CALLER_ARRAYS_H
#define KR_CALLER_ARRAYS_H

#include <kr/scan.h>

enum { CALLER_MOST = 5000, CALLER_AXES = 4 };

/* An array of its own, with its gradient, or the incoming one, in the same layout. */
typedef struct caller_array {
    int64_t shape[CALLER_AXES], stride[CALLER_AXES], count;
    float values[CALLER_MOST], gradient[CALLER_MOST];
} caller_array;

/* turned: the axes' order in memory is reversed, and there are gaps. shape[0] 0: none. */
void caller_make(caller_array *a, const int64_t shape[CALLER_AXES], bool turned, double rate);
/* Where element i, counted with the last axis fastest, lies. */
int64_t caller_place(const caller_array *a, int64_t i);
/* 0 of an array that is not there. */
double caller_at(const caller_array *a, int64_t i, int64_t j, int64_t k, int64_t l);
kr_strided caller_view(caller_array *a, bool of_gradient);
/* sum of out * its incoming gradient */
double caller_weigh(const caller_array *out);
/* The gradient against differences of the loss. */
void caller_check_gradient(caller_array *a, double (*loss)(void *), void *arg, const char *name);

#endif
