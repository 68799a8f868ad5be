/* SPDX-License-Identifier: MIT
 * comparison.h - models against each other over a grid of sizes: the cases of `krait bench`, and
 * the timing of one case. */
#ifndef KR_COMPARISON_H
#define KR_COMPARISON_H

#include <kr/team.h>

#include "forecast/forecast_config.h"
#include "forecast/forecast_timing.h"

KR_BEGIN_DECLS

/* Fields named as the flags in comparison_flags.inc. */
typedef struct kr_comparison_config {
#define KR_FLAG_LIST "forecast/comparison_flags.inc"
#include "core/flags.inc"
} kr_comparison_config;

const kr_flag_table *kr__comparison_flags(void);
/* The same as a handle (kr/settings.h). */
kr_status kr__comparison_settings_create(kr_settings **out, kr_error *err);

/* One point of the grid: settings of a run. A model without a state has one case per length and
 * batch. */
typedef struct kr_comparison_case {
    kr_forecast_config config;
    bool has_state; /* the model uses d_state */
} kr_comparison_case;

/* All cases, in the order of the lists. KR_USAGE when a list or a case is not possible; the
 * sentence names the flag. Free *cases with kr_free. */
kr_status kr__comparison_cases(const kr_comparison_config *config, kr_comparison_case **cases,
                               int64_t *n_cases, kr_error *err);
/* Patches per channel. */
int64_t kr__comparison_tokens(const kr_comparison_case *c);

/* The times of a case, in milliseconds per batch. */
typedef struct kr_case_times {
    kr_spread train, inference;
    int64_t n_parameters, steps; /* of a repeat of training */
} kr_case_times;

/* Train and infer on random numbers in this process: `repeats` measurements of `steps` steps each.
 * tell (may be NULL) receives how many of 2 * repeats are done. */
kr_status kr__comparison_time(kr_team *team, const kr_comparison_config *config,
                              const kr_comparison_case *c, void (*tell)(void *arg, int64_t n_done),
                              void *arg, kr_case_times *times, kr_error *err);

/* The number of tokens from which on `b` takes less time than `a`: tokens (n, rising), ms of both.
 * It is interpolated between measurements in logarithms. */
typedef enum kr_crossing_kind {
    KR_CROSSING_NEVER,  /* b is not faster at the longest */
    KR_CROSSING_ALWAYS, /* b is faster at all lengths */
    KR_CROSSING_AT      /* b is faster from tokens on, and slower at the length before */
} kr_crossing_kind;
typedef struct kr_crossing {
    kr_crossing_kind kind;
    double tokens; /* for KR_CROSSING_AT */
} kr_crossing;
kr_crossing kr__comparison_crossing(const double *tokens, const double *a, const double *b,
                                    int64_t n);

/* y = factor * x^slope by least squares in logarithms, n >= 2 different x, all above 0. */
typedef struct kr_power_law {
    double factor, slope;
} kr_power_law;
kr_power_law kr__power_law_fit(const double *x, const double *y, int64_t n);

KR_END_DECLS

#endif
