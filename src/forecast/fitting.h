/* SPDX-License-Identifier: MIT
 * fitting.h - the parts of a fit (kr/fit.h): the look at the rows, the plan, the candidates, the
 * choice. */
#ifndef KR_FITTING_H
#define KR_FITTING_H

#include <kr/fit.h>

#include "forecast/features.h"
#include "forecast/forecast_config.h"
#include "forecast/study.h"
#include "tables/gaps.h"

KR_BEGIN_DECLS

/* What is tried unless others are named: the statistical models but Croston, of which SBA is the
 * better one, and those of models.inc that say so. */
extern const char kr__fit_models[];

/* Fields named as the flags in fit_flags.inc. */
typedef struct kr_fit_config {
#define KR_FLAG_LIST "forecast/fit_flags.inc"
#include "core/flags.inc"
} kr_fit_config;

const kr_flag_table *kr__fit_flags(void);

/* Are the settings possible, as far as can be told without the data? KR_USAGE if not; the sentence
 * names the flag.
 */
kr_status kr__fit_config_check(const kr_fit_config *config, kr_error *err);

/* "90s", "5m", "1.5h" -> seconds; a bare number is seconds. KR_USAGE for anything else. */
kr_status kr__duration_parse(const char *text, double *seconds, kr_error *err);

/* ---- the data --------------------------------------------------------------------------- */

enum { KR_FIT_CONSTANT_NAMES = 256, KR_FIT_COLUMN = 200 };

/* What must be known of the data before settings are chosen. */
typedef struct kr_fit_look {
    int64_t n_rows;                       /* gaps filled in */
    int64_t n_series;                     /* 1: not a panel */
    int64_t shortest, longest, typical;   /* rows of a series; typical: half have fewer */
    int64_t n_columns;                    /* of numbers, which are read */
    int64_t n_targets;                    /* columns that are forecast */
    int64_t n_values;                     /* rows times columns */
    int64_t n_constant;                   /* columns with one value only */
    char constant[KR_FIT_CONSTANT_NAMES]; /* their names, with commas, as many as fit */
    bool has_dates;
    kr_frequency frequency; /* with has_dates */
    int64_t first, last;    /* dates, with has_dates; of the first series */
    kr_gaps_report gaps;
    kr__ahead ahead;               /* rows behind these, for columns known ahead */
    char id_column[KR_FIT_COLUMN]; /* of a panel in one file; empty: none */
} kr_fit_look;

/* Rows as the forecasters see them, without gaps, and the look at them. */
typedef struct kr_fit_data {
    kr_features *features;
    kr_rows *rows; /* columns of the features; the last n_targets are forecast */
    kr_fit_look look;
} kr_fit_data;

/* KR_FORMAT, KR_USAGE, KR_MEMORY; *out is to be freed also then. */
kr_status kr__fit_open(kr_team *team, const kr_rows *rows, const kr_fit_config *config,
                       kr_fit_data *out, kr_error *err);
void kr__fit_data_deinit(kr_fit_data *data);

/* ---- the rules -------------------------------------------------------------------------- */

/* One choice: "look-back", "168 steps", "7 seasons of 24". */
enum { KR_FIT_MOST_RULES = 12 };
typedef struct kr__fit_rule {
    char what[32], value[64], why[160];
} kr__fit_rule;

typedef struct kr_fit_plan {
    kr_forecast_config config; /* of every learned model, except its name */
    bool learns;               /* there are rows enough for learned models */
    bool is_zeroshot;          /* no past is looked at: ZeroShot forecasts */
    int64_t season;            /* 1: none */
    int64_t seasons[KR__LOCAL_SEASONS], n_seasons;
    int64_t n_windows;    /* of the training part, about */
    int64_t n_validation; /* of the validation part, about */
    int64_t most_windows; /* of the study, for each column of each series */
    int64_t most_values;  /* of the study */
    kr__fit_rule rules[KR_FIT_MOST_RULES];
    int n_rules;
} kr_fit_plan;

/* Settings for these data. The same look gives the same plan. KR_SHAPE when there are too few rows
 * for the horizon; the sentence says how many there are and how many are needed. */
kr_status kr__fit_plan_make(const char *path, const kr_fit_config *config, const kr_fit_look *look,
                            kr_fit_plan *plan, kr_error *err);

/* ---- the comparison --------------------------------------------------------------------- */

enum { KR_FIT_MOST_MODELS = 32, KR_FIT_WHY = 80, KR_FIT_CHOICE = 160 };

