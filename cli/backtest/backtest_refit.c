/* SPDX-License-Identifier: MIT
 * backtest_refit.c - a backtest whose models are trained again on the rows before each origin. */
#include <inttypes.h>
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "forecast/forecaster_internal.h"
#include "framework/program.h"
#include "framework/progress.h"
#include "framework/train_and_test.h"
#include "framework/trained_model.h"

enum { UNITS = 1000 /* of the bar, per training */ };

/* One training at a time. */
typedef struct refit {
    backtest *b;
    kr_forecast_config *config;
    kr_rows *rows; /* of the data file */
    int64_t n_trainings, n_done;
    progress_line progress;
} refit;

/* ---- intervals ----------------------------------------------------------------------------- */

kr_status backtest_choose_levels(backtest *b, const kr_forecaster *predictor, kr_error *err) {
    const backtest_request *r = b->request;
    double levels[KR_LEVELS_MAX];
    int n = 0;
    KR_TRY(trained_model_levels(predictor, b->checkpoint, r->config.levels, &r->call.given,
                                r->call.is_quiet, levels, &n, err));
    return kr_backtest_set_levels(b->run, n, levels, err);
}

/* ---- the settings --------------------------------------------------------------------------- */

/* Those of a training on the rows before the origin of this fold, with its file and folder. */
static kr_status set_config(const refit *r, const char *model, int64_t fold, kr_error *err) {
    const backtest *b = r->b;
    const backtest_config *c = &b->request->config;
    kr_forecast_config *config = r->config;
    char name[64];
    KR_TRY(kr__backtest_refit_config(b->run, fold, config, err));
    snprintf(config->model, sizeof config->model, "%s", model);
    snprintf(config->data_path, sizeof config->data_path, "%s", b->request->data);
    snprintf(name, sizeof name, "folds/%" PRId64, fold + 1);
    kr__path_join(c->out, name, config->checkpoints, sizeof config->checkpoints);
    *config->root_path = '\0';
    /* Gaps are filled as in the history, so that training and history have the same rows. */
    if (strcmp(config->gaps, "refuse") == 0) {
        snprintf(config->gaps, sizeof config->gaps, "%s", trained_model_gaps(b->model, c->gaps));
    }
    config->threads = c->threads;
    return KR_OK;
}

/* ---- a training ----------------------------------------------------------------------------- */

static void see_event(void *arg, const kr_forecast_event *e) {
    refit *r = arg;
    if (e->kind != KR_EVENT_STEP) return;
    double epochs = (double)(e->epoch - 1) + (double)e->step / (double)e->steps;
    char note[96];
    snprintf(note, sizeof note, "%.40s, epoch %" PRId64 "/%" PRId64, r->config->model, e->epoch,
             e->epochs);
    progress_update(&r->progress, UNITS * r->n_done + (int64_t)(UNITS * epochs / (double)e->epochs),
                    note);
}

static bool is_trained(const refit *r) {
    char path[KR_FORECAST_PATH];
    return kr__file_exists(kr__forecast_checkpoint(r->config, 0, path, sizeof path));
}

/* The path of the fold's checkpoint. */
static kr_status train(refit *r, char path[KR_FORECAST_PATH], kr_error *err) {
    const kr_forecast_observer observer = {see_event, r};
    kr_forecast_result *result = NULL;
    repetition run = {
        .team = program_team(), .settings = r->config, .rows = r->rows, .observer = &observer};
    r->config->resume = r->b->request->resumes && is_trained(r);
    kr_status status = train_and_test(&run, &result, err);
    if (status == KR_INTERRUPTED) {
        return kr_fail(err, status,
                       "stopped; %" PRId64 " of %" PRId64
                       " trainings are done, all is kept in %s; the same command with --resume "
                       "continues",
                       r->n_done, r->n_trainings, r->b->request->config.out);
    }
    KR_TRY(status);
    memcpy(path, run.checkpoint, sizeof run.checkpoint);
    kr_forecast_result_destroy(result);
    r->n_done++;
    return KR_OK;
}

static kr_status forecast_fold(refit *r, int model, int64_t fold, const char *path, kr_error *err) {
    backtest *b = r->b;
    kr_forecaster *predictor = NULL;
    KR_TRY(kr_forecaster_open(program_team(), path, &predictor, err));
    kr_status status = KR_OK;
    if (model == 0 && fold == 0) status = backtest_choose_levels(b, predictor, err);
    if (status == KR_OK) {
        status = kr_backtest_forecast(b->run, model, predictor, NULL, fold, 1, err);
    }
    kr_forecaster_destroy(predictor);
    return status;
}

static kr_status run_fold(refit *r, int model, int64_t fold, kr_error *err) {
    char path[KR_FORECAST_PATH];
    KR_TRY(set_config(r, r->b->run->models[model].name, fold, err));
    if (!r->rows) { /* the same for all folds */
        KR_TRY(kr__forecast_read(program_team(), r->config, &r->rows, err));
    }
    KR_TRY(train(r, path, err));
    return forecast_fold(r, model, fold, path, err);
}

/* ---- all of them ---------------------------------------------------------------------------- */

static kr_status run_folds(refit *r, int model, kr_error *err) {
    for (int64_t i = 0; i < r->b->run->n_folds; i++) KR_TRY(run_fold(r, model, i, err));
    return KR_OK;
}

/* The model itself, then the simple ones that it is compared with. */
static int list_models(const char *own, const char *names[KR__BACKTEST_TRAINED]) {
    const char *name;
    int n = 0;
    names[n++] = own;
    for (int i = 0; (name = kr_forecast_model_name(i)); i++) {
        bool is_beside = kr_forecast_model_is(name, KR_MODEL_BESIDE_REFIT);
        if (is_beside && strcmp(name, own) != 0 && n < KR__BACKTEST_TRAINED) names[n++] = name;
    }
    return n;
}

kr_status backtest_refit(backtest *b, kr_error *err) {
    const char *names[KR__BACKTEST_TRAINED];
    KR_TRY(kr__local_refuse_tuned(b->model, err));
    if (*kr__forecaster_settings(b->model)->local_models) {
        return kr_fail(
            err, KR_USAGE,
            "%s: its models are fitted anew at each origin in any case; leave --refit out",
            b->checkpoint);
    }
    int n = list_models(kr__forecaster_settings(b->model)->model, names);
    refit r = {
        .b = b, .config = kr__calloc(1, sizeof *r.config), .n_trainings = n * b->run->n_folds};
    if (!r.config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    progress_start(&r.progress, b->request->call.is_quiet ? NULL : stderr, "training", 0,
                   UNITS * r.n_trainings);
    kr_status status = KR_OK;
    for (int i = 0; i < n && status == KR_OK; i++) {
        int model = 0;
        status = kr_backtest_add(b->run, names[i], &model, err);
        if (status == KR_OK) status = run_folds(&r, model, err);
    }
    progress_clear(&r.progress);
    if (status == KR_OK) status = kr_backtest_conclude(b->run, err);
    kr_rows_destroy(r.rows);
    kr_free(r.config);
    return status;
}
