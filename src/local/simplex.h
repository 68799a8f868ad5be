/* SPDX-License-Identifier: MIT
 * simplex.h - the minimum of a function without its derivatives, between bounds. */
#ifndef KR_SIMPLEX_H
#define KR_SIMPLEX_H

#include <kr/base.h>

/* The value at x (n). What is not a number counts as the worst. */
typedef double (*kr__simplex_fn)(void *arg, const double *x);

typedef struct kr__simplex {
    int64_t n;
    const double *lower, *upper; /* (n) every point that is tried lies between them */
    const double *step;          /* (n) from the start to the other corners; none is 0 */
    double tolerance;            /* stop when all corners' values lie that close together */
    int64_t most;                /* evaluations, about */
} kr__simplex;

/* Doubles of memory for n variables. */
size_t kr__simplex_size(int64_t n);

/*
 * Nelder and Mead's method, with the factors for many variables of F. Gao, L. Han, Implementing the
 * Nelder-Mead simplex algorithm with adaptive parameters (2012), eq. 4.1; points outside the bounds
 * are moved to them. x: the start, then the best point that was tried; its value is returned.
 * memory: kr__simplex_size() doubles; nothing is allocated. Same input, same bits.
 */
double kr__simplex_minimise(const kr__simplex *options, kr__simplex_fn fn, void *arg, double *x,
                            double *memory);

#endif