/* One model in the past of the data. */
typedef struct kr__fit_candidate {
    char model[32];
    const kr__local_model *local;      /* NULL: it is learned */
    char why_not[KR_FIT_WHY];          /* it was left out; empty: it was not */
    char checkpoint[KR_FORECAST_PATH]; /* its file; empty: none */
    kr_forecaster *forecaster;         /* of a learned model, until something else was chosen */
    kr_zeroshot *tuned;                /* of ZeroShotTuned, likewise */
    int64_t n_steps;                   /* of its training, at most; 0: nothing is trained */
    int64_t n_epochs;                  /* that these make */
    double step_seconds;               /* that one step takes */
    char training_loss[16];            /* Huber, MAE, MSE, FreDF; empty: nothing is trained */
    double window_seconds;             /* of a statistical model, a window, on all workers */
    double trying_seconds;             /* of all trainings of a learned one, by several losses */
    double training_seconds;           /* of one, about */
    kr__study_forecasts forecasts;     /* NULL: left out */
    double loss, verdict_loss;         /* kr__study_loss() */
    double seconds;
} kr__fit_candidate;

typedef struct kr__fit_result {
    kr__fit_candidate candidates[KR_FIT_MOST_MODELS];
    int n_candidates;
    kr__study *study;
    /* What was chosen: one candidate, or the median of several, at most one of them learned. */
    int chosen[KR__MOST_MEMBERS], n_chosen;
    kr__study_forecasts own;    /* its forecasts */
    kr__relative_errors errors; /* of them */
    double loss, verdict_loss;
    int rule; /* the rule of thumb with the least loss; -1: none */
    kr__verdict verdict;
    bool is_rule_after_all;        /* the verdict was that the rule is better, so it was taken */
    kr__study_levels levels;       /* on the windows for the verdict */
    int64_t n_choosing, n_judging; /* windows */
    kr_forecaster *model;
    bool is_refitted; /* made anew from all rows */
} kr__fit_result;

/* kr_fit_run() of rows, which are those that data were opened from; options and their observer are
 * of this version. Free with kr__fit_result_deinit, also on failure. */
kr_status kr__fit_run(kr_team *team, const kr_rows *rows, const kr_fit_data *data,
                      const kr_fit_config *config, const kr_fit_plan *plan,
                      const kr_fit_options *options, kr__fit_result *result, kr_error *err);
void kr__fit_result_deinit(kr__fit_result *result);

/* "the median of ETS, Theta and CES", or one name. Returns text. */
const char *kr__fit_choice(const kr__fit_result *result, char text[KR_FIT_CHOICE]);
bool kr__fit_is_chosen(const kr__fit_result *result, int candidate);
/* What a host program sees of candidate i. */
kr_fit_candidate kr__fit_tell_candidate(const kr__fit_result *result, int i);

/* Which model was chosen and how it compares: two sentences or three into text. Returns text.
 * fit_verdict.c */
enum { KR_FIT_VERDICT = 900 };
const char *kr__fit_verdict(const kr_fit_data *data, const kr__fit_result *result,
                            char text[KR_FIT_VERDICT]);

/* ---- the handle: fit_handle.c ------------------------------------------------------------- */

struct kr_fit {
    kr_team *team;
    const kr_rows *rows; /* the caller's; NULL: a model told it what its fit found */
    kr_fit_config config;
    kr_fit_data data;
    kr_fit_plan plan; /* once is_decided */
    bool is_decided;
    kr__fit_result result; /* once is_done */
    bool is_done;
    char choice[KR_FIT_CHOICE], verdict[KR_FIT_VERDICT];
};

kr_status kr__fit_create(kr_team *team, const kr_fit_config *config, const kr_rows *rows,
                         kr_fit **out, kr_error *err);

/* kr_fit_forecast() with the rows that it was made from; both are to be destroyed. */
kr_status kr__fit_forecast_series(const kr_fit *fit, int64_t series, kr_history **history,
                                  kr_prediction **out, kr_error *err);

/* kr_fit_zeroshot() with settings as they are. fit_without_past.c */
kr_status kr__fit_zeroshot(kr_team *team, const kr_fit_config *config, const kr_rows *rows,
                           const char *path, kr_fit **out, kr_error *err);
/* Is ZeroShot one of `models`? fit_zeroshot.c */
bool kr__fit_names_zeroshot(const kr_fit_config *config);

/* ---- what it found, as text: fit_record.c ---------------------------------------------------- */

/* JSON, the same for the same rows, settings and seed: how long the models took is left out. To be
 * freed with kr_free. */
kr_status kr__fit_record_write(const kr_fit *fit, char **text, kr_error *err);
/* Into a fit that is empty. KR_FORMAT: it is no such text. */
kr_status kr__fit_record_read(const char *text, kr_fit *fit, kr_error *err);

/* ---- what is chosen: fit_choice.c ------------------------------------------------------------ */

/* why_not of a candidate for which there was no time. */
extern const char kr__fit_is_late[];
/* Fill in what result says of the choice, from its candidates and study. KR_MEMORY; KR_SHAPE,
 * KR_USAGE: there is no candidate. */
kr_status kr__fit_choose(const kr_fit_config *config, kr__fit_result *result, kr_error *err);

KR_END_DECLS

#endif
