/* SPDX-License-Identifier: MIT
 * trainer.h - the only training loop: epochs of steps, validation, the best model, when to stop,
 * what happens on a bad number, and a state from which training continues with the same bits.
 *
 *     sampler --begin_epoch, begin_batch, fetch--> engine --loss, gradient--> optimiser
 *        groups: rates, what is frozen  -----------------------------------------^
 *     after each epoch: measure -> record -> best? -> stop? -> save -> event
 *
 * The client (`krait run`, `krait train`) owns the engine, the samples, the files and all messages.
 * The trainer borrows the engine, which has the initial values of the parameters, and owns the rest
 * of the state: moments, best parameters, records, the place in the training. It knows no path, and
 * by name only the settings that both commands share; what the commands do differently is a
 * function or a value in kr_trainer_config. A step does not allocate.
 *
 * The same seed and sampler give the same bits, however often the training was interrupted. */
#ifndef KR_TRAINER_H
#define KR_TRAINER_H

#include <kr/team.h>
#include <kr/training.h>

#include "core/flags.h"
#include "core/platform.h"
#include "core/real.h"
#include "train/engine.h"
#include "train/entries.h"
#include "train/param_groups.h"

/* ---- what a client provides ------------------------------------------------------------- */

/* Where the samples of the steps come from. */
typedef struct kr_sampler {
    int64_t count; /* samples of an epoch, at least 1 */
    /* Draw the order of an epoch (from 1). Called before its first step, and again when a training
     * is resumed inside it: it must draw the same order. It and the next one may be NULL. */
    void (*begin_epoch)(void *arg, int64_t epoch);
    /* A batch begins at place `first` of the order; `step` numbers it among all of the training. */
    void (*begin_batch)(void *arg, int64_t first, int64_t step);
    /* Write sample i of the batch into its places, as in kr_samples; called by several workers at
     * once. */
    void (*fetch)(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]);
    void *arg;
} kr_sampler;

typedef enum kr_trainer_event_kind {
    KR_TRAINER_STEP,      /* after every step: step of steps, loss, rate, seconds of the epoch */
    KR_TRAINER_NONFINITE, /* text: where; the step was skipped, or the model rolled back */
    KR_TRAINER_EPOCH      /* record, previous_best, stop, next_rate, ending; the state is saved */
} kr_trainer_event_kind;

/* Why a training ends with an epoch. */
typedef enum kr_ending {
    KR_ENDING_NONE,
    KR_ENDING_EPOCHS,
    KR_ENDING_PATIENCE,
    KR_ENDING_TIME
} kr_ending;

typedef struct kr_trainer_event {
    kr_trainer_event_kind kind;
    int64_t epoch, epochs, step, steps;
    double loss, rate, seconds;
    const char *text;
    const kr_epoch_record *record;
    double previous_best; /* validation loss; infinity: there was none */
    const kr_early_stop *stop;
    double next_rate;
    kr_ending ending;
} kr_trainer_event;

/* All but measure may be NULL. */
typedef struct kr_trainer_hooks {
    /* Measure the losses after an epoch and write them into record, which already has epoch,
     * train_loss, rate and seconds. validation_loss decides about the best model, the others are
     * only kept. KR_INTERRUPTED: asked to stop; it is called again when the training is resumed. */
    kr_status (*measure)(void *arg, kr_epoch_record *record, kr_error *err);
    /* Keep the state: after an epoch (its record) and when interrupted (NULL). Of ranks only the
     * first one does. */
    kr_status (*save)(void *arg, const kr_epoch_record *record, kr_error *err);
    void (*event)(void *arg, const kr_trainer_event *event);
    void *arg;
} kr_trainer_hooks;

#define KR_ON_NAN_KINDS "stop|skip|rollback"

