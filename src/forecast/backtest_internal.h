/* SPDX-License-Identifier: MIT
 * backtest_internal.h - a backtest (kr/backtest.h) as its parts and the program see it. */
#ifndef KR_BACKTEST_INTERNAL_H
#define KR_BACKTEST_INTERNAL_H

#include <kr/backtest.h>

#include "forecast/backtest_scores.h"
#include "forecast/backtest_study.h"
#include "forecast/forecast_config.h"

/* The most forecasters: trained ones, and rules of thumb. */
enum { KR__BACKTEST_TRAINED = 8, KR__BACKTEST_MODELS = KR__BACKTEST_TRAINED + KR__BACKTEST_RULES };
enum { KR__BACKTEST_VERDICT = 600 };

typedef struct kr__backtest_model {
    char name[64];
    double *forecast; /* (n_folds, n_steps, n_outputs) */
    kr_backtest_scores scores;
    /* Of a panel: each series alone, n 0 where it has no fold; their mean; the median MASE. */
    kr_scores *by_series;
    kr_scores mean;
    double median_mase;
} kr__backtest_model;

struct kr_backtest {
    kr_forecaster *model;
    char name[KR_FORECAST_PATH];     /* of the data, for sentences */
    const kr_history *const *series; /* n_series */
    int64_t n_series;
    bool is_panel, is_refit;
    int64_t n_folds, every, season, n_steps, n_outputs;
    int64_t needed;      /* rows up to an origin */
    int64_t *first_fold; /* (n_series + 1) */
    int64_t *origins;    /* (n_folds) */
    int64_t seasons[KR__LOCAL_SEASONS];
    int n_seasons;
    kr__study *study; /* a target for each column of each series, whose windows hold the folds */
    kr_naive_scale *scales;                         /* (n_folds, n_outputs) */
    double *truth;                                  /* as a forecast; NaN where it is not known */
    kr__backtest_model models[KR__BACKTEST_MODELS]; /* the trained ones first */
    int n_models;
    int n_levels; /* the intervals of the first model */
    double levels[KR_LEVELS_MAX];
    double *lower, *upper; /* (n_levels, n_folds, n_steps, n_outputs) */
    kr_interval_score intervals[KR_LEVELS_MAX];
    bool is_closed;      /* no model can be added, nor forecast */
    bool is_concluded;   /* and what follows is known */
    const char *rule;    /* the best rule of thumb; NULL: none can be measured */
    kr__verdict verdict; /* of the first model */
    char words[KR__BACKTEST_VERDICT];
};

static inline int64_t kr__backtest_values(const kr_backtest *b) {
    return b->n_folds * b->n_steps * b->n_outputs;
}
static inline int64_t kr__backtest_folds_of(const kr_backtest *b, int64_t series) {
    return b->first_fold[series + 1] - b->first_fold[series];
}
/* "store 7", or that of its file. */
static inline const char *kr__backtest_name_of(const kr_backtest *b, int64_t series) {
    const kr_history *h = b->series[series];
    return h->series ? h->series : h->name;
}

/* What model m did on each series of a panel. backtest_series.c */
kr_status kr__backtest_measure_series(const kr_backtest *b, kr__backtest_model *m, kr_error *err);

/* kr_backtest_refit_settings() as the settings' structure, and how many rows up to an origin such a
 * training needs. backtest_refit_settings.c */
kr_status kr__backtest_refit_config(const kr_backtest *b, int64_t fold, kr_forecast_config *out,
                                    kr_error *err);
int64_t kr__backtest_refit_needs(const kr_backtest *b);

#endif
