/* SPDX-License-Identifier: MIT
 * run.h - what the parts of `krait run` share: the request, the views, the files. */
#ifndef KRAIT_RUN_H
#define KRAIT_RUN_H

#include <stdio.h>

#include "core/platform.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "framework/command.h"
#include "framework/json_numbers.h"
#include "framework/progress.h"
#include "framework/train_and_test.h"

enum { RUN_PATH_SIZE = 2 * KR_FORECAST_TEXT + 64 };

/* What the command line asks for. */
typedef struct run_request {
    command_call call;
    kr_forecast_config config;
    repetition now; /* the current one */
} run_request;

/* ---- run_options.c ---------------------------------------------------------------------- */

extern settings run_settings;
/* For the command's row: --list_presets, --preset, and flags that contradict each other. */
kr_status run_read_preset(void *request, kr_error *err);
kr_status run_check(void *request, kr_error *err);
/* Flags of the run that have no effect beside the others. */
void run_list_unused(const void *request, unused_flags *unused);
/* "etth1-96|..", for the choices of --preset. */
const char *run_preset_choices(void);
/* The given --preset, NULL where there is none. KR_USAGE for an unknown one. */
kr_status run_preset_find(const settings_given *given, const kr_preset **out, kr_error *err);
/* Its settings into config, with those of the given model; without a preset: does nothing. */
kr_status run_preset_apply(const settings_given *given, kr_forecast_config *config, kr_error *err);

/* ---- views: run_console.c, run_terminal.c ------------------------------------------------ */

/* How a run shows itself: like the original on a pipe, with a table and a bar on a terminal. */
typedef struct run_view {
    const struct run_view_kind *kind;
    const run_request *request;
    FILE *out; /* stdout, or stderr with --json */

    /* run_console.c */
    double last_time, train_seconds, last_rate;
    int64_t n_iterations;

    /* run_terminal.c */
    progress_line progress;
    kr_forecast_event epoch; /* the row to be printed */
    int64_t windows[KR_SPLITS], n_parameters, progress_epoch;
    bool has_header;
    const char *progress_text;
} run_view;

typedef struct run_view_kind {
    void (*begin)(run_view *view); /* before the first repetition */
    void (*event)(run_view *view, const kr_forecast_event *event);
    void (*result)(run_view *view, const kr_forecast_result *result); /* files are written */
    void (*note)(run_view *view, const char *line);
    void (*end)(run_view *view, bool is_done); /* also after a failure */
} run_view_kind;

extern const run_view_kind run_view_plain, run_view_terminal, run_view_quiet;

/* "mse:0.357, mae:0.390, dtw:Not calculated" as the original prints it. Returns text. */
const char *run_headline(const run_request *request, const kr_forecast_result *result, char *text,
                         size_t size);
/* The metrics that the original would print: in original units with --inverse. */
const kr_metrics *run_printed_metrics(const run_request *request, const kr_forecast_result *result);

/* ---- files: run_json.c, run_report.c, run_figures.c -------------------------------------- */

/* {results}/{setting} into path. */
void run_result_folder(const run_request *request, const char *setting, char *path, size_t size);
/* Take the folder, which may be somebody else's, and try to write there, before hours of training.
 */
kr_status run_report_probe(const run_request *request, const char *setting, kr_error *err);
/* Write all files of one repetition, which started at that kr__time_now(); *json is the text of
 * metrics.json, to be freed with kr_free. */
kr_status run_report_write(const run_request *request, const kr_forecast_result *result,
                           double started, char **json, kr_error *err);
kr_status run_json_print(const run_request *request, const kr_forecast_result *result,
                         double started, char **json, kr_error *err);
/* Add "series" for a panel: the errors of each, and the means that M4 reports; adds nothing for a
 * single series. False when out of memory. run_series.c */
struct cJSON;
bool run_series_add_json(struct cJSON *object, const kr_forecast_result *result);
/* The pictures of one repetition, into {folder}/figures. */
kr_status run_figures_write(const run_request *request, const kr_forecast_result *result,
                            const char *folder, kr_error *err);

/* ---- run_intervals.c --------------------------------------------------------------------- */

bool run_intervals_add_json(struct cJSON *object, const kr_forecast_result *result);
void run_intervals_print(FILE *out, const kr_forecast_result *result);

/* ---- run_summary.c ---------------------------------------------------------------------- */

/* What is kept of a repetition for the summary. */
typedef struct run_outcome {
    uint64_t seed;
    kr_metrics scaled, original;
    double best_validation_loss, step_ms, seconds;
    int64_t n_epochs;
    char setting[KR_FORECAST_TEXT];
} run_outcome;

/* Mean and standard deviation (by n - 1) of n outcomes: a table on out, summary.json; *json as
 * above. */
void run_summary_print(const run_request *request, const run_outcome *outcomes, int64_t n,
                       FILE *out);
kr_status run_summary_write(const run_request *request, const run_outcome *outcomes, int64_t n,
                            char **json, kr_error *err);

#endif
