/* SPDX-License-Identifier: MIT
 * fit_internal.h - one fit while it runs: shared by fit.c, fit_learn.c, fit_tune.c and fit_time.c.
 */
#ifndef KR_FIT_INTERNAL_H
#define KR_FIT_INTERNAL_H

#include "forecast/fitting.h"

typedef struct kr__fitting {
    kr_team *team;
    const kr_fit_config *config;
    const kr_fit_plan *plan;
    const kr_rows *rows; /* as they were read */
    const kr_fit_data *data;
    const kr_fit_options *options;
    kr__fit_result *result;
    double deadline; /* kr__time_now(); 0: none */
    bool is_stopped; /* on request, and what is done is kept */
    char loss[16];   /* of learned models; empty: none of them has tried several yet */
} kr__fitting;

/* ---- learned models: fit_learn.c -------------------------------------------------------- */

/* Settings of a learned candidate, with the number of steps that its size allows. */
kr_status kr__fit_settings(const kr__fitting *f, kr__fit_candidate *c, kr_forecast_config *out,
                           kr_error *err);
/* Seconds of a step by each loss that candidate i, which has its steps, tries, added up. */
kr_status kr__fit_step_of_losses(const kr__fitting *f, int i, const kr_forecast_config *config,
                                 double *seconds, kr_error *err);
/* How many steps take as long as a validation, and as the windows of the past: a third of one for
 * each batch. */
double kr__fit_validation_steps(const kr__fitting *f);
double kr__fit_past_steps(const kr__fitting *f);
/* As many of the candidate's steps as fit into the time beside validation and the past, so that the
 * schedule's rate comes down in it: a quarter of it at least; fewer epochs where validation would
 * take more than half. Infinity: config stays. A config without validation, which val_rows tells,
 * forecasts no past, either. */
void kr__fit_keep_to(const kr__fitting *f, const kr__fit_candidate *c, double seconds,
                     kr_forecast_config *config);
/* Would candidate i, a learned one, not even get a few steps, a validation and the past into its
 * time? */
bool kr__fit_is_too_slow(const kr__fitting *f, int i);
/* Train candidate i, in so many seconds at most, and let it forecast the past. */
kr_status kr__fit_learned(kr__fitting *f, int i, double seconds, kr_error *err);
/* The same model anew from all rows, into result->model. */
kr_status kr__fit_refit(const kr__fitting *f, kr__fit_candidate *c, double seconds, kr_error *err);

/* ---- the zero-shot model, tuned: fit_tune.c ------------------------------------------------ */

/* What its training takes, by a few steps of it. */
kr_status kr__fit_expect_tuning(const kr__fitting *f, kr__fit_candidate *c, kr_error *err);
/* Is there time for a training that changes anything? */
bool kr__fit_can_tune(const kr__fit_candidate *c, double seconds);
/* Train it with what lies before the windows of the past, in so many seconds at most, and let it
 * forecast these. */
kr_status kr__fit_tuned(const kr__fitting *f, kr__fit_candidate *c, double seconds, kr_error *err);
/* If it was chosen: train it with all rows, if so many seconds are enough, and give it to
 * result->model. */
kr_status kr__fit_keep_tuned(kr__fitting *f, double seconds, kr_error *err);

/* ---- no past: fit_zeroshot.c ------------------------------------------------------------ */

/* The result without a comparison; the model is still to be made. */
kr_status kr__fit_run_zeroshot(kr__fitting *f, kr_error *err);

/* ---- time: fit_time.c ------------------------------------------------------------------- */

/* Fill in what each candidate takes, from a few of its windows and steps. */
kr_status kr__fit_expect(const kr__fitting *f, kr_error *err);
/* Seconds of all of it, by these, with the study as it is now. */
double kr__fit_expected(const kr__fitting *f);
/* How many of the windows of the past can be served within the deadline, 0 .. 1. */
double kr__fit_share(const kr__fitting *f);
/* Seconds that candidate i may train, for those after it and the last training train, too; infinity
 * without a deadline. */
double kr__fit_seconds_of(const kr__fitting *f, int i);
/* Is there time to train a learned candidate once more, for a third as long as before at least? */
bool kr__fit_has_time(const kr__fitting *f, const kr__fit_candidate *c);

#endif
