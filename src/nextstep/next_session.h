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
#include "train/trainer.h"

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
    kr_torch_rng order, jitter; /* as the epoch in work began */
    kr_trainer *trainer;        /* NULL: a model is validated alone */
    bool has_model;   /* this training has written config->checkpoint, or goes on from there */
    double eval_loss; /* of --eval */
} kr_next_session;

void kr__next_tell(const kr_next_session *s, kr_next_event event);

/* Make s->trainer and train until done or interrupted (KR_INTERRUPTED, saved); then the parameters
 * are the best ones. next_train.c */
kr_status kr__next_train(kr_next_session *s, kr_error *err);
/* The rate of each epoch; of the gates a group of its own. next_train.c */
kr_schedule kr__next_schedule(const kr_next_config *config);
/* Mean of the batches' mean losses over the windows that validate, in order. next_train.c */
kr_status kr__next_validate(kr_next_session *s, kr_torch_rng *jitter, double *loss, kr_error *err);
/* Forecasts one step ahead of windows that start at starts[0 .. n-1]: (n, seq_len, n_features). */
void kr__next_forecast(kr_next_session *s, const int64_t *starts, int64_t n, float *pred);

/* next_state.c: the file that --resume reads, and s->trainer brought to where it was left. */
kr_status kr__next_state_save(const kr_next_session *s, kr_error *err);
kr_status kr__next_state_resume(kr_next_session *s, kr_error *err);

/* The parameters of the gates, x_proj and dt_proj, by parts of their names. */
#define KR_NEXT_GATES ".mamba.x_proj.,.mamba.dt_proj."
/* Is this one of them? next.c */
bool kr__next_is_gate(const char *name);

/* The model file: next_file.c reads, next_write.c writes. */

/* The shape of the model in a file, from its tensors. */
kr_status kr__next_file_config(const kr_tensor_file *file, kr_next_model_config *config,
                               kr_error *err);
/* A model out of an open file. next_open.c */
kr_status kr__next_open(kr_tensor_file *file, kr_mamba **out, kr_error *err);
kr_status kr__next_file_load(kr_tensor_file *file, kr_params *params, kr_error *err);
/* The best parameters and what belongs to them, under config->checkpoint. */
kr_status kr__next_file_save(kr_next_session *s, const kr_epoch_record *record, kr_error *err);
/* All settings as entries of the dictionary that is open; a text that is empty is None, as the
 * original's --eval. */
void kr__next_put_settings(kr_pth_writer *w, const kr_next_config *config);

#endif
