/* SPDX-License-Identifier: MIT
 * last_values.c - the last value again, and the last season again: random walks of steps and of
 * whole seasons. */
#include <math.h>
#include <stdio.h>

#include "local/local.h"

/* Root of the mean squared change over `season` steps. */
static double find_spread(const double *y, int64_t n, int64_t season) {
    double sum = 0;
    for (int64_t t = season; t < n; t++) sum += (y[t] - y[t - season]) * (y[t] - y[t - season]);
    return n > season ? sqrt(sum / (double)(n - season)) : (double)NAN;
}

static void repeat(const kr__local_series *s, int64_t season, kr__local_forecast *out) {
    double spread = find_spread(s->values, s->n, season);
    for (int64_t k = 0; k < out->horizon; k++) {
        out->mean[k] = s->values[s->n - season + k % season];
        int64_t n_seasons = k / season + 1;
        out->spread[k] = spread * sqrt((double)n_seasons);
    }
    out->aicc = (double)NAN;
}

static kr_status forecast_value(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                                kr_error *err) {
    (void)arena;
    (void)err;
    repeat(s, 1, out);
    snprintf(out->form, sizeof out->form, "Naive");
    return KR_OK;
}

static kr_status forecast_season(const kr__local_series *s, kr_arena *arena,
                                 kr__local_forecast *out, kr_error *err) {
    int64_t season = s->n_seasons > 0 && s->n >= s->seasons[0] ? s->seasons[0] : 1;
    (void)arena;
    (void)err;
    repeat(s, season, out);
    snprintf(out->form, sizeof out->form, season > 1 ? "SeasonalNaive[%d]" : "Naive", (int)season);
    return KR_OK;
}

const kr__local_model kr__local_last_value = {
    .name = "Naive", .what = "the last value", .use = KR__LOCAL_RULE, .forecast = forecast_value};
const kr__local_model kr__local_last_season = {.name = "SeasonalNaive",
                                               .what = "the last season",
                                               .use = KR__LOCAL_RULE,
                                               .forecast = forecast_season};
