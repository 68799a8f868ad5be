/* SPDX-License-Identifier: MIT
 * arima.h - seasonal ARIMA: how often to difference, and the fit of given orders. */
#ifndef KR_ARIMA_H
#define KR_ARIMA_H

#include "core/arena.h"
#include "local/arma.h"

/* ARIMA(p,d,q)(P,D,Q)[season]; the mean is that of the differences: of what is left after d and D.
 */
typedef struct kr__arima_order {
    int p, d, q, P, D, Q;
    int64_t season; /* 1: none */
    bool has_mean;
} kr__arima_order;

/* ---- differences (arima_differences.c) --- */

/* Do values around a level wander? Kwiatkowski, Phillips, Schmidt and Shin's test at 5 %. */
bool kr__wanders(const double *y, int64_t n);
/* d (0 to 2) and D (0 or 1; D + d at most 2) of n values. memory: n values. KR_MEMORY. */
kr_status kr__arima_differences(const double *y, int64_t n, int64_t season, kr_arena *arena, int *d,
                                int *D, kr_error *err);
/* In place, y[t] less y[t - lag], moved to the front; returns how many are left. */
int64_t kr__difference(double *y, int64_t n, int64_t lag);

/* ---- fits (arima_fit.c) --- */

enum { KR__ARIMA_PARAMETERS = 2 * (KR__ARMA_ORDER + KR__ARMA_SEASONAL) + 1 };

/*
 * A fit to differences. Parameters are free numbers: partial autocorrelations r, written
 * r / sqrt(1 - r r), so that AR parts are stationary and MA parts invertible whatever they are: p
 * of them, then q, P and Q, then the mean in units of the work's scale.
 */
typedef struct kr__arima_fit {
    kr__arima_order order;
    double x[KR__ARIMA_PARAMETERS];
    kr__arma model;
    double mean;           /* of the differences */
    double sum;            /* of squared errors, by their deviation where it is the likelihood's */
    double aicc;           /* INFINITY: not to be chosen */
    double log_likelihood; /* an approximation, where it is no likelihood */
    bool is_exact;
} kr__arima_fit;

typedef struct kr__arima_work kr__arima_work;
/* For n differences w, which must live as long, and models of this season. NULL: out of memory. */
kr__arima_work *kr__arima_work_create(kr_arena *arena, const double *w, int64_t n, int64_t season);

/* From where f->order and f->x say. is_exact: maximum likelihood; else the least sum of squared
 * residuals given the first ones. tolerance: of that sum, relative. */
void kr__arima_fit_to(kr__arima_work *work, kr__arima_fit *f, bool is_exact, double tolerance);

/* For f->model and f->mean as they are: sum, likelihood, and for forecasts the state. */
void kr__arima_evaluate(kr__arima_work *work, kr__arima_fit *f, double *state);
/* (n) errors one step ahead of what was evaluated last, by their deviation if it was exact. */
const double *kr__arima_errors(const kr__arima_work *work);
/* Doubles of a state. */
int64_t kr__arima_state_size(int64_t season);

/* ---- forecasts (arima_forecast.c) --- */

/*
 * Means and deviations of the `horizon` values behind y (n), out of a fit to its differences by
 * `scale` and the state that kr__arima_evaluate() gave, which is used up.
 */
void kr__arima_forecast(const kr__arima_fit *f, const double *y, int64_t n, double scale,
                        double *state, int64_t horizon, double *mean, double *spread);

#endif
