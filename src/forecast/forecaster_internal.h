/* SPDX-License-Identifier: MIT
 * forecaster_internal.h - a forecaster: its settings taken apart, the rows it was prepared with,
 * its engine, and what its training left. */
#ifndef KR_FORECASTER_INTERNAL_H
#define KR_FORECASTER_INTERNAL_H

#include <kr/files.h>
#include <kr/forecaster.h>
#include <kr/scores.h>

#include "core/real.h"
#include "forecast/augment.h"
#include "forecast/dataset.h"
#include "forecast/features.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_objective.h"
#include "forecast/forecast_parts.h"
#include "forecast/study.h"
#include "train/trainer.h"

struct kr_forecaster {
    kr_forecaster_info info; /* for callers; its columns belong to the features */
    kr_team *team;
    kr_forecast_config settings; /* as given: to write into files and to compare with files */
    kr__forecast_parts parts;    /* the same, divided up; texts point into settings */

    /* Once it is prepared, or opened. */
    const kr_features *features; /* the data set's, or its own */
    kr_features *own_features;   /* from a file; NULL: it was prepared */
    kr_dataset *dataset;         /* NULL: it was opened */
    float *train_x; /* the data set's rows, those of training augmented; NULL: not augmented */
    kr_engine *engine;
    kr__model_config model;

    /* Once it is trained. */
    kr_trainer *trainer;     /* NULL: nothing is trained */
    kr_conformal *conformal; /* NULL: not fitted, or no truth to compare with */
    kr_metrics validation;
    bool is_validated;

    /* Of `local_models`, whose median is forecast: statistical models, which are fitted to the
     * history of each forecast, and NULL for the learned one. Where that is none of them, there are
     * no data set, no engine and no trainer. */
    int n_members; /* 0: the learned one alone, with intervals of its own */
    bool learns;
    char name[sizeof(((kr_forecast_config *)NULL)->local_models)]; /* "ETS+Theta" */
    const kr__local_model *members[KR__MOST_MEMBERS];
    kr_zeroshot *zeroshot; /* what ZeroShot forecasts with; NULL: it is no member */
    kr_zeroshot *tuned;    /* what ZeroShotTuned does */
    void *tuned_bytes;     /* its file */
    size_t n_tuned_bytes;
    kr_rows *rows;              /* that it was prepared with, as its features pick them */
    kr__relative_errors errors; /* n_windows is 0: not trained */

    char *fit_record; /* what the fit that made it found: fit_record.c; NULL: none made it */

    /* Of the current call. */
    const kr_forecast_observer *observer;
    const char *checkpoint; /* NULL: no file */
    bool is_saved;          /* it has written its checkpoint, or continued from it */

    bool keeps_done; /* kr__forecaster_keep_done() */
};

/* Of the columns: the last ones are forecast. */
static inline int64_t kr__forecaster_first_output(const kr_forecaster *f) {
    return f->features->n_columns - f->features->n_outputs;
}

/* Is it a model that tells its own quantiles, alone? Then it needs no errors of the past. */
static inline bool kr__local_tells_quantiles(const kr_forecaster *f) {
    return f->n_members == 1 && f->members[0] == &kr__local_zeroshot;
}

/* What a member forecasts with that has learnt before; NULL: it is fitted. */
static inline kr_zeroshot *kr__local_opened(const kr_forecaster *f, const kr__local_model *member) {
    return member == &kr__local_tuned ? f->tuned : f->zeroshot;
}

/* The seasons of its settings, for statistical models. Returns how many. */
enum { KR__FORECASTER_SEASONS = 2 };
static inline int64_t kr__forecaster_seasons(const kr_forecaster *f,
                                             int64_t seasons[KR__FORECASTER_SEASONS]) {
    seasons[0] = f->settings.season;
    seasons[1] = f->settings.long_season;
    return seasons[0] < 2 ? 0 : seasons[1] <= seasons[0] ? 1 : 2;
}

/* Has it what it forecasts with? */
static inline bool kr__forecaster_is_ready(const kr_forecaster *f) {
    if (f->learns) return f->engine != NULL;
    return f->errors.n_windows > 0 || (kr__local_tells_quantiles(f) && f->features);
}

/* Set the features through which the model sees rows; from then on its columns are known.
 * forecaster.c */
void kr__forecaster_use(kr_forecaster *f, const kr_features *features);
/* The objective on rows of f->features; f knows its model then. forecaster.c */
kr_forecast_objective kr__forecaster_objective(kr_forecaster *f);

/* ---- telling: forecaster_tell.c -------------------------------------------------------------- */

/* Fill event's common fields (epoch where it is 0) and hand it to the observer. */
void kr__forecaster_tell(const kr_forecaster *f, kr_forecast_event event);
/* Windows of each part, to the observer. */
void kr__forecaster_tell_windows(const kr_forecaster *f, kr_split split);

/* ---- windows: forecaster_windows.c ------------------------------------------------------ */

