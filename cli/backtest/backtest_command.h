/* SPDX-License-Identifier: MIT
 * backtest_command.h - what the parts of `krait backtest` share. */
#ifndef KRAIT_BACKTEST_COMMAND_H
#define KRAIT_BACKTEST_COMMAND_H

#include <stdio.h>

#include <kr/forecaster.h>

#include "core/flags.h"
#include "forecast/backtest.h"
#include "framework/command.h"

enum { BACKTEST_PATH = KR_FLAG_TEXT + 128 };
/* The most forecasters: trained ones, and two naive ones. */
enum { BACKTEST_TRAINED = 8, BACKTEST_MODELS = BACKTEST_TRAINED + 2 };

/* Fields named as the flags in backtest_flags.inc. */
typedef struct backtest_config {
#define KR_FLAG_LIST "backtest/backtest_flags.inc"
#include "core/flags.inc"
} backtest_config;

typedef struct backtest_request {
    command_call call;
    backtest_config config;
    const char *data;
    bool is_refit, resumes; /* train again before each origin */
} backtest_request;

/* A forecaster. */
typedef struct backtest_model {
    char name[64];
    double *forecast; /* (n_folds, pred_len, n_outputs) */
    kr_backtest_scores scores;
} backtest_model;

typedef struct backtest {
    const backtest_request *request;
    kr_forecaster *model;
    kr_history *history;
    char checkpoint[BACKTEST_PATH]; /* the file */
    int64_t n_folds, every, season, pred_len, n_outputs;
    int64_t *origins;       /* n_folds rows of the history */
    double *values;         /* (n_rows, n_outputs) of the forecast columns, gaps filled */
    kr_naive_scale *scales; /* (n_folds, n_outputs) */
    double *truth;          /* as a forecast; NaN where it is not known */
    backtest_model models[BACKTEST_MODELS]; /* the trained ones first */
    int n_models;
    int n_levels; /* the intervals of the first model */
    double levels[KR_LEVELS_MAX];
    double *lower, *upper; /* (n_levels, n_folds, pred_len, n_outputs) */
    kr_interval_score intervals[KR_LEVELS_MAX];
    FILE *words; /* for text that people read */
} backtest;

/* backtest_run.c: computes all forecasts and their scores; rows and model are open. */
kr_status backtest_run(backtest *b, kr_error *err);

/* backtest_model.c. How many values a model forecasts, over all folds, steps and columns. */
size_t backtest_count_values(const backtest *b);
kr_status backtest_add_model(backtest *b, const char *name, backtest_model **out, kr_error *err);
/* Forecasts of model m for n folds from `first`, made by predictor. The first model's come
 * with the truth and the intervals. */
kr_status backtest_forecast(backtest *b, backtest_model *m, kr_forecaster *predictor, int64_t first,
                            int64_t n, kr_error *err);
/* --levels, as far as the predictor has them, and room for their intervals. */
kr_status backtest_choose_levels(backtest *b, const kr_forecaster *predictor, kr_error *err);

/* backtest_refit.c: the model's settings, and the simplest linear models, trained before each
 * origin. */
kr_status backtest_refit(backtest *b, kr_error *err);
/* How many rows up to an origin such a training needs. */
int64_t backtest_refit_needs(const backtest *b);

/* backtest_report.c */
void backtest_print(const backtest *b);
kr_status backtest_write_csv(const backtest *b, const char *path, kr_error *err);
/* Text of the object, to be freed with kr_free. */
kr_status backtest_make_json(const backtest *b, char **json, kr_error *err);

/* backtest_figure.c: MASE by forecast step and by origin. */
kr_status backtest_draw(const backtest *b, const char *path, kr_error *err);

#endif
