/* SPDX-License-Identifier: MIT
 * theta.h - the dynamic optimised Theta model of given parameters, step by step. */
#ifndef KR_THETA_H
#define KR_THETA_H

#include <kr/base.h>

/* level: before the first value. theta >= 1; 1: smoothing alone. */
typedef struct kr__theta {
    double alpha, theta, level;
} kr__theta;

/* Behind n values: their smoothed level, their mean, and the line through them. */
typedef struct kr__theta_state {
    double level, mean, height, slope, power; /* power: (1 - alpha)^n */
    int64_t n;
} kr__theta_state;

/* The state behind the first value; the forecast of the next one; the state behind that. A forecast
 * farther ahead takes forecasts for the values that are missing. */
void kr__theta_start(const kr__theta *model, double first, kr__theta_state *state);
double kr__theta_next(const kr__theta *model, const kr__theta_state *state);
void kr__theta_move(const kr__theta *model, kr__theta_state *state, double y);

/* Does the series (n values) have a season of m steps? Its autocorrelation there is larger than
 * that of chance, at 90 %, given that of shorter distances. */
bool kr__theta_has_season(const double *y, int64_t n, int64_t m);

#endif
