/* SPDX-License-Identifier: MIT
 * ces.h - complex exponential smoothing of given parameters.
 *
 *     e = y - a [- s]
 *     a' = a - (1 - a1) c + (a0 - a1) e        s' = s - (1 - b1) z + (b0 - b1) e
 *     c' = a + (1 - a0) c + (a0 + a1) e        z' = s + (1 - b0) z + (b0 + b1) e
 *
 * a: level, c: the part of the past that tells how it moves. Forms: 'N' no season; 'S' a and c are
 * those of a season ago; 'P' beside them s of a season ago, with s' = s + b0 e; 'F' s and z.
 *
 * Source: I. Svetunkov, N. Kourentzes, J. Ord, Complex exponential smoothing (2022). */
#ifndef KR_CES_H
#define KR_CES_H

#include <kr/base.h>

typedef struct kr__ces {
    char form;
    int64_t m; /* 1 without a season */
    double a0, a1, b0, b1;
} kr__ces;

/* Doubles of a state: a and c (of each phase for 'S'), then s and z of each phase; the phase of the
 * next step first. And doubles of memory that passes need. */
int64_t kr__ces_state_size(const kr__ces *model);
size_t kr__ces_memory(const kr__ces *model);

/* The state before the first value that a fit starts from: means of the first values; the season by
 * classical decomposition. memory: n + m doubles. n >= 2 m with a season. */
void kr__ces_start(const kr__ces *model, const double *y, int64_t n, double *state, double *memory);

/*
 * Runs over y (n) forwards, backwards and forwards again, each way from what the one before found
 * out about its start. state: as before the first way; then behind the last value. fitted: (n) of
 * the last way, or NULL. The sum of that way's squared errors is returned.
 */
double kr__ces_filter(const kr__ces *model, const double *y, int64_t n, double *state,
                      double *fitted, double *memory);

/* Forecasts (horizon) from a state. */
void kr__ces_forecast(const kr__ces *model, const double *state, int64_t horizon, double *mean,
                      double *memory);

#endif
