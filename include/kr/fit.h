/* SPDX-License-Identifier: MIT
 * fit.h - from rows to a trained forecaster without further settings: what `krait fit` does.
 *
 * Look at the rows, choose settings by rules, let statistical and learned models forecast the past
 * of every series from several origins, choose the best one or the median of the best ones on the
 * earlier windows, compare it with a rule of thumb on the later ones, and make it anew from all
 * rows.
 *
 *     kr_settings *settings = NULL;
 *     kr_fit *fit = NULL;
 *     kr_prediction *future = NULL;
 *     KR_TRY(kr_fit_settings_create(&settings, err));
 *     KR_TRY(kr_settings_set_int(settings, "horizon", 24, err));
 *     KR_TRY(kr_fit_create(team, settings, rows, &fit, err));
 *     KR_TRY(kr_fit_run(fit, NULL, err));
 *     KR_TRY(kr_fit_forecast(fit, 0, &future, err));
 *
 * Nothing is written but what a folder is named for. A fit takes one call at a time. The same rows,
 * settings and seed give the same bits for any number of workers, unless there is a `time_budget`.
 */
#ifndef KR_FIT_H
#define KR_FIT_H

#include <kr/forecaster.h>

KR_BEGIN_DECLS

typedef struct kr_fit kr_fit;

/* The settings with their defaults; `krait fit --help` lists them. `horizon` must be set. Those of
 * how a table is read, `out`, `resume` and `threads` are the program's, and change nothing here. */
KR_API kr_status kr_fit_settings_create(kr_settings **out, kr_error *err);

/* ---- a fit ------------------------------------------------------------------------------ */

/* Look at the rows, which may have gaps and must outlive the fit, as the team must. Settings are
 * copied. KR_USAGE: settings that are not possible or do not fit the rows; KR_FORMAT: gaps where
 * `gaps` refuses them, dates without a step. */
