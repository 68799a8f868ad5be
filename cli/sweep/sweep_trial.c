/* SPDX-License-Identifier: MIT
 * sweep_trial.c - one trial of a sweep, in a child process: trained until it has enough epochs.
 *
 * It stops as an interrupted run does, so that it can later continue to the full number of epochs,
 * with the schedule and the bits of `krait run`. */
#include <math.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "framework/child.h"
#include "framework/program.h"
#include "framework/train_and_test.h"
#include "sweep/sweep_command.h"

typedef struct watch {
    const sweep_job *job;
    int64_t all_epochs;
    bool is_enough; /* it has had its epochs, and stops */
    sweep_row *row;
} watch;

/* ---- its place -------------------------------------------------------------------------- */

/* The original's folder name does not hold every flag, so each trial gets its own folder.
 */
static void name_folder(const sweep *s, int64_t trial, char *path, size_t size) {
    char name[64];
    snprintf(name, sizeof name, "trials/%04jd", (intmax_t)trial + 1);
    kr__path_join(s->request->folder, name, path, size);
}

static kr_status make_config(const sweep *s, int64_t trial, kr_forecast_config *config,
                             kr_error *err) {
    *config = s->request->base;
    name_folder(s, trial, config->checkpoints, sizeof config->checkpoints);
    return kr__sweep_apply(s->request->axes, s->trials, trial, config, err);
}

const char *sweep_checkpoint(const sweep *s, int64_t trial, char *path, size_t size) {
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    path[0] = '\0';
    if (config && make_config(s, trial, config, NULL) == KR_OK) {
        kr__forecast_checkpoint(config, 0, path, size);
    }
    kr_free(config);
    return path;
}

/* ---- watching it ------------------------------------------------------------------------ */

/* Stop once it has trained `epochs`; the last epoch of a run ends by itself. */
static void stop_when_enough(watch *w, int64_t epochs) {
    w->row->epochs = epochs;
    if (epochs < w->job->epochs || epochs >= w->all_epochs) return;
    w->is_enough = true;
    program_stop();
}

static void see_event(void *arg, const kr_forecast_event *e) {
    watch *w = arg;
    switch (e->kind) {
        case KR_EVENT_STEP: {
            double epochs = (double)(e->epoch - 1) + (double)e->step / (double)e->steps;
            child_tell(epochs / (double)e->epochs);
            break;
        }
        case KR_EVENT_EPOCH:
            w->row->validation = fmin(w->row->validation, e->validation_loss);
            w->row->epochs = e->epoch;
            break;
        case KR_EVENT_RESUMED:
            w->row->validation = isfinite(e->loss) ? e->loss : (double)NAN;
            if (e->step == 0) stop_when_enough(w, e->epoch - 1);
            break;
        case KR_EVENT_RATE: /* of the next epoch: this one is saved */
            stop_when_enough(w, e->epoch - 1);
            break;
        default:
            break;
    }
}

static void keep_result(const kr_forecast_result *r, sweep_row *row) {
    const kr_metrics *m = r->is_original ? &r->original : &r->scaled;
    row->state = SWEEP_DONE;
    row->epochs = r->n_epochs;
    row->validation = r->best_validation_loss;
    row->validation_mse = r->validation.mse;
    row->validation_mae = r->validation.mae;
    row->test_mse = m->mse;
    row->test_mae = m->mae;
}

/* ---- training --------------------------------------------------------------------------- */

static kr_status train(watch *w, kr_forecast_config *config, kr_error *err) {
    const sweep_job *job = w->job;
    char path[SWEEP_PATH];
    kr_forecast_observer observer = {see_event, w};
    kr_forecast_result *result = NULL;
    KR_TRY(make_config(job->sweep, job->trial, config, err));
    w->all_epochs = config->train_epochs;
    config->resume = kr__file_exists(sweep_checkpoint(job->sweep, job->trial, path, sizeof path));
    if (config->resume) *config->load = '\0'; /* it was only the start */
    KR_TRY(program_start(config->threads, NULL, NULL, err));
    bool is_alike = kr__forecast_reads_alike(config, &job->sweep->request->base);
    repetition run = {.team = program_team(),
                      .settings = config,
                      .rows = is_alike ? job->sweep->data : NULL,
                      .observer = &observer};
    kr_status status = train_and_test(&run, &result, err);
    if (status == KR_INTERRUPTED && w->is_enough) return KR_OK;
    KR_TRY(status);
    keep_result(result, w->row);
    kr_forecast_result_destroy(result);
    if (w->row->epochs > 0) return KR_OK;
    return kr_fail(err, KR_NUMERIC, "%s has nothing to train, so it has no validation loss",
                   config->model);
}

kr_status sweep_trial_train(void *arg, void *result, kr_error *err) {
    sweep_row *row = result;
    watch w = {.job = arg, .row = row};
    double started = kr__time_now();
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for a run");
    row->state = SWEEP_OPEN;
    row->validation = row->validation_mse = row->validation_mae = (double)NAN;
    row->test_mse = row->test_mae = (double)NAN;
    kr_status status = train(&w, config, err);
    row->seconds = kr__time_now() - started;
    kr_free(config);
    return status;
}
