/* SPDX-License-Identifier: MIT
 * backtest_command.h - what the parts of `krait backtest` share. */
#ifndef KRAIT_BACKTEST_COMMAND_H
#define KRAIT_BACKTEST_COMMAND_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include <kr/forecaster.h>

#include "core/flags.h"
#include "forecast/backtest_internal.h"
#include "framework/command.h"

enum { BACKTEST_PATH = KR_FLAG_TEXT + 128 };

/* Fields named as the flags in backtest_flags.inc. */
typedef struct backtest_config {
#define KR_FLAG_LIST "backtest/backtest_flags.inc"
#include "core/flags.inc"
} backtest_config;

/* Shards whose forecasts are taken in place of new ones, and the places of their series. */
typedef struct backtest_part {
    const char *folder;
    int64_t n;
    const int64_t *places; /* n */
} backtest_part;
typedef struct backtest_parts {
    int64_t n;
    const backtest_part *all; /* n */
    const char *fingerprint;  /* of the table that they were made of */
} backtest_parts;

typedef struct backtest_request {
    command_call call;
    backtest_config config;
    const char *data;
    bool is_refit, resumes;      /* train again before each origin */
    const backtest_parts *parts; /* NULL: the model forecasts */
} backtest_request;

typedef struct backtest {
    const backtest_request *request;
    kr_forecaster *model;
    kr_history_panel *panel;         /* of a model of a panel; else NULL */
    kr_rows *rows;                   /* of a shard, without their values; else NULL */
    kr_history *own;                 /* else */
    const kr_history *const *series; /* n_series, of either */
    int64_t n_series;
    kr_backtest *run;               /* the library's */
    char checkpoint[BACKTEST_PATH]; /* the file */
    FILE *words;                    /* for text that people read */
} backtest;

/* backtest_refit.c: --levels, as far as the predictor has them; the model's settings, and the
 * simplest linear models, trained before each origin. */
kr_status backtest_choose_levels(backtest *b, const kr_forecaster *predictor, kr_error *err);
kr_status backtest_refit(backtest *b, kr_error *err);

/* backtest_shards.c: forecasts of a shard into OUT/folds.npz, and those of the request's parts into
 * a backtest of all series, which is then concluded. */
kr_status backtest_keep_folds(const backtest *b, kr_error *err);
kr_status backtest_take_folds(backtest *b, kr_error *err);
/* Are these the rows that the request's parts were made of, if there are any? */
kr_status backtest_check_rows(const backtest *b, const kr_rows *rows, kr_error *err);

/* backtest_panel.c */
void backtest_print_panel(const backtest *b);
kr_status backtest_write_panel_csv(const backtest *b, const char *path, kr_error *err);
bool backtest_add_panel_json(cJSON *object, const backtest *b);

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