/* Windows of a split as samples: order NULL means 0, 1, 2, .. from first on. */
typedef struct kr__window_source {
    const kr_forecaster *forecaster;
    kr_split split;
    const int64_t *order;
    int64_t first;
} kr__window_source;

/* kr_samples' fetch; arg is a kr__window_source. */
void kr__fetch_window(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]);

/* Forecast n windows of a split (order NULL: the first n). y (n, y of a sample) or NULL; losses:
 * the mean over each window's values, or NULL. KR_INTERRUPTED when asked to stop. */
kr_status kr__forecast_windows(kr_forecaster *f, kr_split split, const int64_t *order, int64_t n,
                               const char *what, float *y, double *losses, kr_error *err);
/* The true values: (n, pred_len, outputs). */
void kr__copy_truth(const kr_forecaster *f, kr_split split, const int64_t *order, int64_t n,
                    float *truth);
/* The point forecasts (n, pred_len, outputs) from the y of n windows; pred may be y. */
void kr__copy_point(const kr_forecaster *f, int64_t n, const float *y, float *pred);
/* All windows of a split: the mean of the batches' mean losses. */
kr_status kr__evaluate_windows(kr_forecaster *f, kr_split split, const char *what, double *loss,
                               kr_error *err);

/* ---- training and scores ---------------------------------------------------------------- */

/* Make f->trainer, continue from f->checkpoint if resumes, and train until done, stopped early, or
 * interrupted (KR_INTERRUPTED, saved). Afterwards the parameters are the best ones.
 * forecaster_train.c */
kr_status kr__forecaster_fit(kr_forecaster *f, bool resumes, kr_error *err);

/* The test windows. forecaster_score.c */
kr_status kr__forecaster_test(kr_forecaster *f, kr_forecast_result **out, kr_error *err);

/* Make f->conformal and f->validation with the current parameters. forecaster_intervals.c */
kr_status kr__forecaster_validate(kr_forecaster *f, kr_error *err);
/* How good the intervals are on the test windows; r has pred and truth in scaled units.
 * forecaster_intervals.c */
kr_status kr__forecaster_measure_intervals(const kr_forecaster *f, kr_forecast_result *r,
                                           kr_error *err);

/* ---- statistical models: forecaster_local.c ---------------------------------------------- */

/* Fill in members and name from the settings. KR_USAGE names one that is not known, or named twice.
 */
kr_status kr__local_members(kr_forecaster *f, kr_error *err);
/* Its own features and rows. */
kr_status kr__local_prepare(kr_forecaster *f, const kr_rows *rows, kr_error *err);
/* Errors that are known already, which are copied. */
kr_status kr__local_adopt(kr_forecaster *f, const kr__relative_errors *errors, kr_error *err);
/* Its errors in the past of the rows that it was prepared with. */
kr_status kr__local_train(kr_forecaster *f, kr_error *err);
/* Means and bounds of n predictions, whose arrays are there, each from its history; they hold what
 * the learned member forecasts. */
kr_status kr__local_predict(const kr_forecaster *f, const kr_history *const *histories,
                            kr_prediction *const *out, int64_t n, kr_error *err);
kr_status kr__local_list(const kr_forecaster *f, kr_entries *entries, kr_error *err);
/* KR_UNSUPPORTED: a member has learnt from the rows of a fit, so that its errors on them would be
 * too small; it cannot be trained anew. */
kr_status kr__local_refuse_tuned(const kr_forecaster *f, kr_error *err);
/* What ZeroShotTuned forecasts with, which becomes the forecaster's, also on failure. */
kr_status kr__local_take_tuned(kr_forecaster *f, kr_zeroshot *tuned, kr_error *err);
kr_status kr__local_load(kr_forecaster *f, kr_tensor_file *file, kr_error *err);

/* Rows of a history that forecasts make use of; info.seq_len is how many they need. */
static inline int64_t kr__forecaster_reach(const kr_forecaster *f) {
    int64_t most = f->zeroshot || f->tuned ? KR__LOCAL_MOST_OF_ALL : KR__LOCAL_MOST;
    return f->n_members == 0 || f->info.seq_len > most ? f->info.seq_len : most;
}

/* ---- files: forecaster_file.c ----------------------------------------------------------- */

/* Write f->checkpoint, if there is one. */
kr_status kr__forecaster_keep(kr_forecaster *f, kr_error *err);
/* Bring f->trainer into the state that the file holds. KR_USAGE when the settings differ. */
kr_status kr__forecaster_resume(kr_forecaster *f, const char *path, kr_error *err);
/* Parameters alone, from .safetensors or .pth. The sentence names those that are missing, surplus
 * or of another shape. */
kr_status kr__forecaster_read_params(kr_params *params, kr_tensor_file *file, kr_error *err);
/* From an open file, which is not needed afterwards. forecaster_open.c */
kr_status kr__forecaster_open(kr_team *team, kr_tensor_file *file, kr_forecaster **out,
                              kr_error *err);
/* Metadata "format" and "version" (NULL: missing) of a file: can this program read it? */
kr_status kr__forecaster_check_format(const char *path, const char *format, const char *version,
                                      kr_error *err);

#endif
