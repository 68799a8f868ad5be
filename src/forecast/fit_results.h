/* SPDX-License-Identifier: MIT
 * fit_results.h - what a fit found as files: numbers of its past, tables, an object. */
#ifndef KR_FIT_RESULTS_H
#define KR_FIT_RESULTS_H

#include <stdio.h>

#include "core/json.h"
#include "forecast/fitting.h"

/* ---- how far off it was: fit_residuals.c ------------------------------------------------------
 */

/* Mean absolute errors by forecast step (horizon), in the scale of the targets, on the windows that
 * judge, or that choose where there are no others; NaN: none. */
void kr__fit_measure_steps(const kr__study *study, const kr__study_forecasts *f, double *errors);
/* A member "residuals" of object; false: out of memory. */
bool kr__fit_add_residuals(cJSON *object, const kr__fit_result *result);

/* ---- fit_held_out.c ----------------------------------------------------------------------- */

/* The last held-out window of every column of every series. */
typedef struct kr__fit_held_out {
    const kr_fit_data *data;
    const kr__fit_result *result;
    bool are_days; /* all rows are at midnight */
    kr__relative_errors errors;
} kr__fit_held_out;

/* In original units; a bound for each of the result's levels. */
typedef struct kr__fit_held_step {
    double truth, forecast, lower[KR_LEVELS_MAX], upper[KR_LEVELS_MAX];
} kr__fit_held_step;

kr_status kr__fit_held_out_init(kr__fit_held_out *h, const kr_fit_data *data,
                                const kr__fit_result *result, kr_error *err);
void kr__fit_held_out_deinit(kr__fit_held_out *h);
/* Which window of the study it is: the last one that has a truth for most of its steps, which is
 * one for the verdict where there are such; -1: the series is too short for any, or for the model.
 */
int64_t kr__fit_held_out_window(const kr__fit_held_out *h, int64_t target);
/* out (horizon) */
void kr__fit_held_out_steps(const kr__fit_held_out *h, int64_t window, kr__fit_held_step *out);
/* held_out.csv */
kr_status kr__fit_held_out_write(const kr__fit_held_out *h, const char *path, kr_error *err);

/* ---- fit_tables.c ------------------------------------------------------------------------- */

/* comparison.csv: the errors of each model. */
kr_status kr__fit_write_comparison(const kr__fit_result *result, const char *path, kr_error *err);
/* targets.csv: those of each column of each series; nothing where there is no rule of thumb. */
kr_status kr__fit_write_targets(const kr_fit *fit, const char *path, kr_error *err);

/* ---- fit_json.c --------------------------------------------------------------------------- */

/* fit.json. Texts may be NULL: they are left out. NULL: out of memory. */
typedef struct kr__fit_names {
    const char *command, *path, *checkpoint;
} kr__fit_names;
cJSON *kr__fit_json(const kr_fit *fit, const kr__fit_names *names);

#endif
