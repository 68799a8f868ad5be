/* SPDX-License-Identifier: MIT
 * fit_command.h - what the parts of `krait fit` share: the request, the console, the files. */
#ifndef KRAIT_FIT_COMMAND_H
#define KRAIT_FIT_COMMAND_H

#include <stdio.h>

#include "forecast/fit_results.h"
#include "framework/command.h"
#include "framework/progress.h"

enum { FIT_PATH = 2 * KR_FLAG_TEXT };

typedef struct fit_request {
    command_call call;
    kr_fit_config config;
    const char *path;
} fit_request;

/* ---- fit_console.c ------------------------------------------------------------------------ */

typedef struct fit_console {
    const fit_request *request;
    double started; /* kr__time_now() */
    FILE *out;      /* NULL: quiet */
    progress_line progress;
    int64_t progress_epoch;
    const char *progress_text; /* of validation or test; NULL: an epoch */
    char last_note[256];       /* each model opens the rows and has the same notes */
    char model[32];
    int index, n_models;
} fit_console;

/* What is said of a table beside the look at it. */
typedef struct fit_look_words {
    const char *path;
    const char *known_future; /* columns; empty: none */
    const char *gaps;         /* how they are filled; NULL: they are left as they are */
} fit_look_words;
/* out NULL: quiet. */
void fit_print_look(FILE *out, const fit_look_words *words, const kr_fit_look *look);
void fit_print_plan(fit_console *console, const kr_fit_plan *plan);
/* The observer of kr_fit_run() that prints a row for each model and draws a bar; it points to
 * console. */
kr_fit_observer fit_observe(fit_console *console);

/* ---- fit_comparison.c --------------------------------------------------------------------- */

kr_status fit_draw_comparison(const kr__fit_result *result, const char *path, kr_error *err);

/* ---- fit_table.c -------------------------------------------------------------------------- */

kr_status fit_read_rows(const kr_fit_config *config, const char *path, kr_rows **out,
                        kr_error *err);

/* ---- fit_forecast.c ----------------------------------------------------------------------- */

/* forecast.csv and forecast.png: the steps after the last row, by the model that was chosen. rows
 * are those that data were opened from. */
kr_status fit_forecast(const fit_request *request, const kr_rows *rows,
                       const kr__fit_held_out *held, kr_error *err);

/* ---- fit_files.c -------------------------------------------------------------------------- */

/* model.safetensors, comparison.csv, comparison.png; *json is the content of fit.json; free it with
 * kr_free. */
kr_status fit_write_files(const fit_request *request, const kr_fit *fit, char **json,
                          kr_error *err);
/* The path of a file in the folder. Returns path. */
const char *fit_path(const fit_request *request, const char *name, char path[FIT_PATH]);

#endif
