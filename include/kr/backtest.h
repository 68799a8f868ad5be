/* SPDX-License-Identifier: MIT
 * backtest.h - what a model would have said from many points of the past, beside what followed:
 * what `krait backtest` does.
 *
 *     kr_backtest *backtest = NULL;
 *     const kr_backtest_options options = {.size = sizeof options, .folds = 5};
 *     kr_backtest_verdict verdict = {.size = sizeof verdict};
 *     KR_TRY(kr_backtest_create(model, series, n_series, &options, &backtest, err));
 *     KR_TRY(kr_backtest_run(backtest, err));
 *     kr_backtest_describe_verdict(backtest, &verdict);
 *
 * A fold is a forecast of one series from one origin, which is the last row that it may know. Folds
 * are numbered: those of a series follow one another, its last one ends with its last row, and
 * behind them come those of the next series. Arrays are (n_folds, n_steps, n_outputs), in original
 * units.
 *
 * Nothing is read or written. A backtest takes one call at a time; the same model, histories and
 * options give the same bits for any number of workers. */
#ifndef KR_BACKTEST_H
#define KR_BACKTEST_H

#include <kr/forecaster.h>

KR_BEGIN_DECLS

typedef struct kr_backtest kr_backtest;

/* ---- folds ----------------------------------------------------------------------------------- */

/* size is sizeof(kr_backtest_options); all else 0, or NULL for all: the windows that kr_fit judges
 * by. */
typedef struct kr_backtest_options {
    size_t size;
    /* Of each series, or as many as it has rows for. 0: those that kr_fit judges by; with `every`
     * or `is_refit` 10. */
    int64_t folds;
    int64_t every; /* rows between two origins; 0: the steps of a forecast, so that none overlap */
    int64_t n_steps; /* of a forecast, at most pred_len; 0: pred_len */
    int64_t season;  /* of rules of thumb and of errors' scale; 0: what the dates suggest */
    /* Each origin leaves rows enough to train a model anew: kr_backtest_refit_settings(). */
    bool is_refit;
    const char *name; /* what sentences call the data; NULL: the first series' name */
    /* The series are a part of many: origins are those that each has among all, also where it is
     * the only one. */
    bool is_part;
} kr_backtest_options;

/* Choose the origins. model and series, the rows as it sees them, must outlive the backtest.
 * KR_USAGE: a single series has no rows for so many folds; the sentence says for how many it has.
 * KR_SHAPE: no series of many has rows for one; those that have none are named in a note. */
KR_API kr_status kr_backtest_create(kr_forecaster *model, const kr_history *const *series,
                                    int64_t n_series, const kr_backtest_options *options,
                                    kr_backtest **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_backtest_destroy(kr_backtest *backtest);

/* Intervals that the first model's forecasts come with, before there are any: at most KR_LEVELS_MAX
 * levels, each once. KR_USAGE; whether a model has them kr_forecaster_check_level() says. */
KR_API kr_status kr_backtest_set_levels(kr_backtest *backtest, int n, const double *levels,
                                        kr_error *err);

/* ---- forecasts ------------------------------------------------------------------------------- */

/* All of it with the model as it is: its forecasts, those of the rules of thumb, scores, verdict.
 * Where it was trained on rows behind an origin, its errors there are smaller than they will be on
 * new rows; statistical models are fitted at each origin. KR_INTERRUPTED: the team was asked to
 * stop; KR_NUMERIC: no value that is forecast is known. */
KR_API kr_status kr_backtest_run(kr_backtest *backtest, kr_error *err);

/* The same in steps, for models that are made anew for each origin: add each, let it forecast its
 * folds, conclude. The first model is the one that is judged. KR_USAGE: there are too many. */
KR_API kr_status kr_backtest_add(kr_backtest *backtest, const char *name, int *model,
                                 kr_error *err);
/* Folds first .. first + n - 1 of a model, made by predictor. series: the rows as predictor sees
 * them (NULL: as the backtest's model does). KR_FORMAT: its columns are not those of the backtest's
 * model; KR_USAGE: nor the number of rows; also as kr_forecaster_predict(). */
KR_API kr_status kr_backtest_forecast(kr_backtest *backtest, int model, kr_forecaster *predictor,
                                      const kr_history *const *series, int64_t first, int64_t n,
                                      kr_error *err);
/* Rules of thumb, scores, verdict; once. */
KR_API kr_status kr_backtest_conclude(kr_backtest *backtest, kr_error *err);

/* The settings of the backtest's model for a training on the rows up to the origin of a fold, the
 * last eighth of which, and at least n_steps, validates, for forecasts of n_steps. KR_USAGE: the
 * model is of a panel, or statistical models belong to it. */
KR_API kr_status kr_backtest_refit_settings(const kr_backtest *backtest, int64_t fold,
                                            kr_settings **out, kr_error *err);

/* ---- what it found --------------------------------------------------------------------------- */

/* The caller sets size in the structures below; texts and arrays live as long as the backtest. */

typedef struct kr_backtest_info {
    size_t size;
    int64_t n_series, n_folds, n_steps, n_outputs;
    int64_t every, season;     /* rows; season 1: none */
    const int64_t *first_fold; /* (n_series + 1) */
    const int64_t *origins;    /* (n_folds) rows of their series */
    const double *truth;       /* NaN where it is not known */
    int n_models;              /* after kr_backtest_conclude() with the rules of thumb */
    /* Of the first model: bounds (n_levels, n_folds, n_steps, n_outputs), and how good they are. */
    int n_levels;
    const double *levels, *lower, *upper;
    const kr_interval_score *intervals; /* (n_levels) */
} kr_backtest_info;
KR_API void kr_backtest_describe(const kr_backtest *backtest, kr_backtest_info *info);

typedef struct kr_backtest_model {
    size_t size;
    const char *name;
    const double *forecast;
    /* Over all values, each step, fold and forecast column; `by_series` of a model of a panel, else
     * NULL: each series alone (n 0: it has no fold), their mean, the median of their MASE. MASE and
     * RMSSE are in the scale of seasonal naive errors on the rows up to a series' first origin, of
     * neighbours where these are 0. */
    const kr_scores *all, *by_step, *by_fold, *by_column, *by_series;
    kr_scores mean;
    double median_mase;
} kr_backtest_model;
/* Number i, from 0; false: there is none, or no kr_backtest_conclude(). */
KR_API bool kr_backtest_describe_model(const kr_backtest *backtest, int i,
                                       kr_backtest_model *model);

/* How the first model compares with the best rule of thumb, as kr_fit says it: skill is 1 - its
 * error / the rule's, of the median target, a column of a series; 90 of 100 resamples lie between
 * skill_low and skill_high. NaN: not measured. */
typedef struct kr_backtest_verdict {
    size_t size;
    const char *sentence; /* in words; "": no rule of thumb could be measured */
    const char *rule;     /* the best one; "" */
    kr_judgement judgement;
    int64_t n_targets, n_windows; /* that could be compared */
    double skill, skill_low, skill_high, mase, rule_mase;
} kr_backtest_verdict;
/* False before kr_backtest_conclude(). */
KR_API bool kr_backtest_describe_verdict(const kr_backtest *backtest, kr_backtest_verdict *verdict);

KR_END_DECLS

#endif
