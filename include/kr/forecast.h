/* SPDX-License-Identifier: MIT
 * forecast.h - train and test a forecaster: what `krait run` does.
 *
 * The library computes and keeps the checkpoint; it tells an observer what happens and gives a
 * result. Printing, metrics files and figures are the caller's. */
#ifndef KR_FORECAST_H
#define KR_FORECAST_H

#include <kr/dataset.h>
#include <kr/epoch_record.h>
#include <kr/flags.h>
#include <kr/gaps.h>
#include <kr/intervals.h>
#include <kr/metrics.h>
#include <kr/profile.h>
#include <kr/status.h>
#include <kr/team.h>

KR_BEGIN_DECLS

enum { KR_FORECAST_TEXT = KR_FLAG_TEXT, KR_FORECAST_PATH = 3 * KR_FORECAST_TEXT };

/* Fields named as the flags in forecast_flags.inc. Strings are in place. */
typedef struct kr_forecast_config {
#define KR_FLAG_LIST <kr/forecast_flags.inc>
#include <kr/flags.inc>
} kr_forecast_config;

/* The settings as data: for command lines, help, JSON. */
KR_API const kr_flag_table *kr_forecast_flags(void);
/* The same behind a handle (kr/settings.h). */
KR_API kr_status kr_forecast_settings_create(kr_settings **out, kr_error *err);
KR_API const kr_old_flag *kr_forecast_old_flags(int *count);

KR_API void kr_forecast_config_init(kr_forecast_config *config);
/* Set one field from text: whole number, range and choices are checked. name with _ . */
KR_API kr_status kr_forecast_config_set(kr_forecast_config *config, const char *name,
                                        const char *text, kr_error *err);
/* One field as text that kr_forecast_config_set() reads back. */
KR_API void kr_forecast_config_get(const kr_forecast_config *config, const kr_flag *flag,
                                   char *text, size_t size);
/* Do the settings fit together (d_model and n_heads, patch_len and seq_len, ..)? KR_USAGE if not.
 */
KR_API kr_status kr_forecast_config_check(const kr_forecast_config *config, kr_error *err);

/* The original's folder name of repetition `repetition` (from 0). */
KR_API void kr_forecast_setting(const kr_forecast_config *config, int64_t repetition, char *text,
                                size_t size);
/* The checkpoint that this repetition writes: {checkpoints}/{setting}/checkpoint.safetensors. Cut
 * to size. Returns path. */
KR_API const char *kr_forecast_checkpoint(const kr_forecast_config *config, int64_t repetition,
                                          char *path, size_t size);

/* All settings as one JSON object, to be freed with kr_free. */
KR_API kr_status kr_forecast_config_to_json(const kr_forecast_config *config, char **text,
                                            kr_error *err);
/* Out of such an object: what it does not name keeps its default; a name that is unknown, a value
 * of the wrong kind or out of range is KR_FORMAT. On failure *config is untouched. */
KR_API kr_status kr_forecast_config_from_json(const char *text, size_t n_bytes,
                                              kr_forecast_config *config, kr_error *err);

/* The models by number, from 0: their names, NULL behind the last. */
KR_API const char *kr_forecast_model_name(int i);

typedef enum kr_forecast_model_trait {
    KR_MODEL_LEARNS,      /* it has parameters */
    KR_MODEL_HAS_STATE,   /* d_state counts */
    KR_MODEL_IN_FIT,      /* kr_fit_run() tries it unless told otherwise */
    KR_MODEL_IN_BENCH,    /* kr_comparison_cases() takes it */
    KR_MODEL_BESIDE_REFIT /* simple enough to be trained beside any other */
} kr_forecast_model_trait;
/* False for a name that there is not. */
KR_API bool kr_forecast_model_is(const char *name, kr_forecast_model_trait trait);
/* The model that a parameter of that name gives away, in a file that says no settings; else NULL.
 */
KR_API const char *kr_forecast_model_of(const char *parameter);

/* Named settings for known data: "etth1-96" .. */
typedef struct kr_preset {
    const char *name, *help;
    const char *const *pairs; /* name, value, name, value, .., NULL */
} kr_preset;
KR_API const kr_preset *kr_forecast_presets(int *count);

/* ---- observing a run -------------------------------------------------------------------- */

