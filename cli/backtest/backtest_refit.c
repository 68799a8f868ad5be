/* SPDX-License-Identifier: MIT
 * backtest_refit.c - a backtest whose models are trained again on the rows before each origin. */
#include <inttypes.h>
#include <string.h>

#include "backtest/backtest_command.h"
#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecast_config.h"
#include "framework/program.h"
#include "framework/progress.h"
#include "framework/train_and_test.h"
#include "framework/trained_model.h"

enum {
    VALIDATES = 8 /* one row in so many is for validation */,
    UNITS = 1000 /* of the bar, per training */
};

/* One training at a time. */
typedef struct refit {
    backtest *b;
    kr_forecast_config *config;
    kr_rows *rows; /* of the data file */
    int64_t n_trainings, n_done;
    progress_line progress;
} refit;

/* ---- the parts ------------------------------------------------------------------------------ */

static int64_t count_validation(const backtest *b, int64_t n_rows) {
    int64_t n = n_rows / VALIDATES;
    return n > b->pred_len ? n : b->pred_len;
}

int64_t backtest_refit_needs(const backtest *b) {
    int64_t window = kr_forecaster_info_of(b->model)->seq_len + b->pred_len,
            n = window + b->pred_len;
    while (n - count_validation(b, n) < window) n++;
    return n;
}

/* ---- the settings --------------------------------------------------------------------------- */

static kr_status leave_out_columns(const backtest *b, kr_forecast_config *config, kr_error *err) {
    const kr_history *h = b->history;
    for (int64_t i = 0; i < h->n_ignored; i++) {
        size_t used = strlen(config->drop_columns), size = sizeof config->drop_columns - used;
        int n =
            snprintf(config->drop_columns + used, size, "%s%s", used > 0 ? "," : "", h->ignored[i]);
        if ((size_t)n < size) continue;
        return kr_fail(
            err, KR_USAGE,
            "%s: --refit leaves out columns that the model does not know, but there are too many "
            "of them; remove them from the file",
            h->name);
    }
    return KR_OK;
}

/* The settings of the checkpoint's training, for the rows before the origin of this fold. */
static kr_status set_config(const refit *r, const char *model, int64_t fold, kr_error *err) {
    const backtest *b = r->b;
    const backtest_config *c = &b->request->config;
    kr_forecast_config *config = r->config;
    char name[64];
    int64_t n_rows = b->origins[fold] + 1;
    *config = *kr__forecaster_settings(b->model);
    snprintf(config->model, sizeof config->model, "%s", model);
    snprintf(config->data_path, sizeof config->data_path, "%s", b->request->data);
    snprintf(name, sizeof name, "folds/%" PRId64, fold + 1);
    kr__path_join(c->out, name, config->checkpoints, sizeof config->checkpoints);
    *config->root_path = *config->load = '\0';
    /* Gaps are filled as in the history, so that training and history have the same rows. */
    if (strcmp(config->gaps, "refuse") == 0) {
        snprintf(config->gaps, sizeof config->gaps, "%s", trained_model_gaps(b->model, c->gaps));
    }
    config->threads = c->threads;
    config->is_training = true;
    config->itr = 1;
    config->resume = config->inverse = config->use_dtw = config->profile = false;
    config->val_rows = count_validation(b, n_rows);
    config->train_rows = n_rows - config->val_rows;
    config->test_rows = b->pred_len;
    return leave_out_columns(b, config, err);
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

static bool has_same_columns(const kr_forecaster_info *a, const kr_forecaster_info *b) {
    if (a->n_channels != b->n_channels || a->n_outputs != b->n_outputs) return false;
    for (int64_t c = 0; c < a->n_channels; c++) {
        if (strcmp(a->columns[c], b->columns[c]) != 0) return false;
    }
    return true;
}

static kr_status run_fold(refit *r, backtest_model *m, int64_t fold, kr_error *err) {
    backtest *b = r->b;
    char path[KR_FORECAST_PATH];
    kr_forecaster *predictor = NULL;
    KR_TRY(set_config(r, m->name, fold, err));
    if (!r->rows)
        KR_TRY(kr__forecast_read(program_team(), r->config, &r->rows,
                                 err)); /* the same for all folds */
    KR_TRY(train(r, path, err));
    KR_TRY(kr_forecaster_open(program_team(), path, &predictor, err));
    kr_status status = KR_OK;
    if (!has_same_columns(kr_forecaster_info_of(predictor), kr_forecaster_info_of(b->model))) {
        status = kr_fail(err, KR_FORMAT,
                         "%s: its columns are in another order than in the training data of %s, so "
                         "--refit would train a different model; put them in that order",
                         b->history->name, b->checkpoint);
    }
    if (status == KR_OK && m == &b->models[0] && fold == 0) {
        status = backtest_choose_levels(b, predictor, err);
    }
    if (status == KR_OK) status = backtest_forecast(b, m, predictor, fold, 1, err);
    kr_forecaster_destroy(predictor);
    return status;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static kr_status run_folds(refit *r, backtest_model *m, kr_error *err) {
    for (int64_t i = 0; i < r->b->n_folds; i++) KR_TRY(run_fold(r, m, i, err));
    return KR_OK;
}

/* The model itself, then the simple ones that it is compared with. */
static int list_models(const char *own, const char *names[BACKTEST_TRAINED]) {
    const char *name;
    int n = 0;
    names[n++] = own;
    for (int i = 0; (name = kr_forecast_model_name(i)); i++) {
        bool is_beside = kr_forecast_model_is(name, KR_MODEL_BESIDE_REFIT);
        if (is_beside && strcmp(name, own) != 0 && n < BACKTEST_TRAINED) names[n++] = name;
    }
    return n;
}

kr_status backtest_refit(backtest *b, kr_error *err) {
    const char *names[BACKTEST_TRAINED];
    if (*kr__forecaster_settings(b->model)->local_models) {
        return kr_fail(
            err, KR_USAGE,
            "%s: its models are fitted anew at each origin in any case; leave --refit out",
            b->checkpoint);
    }
    int n = list_models(kr__forecaster_settings(b->model)->model, names);
    refit r = {.b = b, .config = kr__calloc(1, sizeof *r.config), .n_trainings = n * b->n_folds};
    if (!r.config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    progress_start(&r.progress, b->request->call.is_quiet ? NULL : stderr, "training", 0,
                   UNITS * r.n_trainings);
    kr_status status = KR_OK;
    for (int i = 0; i < n && status == KR_OK; i++) {
        backtest_model *m = NULL;
        status = backtest_add_model(b, names[i], &m, err);
        if (status == KR_OK) status = run_folds(&r, m, err);
    }
    progress_clear(&r.progress);
    kr_rows_destroy(r.rows);
    kr_free(r.config);
    return status;
}