typedef struct kr_trainer_config {
    kr_engine *engine;
    kr_sampler sampler;
    kr_trainer_hooks hooks;
    uint64_t data_mark; /* of what the samples are made of: ranks must have the same */
    uint64_t seed;      /* of what is drawn inside the steps */
    int64_t epochs, batch_size;

    const char *optimizer;              /* KR_OPTIMISER_KINDS */
    double weight_decay, gradient_clip; /* clip 0: off */
    /* Above 0: measured and kept as the best are not the parameters of the last step but their
     * running mean, which after step n keeps min(ema, (1 + n) / (10 + n)) of itself. */
    double ema;

    kr_schedule schedule;            /* the rate of all parameters that are in no group */
    const char *freeze, *lr_factors; /* as kr__param_groups_parse(); NULL: none */
    const kr_param_group *groups;    /* of the client, after those of the two texts */
    int n_groups;

    int64_t patience;    /* epochs without a better validation loss; 0: any number */
    bool best_is_strict; /* a loss equal to the best is not better */
    bool keeps_last;     /* there is no validation loss: the last epoch is the best */
    double max_seconds;  /* end training after so many seconds of steps, even within an epoch; 0: no
                            limit */
    /* A loss or gradient that is not finite: stop, KR_NUMERIC; skip: the step does nothing;
     * rollback: moreover the parameters go back to the best so far (to the initial ones when there
     * are none) and the moments to zero. Too many in a row are KR_NUMERIC, too. */
    const char *on_nan;
    double (*now)(void); /* seconds; NULL: kr__time_now() */
} kr_trainer_config;

/* ---- the state -------------------------------------------------------------------------- */

typedef struct kr_training_state {
    int64_t epoch;        /* the current epoch, from 1 */
    int64_t step;         /* steps of it that are done */
    int64_t good_steps;   /* of these, with a finite loss and gradient */
    int64_t global_step;  /* steps of all epochs; it numbers the random draws */
    double loss_sum;      /* of this epoch's good steps */
    double epoch_seconds; /* of this epoch before the interruption */
    kr_early_stop stop;
    int64_t best_epoch; /* 0: none yet */
    kr_optimiser optimiser;
    kr_real *mean; /* of the parameters, with ema; else NULL */
    /* Parameters of the best validation loss; until there is one, the initial ones. When
     * kr__trainer_run() is done these have moved to the engine, and those of the last step are
     * here. */
    kr_real *best;
    kr_epoch_record *records;
    int64_t n_records;
} kr_training_state;

typedef struct kr_trainer kr_trainer;

/* Computes with the team, which must outlive it; borrows the engine and the texts of config.
 * KR_USAGE names a flag whose text is not valid. */
kr_status kr__trainer_create(kr_team *team, const kr_trainer_config *config, kr_trainer **out,
                             kr_error *err);
void kr__trainer_destroy(kr_trainer *trainer);

/* Train to the end; then the engine's parameters are the best ones. KR_INTERRUPTED: a stop was
 * asked for, and the state is saved. KR_NUMERIC: a bad number, or the training gave no model: it
 * had not one good step, or no epoch with a finite validation loss. The sentences name no file; a
 * client adds what is kept. */
kr_status kr__trainer_run(kr_trainer *trainer, kr_error *err);

const kr_training_state *kr__trainer_state(const kr_trainer *trainer);
int64_t kr__trainer_steps(const kr_trainer *trainer); /* of an epoch */
/* Was there a good step: a finite loss and gradient? */
bool kr__trainer_has_learned(const kr_trainer *trainer);
/* The records, to be freed with kr_free. */
kr_epoch_record *kr__trainer_take_records(kr_trainer *trainer, int64_t *n);

/* Of the steps in this process. */
typedef struct kr_trainer_speed {
    double step_ms;       /* median; 0: there were none */
    double samples_per_s; /* over the steps alone */
    double seconds;       /* in kr__trainer_run(), validation included */
} kr_trainer_speed;
kr_trainer_speed kr__trainer_measure_speed(kr_trainer *trainer);

/* ---- saving and resuming, trainer_state.c ----------------------------------------------- */

/*     parameters          the best ones, under their names
 *     training.current    parameter vector of the last step; training.adam_m, training.adam_v
 *     training.mean       running mean of the parameters, with ema
 *     training.records    (epochs, 9)
 *     training.version    "2", and state.*: numbers
 *
 * Views of the trainer's memory: write them before the next step. */
kr_status kr__trainer_list(const kr_trainer *trainer, kr_entries *entries, kr_error *err);
/* Continue from such entries, or from those of a krait before version 2 of the state. The settings
 * must be the same as before (kr__trainer_check_settings); only epochs, patience, max_seconds and
 * on_nan may differ. After a failure the trainer can only be destroyed. */
kr_status kr__trainer_restore(kr_trainer *trainer, const kr_entries *entries, kr_error *err);

/* Are the settings in JSON the same as now, except those that may change (KR_SETTING_FREE) and
 * except_name (may be NULL)? KR_USAGE names the first that differs. */
kr_status kr__trainer_check_settings(const kr_flag_table *table, const char *json, const void *now,
                                     const char *except_name, kr_error *err);

#endif
