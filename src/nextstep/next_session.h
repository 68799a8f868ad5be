/* SPDX-License-Identifier: MIT
 * next_session.h - what the parts of a training of the next-step model share. */
#ifndef KR_NEXT_SESSION_H
#define KR_NEXT_SESSION_H

#include <kr/mamba.h>
#include <kr/next.h>
#include <kr/pth.h>
#include <kr/tensor_file.h>
#include <kr/torch_random.h>

#include "nextstep/next_objective.h"
#include "train/optimiser.h"

/* Everything that a resumed run needs to go on with the same bits, beside the parameters. */
typedef struct kr_next_state {
    int64_t epoch;        /* the epoch in work, from 1 */
    int64_t step;         /* steps of it that are done */
    int64_t global_step;  /* of all epochs; numbers the draws */
    double loss_sum;      /* of this epoch's steps */
    double epoch_seconds; /* of this epoch before the interruption */
    bool is_finished;
    kr_torch_rng order, jitter; /* as they were when this epoch began */
    kr_optimiser optimiser;
    kr_real *best; /* parameters of the best validation loss */
    double best_validation;
    int64_t best_epoch; /* 0: none yet */
    kr_next_epoch *records;
    int64_t n_records;
} kr_next_state;

typedef struct kr_next_session {
    kr_team *team;
    const kr_next_config *config;
    const kr_next_observer *observer;
    kr_series *series;
    kr_next_objective objective;
    kr_engine *engine;
    int64_t n_windows, n_train;
    int64_t *windows; /* as split: n_train that train, then those that validate */
    int64_t n_gates;
    char resume_path[KR_FLAG_TEXT + 40];
    kr_next_state state;
    double *step_seconds;
    int64_t n_timed, max_timed, trained_steps; /* trained_steps: of windows, in this process */
    double train_pass_seconds, train_seconds;
} kr_next_session;

void kr__next_tell(const kr_next_session *s, kr_next_event event);

/* Train until done or interrupted (KR_INTERRUPTED, saved); then the parameters are the best ones.
 * next_train.c */
kr_status kr__next_train(kr_next_session *s, kr_error *err);
/* Mean of the batches' mean losses over the windows that validate, in order. next_train.c */
kr_status kr__next_validate(kr_next_session *s, kr_torch_rng *jitter, double *loss, kr_error *err);
/* Forecasts one step ahead of windows that start at starts[0 .. n-1]: (n, seq_len, n_features). */
void kr__next_forecast(kr_next_session *s, const int64_t *starts, int64_t n, float *pred);

/* next_state.c: the file that --resume reads. */
kr_status kr__next_state_save(kr_next_session *s, kr_error *err);
kr_status kr__next_state_resume(kr_next_session *s, kr_error *err);

/* Is this a parameter of the gates, x_proj and dt_proj? next.c */
bool kr__next_is_gate(const char *name);

/* The model file: next_file.c reads, next_write.c writes. */

/* The shape of the model in a file, from its tensors. */
kr_status kr__next_file_config(const kr_tensor_file *file, kr_next_model_config *config,
                               kr_error *err);
/* A model out of an open file. next_open.c */
kr_status kr__next_open(kr_tensor_file *file, kr_mamba **out, kr_error *err);
kr_status kr__next_file_load(kr_tensor_file *file, kr_params *params, kr_error *err);
/* The best parameters and what belongs to them, under config->checkpoint. */
kr_status kr__next_file_save(kr_next_session *s, const kr_next_epoch *record, kr_error *err);
/* All settings as entries of the dictionary that is open; a text that is empty is None, as the
 * original's --eval. */
void kr__next_put_settings(kr_pth_writer *w, const kr_next_config *config);

#endif
