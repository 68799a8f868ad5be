/* SPDX-License-Identifier: MIT
 * fit.h - from a table to a trained forecaster without further settings: what `krait fit` does.
 *
 * Look at the data, choose settings by rules that are shown, train several models on the same
 * split, and see which is best on windows that none of them has seen. */
#ifndef KR_FIT_H
#define KR_FIT_H

#include <kr/forecaster.h>
#include <kr/rows.h>
#include <kr/team.h>

#include "forecast/forecast_config.h"
#include "tables/gaps.h"

KR_BEGIN_DECLS

/* Fields named as the flags in fit_flags.inc. */
typedef struct kr_fit_config {
#define KR_FLAG_LIST "forecast/fit_flags.inc"
#include "core/flags.inc"
} kr_fit_config;

const kr_flag_table *kr__fit_flags(void);
/* The same as a handle (kr/settings.h). */
kr_status kr__fit_settings_create(kr_settings **out, kr_error *err);

/* Are the settings possible, as far as can be told without the data? KR_USAGE if not; the sentence
 * names the flag.
 */
kr_status kr__fit_config_check(const kr_fit_config *config, kr_error *err);

/* "90s", "5m", "1.5h" -> seconds; a bare number is seconds. KR_USAGE for anything else. */
kr_status kr__duration_parse(const char *text, double *seconds, kr_error *err);

/* ---- the data --------------------------------------------------------------------------- */

enum { KR_FIT_CONSTANT_NAMES = 256 };

/* What must be known of the data before settings are chosen. */
typedef struct kr_fit_look {
    int64_t n_rows;                       /* gaps filled in */
    int64_t n_columns;                    /* of numbers, which are read */
    int64_t n_values;                     /* rows times columns */
    int64_t n_constant;                   /* columns with one value only */
    char constant[KR_FIT_CONSTANT_NAMES]; /* their names, with commas, as many as fit */
    bool has_dates;
    kr_frequency frequency; /* with has_dates */
    int64_t first, last;    /* dates, with has_dates */
    kr_gaps_report gaps;
} kr_fit_look;

kr_status kr__fit_look_at(const kr_rows *rows, const kr_fit_config *config, kr_fit_look *look,
                          kr_error *err);

/* ---- the rules -------------------------------------------------------------------------- */

/* One choice: "look-back", "168 steps", "7 seasons of 24". */
enum { KR_FIT_MOST_RULES = 12 };
typedef struct kr_fit_rule {
    char what[32], value[64], why[160];
} kr_fit_rule;

typedef struct kr_fit_plan {
    kr_forecast_config config; /* of every model, except its name */
    int64_t n_windows;         /* of the training part, about */
    kr_fit_rule rules[KR_FIT_MOST_RULES];
    int n_rules;
} kr_fit_plan;

/* Settings for these data. The same look gives the same plan. KR_SHAPE when there are too few rows
 * for the horizon; the sentence says how many there are and how many are needed. */
kr_status kr__fit_plan_make(const char *path, const kr_fit_config *config, const kr_fit_look *look,
                            kr_fit_plan *plan, kr_error *err);

/* ---- the comparison --------------------------------------------------------------------- */

enum { KR_FIT_MOST_MODELS = 32 };

/* One model on the plan's data. */
typedef struct kr_fit_candidate {
    char model[32];
    char checkpoint[KR_FORECAST_PATH]; /* its file; empty: none */
    kr_forecast_result *result;
    double seconds;
} kr_fit_candidate;

typedef struct kr_fit_result {
    kr_fit_candidate candidates[KR_FIT_MOST_MODELS];
    int n_candidates;
    kr_forecaster *model; /* the best one */
    int best;             /* by the squared error on the validation windows */
    int best_on_test;     /* on the test windows */
    int best_baseline;    /* on the validation windows, of models that learn nothing; -1: none */
} kr_fit_result;

typedef struct kr_fit_observer {
    /* Before a model (is_done false) and after it. */
    void (*candidate)(void *arg, const kr_fit_candidate *candidate, int index, bool is_done);
    void *arg;
    kr_forecast_observer forecast; /* what the model's training reports */
} kr_fit_observer;

/* All zero, or NULL: the defaults. */
typedef struct kr_fit_options {
    kr_fit_observer observer;
    const char *folder; /* for the models' checkpoints, one folder each; NULL: nothing is written */
    bool resumes;       /* continue with what is in folder */
} kr_fit_options;

/* Train and test all models on the same rows. KR_INTERRUPTED: asked to stop, saved if there is a
 * folder. Free with kr__fit_result_deinit, also on failure. */
kr_status kr__fit_run(kr_team *team, const kr_rows *rows, const kr_fit_config *config,
                      const kr_fit_plan *plan, const kr_fit_options *options, kr_fit_result *result,
                      kr_error *err);
void kr__fit_result_deinit(kr_fit_result *result);

KR_END_DECLS

#endif
