/* SPDX-License-Identifier: MIT
 * ets_fit.h - weights and first state of one form of exponential smoothing, by likelihood. */
#ifndef KR_ETS_FIT_H
#define KR_ETS_FIT_H

#include "core/arena.h"
#include "local/ets.h"

/* A form with its weights and its state before the first value. */
typedef struct kr__ets_fitted {
    kr__ets model;
    double *state;     /* kr__ets_state_size(), room for 2 + m */
    double likelihood; /* -2 log of it, as kr__ets_filter(); INFINITY: impossible */
    double aicc;       /* INFINITY: too few values for as many parameters */
    int64_t n_params;  /* weights, first state, and the errors' variance */
} kr__ets_fitted;

/* Seasons up to this length are fitted value by value, longer ones keep those of the start. */
enum { KR__ETS_FREE_SEASON = 12 };

/* What fits forms to one series, with the memory for it; values are of about size 1. */
typedef struct kr__ets_fitter kr__ets_fitter;
/* NULL: no memory. m: the longest season. */
kr__ets_fitter *kr__ets_fitter_create(const double *y, int64_t n, int64_t m, kr_arena *arena);

/* Parameters of a form, as AICc counts them. */
int64_t kr__ets_count_params(const kr__ets *model);

/* Sets likelihood and aicc of a form at its weights and its first state. */
void kr__ets_rate(kr__ets_fitter *fitter, kr__ets_fitted *form);

/* Improves a form from there. It may stop early when its aicc will hardly fall below best. */
void kr__ets_improve(kr__ets_fitter *fitter, kr__ets_fitted *form, double best);

#endif
