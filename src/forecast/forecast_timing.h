/* SPDX-License-Identifier: MIT
 * forecast_timing.h - how long a step of a forecaster takes. */
#ifndef KR_FORECAST_TIMING_H
#define KR_FORECAST_TIMING_H

#include <kr/team.h>

#include "forecast/forecast_config.h"

KR_BEGIN_DECLS

/* Settings that matter: the model's, batch_size, grad_slots, seed. Inputs are random numbers of
 * config's shape: enc_in channels, and the time features of freq and embed. */
typedef struct kr_forecast_timing {
    const kr_forecast_config *config;
    bool is_inference; /* forward passes; false: training steps */
    int64_t warmup;    /* steps before the clock starts */
    int64_t repeats;
    int64_t steps; /* of a repeat; 0: as many as fill half a second */
    /* After each repeat; may be NULL. */
    void (*tell)(void *arg, int64_t n_done);
    void *arg;
} kr_forecast_timing;

typedef struct kr_forecast_times {
    int64_t n_parameters;
    double products;     /* multiplications of the matrix products of a step forward, about */
    int64_t steps;       /* of a repeat */
    kr_profile *profile; /* of all steps, with config->profile; to be freed with kr_free, or NULL */
} kr_forecast_times;

/* ms (repeats): mean time of a step of each repeat, milliseconds. KR_INTERRUPTED when asked to
 * stop. */
kr_status kr__forecast_time(kr_team *team, const kr_forecast_timing *timing, double *ms,
                            kr_forecast_times *times, kr_error *err);

/* Quartiles and extremes of several measurements. */
typedef struct kr_spread {
    double least, lower_quartile, median, upper_quartile, largest;
} kr_spread;
/* Sorts values; n >= 1. */
kr_spread kr__spread_of(double *values, int64_t n);

KR_END_DECLS

#endif
