/* SPDX-License-Identifier: MIT
 * stl.h - a series split into seasons, trend and what remains, by loess. */
#ifndef KR_STL_H
#define KR_STL_H

#include "core/arena.h"

/*
 * kr__stl_create() - all that STL needs for series of n values with a season of `period` steps.
 *
 * Loess of degree 0 over `window` (odd, 7 or more) periods for the season, of degree 1 for the
 * trend and the low pass, whose windows follow from the period as the paper advises. Not robust.
 * n is two periods or more. NULL: out of memory. The plan has working memory: one thread at a time.
 */
typedef struct kr__stl kr__stl;
kr__stl *kr__stl_create(kr_arena *arena, int64_t n, int64_t period, int64_t window);

/* y, season, trend: n values each; y = season + trend + remainder. None may overlap. */
void kr__stl_split(kr__stl *stl, const double *y, double *season, double *trend);

/*
 * kr__mstl_split() - the same for several seasons, rising, each of which is there twice.
 *
 *   seasons   (n_periods, n)   out: one after the other; y less all of them is `rest`
 *   rest      (n)              out: trend and remainder
 *   trend     (n)              out: that of the longest season; or NULL
 *
 * KR_MEMORY. K. Bandara, R. Hyndman, C. Bergmeir, MSTL, arXiv:2107.13462: each season in turn is
 * taken from the series less the others, twice over.
 */
kr_status kr__mstl_split(const double *y, int64_t n, const int64_t *periods, int64_t n_periods,
                         kr_arena *arena, double *seasons, double *rest, double *trend,
                         kr_error *err);

#endif
