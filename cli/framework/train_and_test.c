/* SPDX-License-Identifier: MIT
 * train_and_test.c - a repetition: create, prepare, train or read, test. */
#include "framework/train_and_test.h"
#include "core/arena.h"
#include "core/platform.h"
#include "core/rank_sharing.h"
#include "forecast/forecast_config.h"

#include <stdio.h>
#include <string.h>

/* ---- the checkpoint --------------------------------------------------------------------- */

static void name_checkpoint(repetition *r) {
    kr__forecast_checkpoint(r->settings, r->number, r->checkpoint, sizeof r->checkpoint);
}

/* The original's: beside ours, with its own ending. */
static void name_original(repetition *r) {
    name_checkpoint(r);
    char *ending = strrchr(r->checkpoint, '.') + 1;
    snprintf(ending, sizeof r->checkpoint - (size_t)(ending - r->checkpoint), "pth");
}

/* Which file a test reads: --load, else the original's, else ours, in the setting's folder. */
static kr_status load_for_test(repetition *r, kr_forecaster *model, kr_error *err) {
    if (*r->settings->load) {
        snprintf(r->checkpoint, sizeof r->checkpoint, "%s", r->settings->load);
    } else {
        name_original(r);
        if (!kr__file_exists(r->checkpoint)) name_checkpoint(r);
        if (!kr__file_exists(r->checkpoint)) {
            return kr_fail(err, KR_IO,
                           "%s: no such checkpoint; train first (--is_training 1) or name a file "
                           "with --load",
                           r->checkpoint);
        }
    }
    return kr_forecaster_load(model, r->checkpoint, err);
}

/* ---- training and test ------------------------------------------------------------------ */

/* Of several repetitions those after the interrupted one have no checkpoint yet: they start. */
static kr_status find_resumed(const repetition *r, bool *resumes, kr_error *err) {
    *resumes = r->settings->resume && kr__file_exists(r->checkpoint);
    if (*resumes || !r->settings->resume || r->number > 0) return KR_OK;
    return kr_fail(err, KR_IO,
                   "%s: no such checkpoint, so there is nothing to go on with; leave --resume out "
                   "to start",
                   r->checkpoint);
}

static kr_status train(repetition *r, kr_forecaster *model, bool learns, kr_error *err) {
    kr_train_options options = {
        .size = sizeof options, .observer = r->observer, .checkpoint = r->checkpoint};
    name_checkpoint(r);
    if (kr__rank_writes(r->team)) KR_TRY(kr__make_folder_of(r->checkpoint, err));
    if (learns && *r->settings->load) {
        KR_TRY(kr_forecaster_load(model, r->settings->load, err));
    }
    if (learns) KR_TRY(find_resumed(r, &options.resumes, err));
    return kr_forecaster_train(model, NULL, &options, err);
}

static kr_status prepare(const repetition *r, kr_forecaster *model, kr_error *err) {
    kr_rows *own = NULL;
    if (!r->rows) KR_TRY(kr__forecast_read(r->team, r->settings, &own, err));
    kr_status status = kr_forecaster_prepare(model, r->rows ? r->rows : own, err);
    kr_rows_destroy(own);
    return status;
}

static kr_status run(repetition *r, kr_forecaster *model, kr_forecast_result **out, kr_error *err) {
    bool learns = kr_forecast_model_is(r->settings->model, KR_MODEL_LEARNS);
    KR_TRY(prepare(r, model, err));
    if (r->settings->is_training) {
        KR_TRY(train(r, model, learns, err));
    } else if (learns) {
        KR_TRY(load_for_test(r, model, err));
    }
    kr_status status = kr_forecaster_score(model, r->observer, out, err);
    if (status != KR_INTERRUPTED || !learns) return status;
    return kr_fail(err, KR_INTERRUPTED,
                   "stopped while testing; the model is in %s; the same command with "
                   "--is_training 0 tests it",
                   r->checkpoint);
}

void name_repetition(repetition *r) {
    kr__forecast_setting(r->settings, r->number, r->setting, sizeof r->setting);
}

kr_status train_and_test(repetition *r, kr_forecast_result **out, kr_error *err) {
    kr_forecaster *model = NULL;
    kr_forecast_config *settings = kr__calloc(1, sizeof *settings);
    if (!settings) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    *settings = *r->settings;
    settings->seed += r->number;
    *r->checkpoint = '\0';
    name_repetition(r);
    kr_status status = kr__forecaster_create(r->team, settings, &model, err);
    if (status == KR_OK) status = run(r, model, out, err);
    kr_forecaster_destroy(model);
    kr_free(settings);
    return status;
}
