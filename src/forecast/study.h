/* SPDX-License-Identifier: MIT
 * study.h - how good several forecasters would have been in the past of one series or many.
 *
 * A target is a column of a series that is forecast. A window is an origin of a target, the last
 * row that a forecast may know, and the `horizon` rows behind it. The windows of a target that end
 * last are kept for a verdict; those whose rows end before the first of these begin are for
 * choosing. Where there is room for one window only, it is for choosing. Arrays of forecasts are
 * (n_windows, horizon), in original units. */
#ifndef KR_STUDY_H
#define KR_STUDY_H

#include <kr/rows.h>
#include <kr/scores.h>
#include <kr/team.h>

#include "core/arena.h"
#include "local/local.h"

typedef struct kr__target {
    int64_t series, column; /* of the rows */
    int64_t n;
    double *values;           /* (n) */
    const uint8_t *is_filled; /* (n, stride) from its first value on; NULL: nothing was filled */
    int64_t stride;           /* of is_filled */
    /* Mean |x[t] - x[t - season]| of the values up to its first origin, of neighbours where that is
     * 0; NaN: they never change, so that no error can be compared with it. */
    double scale;
    int64_t first_window, n_windows;
} kr__target;

typedef struct kr__study_window {
    int64_t target, origin;
    bool is_verdict;
} kr__study_window;

typedef struct kr__study {
    int64_t horizon, n_seasons;
    int64_t seasons[KR__LOCAL_SEASONS];
    int64_t n_targets, n_windows;
    int64_t n_choosing, n_verdict; /* windows */
    kr__target *targets;           /* those of a series one after the other */
    kr__study_window *windows;     /* those of a target one after the other, origins rise */
    double *truth;                 /* (n_windows, horizon), NaN where a gap was filled */
    kr_arena arena;
} kr__study;

typedef struct kr__study_plan {
    int64_t horizon;
    const int64_t *seasons; /* n_seasons; 0: none */
    int64_t n_seasons;
    int64_t most_windows; /* of a target */
    int64_t most_values;  /* that models are fitted to in all windows: of many targets every second,
                             third .. has windows; 0: any number */
    bool is_panel; /* windows of a series follow one another: series differ more than times do */
} kr__study_plan;

/* Values that a model needs before the first window. */
enum { KR__STUDY_LEAST = 3 };
/* What a fit does with so many series of so many columns that are forecast: as many windows of each
 * that many take no longer than one. */
void kr__study_plan_usual(kr__study_plan *plan, int64_t n_series, int64_t n_columns);
/* How many windows a target of n_rows has, if it has some; of them *n_verdict for the verdict. */
int64_t kr__study_count(const kr__study_plan *plan, int64_t n_rows, int64_t *n_verdict);
/* No window of a target of n_rows begins before it, however many there are; -1: there is no room
 * for one. */
int64_t kr__study_first_origin(const kr__study_plan *plan, int64_t n_rows);

/* Of the last n_columns of all series; rows have no gaps (kr__rows_fill()). A series without room
 * for a window is a target without windows. KR_MEMORY. */
kr_status kr__study_make(const kr_rows *rows, const kr__study_plan *plan, int64_t n_columns,
                         kr__study **out, kr_error *err);
void kr__study_destroy(kr__study *study);
/* Truths of the windows and scales of the targets, once the windows are set. false: no memory. */
bool kr__study_measure(kr__study *study);

/* ---- forecasts -------------------------------------------------------------------------- */

typedef struct kr__study_forecasts {
    double *mean;   /* NaN in windows that the forecaster does not serve */
    double *spread; /* 0 or more where mean is a number */
} kr__study_forecasts;

kr_status kr__study_forecasts_init(const kr__study *study, kr__study_forecasts *f, kr_error *err);
void kr__study_forecasts_deinit(kr__study_forecasts *f);

