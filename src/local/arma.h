/* SPDX-License-Identifier: MIT
 * arma.h - ARMA models of given coefficients: residuals, likelihood, forecasts. */
#ifndef KR_ARMA_H
#define KR_ARMA_H

#include <stdbool.h>
#include <stdint.h>

enum { KR__ARMA_ORDER = 5, KR__ARMA_SEASONAL = 2 };
/* A product of a polynomial in B and one in B^season has so many terms but its 1. */
enum { KR__ARMA_TAPS = (KR__ARMA_ORDER + 1) * (KR__ARMA_SEASONAL + 1) - 1 };

/* sum over k of weight[k] x[t - lag[k]], the farthest lag first */
typedef struct kr__taps {
    int64_t degree; /* the largest lag, or 0 */
    int n;
    int64_t lag[KR__ARMA_TAPS];
    double weight[KR__ARMA_TAPS];
} kr__taps;

/* w[t] = ar of w + e[t] + ma of e, e of variance 1 */
typedef struct kr__arma {
    kr__taps ar, ma;
} kr__arma;

/*
 * The terms of (1 + sum a[i] B^i)(1 + sum b[j] B^(season j)), with i and j from 1, the 1 left out,
 * times sign. So for ar, a is the negative of the usual phi and sign is -1.
 */
void kr__taps_multiply(kr__taps *taps, const double *a, int n_a, const double *b, int n_b,
                       int64_t season, double sign);

/* Doubles of memory that the functions below need for ARs and MAs of at most these degrees. */
int64_t kr__arma_memory(int64_t ar_degree, int64_t ma_degree);

/* Length of a state. */
int64_t kr__arma_state(const kr__arma *m);

/*
 * Residuals given that those of the first ar.degree values are zero; those are not written.
 * e has ma.degree zeros in front of e[0]. Returns the sum of their squares.
 */
double kr__arma_condition(const kr__arma *m, const double *restrict w, int64_t n,
                          double *restrict e);

/*
 * The exact likelihood: errors one step ahead by their deviation, e (n), whose sum of squares is
 * returned; log_det is the sum of the logarithms of their variances: -2 log likelihood is
 *
 *     n log(2 pi sigma2) + log_det + sum / sigma2.
 *
 * state (NULL: not wanted; kr__arma_state() values): what forecasts need. INFINITY: not stationary.
 */
double kr__arma_filter(const kr__arma *m, const double *w, int64_t n, double *memory, double *e,
                       double *log_det, double *state);

/* The state behind the last of n values, from them and their residuals. */
void kr__arma_state_of(const kr__arma *m, const double *w, const double *e, int64_t n,
                       double *state);
/* Means of the next `horizon` values; the state goes there too. */
void kr__arma_forecast(const kr__arma *m, double *state, int64_t horizon, double *mean);
/* psi[0] = 1, psi[1], ..: weights of the errors in values to come. */
void kr__arma_psi(const kr__arma *m, int64_t n, double *psi);

/* Is the polynomial (degree at most KR__ARMA_ORDER; 1 + sum a[i] z^i) free of roots within
 * |z| <= 1 + margin? */
bool kr__is_outside(const double *a, int n, double margin);

#endif
