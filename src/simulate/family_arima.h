/* SPDX-License-Identifier: MIT
 * family_arima.h - polynomials of ARMA models, drawn by their roots. */
#ifndef KR_FAMILY_ARIMA_H
#define KR_FAMILY_ARIMA_H

#include "simulate/draws.h"

enum { KR__ARMA_ORDER = 3 };

/* c[0 .. order-1] of 1 - c[0] B - c[1] B^2 - .. = the product of (1 - r B), every r inside the unit
 * circle, so that the roots 1 / r lie outside. order at most KR__ARMA_ORDER. */
void kr__arma_polynomial(kr__draws *d, int order, double *c);

/* y = c(B) x in place, and c(B) y = x in place; the values before the first are 0. lag: B is the
 * step back by so many, a season's for a seasonal polynomial. */
void kr__arma_average(double *x, int64_t n, int order, const double *c, int64_t lag);
void kr__arma_recur(double *x, int64_t n, int order, const double *c, int64_t lag);

#endif
