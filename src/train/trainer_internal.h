/* SPDX-License-Identifier: MIT
 * trainer_internal.h - what the trainer's files share. */
#ifndef KR_TRAINER_INTERNAL_H
#define KR_TRAINER_INTERNAL_H

#include "train/trainer.h"

struct kr_trainer {
    kr_team *team;
    kr_trainer_config config;
    kr_params *params; /* the engine's */
    kr_param_groups groups;
    int *group_of; /* by parameter */
    kr_rate_span *spans;
    int n_spans;
    bool clears_gradients;
    int64_t n_steps; /* of an epoch */
    kr_training_state state;
    bool is_finished;
    bool shows_best; /* the run has ended: parameters and state.best have changed places */

    /* Of this process. */
    double rate, started; /* of the current epoch */
    int64_t n_bad;        /* bad steps in a row */
    char first_fault[512];
    double *step_seconds;
    int64_t n_timed, max_timed, n_samples;
    double pass_seconds, run_seconds;
};

/* Has the training ended with the epochs done so far, and why? trainer.c */
kr_ending kr__trainer_find_ending(const kr_trainer *trainer);

/* Records as rows of numbers: epoch_record.c. */
enum { KR_RECORD_FIELDS = 9 };
void kr__records_pack(const kr_epoch_record *records, int64_t n, double *out);
/* How many records such an array holds, in today's layout or one of the two older ones; -1: it has
 * none of them, or its epochs are not 1, 2, .. */
int64_t kr__records_count(const kr_array *array);
/* Unpack all of them. What an older layout lacks is NaN, or is computed again: is_best, with
 * is_strict as in kr_early_stop. */
void kr__records_unpack(const kr_array *array, bool is_strict, kr_epoch_record *records);

#endif
