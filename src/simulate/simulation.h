/* SPDX-License-Identifier: MIT
 * simulation.h - one series while it is drawn: what a family is handed, and the parts that families
 * are put together from. Nothing here allocates or fails. */
#ifndef KR_SIMULATION_H
#define KR_SIMULATION_H

#include <kr/simulate.h>

#include "simulate/draws.h"

enum {
    KR__FINEST = 4,       /* steps of a family that make one step of the series, at most */
    KR__ROOM_SERIES = 8,  /* so many numbers of room a step that a family draws, .. */
    KR__ROOM_SEASONS = 12 /* .. and a step of the longest season */
};

typedef struct kr__simulation {
    kr__draws draws;
    int64_t n; /* steps that the family has to draw */
    int64_t seasons[KR_SIMULATED_SEASONS];
    int64_t n_seasons;
    double noise; /* deviation of the noise, that of what can be forecast being 1 */
    double *room; /* scratch: taken from the front by kr__room(), given back by setting room_used */
    int64_t room_size, room_used;

    /* Set by the family. */
    bool is_multiplicative;
    bool is_level;     /* 0 is a real zero and the unit counts: nothing may be added */
    bool is_count;     /* whole numbers: nothing may be multiplied either */
    bool is_aperiodic; /* the seasons were not used */
} kr__simulation;

/* Draws s->n values in any unit. A row of families.inc. */
typedef void kr__family_fn(kr__simulation *s, double *y);

typedef struct kr__family {
    const char *name, *text, *source;
    double weight;
    kr__family_fn *draw;
} kr__family;
extern const kr__family kr__families[];
extern const int64_t kr__n_families;

/* n numbers of scratch, not cleared. */
double *kr__room(kr__simulation *s, int64_t n);

/* ---- curves.c: numbers in a row ------------------------------------------------------------ */

/* Mean 0, deviation 1 (divisor n); a constant becomes 0. */
void kr__standardise(double *x, int64_t n);
/* A smooth curve through standard normals `spacing` (1 and more) steps apart, cubic between them.
 * kr__smooth_cycle: one that is closed after n steps, through `knots` of them. */
void kr__smooth(kr__draws *d, double *x, int64_t n, double spacing);
void kr__smooth_cycle(kr__draws *d, double *x, int64_t n, int64_t knots);
/* A trend of a random kind (linear, damped, logistic, exponential, broken, smooth), standardised.
 */
void kr__trend(kr__simulation *s, double *x);

/* ---- noises.c: processes ------------------------------------------------------------------- */

/* x[t] = a x[t-1] + e[t], stationary, of this deviation; |a| < 1. */
void kr__ar_1(kr__draws *d, double *x, int64_t n, double a, double deviation);
/* Matern process of smoothness 3/2, deviation 1: covariance (1 + r) exp(-r), r = rate * lag. */
void kr__matern_3(kr__draws *d, double *x, int64_t n, double rate);
/* Adds noise of a random kind: white, correlated, heavy-tailed, of changing deviation. */
void kr__add_noise(kr__simulation *s, double *x, double deviation);

/* ---- profiles.c: seasons ------------------------------------------------------------------- */

/* One turn of a season of a random kind, standardised: harmonics, a smooth curve, peaks, on and
 * off, any numbers, a ramp. */
void kr__profile(kr__simulation *s, double *table, int64_t period);
/* A turn of seasons[i]: of a week, if the season before divides it, days that differ. */
void kr__season_table(kr__simulation *s, double *table, int64_t i);
/* Adds all seasons of s, together about as large as `scale`, amplitude and shape drifting. */
void kr__add_seasons(kr__simulation *s, double *x, double scale);

#endif