typedef enum kr_forecast_event_kind {
    KR_EVENT_TRAINING, /* training starts */
    KR_EVENT_WINDOWS,  /* text: train, val or test; count: its windows */
    KR_EVENT_MODEL,    /* count: parameters */
    KR_EVENT_RESUMED,  /* epoch: the one it goes on in, after step; loss: the best so far */
    KR_EVENT_STEP,     /* after every step */
    KR_EVENT_EPOCH,    /* after validation and test of an epoch */
    KR_EVENT_SAVED,    /* better: previous_loss -> loss; text: the file */
    KR_EVENT_COUNTER,  /* not better: count of patience */
    KR_EVENT_RATE,     /* rate set for the next epoch */
    KR_EVENT_STOPPED_EARLY,
    KR_EVENT_INTERRUPTED, /* saved on request; text: the file */
    KR_EVENT_NONFINITE,   /* text: a sentence on where; the run skipped or rolled back */
    KR_EVENT_TESTING,     /* test starts; text: the checkpoint */
    KR_EVENT_PROGRESS,    /* step of steps while validating or testing; text: what */
    KR_EVENT_DTW          /* count: samples done */
} kr_forecast_event_kind;

typedef struct kr_forecast_event {
    kr_forecast_event_kind kind;
    const char *setting; /* folder name of this repetition */
    int64_t repetition, epoch, epochs, step, steps, count, patience;
    double loss, train_loss, validation_loss, test_loss, previous_loss, rate;
    double seconds; /* of this epoch so far */
    const char *text;
} kr_forecast_event;

typedef struct kr_forecast_observer {
    void (*event)(void *arg, const kr_forecast_event *event);
    void *arg;
} kr_forecast_observer;

/* ---- results ---------------------------------------------------------------------------- */

/* Mean pinball losses of quantile forecasts, and the CRPS that follows from them. */
typedef struct kr_quantile_scores {
    int n; /* 0: not measured */
    double p[KR_QUANTILES_MAX], pinball[KR_QUANTILES_MAX], crps;
} kr_quantile_scores;

/* Of one repetition. */
typedef struct kr_forecast_result {
    char setting[KR_FORECAST_TEXT];
    char checkpoint[KR_FORECAST_PATH]; /* file; empty when there is none */
    uint64_t seed;
    int64_t n_parameters;
    kr_epoch_record *epochs;
    int64_t n_epochs;
    double best_validation_loss;
    double step_ms; /* median time of a training step; 0 when none ran */
    double train_seconds, test_seconds;

    /* Test forecasts, scaled units unless config.inverse: (n_windows, pred_len, n_channels). */
    int64_t n_windows, pred_len, n_channels;
    float *pred, *truth;
    bool is_original; /* pred and truth are in original units, because of config.inverse */
    int64_t seq_len;
    int64_t season;        /* config's */
    int64_t first_channel; /* of the forecast channels in dataset: 0, or the last one for MS */
    kr_dataset *dataset;
    kr_metrics scaled, original; /* all elements, in scaled and in original units */
    double dtw;                  /* NaN when not asked for */

    /* Scaled units, of the parameters that were tested. */
    kr_metrics validation; /* of the validation windows, or of every k-th where they are many */
    int n_intervals;       /* of `levels` as far as the validation windows allow; tested */
    kr_interval_score intervals[KR_LEVELS_MAX];
    kr_quantile_scores conformal_quantiles; /* forecast + residual at `quantiles`; tested */

    /* Of `loss` Quantile, where pred is the median; else NULL and 0. */
    float *quantiles; /* (n_windows, n of the scores, pred_len, n_channels) in the units of pred */
    kr_quantile_scores quantile_scores; /* scaled */
    int n_quantile_intervals;           /* between p and 1 - p where both are there, rising level */
    kr_interval_score quantile_intervals[KR_QUANTILES_MAX / 2];

    char **channel_names; /* n_channels */
    kr_profile *profile;  /* NULL when not asked for */
} kr_forecast_result;

/* The rows that the settings name: data, root_path, data_path, and what says how to read them. */
KR_API kr_status kr_forecast_read(const kr_forecast_config *config, kr_rows **out, kr_error *err);

/* Train (when config->is_training) and test one repetition. On KR_INTERRUPTED the state is saved
 * and err says how to resume. observer may be NULL. */
KR_API kr_status kr_forecast_run(kr_team *team, const kr_forecast_config *config,
                                 int64_t repetition, const kr_forecast_observer *observer,
                                 kr_forecast_result **out, kr_error *err);
KR_API void kr_forecast_result_destroy(kr_forecast_result *result);

/* The input of one test window for one forecast channel, in the units of pred: history (seq_len).
 * And seconds since 1970 of its first row; -1 when the data have no dates. */
KR_API void kr_forecast_result_history(const kr_forecast_result *result, int64_t window,
                                       int64_t channel, float *history, int64_t *first_timestamp);

KR_END_DECLS

#endif