/* The first n values of a target, for a statistical model; what it knows at a window. */
kr__local_series kr__study_target(const kr__study *study, const kr__target *target, int64_t n);
kr__local_series kr__study_series(const kr__study *study, int64_t window);
/* By a statistical model that is fitted at each origin, or one that was opened, as for
 * kr__local_forecast_all(). KR_MEMORY, KR_INTERRUPTED. */
kr_status kr__study_run(kr_team *team, const kr__study *study, const kr__local_model *model,
                        kr_zeroshot *opened, kr__study_forecasts *f, kr_error *err);

/* Of the n that are numbers the median of their means, and of their spreads, window by window;
 * out may not be one of them. n up to KR__MOST_MEMBERS. */
enum { KR__MOST_MEMBERS = 16 };
void kr__study_median(const kr__study *study, const kr__study_forecasts *const *of, int n,
                      kr__study_forecasts *out);

/* ---- scores ----------------------------------------------------------------------------- */

typedef enum kr__study_part { KR__CHOOSING, KR__VERDICT } kr__study_part;

/* The mean absolute error of a window in the scale of its target; NaN: it has none, or no truth. */
double kr__study_error(const kr__study *study, const kr__study_forecasts *f, int64_t window);
/* The mean over the targets of the mean of their windows' errors; a window counts ten times its
 * scale at most, so that no single one decides. NaN: there is no window. */
double kr__study_loss(const kr__study *study, const kr__study_forecasts *f, kr__study_part part);

/* ---- verdict: verdict.c ----------------------------------------------------------------- */

/* How a forecaster compares with a rule of thumb on the windows for the verdict. Skill is 1 - its
 * error / the rule's; of several targets that of the median one. low .. high hold 90 of 100
 * resamples: of targets where there are many, else of blocks of windows that follow one another. */
typedef struct kr__verdict {
    kr_judgement kind;
    double skill, low, high;
    int64_t n_targets, n_windows; /* that could be compared */
    double mase, rule_mase;       /* of the median target */
    double *skills, *mases;       /* (n_targets of the study); NaN: not compared */
} kr__verdict;

kr_status kr__verdict_make(const kr__study *study, const kr__study_forecasts *f,
                           const kr__study_forecasts *rule, uint64_t seed, kr__verdict *out,
                           kr_error *err);
void kr__verdict_deinit(kr__verdict *v);

/* ---- errors relative to the spread: study_errors.c -------------------------------------- */

/* Quantiles of (truth - mean) / spread of past windows: how far a truth lies from a forecast. */
enum { KR__ERROR_QUANTILES = 201 };
typedef struct kr__relative_errors {
    int64_t horizon, n_windows; /* n_windows: that gave errors */
    double *quantiles; /* (KR__ERROR_QUANTILES, horizon) at (k + 0.5) / KR__ERROR_QUANTILES */
} kr__relative_errors;

/* What share of the truths the intervals of n levels held in the windows for the verdict. */
typedef struct kr__study_levels {
    int n;
    double level[KR_LEVELS_MAX], held[KR_LEVELS_MAX]; /* held: NaN where there are none */
} kr__study_levels;

/* From all windows. Steps are pooled as far as windows are few, and where even that is too little,
 * errors are taken for normal, of a width between theirs and what forecasts tell, which is known
 * the less the fewer there are: so they follow Student's t. levels (NULL: none): those given get
 * held, as intervals made the same way from what was known at each window held its truths.
 * KR_MEMORY. */
kr_status kr__relative_errors_make(const kr__study *study, const kr__study_forecasts *f,
                                   kr__study_levels *levels, kr__relative_errors *out,
                                   kr_error *err);
/* The same before the last window of each target: what held for that one. */
kr_status kr__relative_errors_known(const kr__study *study, const kr__study_forecasts *f,
                                    kr__relative_errors *out, kr_error *err);
void kr__relative_errors_deinit(kr__relative_errors *e);
/* At a step, for 0 < p < 1; beyond the outermost quantiles those. */
double kr__relative_errors_at(const kr__relative_errors *e, int64_t step, double p);

#endif
