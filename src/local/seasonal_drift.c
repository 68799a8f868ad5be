/* SPDX-License-Identifier: MIT
 * seasonal_drift.c - the last season again, moved by the mean step from one season to the next.
 *
 * The mean of all such steps is that of the first season to the last one. Without a season it is
 * the random walk with drift. R. Hyndman, G. Athanasopoulos, Forecasting: Principles and Practice,
 * 5.2. */
#include <math.h>
#include <stdio.h>

#include "local/local.h"

/* Of the steps from one season to the next around their mean. */
static double find_spread(const double *y, int64_t n, int64_t season, double drift) {
    int64_t n_steps = n - season;
    double sum = 0;
    for (int64_t t = season; t < n; t++) {
        double error = y[t] - y[t - season] - drift;
        sum += error * error;
    }
    return n_steps > 1 ? sqrt(sum / (double)(n_steps - 1)) : (double)NAN;
}

static kr_status forecast(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err) {
    const double *y = s->values;
    int64_t n = s->n, season = s->n_seasons > 0 && s->n >= 2 * s->seasons[0] ? s->seasons[0] : 1;
    int64_t n_steps = n - season;
    double drift = 0;
    (void)arena;
    (void)err;
    for (int64_t t = season; t < n; t++) drift += (y[t] - y[t - season]) / (double)n_steps;
    double spread = find_spread(y, n, season, drift);
    for (int64_t k = 0; k < out->horizon; k++) {
        /* The error of a step of a season adds up, and so does that of the drift. */
        int64_t seasons = k / season + 1;
        double steps = (double)seasons;
        out->mean[k] = y[n - season + k % season] + drift * steps;
        out->spread[k] = spread * sqrt(steps * (1 + steps / (n_steps > 0 ? (double)n_steps : 1)));
    }
    snprintf(out->form, sizeof out->form, season > 1 ? "SeasonalDrift[%d]" : "Drift", (int)season);
    out->aicc = (double)NAN;
    return KR_OK;
}

const kr__local_model kr__local_seasonal_drift = {.name = "SeasonalDrift",
                                                  .what = "last season, and the mean step to it",
                                                  .use = KR__LOCAL_RULE,
                                                  .forecast = forecast};
