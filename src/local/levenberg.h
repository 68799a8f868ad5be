/* SPDX-License-Identifier: MIT
 * levenberg.h - the minimum of a sum of squares between bounds, from its derivatives. */
#ifndef KR_LEVENBERG_H
#define KR_LEVENBERG_H

#include <kr/base.h>

/*
 * The sum of squares F = r'r at x (n). Unless H is NULL: also H = J'J (n, n; the lower triangle
 * counts) and g = J'r (n), with J the derivatives of r by x. INFINITY: x is impossible.
 */
typedef double (*kr__squares_fn)(void *arg, const double *x, double *H, double *g);

typedef struct kr__levenberg {
    int64_t n;
    const double *lower, *upper; /* (n) */
    double tolerance;            /* stop when F can fall by less than this part of it */
    double hopeless;             /* stop when F will hardly fall below this; 0: never */
    int64_t most;                /* steps */
} kr__levenberg;

/* Doubles of memory for n variables. */
size_t kr__levenberg_size(int64_t n);

/*
 * Levenberg's and Marquardt's method; a step that meets a bound is solved again along it. x: the
 * start, then the best point, whose F is returned (INFINITY: the start is impossible). memory:
 * kr__levenberg_size() doubles; nothing is allocated. Same input, same bits.
 * Source: J. Nocedal, S. Wright, Numerical Optimization, 10.3; the bounds: their 16.7.
 */
double kr__levenberg_minimise(const kr__levenberg *options, kr__squares_fn fn, void *arg, double *x,
                              double *memory);

#endif
