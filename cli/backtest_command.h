/* SPDX-License-Identifier: MIT
 * backtest_command.h - what the parts of `krait backtest` share. */
#ifndef KRAIT_BACKTEST_COMMAND_H
#define KRAIT_BACKTEST_COMMAND_H

#include <stdio.h>

#include <kr/backtest.h>
#include <kr/predict.h>

#include "command.h"
#include "settings.h"

enum { BACKTEST_PATH = KR_FLAG_TEXT + 128, BACKTEST_MODELS = 5 };

typedef struct backtest_config {
    char checkpoint[KR_FLAG_TEXT], date_column[KR_FLAG_TEXT], gaps[KR_FLAG_TEXT];
    char levels[KR_FLAG_TEXT], out[KR_FLAG_TEXT];
    int64_t folds, every, season, threads;
} backtest_config;

typedef struct backtest_request {
    backtest_config config;
    const char *data;
    bool is_json, is_quiet, has_figure;
    settings_given given;
} backtest_request;

/* A forecaster. */
typedef struct backtest_model {
    char name[64];
    float *forecast; /* (n_folds, pred_len, n_outputs) */
    kr_backtest_scores scores;
} backtest_model;

typedef struct backtest {
    const backtest_request *request;
    kr_predictor *model;
    kr_history *history;
    char checkpoint[BACKTEST_PATH]; /* the file */
    int64_t n_folds, every, season, pred_len, n_outputs;
    int64_t *origins;          /* n_folds rows of the history */
    float *values;             /* (n_rows, n_outputs) of the forecast columns, gaps filled */
    kr_naive_scale *scales;    /* (n_folds, n_outputs) */
    kr_prediction *prediction; /* of the model: its truth is that of all */
    backtest_model models[BACKTEST_MODELS]; /* the trained one first */
    int n_models;
    int n_levels;
    double levels[KR_LEVELS_MAX];
    kr_interval_score intervals[KR_LEVELS_MAX];
    FILE *words; /* where words for people go */
} backtest;

/* Name of forecast column k; date of a row of the history, or its number from 1. Returns text. */
const char *backtest_column(const backtest *b, int64_t k);
const char *backtest_row(const backtest *b, int64_t row, char text[], size_t size);

/* backtest_run.c: rows and model are open; all forecasts and their scores. */
kr_status backtest_run(backtest *b, kr_error *err);

/* backtest_report.c */
void backtest_print(const backtest *b);
kr_status backtest_write_csv(const backtest *b, const char *path, kr_error *err);
/* Text of the object, to be freed with kr_free. */
kr_status backtest_make_json(const backtest *b, char **json, kr_error *err);

/* backtest_figure.c: MASE by forecast step and by origin. */
kr_status backtest_draw(const backtest *b, const char *path, kr_error *err);

#endif
