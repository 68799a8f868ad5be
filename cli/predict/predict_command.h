/* SPDX-License-Identifier: MIT
 * predict_command.h - what the parts of `krait predict` share. */
#ifndef KRAIT_PREDICT_COMMAND_H
#define KRAIT_PREDICT_COMMAND_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include <kr/figures.h>
#include <kr/forecaster.h>

#include "core/datetime.h"
#include "core/flags.h"
#include "framework/command.h"
#include "framework/input_lines.h"

/* Fields named as the flags in predict_flags.inc. */
typedef struct predict_config {
#define KR_FLAG_LIST "predict/predict_flags.inc"
#include "core/flags.inc"
} predict_config;

typedef struct predict_job predict_job;

/* Is shown a forecast and what it was made from, job->history, before both are gone. */
typedef struct predict_watcher {
    kr_status (*see)(void *arg, const predict_job *job, const kr_prediction *p, kr_error *err);
    void *arg;
} predict_watcher;

/* Standard input, of which the first lines were read. */
typedef struct predict_input {
    input_lines lines;
    char *header; /* with its end */
} predict_input;

typedef struct predict_request {
    command_call call;
    predict_config config;
    const char *data;    /* NULL: rows come from standard input alone */
    const kr_rows *rows; /* those of data where they are already read; NULL: read them */
    bool is_stream;
    /* A model that is open already, and what sentences call it; NULL: --checkpoint names one. It
     * takes gaps as such. */
    kr_forecaster *model;
    const char *model_name;
    bool has_quantiles;      /* bounds are told as quantiles, q10 .. q90, in place of levels */
    predict_input *input;    /* of a stream that was begun; NULL: it begins with its header */
    predict_watcher watcher; /* of each series' forecast; all zero: nobody */
} predict_request;

/* An open model, and what it is asked for. */
struct predict_job {
    const predict_request *request;
    const char *checkpoint; /* the file */
    kr_forecaster *model;
    kr_history *history; /* NULL: none yet */
    double levels[KR_LEVELS_MAX];
    kr_predict_options options;
    FILE *words; /* for text that people read: standard output unless results go there */
};

/* The whole command, once its flags are read. cmd_predict.c */
kr_status predict_run(const predict_request *request, kr_error *err);

/* How tables are read, by the flags. predict_reading.c */
kr_rows_options predict_reading(const predict_config *config);

/* predict_origins.c. The row of the job's history that --at names; without --at the last one. */
kr_status predict_find_at(const predict_job *job, int64_t *row, kr_error *err);
/* All rows to forecast from, to be freed with kr_free: one, or with --every many. */
kr_status predict_choose_origins(const predict_job *job, int64_t **origins, int64_t *n,
                                 kr_error *err);
/* predict_panel.c: a forecast for every series of a panel. */
kr_status predict_panel(predict_job *job, kr_error *err);
/* predict_stream.c: rows from standard input, a forecast for each. _begin reads the header; there
 * is none when a signal asked to stop. */
kr_status predict_input_begin(predict_input *input, kr_error *err);
void predict_input_deinit(predict_input *input);
/* The next line that is not empty. */
kr_status predict_input_next(input_lines *lines, bool *has_one, kr_error *err);
kr_status predict_stream(predict_job *job, kr_error *err);

/* predict_write.c. KR_USAGE, with a sentence, for endings that are not known; "-" is CSV. */
kr_status predict_check_out(const char *path, kr_error *err);
/* With --shard: a table with its note, which krait merge can join. */
kr_status predict_check_shard(const char *shard, const char *path, bool is_stream, kr_error *err);
kr_status predict_write(const predict_job *job, const kr_prediction *p, kr_error *err);
/* One row per step; has_origin: the row that each forecast follows comes first. */
void predict_print_header(const predict_job *job, bool has_origin, FILE *stream);
void predict_print_rows(const predict_job *job, const kr_prediction *p, bool has_origin,
                        FILE *stream);

/* predict_json.c: all forecasts as one object, or one forecast as one line; free with kr_free. Of
 * several series each forecast becomes an item of a list, which _list takes. */
bool predict_add_json(const predict_job *job, const kr_prediction *p, cJSON *list);
kr_status predict_make_json_list(const predict_job *job, cJSON *list, char **json, kr_error *err);
kr_status predict_make_json(const predict_job *job, const kr_prediction *p, char **json,
                            kr_error *err);
kr_status predict_make_line(const predict_job *job, const kr_prediction *p, char **json,
                            kr_error *err);

/* predict_report.c: words about the rows, the forecast, and and its errors where the truth is
 * known. Notes go to standard error. */
void predict_print_model(const predict_job *job);
void predict_print_notes(const predict_job *job);
void predict_print_forecast(const predict_job *job, const kr_prediction *p);

/* Errors of a forecast column over the n steps whose truth is known. */
typedef struct predict_errors {
    int64_t n;
    double mae, rmse;
    double inside[KR_LEVELS_MAX]; /* share of truths in the interval */
} predict_errors;
predict_errors predict_measure(const kr_prediction *p, int64_t k);

/* predict_figure.c: the forecast from one row. */
kr_status predict_draw(const predict_job *job, const kr_prediction *p, kr_error *err);

/* What is drawn of it. window.seq_len rows of history come first, at most n_rows; names are those
 * of job and p. */
typedef struct predict_picture {
    kr_forecast_window window;
    int64_t first_row; /* of the history, which is drawn first */
    double *history;
    int64_t *timestamps;
    char start[KR_DATETIME_TEXT];
} predict_picture;
kr_status predict_picture_init(const predict_job *job, const kr_prediction *p, int64_t n_rows,
                               predict_picture *out, kr_error *err);
void predict_picture_deinit(predict_picture *picture);
/* All columns of a window. */
kr_status predict_draw_window(const char *path, const kr_forecast_window *window, kr_error *err);

#endif
