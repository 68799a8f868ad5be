/* SPDX-License-Identifier: MIT
 * train.h - what the parts of `krait train` share: the request, the view, the files. */
#ifndef KRAIT_TRAIN_H
#define KRAIT_TRAIN_H

#include <stdio.h>

#include <kr/nextstep.h>
#include <kr/plot.h>

#include "core/flags.h"
#include "core/platform.h"
#include "framework/command.h"
#include "framework/json_numbers.h"
#include "framework/progress.h"

enum { TRAIN_PATH_SIZE = KR_FLAG_TEXT + 64 };

/* Fields named as the flags in nextstep_flags.inc. */
typedef struct train_config {
#define KR_FLAG_LIST "nextstep/nextstep_flags.inc"
#include "core/flags.inc"
} train_config;

/* What the command line asks for. */
typedef struct train_request {
    command_call call;
    train_config config;
} train_request;

enum { TRAIN_SAMPLES = 3 };

/* The result, for the report. */
typedef struct train_result {
    kr_series *series;
    kr_nextstep *model;
    kr_nextstep_report report;
    const kr_epoch_record *epochs; /* n_epochs, of the model */
    int64_t n_epochs;
    /* Windows for pictures: forecasts one step ahead by the best model. */
    int n_samples;
    int64_t sample_start[TRAIN_SAMPLES]; /* first step in series */
    float *pred;                         /* (n_samples, seq_len, n_features) */
} train_result;

/* train_samples.c: fill the samples of a result that has series and model. */
kr_status train_samples(const train_request *request, train_result *result, kr_error *err);

/* ---- train_console.c -------------------------------------------------------------------- */

/* The original's lines; on a terminal a bar below them. */
typedef struct train_view {
    const train_request *request;
    FILE *out; /* stdout, or stderr with --json; NULL with --quiet */
    progress_line progress;
    int64_t bar_epoch; /* which the bar shows */
    bool is_bar_validating, has_header;
    int64_t n_features, n_epochs;
    kr_nextstep_event data; /* of KR_NEXTSTEP_DATA */
} train_view;

void train_view_begin(train_view *view, const train_request *request);
void train_view_event(train_view *view, const kr_nextstep_event *event);
/* kind: "note: ", "warning: ", or "". */
void train_view_note(train_view *view, const char *kind, const char *line);
/* Print "Saved name" on its own line. */
void train_view_saved(train_view *view, const char *name);
void train_view_result(train_view *view, const train_result *result);
void train_view_end(train_view *view);

/* ---- train_report.c --------------------------------------------------------------------- */

/* save_dir/name into path. */
const char *train_path(const train_request *request, const char *name, char path[TRAIN_PATH_SIZE]);
/* Can the files be written? Asked before hours of training. */
kr_status train_report_probe(const train_request *request, kr_error *err);
/* training_log_next.csv and, every 25 epochs, training_loss.png. */
kr_status train_report_epoch(const train_request *request, const kr_epoch_record *records,
                             int64_t n_records, kr_error *err);
/* Figures and train_metrics.json of a run that began at that kr__time_now(); *json is its text, to
 * be freed with kr_free. */
kr_status train_report_write(const train_request *request, train_view *view,
                             const train_result *result, double started, char **json,
                             kr_error *err);

#endif