KR_API kr_status kr_fit_create(kr_team *team, const kr_settings *settings, const kr_rows *rows,
                               kr_fit **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_fit_destroy(kr_fit *fit);

/* Choose settings by the rules, which kr_fit_describe_rule() then tells. kr_fit_run() does so
 * first, where it has not been done. KR_SHAPE: too few rows for the horizon; the sentence says how
 * many there are and how many are needed. */
KR_API kr_status kr_fit_decide(kr_fit *fit, kr_error *err);

/* ---- its models --------------------------------------------------------------------------- */

/* One model in the past of the rows. The caller sets size; texts live as long as the fit. */
typedef struct kr_fit_candidate {
    size_t size;
    int index; /* from 0 */
    const char *model;
    const char *why_not; /* it was left out; "": it was not */
    bool is_learned;     /* else it is statistical */
    bool is_chosen;
    /* Mean absolute errors in units of the mean change from one season to the next (MASE), on the
     * earlier windows and on the later ones; NaN: not measured. */
    double choosing_mase, judging_mase;
    double seconds;            /* that it took; NaN: it was told by a model's file */
    int64_t n_steps;           /* of its training, at most; 0: nothing is trained */
    const char *training_loss; /* Huber, MAE, MSE, FreDF; "": nothing is trained */
    /* From 1, by the error on the later windows, on the earlier ones where there are no later ones:
     * the order of the table in `krait report`. 0: it was left out. */
    int rank;
} kr_fit_candidate;

/* size is sizeof(kr_fit_observer); a function may be NULL. They are called in the thread that
 * called kr_fit_run(). */
typedef struct kr_fit_observer {
    size_t size;
    /* Before a model (is_done false) and after it. */
    void (*candidate)(void *arg, const kr_fit_candidate *candidate, bool is_done);
    /* Before the first model: how long all will take, about. */
    void (*expected)(void *arg, double seconds);
    void *arg;
    kr_forecast_observer training; /* what the trainings of learned models report */
} kr_fit_observer;

/* size is sizeof(kr_fit_options); all else 0, or NULL for all: the defaults. */
typedef struct kr_fit_options {
    size_t size;
    const kr_fit_observer *observer;
    const char *folder; /* for the models' checkpoints, one folder each; NULL: nothing is written */
    bool resumes;       /* continue with what is in folder */
    double spent;       /* seconds of `time_budget` that are gone already */
    bool keeps_best;    /* asked to stop, choose among the models that are done */
} kr_fit_options;

/* Compare the models on the same windows, choose, judge, and make what was chosen from all rows.
 * What an earlier run found is lost. KR_INTERRUPTED: the team was asked to stop; what is in folder
 * can be continued, and with keeps_best the fit has a model and tells what it found, if a model was
 * done by then; those that were not are left out, which a note says. KR_USAGE: no time was left for
 * any model; KR_SHAPE: rows are too few for any.
 */
KR_API kr_status kr_fit_run(kr_fit *fit, const kr_fit_options *options, kr_error *err);

/* ---- without a past ----------------------------------------------------------------------- */

/* A fit that has run: nothing is compared or trained, its model is ZeroShot (kr/zeroshot.h), with
 * the intervals that it tells itself, up to 80 %. path: a file of kr_zeroshot_save(); NULL: the
 * model that the library holds. One row is enough. `horizon` 0: two seasons, 6 steps at least and
 * 96 at most; `models` counts for nothing. rows and team must outlive it. Errors as of
 * kr_fit_create() and kr_zeroshot_open(). */
KR_API kr_status kr_fit_zeroshot(kr_team *team, const kr_settings *settings, const kr_rows *rows,
                                 const char *path, kr_fit **out, kr_error *err);

/* ---- what it found -------------------------------------------------------------------------- */

/* The caller sets size in the structures below; texts live as long as the fit, or to its next
 * run. */

typedef struct kr_fit_info {
    size_t size;
    int64_t n_rows; /* gaps filled in */
    int64_t n_series;
    int64_t n_columns, n_targets; /* of numbers; those that are forecast */
    int64_t horizon;
    bool has_frequency;
    kr_frequency frequency;
    kr_gaps_report gaps;
    int n_rules;    /* 0 before kr_fit_decide() */
    int64_t season; /* 0 before it; 1: none */
    /* After kr_fit_run(). */
    int n_candidates;
    int64_t n_choosing, n_judging; /* windows, of all targets together */
} kr_fit_info;
KR_API void kr_fit_describe(const kr_fit *fit, kr_fit_info *info);

/* One choice: "look-back", "168 steps", "7 seasons of 24". */
typedef struct kr_fit_rule {
    size_t size;
    const char *what, *value, *why;
} kr_fit_rule;
/* Number i, from 0; false: there is none. */
KR_API bool kr_fit_describe_rule(const kr_fit *fit, int i, kr_fit_rule *rule);
KR_API bool kr_fit_describe_candidate(const kr_fit *fit, int i, kr_fit_candidate *candidate);

/* What was chosen, and how it compares with the best rule of thumb on the later windows. Skill is
 * 1 - its error / the rule's, of the median target; 90 of 100 resamples lie between skill_low and
 * skill_high. NaN: not measured. */
typedef struct kr_fit_verdict {
    size_t size;
    const char *sentence;         /* all of it in words, two sentences or three */
    const char *choice;           /* "the median of ETS, Theta and CES", or one name */
    const char *rule;             /* the best rule of thumb; "": none was tried */
    kr_judgement judgement;       /* worse: so the rule was taken */
    int64_t n_targets, n_windows; /* that could be compared */
    double skill, skill_low, skill_high, mase, rule_mase;
    double choosing_mase, judging_mase; /* of the choice, on all windows */
    /* Shares of the truths that intervals of `levels` held on the later windows. */
    int n_levels;
    double levels[KR_LEVELS_MAX], held[KR_LEVELS_MAX];
} kr_fit_verdict;
/* False before kr_fit_run(). */
KR_API bool kr_fit_describe_verdict(const kr_fit *fit, kr_fit_verdict *verdict);

/* A copy of its settings; those of a model's file are without `out`, `resume` and `threads`. */
KR_API kr_status kr_fit_settings(const kr_fit *fit, kr_settings **out, kr_error *err);

/* What the fit that made a model found, also of a model from a file: a fit that tells the same, but
 * how long its models took, and can do nothing else. KR_UNSUPPORTED: no fit made the model, or an
 * older version of the library; KR_FORMAT: the file is damaged. */
KR_API kr_status kr_fit_recall(const kr_forecaster *model, kr_fit **out, kr_error *err);

/* The model, which belongs to the fit; NULL before kr_fit_run(). */
KR_API kr_forecaster *kr_fit_forecaster(const kr_fit *fit);
/* The same, to be destroyed by the caller: the fit has none from now on. */
KR_API kr_forecaster *kr_fit_take_forecaster(kr_fit *fit);

/* The horizon's steps after the last row of one of the rows' series, with intervals of `levels` as
 * far as the model has them. KR_USAGE: there is no model, or no such series. KR_SHAPE: the series
 * is too short, or columns that are known ahead end too early. */
KR_API kr_status kr_fit_forecast(kr_fit *fit, int64_t series, kr_prediction **out, kr_error *err);

/* Write what it found into a folder, which is made, as `krait fit` does: fit.json, comparison.csv,
 * targets.csv, held_out.csv and the forecasts of all series that are long enough, forecast.csv.
 * name is that of the table. `krait report` makes a page of them. KR_USAGE: it has not run, or a
 * model told it; KR_IO. */
KR_API kr_status kr_fit_write(kr_fit *fit, const char *folder, const char *name, kr_error *err);

KR_END_DECLS

#endif
