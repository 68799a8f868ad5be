/* SPDX-License-Identifier: MIT
 * mixture.h - the mean of several models' forecasts of one series, weighted by their AICc.
 *
 * Forms of one family often tell the series nearly as well as each other and go on differently; the
 * best of them is a matter of chance then, and their mean is the better forecast. S. Kolassa,
 * Combining exponential smoothing forecasts using Akaike weights (2011). */
#ifndef KR_MIXTURE_H
#define KR_MIXTURE_H

#include "local/local.h"

enum { KR__MIXTURE_MOST = 64 };
/* What was added so far; mean and spread of the forecast are the weighted mean and the weighted sum
 * of squares, until the end. All zero but for out: empty. */
typedef struct kr__mixture {
    kr__local_forecast *out;
    double weight, best; /* of all members, where that of the best is 1; the best one's AICc */
    double all[KR__MIXTURE_MOST];
    int n;
} kr__mixture;

/* Does a model of that AICc have a weight to speak of? */
bool kr__mixture_wants(const kr__mixture *mixture, double aicc);
/* AICc that is not much above the best; INFINITY while there is none. */
double kr__mixture_limit(const kr__mixture *mixture);
/* spread: of the model's errors; NaN: unknown, and so is that of the mixture. */
void kr__mixture_add(kr__mixture *mixture, double aicc, const double *mean, const double *spread);

/* mean and spread as forecasts, times scale, and how many members there are: out->form gets " +3"
 * behind it, when three more count than the one that it names. */
void kr__mixture_finish(kr__mixture *mixture, double scale);

#endif
