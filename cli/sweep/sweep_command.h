/* SPDX-License-Identifier: MIT
 * sweep_command.h - what the parts of `krait sweep` share: the request, what is known of a trial.
 */
#ifndef KRAIT_SWEEP_COMMAND_H
#define KRAIT_SWEEP_COMMAND_H

#include <stdio.h>

#include "core/shard.h"
#include "forecast/forecast_config.h"
#include "forecast/sweep.h"
#include "framework/command.h"
#include "framework/progress.h"

enum { SWEEP_PATH = 2 * KR_FORECAST_TEXT, SWEEP_FOLDER = 384 /* longest --out */ };

/* ---- sweep_request.c ---------------------------------------------------------------------- */

typedef struct sweep_request {
    command_call call;
    kr_forecast_config base; /* of all runs */
    kr_sweep_axis axes[KR_SWEEP_AXES];
    int n_axes;
    bool is_random;
    int64_t n_runs;   /* with is_random */
    int64_t halving;  /* 1: none */
    bool sweeps_loss; /* losses differ in what they measure: the runs are compared by their MSE */
    int64_t jobs;     /* runs at a time */
    kr__shard shard;  /* of the trials, by their numbers */
    const char *folder;
    char own_folder[KR_FLAG_TEXT];
} sweep_request;

extern settings sweep_settings;
/* For the command's row: --preset, its own flags, and flags that contradict each other. */
kr_status sweep_read_preset(void *request, kr_error *err);
kr_status sweep_read_request(void *request, kr_error *err);
void sweep_list_unused(const void *request, unused_flags *unused);
/* The settings of trial as a `krait run` to be pasted; free with kr_free. NULL: no memory. */
char *sweep_run_command(const sweep_request *request, const kr_sweep_trials *trials, int64_t trial);

/* ---- the sweep ---------------------------------------------------------------------------- */

typedef enum sweep_state {
    SWEEP_OPEN,   /* has finished n_rungs, more may come */
    SWEEP_DONE,   /* trained to the end, or stopped early, and tested */
    SWEEP_FAILED, /* why says what happened */
    SWEEP_STATES
} sweep_state;

/* What is known of a trial. Numbers not known are NaN. */
typedef struct sweep_row {
    sweep_state state;
    int64_t n_rungs, epochs;
    double validation; /* the best loss so far */
    /* Of the best parameters, scaled, once they are tested. */
    double validation_mse, validation_mae;
    double test_mse, test_mae, seconds;
    char why[KR_ERROR_TEXT_SIZE];
} sweep_row;

typedef struct sweep {
    const sweep_request *request;
    kr_sweep_trials *trials;
    kr_rows *data; /* which the base settings name; NULL: each trial reads its own */
    kr_sweep_rung rungs[KR_SWEEP_RUNGS];
    int n_rungs;
    sweep_row *rows;          /* one per trial */
    int64_t n_mine;           /* trials of the shard */
    char journal[SWEEP_PATH]; /* path of sweep.jsonl */
    progress_line progress;
    FILE *out; /* NULL: quiet */
} sweep;

/* Is this trial one of the shard's? */
static inline bool sweep_is_mine(const sweep *s, int64_t trial) {
    return kr__shard_has_number(&s->request->shard, trial);
}

/* ---- sweep_trial.c: one trial, in a child -------------------------------------------------- */

typedef struct sweep_job {
    const sweep *sweep;
    int64_t trial, epochs; /* train until it has had so many */
} sweep_job;

/* child_fn: arg is a sweep_job, result a sweep_row without n_rungs. Reports its share of the epochs
 * of a whole run. Continues from the trial's checkpoint if there is one. */
kr_status sweep_trial_train(void *arg, void *result, kr_error *err);
/* The checkpoint of a trial. Returns path. */
const char *sweep_checkpoint(const sweep *s, int64_t trial, char *path, size_t size);

/* ---- sweep_pool.c: all trials -------------------------------------------------------------- */

/* Trains what the journal does not have yet. KR_INTERRUPTED; the sentence says how to continue. */
kr_status sweep_train_all(sweep *s, kr_error *err);

/* ---- sweep_journal.c: what is known, on disk ------------------------------------------------ */

/* Opens the journal of the request's folder, or starts it, and fills the rows from it. KR_USAGE
 * when it belongs to other settings. */
kr_status sweep_journal_open(sweep *s, kr_error *err);
/* The same in a folder that is there and that nobody else writes to. */
kr_status sweep_journal_load(sweep *s, kr_error *err);
kr_status sweep_journal_add(const sweep *s, int64_t trial, kr_error *err);
/* After a failure: a plan of which nothing was begun is no reason to refuse another one. */
void sweep_journal_forget(const sweep *s);

/* ---- sweep_table.c ------------------------------------------------------------------------- */

/* What a trial is judged by: its validation loss, or, where that measures different things, its
 * validation MSE. NaN: not known. The best loss of a trial so far never grows, so those with more
 * epochs stay before those that they beat. */
double sweep_error(const sweep *s, const sweep_row *row);
/* "validation loss" or "validation MSE". */
const char *sweep_error_name(const sweep *s);
/* The trials of the shard in their order, n_mine; returns their number. */
int64_t sweep_list(const sweep *s, int64_t *order);
/* n trials in place from the best to the worst, failed ones last. */
void sweep_rank(const sweep *s, int64_t *order, int64_t n);
void sweep_print_header(const sweep *s, FILE *out);
void sweep_print_row(const sweep *s, int64_t trial, FILE *out);
/* The best rows, and the best settings as a command. */
void sweep_print_table(const sweep *s, const int64_t *order, FILE *out);
kr_status sweep_write_csv(const sweep *s, const int64_t *order, const char *path, kr_error *err);
/* Text of the object, to be freed with kr_free. */
kr_status sweep_to_json(const sweep *s, const int64_t *order, char **json, kr_error *err);

/* ---- sweep_figure.c ------------------------------------------------------------------------ */

/* The errors against the values of each axis. */
kr_status sweep_draw(const sweep *s, const char *path, kr_error *err);

#endif
