/* SPDX-License-Identifier: MIT
 * backtest_command.h - what the parts of `krait backtest` share. */
#ifndef KRAIT_BACKTEST_COMMAND_H
#define KRAIT_BACKTEST_COMMAND_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include <kr/forecaster.h>

#include "core/flags.h"
#include "forecast/backtest.h"
#include "forecast/backtest_study.h"
#include "framework/command.h"

enum { BACKTEST_PATH = KR_FLAG_TEXT + 128 };
/* The most forecasters: trained ones, and rules of thumb. */
enum { BACKTEST_TRAINED = 8, BACKTEST_MODELS = BACKTEST_TRAINED + KR__BACKTEST_RULES };
enum { BACKTEST_VERDICT = 600 };

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
    /* Of a panel: each series alone, n 0 where it has no fold; their mean; the median MASE. */
    kr_scores *by_series;
    kr_scores mean;
    double median_mase;
} backtest_model;

typedef struct backtest {
    const backtest_request *request;
    kr_forecaster *model;
    kr_history_panel *panel;         /* of a model of a panel; else NULL */
    kr_history *own;                 /* else */
    const kr_history *const *series; /* n_series, of either */
    int64_t n_series;
    bool is_panel;
    const kr_history *history;      /* that of the folds at work; else the first */
    char checkpoint[BACKTEST_PATH]; /* the file */
    int64_t n_folds, every, season, pred_len, n_outputs;
    int64_t needed;      /* rows up to an origin */
    int64_t *first_fold; /* (n_series + 1): the folds of a series follow one another */
    int64_t *origins;    /* n_folds rows of their history */
    int64_t seasons[KR__LOCAL_SEASONS];
    int n_seasons;
    kr__study *study;    /* a target for each column of each series, whose windows hold the folds */
    kr__verdict verdict; /* of the first model */
    const char *rule;    /* the best rule of thumb; NULL: none can be measured */
    kr_naive_scale *scales;                 /* (n_folds, n_outputs) */
    double *truth;                          /* as a forecast; NaN where it is not known */
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

/* backtest_panel.c. Has any series a fold? Those that have none are named in a note. */
kr_status backtest_check_series(const backtest *b, kr_error *err);
kr_status backtest_measure_series(const backtest *b, backtest_model *m, kr_error *err);
void backtest_print_panel(const backtest *b);
kr_status backtest_write_panel_csv(const backtest *b, const char *path, kr_error *err);
bool backtest_add_panel_json(cJSON *object, const backtest *b);

/* How the first model compares with the best rule of thumb: "On 24 windows the error of RLinear is
 * ..". Returns text. */
const char *backtest_verdict(const kr__verdict *verdict, const char *model, const char *rule,
                             bool has_series, char text[BACKTEST_VERDICT]);

/* backtest_report.c. The names of scores, and a score by its number. */
enum { BACKTEST_FIELDS = 6 };
const char *backtest_field_name(int field);
double backtest_field(const kr_scores *scores, int field);
/* "model,group,key,values,mase,..", and a line of it. */
void backtest_write_header(FILE *out);
void backtest_write_line(FILE *out, const char *model, const char *group, const char *key,
                         const kr_scores *scores);
void backtest_print_ending(const backtest *b);
void backtest_print(const backtest *b);
kr_status backtest_write_csv(const backtest *b, const char *path, kr_error *err);
/* Text of the object, to be freed with kr_free; the scores are added by backtest_add_json() or, of
 * a panel, backtest_add_panel_json(). */
typedef bool (*backtest_add_fn)(cJSON *object, const backtest *b);
bool backtest_add_json(cJSON *object, const backtest *b);
kr_status backtest_make_json(const backtest *b, backtest_add_fn add, char **json, kr_error *err);

/* backtest_figure.c: MASE by forecast step and by origin. */
kr_status backtest_draw(const backtest *b, const char *path, kr_error *err);

#endif
