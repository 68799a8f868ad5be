/* SPDX-License-Identifier: MIT
 * ets.h - exponential smoothing: one filter for every form, its forecasts and their spread.
 *
 *     forecast  f = l + phi b [+ s | * s]         error  r = y - f
 *     level     l' = l + phi b + alpha r [/ s]    slope  b' = phi b + beta r [/ s]
 *     season    s' = s + gamma r [/ (l + phi b)]
 *
 * The error of a form is r, or r / f: it decides the likelihood and the spread; the filter is the
 * same. Names are those of the literature: ETS(error, trend, season), N none, A additive, Ad
 * damped, M multiplied. Trends are not multiplied, and a season only where the error is.
 *
 * Source: R. Hyndman, A. Koehler, J. Ord, R. Snyder, Forecasting with Exponential Smoothing (2008),
 * chapters 2, 5, 6. */
#ifndef KR_ETS_H
#define KR_ETS_H

#include <kr/base.h>

typedef struct kr__ets_form {
    bool is_relative; /* the error is r / f */
    bool has_trend, is_damped;
    char season; /* 'N', 'A', 'M' */
} kr__ets_form;

typedef struct kr__ets {
    kr__ets_form form;
    int64_t m; /* length of the season; 1 without */
    double alpha, beta, gamma, phi;
} kr__ets;

/* Doubles of a state: level, slope (0 without a trend), and the season's m parts, that of the next
 * step first. */
enum { KR__ETS_LEVEL, KR__ETS_SLOPE, KR__ETS_SEASON };
static inline int64_t kr__ets_state_size(const kr__ets *model) {
    return KR__ETS_SEASON + (model->form.season == 'N' ? 0 : model->m);
}

/*
 * Runs over y (n). state: before the first value, then behind the last. fitted: (n) the forecast of
 * each value from those before it, or NULL. Returned: -2 log likelihood but for a constant,
 *
 *     n log(sum of errors^2)  [+ 2 sum of log |f|, when errors are relative]
 *
 * or INFINITY when a forecast that is divided by is not above 0. *sum: of the squared errors.
 * memory: m doubles.
 */
double kr__ets_filter(const kr__ets *model, const double *y, int64_t n, double *state,
                      double *fitted, double *sum, double *memory);

/* Forecasts (horizon) from a state, and the standard deviation of their errors, given that of the
 * errors of one step (relative ones: of r / f). memory: 2 horizon doubles. */
void kr__ets_forecast(const kr__ets *model, const double *state, int64_t horizon, double *mean);
void kr__ets_spread(const kr__ets *model, const double *state, double error, int64_t horizon,
                    double *spread, double *memory);

/* "ETS(M,Ad,M)[12]" */
void kr__ets_name(const kr__ets *model, char *name, size_t size);

#endif
