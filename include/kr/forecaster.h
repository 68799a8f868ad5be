/* SPDX-License-Identifier: MIT
 * forecaster.h - a model that forecasts series: create it, train it on rows, measure how good it
 * is, keep it in a file.
 *
 *     kr_settings *settings = NULL;
 *     kr_forecaster *model = NULL;
 *     kr_forecast_result *result = NULL;
 *     KR_TRY(kr_forecast_settings_create(&settings, err));
 *     KR_TRY(kr_settings_set(settings, "pred_len", "24", err));
 *     KR_TRY(kr_forecaster_create(team, settings, &model, err));
 *     KR_TRY(kr_forecaster_train(model, rows, NULL, err));
 *     KR_TRY(kr_forecaster_score(model, NULL, &result, err));
 *     KR_TRY(kr_forecaster_save(model, "model.safetensors", err));
 *
 * Nothing here reads or writes a file that the caller has not named. A forecaster takes one call at
 * a time; several forecasters may work at once, also with one team. */
#ifndef KR_FORECASTER_H
#define KR_FORECASTER_H

#include <kr/rows.h>
#include <kr/scores.h>
#include <kr/settings.h>
#include <kr/team.h>
#include <kr/training.h>

KR_BEGIN_DECLS

typedef struct kr_forecaster kr_forecaster;

/* The settings of a forecaster with their defaults; `krait run --help` lists them. */
KR_API kr_status kr_forecast_settings_create(kr_settings **out, kr_error *err);

/* ---- models ---------------------------------------------------------------------------------- */

/* The name of model i, from 0; NULL after the last. */
KR_API const char *kr_forecast_model_name(int i);

typedef enum kr_forecast_model_trait {
    KR_MODEL_LEARNS,      /* it has parameters */
    KR_MODEL_HAS_STATE,   /* it uses d_state */
    KR_MODEL_IN_FIT,      /* `krait fit` tries it unless told otherwise */
    KR_MODEL_IN_BENCH,    /* `krait bench` includes it */
    KR_MODEL_BESIDE_REFIT /* simple enough to be trained beside any other */
} kr_forecast_model_trait;
/* False for an unknown name. */
KR_API bool kr_forecast_model_is(const char *name, kr_forecast_model_trait trait);
/* The model that a parameter of this name belongs to, for a file without settings; NULL: not known.
 */
KR_API const char *kr_forecast_model_of(const char *parameter);

/* ---- observing a run -------------------------------------------------------------------- */

typedef enum kr_forecast_event_kind {
    KR_EVENT_TRAINING, /* training starts */
    KR_EVENT_WINDOWS,  /* text: train, val or test; count: its windows */
    KR_EVENT_MODEL,    /* count: parameters */
    KR_EVENT_RESUMED,  /* epoch, step: where it continues; loss: the best so far */
    KR_EVENT_STEP,     /* after every step */
    KR_EVENT_EPOCH,    /* after validation and test of an epoch */
    KR_EVENT_SAVED,    /* better: previous_loss -> loss; text: the file */
    KR_EVENT_COUNTER,  /* no better: count of patience */
    KR_EVENT_RATE,     /* rate set for the next epoch */
    KR_EVENT_STOPPED_EARLY,
    KR_EVENT_INTERRUPTED, /* saved on request; text: the file */
    KR_EVENT_NONFINITE,   /* text: where, in a sentence; the step was skipped or rolled back */
    KR_EVENT_TESTING,     /* test starts */
    KR_EVENT_PROGRESS,    /* step of steps while validating or testing; text: what */
    KR_EVENT_DTW          /* count: samples done */
} kr_forecast_event_kind;

typedef struct kr_forecast_event {
    kr_forecast_event_kind kind;
    int64_t epoch, epochs, step, steps, count, patience;
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

/* How good a forecaster is on its test windows. */
typedef struct kr_forecast_result {
    size_t size;
    uint64_t seed;
    int64_t n_parameters;
    kr_epoch_record *epochs;
    int64_t n_epochs;
    double best_validation_loss;
    double step_ms; /* median time of a training step; 0 when none ran */
    double train_seconds, test_seconds;

    /* Test forecasts in scaled units: (n_windows, pred_len, n_channels). */
    int64_t n_windows, pred_len, n_channels;
    float *pred, *truth;
    bool is_original; /* `inverse` was set; scores that say so below are then in original units */
    int64_t seq_len;
    int64_t season;             /* the setting */
    int64_t first_channel;      /* of the forecast channels in dataset: 0, or the last one for MS */
    struct kr_dataset *dataset; /* for the program */
    kr_metrics scaled, original; /* all elements, in scaled and in original units */
    double dtw;                  /* original units if is_original; NaN when not asked for */

    /* Scaled units: of the validation windows, or of every k-th when there are many. */
    kr_metrics validation;
    /* Of the test windows, original units if is_original. */
    int n_intervals; /* those of `levels` that the validation windows allow */
    kr_interval_score intervals[KR_LEVELS_MAX];
    kr_quantile_scores conformal_quantiles; /* forecast + residual at `quantiles` */

    /* Of `loss` Quantile, where pred is the median; else NULL and 0. */
    float *quantiles; /* (n_windows, n of the scores, pred_len, n_channels), scaled */
    kr_quantile_scores quantile_scores; /* original units if is_original, as the intervals */
    int n_quantile_intervals; /* between p and 1 - p where both are forecast, rising level */
    kr_interval_score quantile_intervals[KR_QUANTILES_MAX / 2];

    char **channel_names; /* n_channels */
    kr_profile *profile;  /* NULL when not asked for */
} kr_forecast_result;

KR_API void kr_forecast_result_destroy(kr_forecast_result *result);

/* Forecast and truth of one test window, (pred_len, n_channels), scaled or in original units.
 * Either may be NULL. */
KR_API void kr_forecast_result_window(const kr_forecast_result *result, int64_t window,
                                      bool is_original, double *pred, double *truth);
/* The input of one test window for one forecast channel: history (seq_len), scaled or in original
 * units. first_timestamp: microseconds since 1970 of its first row; -1 when the data have no dates.
 */
KR_API void kr_forecast_result_history(const kr_forecast_result *result, int64_t window,
                                       int64_t channel, bool is_original, double *history,
                                       int64_t *first_timestamp);

/* ---- the forecaster -------------------------------------------------------------------------- */

/* A model with these settings, which are copied. KR_USAGE when they do not fit together. The
 * forecaster computes with the team, which must outlive it. */
KR_API kr_status kr_forecaster_create(kr_team *team, const kr_settings *settings,
                                      kr_forecaster **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_forecaster_destroy(kr_forecaster *forecaster);

/* What a forecaster is; later versions add fields at the end. Before it has seen rows, only the
 * model and the lengths are set. Lives as long as the forecaster. */
typedef struct kr_forecaster_info {
    size_t size;
    const char *model; /* its name */
    int64_t seq_len, pred_len, n_channels, n_outputs;
    /* n_channels, in the model's order: the last n_outputs are forecast. After them come the
     * n_static columns that have one value per series. */
    char **columns;
    int64_t n_static;
    int64_t n_future;       /* how many of the first columns are known ahead */
    int64_t n_series;       /* of the panel that it was trained on; 0: a single series */
    char **series;          /* their names */
    bool has_dates;         /* the model also receives the dates of its rows */
    bool has_frequency;     /* false: an older checkpoint, or dates without a regular step */
    kr_frequency frequency; /* of the training rows */
} kr_forecaster_info;
KR_API const kr_forecaster_info *kr_forecaster_info_of(const kr_forecaster *forecaster);
/* A copy of its settings. */
KR_API kr_status kr_forecaster_settings(const kr_forecaster *forecaster, kr_settings **out,
                                        kr_error *err);

/* Open a checkpoint of `krait run` or a file of kr_forecaster_save(): ready to forecast. KR_FORMAT
 * for other files; the sentence says what is missing. */
KR_API kr_status kr_forecaster_open(kr_team *team, const char *path, kr_forecaster **out,
                                    kr_error *err);
/* The same from memory; name is what sentences call it. */
KR_API kr_status kr_forecaster_open_memory(kr_team *team, const char *name, const void *bytes,
                                           size_t n_bytes, kr_forecaster **out, kr_error *err);

/* Take columns, scale and parts (training, validation, test) from these rows, which are not needed
 * afterwards, and give the parameters their initial values. What was learnt before is lost.
 * KR_FORMAT, KR_SHAPE: columns are missing or rows are too few; the sentence says which. */
KR_API kr_status kr_forecaster_prepare(kr_forecaster *forecaster, const kr_rows *rows,
                                       kr_error *err);

/* Read the parameters of a prepared forecaster from a .safetensors or .pth file. The sentence names
 * those that are missing, surplus or of another shape. */
KR_API kr_status kr_forecaster_load(kr_forecaster *forecaster, const char *path, kr_error *err);

/* size is sizeof(kr_train_options); all else 0, or NULL for all: the defaults. */
typedef struct kr_train_options {
    size_t size;
    const kr_forecast_observer *observer; /* is told what happens */
    /* The file for the best model so far and the state of the training, written after every epoch
     * and when asked to stop; NULL: nothing is written. */
    const char *checkpoint;
    bool resumes; /* continue from checkpoint, with the bits of a training that was never stopped */
} kr_train_options;

/* Prepare with rows (NULL: it is prepared already), train on their training part, and keep the
 * parameters with the best validation loss and their residuals on the validation part.
 * KR_INTERRUPTED: asked to stop; KR_NUMERIC: a number was not finite. */
KR_API kr_status kr_forecaster_train(kr_forecaster *forecaster, const kr_rows *rows,
                                     const kr_train_options *options, kr_error *err);

/* Forecast the test part of the rows that it was prepared with, and score the forecasts. observer
 * may be NULL. */
KR_API kr_status kr_forecaster_score(kr_forecaster *forecaster,
                                     const kr_forecast_observer *observer, kr_forecast_result **out,
                                     kr_error *err);

/* Write the model, its settings, scale and residuals and, after a training, the state to continue
 * from. The file is replaced whole or not at all. */
KR_API kr_status kr_forecaster_save(kr_forecaster *forecaster, const char *path, kr_error *err);
/* The same bytes in memory, to be freed with kr_free. */
KR_API kr_status kr_forecaster_save_memory(kr_forecaster *forecaster, void **bytes, size_t *n_bytes,
                                           kr_error *err);

/* Can it give intervals of this level? KR_UNSUPPORTED when it has nothing to make intervals from,
 * KR_USAGE when the level is outside (0, 1) or higher than its validation windows allow. */
KR_API kr_status kr_forecaster_check_level(const kr_forecaster *forecaster, double level,
                                           kr_error *err);

/* ---- history: the rows that it forecasts from ------------------------------------------------ */

/* Rows as a forecaster sees them. The functions below make it; later versions add fields at the
 * end. */
typedef struct kr_history {
    size_t size;
    const char *name;      /* of the file, for sentences */
    const char *date_name; /* of the column of dates; NULL: no dates */
    const char *series;    /* which one of a panel; NULL: a single series */
    /* For a panel (n_channels): those of the training series of this name; for a series that the
     * model has not seen, those of these rows. */
    const double *mean, *deviation;
    int64_t n_rows, n_channels;
    double *values;         /* (n_rows, n_channels), the forecaster's columns, original units */
    uint8_t *missing;       /* (n_rows, n_channels), 1 where a gap was filled; NULL: no gaps */
    int64_t *timestamps;    /* (n_rows) microseconds since 1970; NULL: no dates */
    const char *zone;       /* "+01:00": dates are on that clock; NULL: dates without zone */
    bool has_frequency;     /* dates follow a regular step, so that later dates are known */
    kr_frequency frequency; /* the forecaster's, or where it has none, that of the rows */
    /* Rows after the last one in which only the columns that are known ahead have values. */
    int64_t n_ahead;
    double *ahead; /* (n_ahead, n_future of the forecaster) */
    kr_gaps_report gaps;
    int64_t n_ignored; /* columns of the file that the model does not know */
    const char *const *ignored;
} kr_history;

/* size is sizeof(kr_history_options); all else 0, or NULL for all: the defaults. */
typedef struct kr_history_options {
    size_t size;
    const char *gaps; /* KR_GAPS_CHOICES; NULL: as in the training */
    /* How a file is read: date_column and delimiter .. sheet of it; NULL: as that of the training.
     */
    const kr_rows_options *rows;
    const char *series;    /* for a model of a panel: which series the rows are of */
    const char *id_column; /* for kr_history_read_panel(); NULL: that of the training */
} kr_history_options;

/* The history of one series of rows, which are not needed afterwards. KR_USAGE: there is no such
 * series; KR_FORMAT as below. */
KR_API kr_status kr_history_of_rows(const kr_forecaster *forecaster, const kr_rows *rows,
                                    int64_t series, const kr_history_options *options,
                                    kr_history **out, kr_error *err);
/* From a file of one series, in any format that kr_rows_read() knows, with columns in any order.
 * KR_FORMAT: columns are missing (the sentence names all), dates go back, repeat or have another
 * frequency than the training data, there are gaps, or a static column changes. */
KR_API kr_status kr_history_read(const kr_forecaster *forecaster, const char *path,
                                 const kr_history_options *options, kr_history **out,
                                 kr_error *err);
/* All series of rows, or of a file that names them in a column, of a folder of files, or of a file
 * of one series. Free with kr_history_panel_destroy. */
typedef struct kr_history_panel {
    kr_history **series;
    int64_t n;
} kr_history_panel;
KR_API kr_status kr_history_panel_of_rows(const kr_forecaster *forecaster, const kr_rows *rows,
                                          const kr_history_options *options, kr_history_panel **out,
                                          kr_error *err);
KR_API kr_status kr_history_read_panel(const kr_forecaster *forecaster, const char *path,
                                       const kr_history_options *options, kr_history_panel **out,
                                       kr_error *err);
KR_API void kr_history_panel_destroy(kr_history_panel *panel);
/* An empty history, for rows that arrive one by one. name is what sentences call their source.
 * KR_USAGE: the model of a panel needs options->series, a series that it was trained on. */
KR_API kr_status kr_history_start(const kr_forecaster *forecaster, const char *name,
                                  const kr_history_options *options, kr_history **out,
                                  kr_error *err);
/* Append a row: values (n_channels + n_static) in the forecaster's order, NaN for a gap; a static
 * column keeps its first value. timestamp: microseconds since 1970, ignored when the model has no
 * dates. Rows that are missing in between are gaps too. Old rows that no forecast needs any more
 * are dropped. KR_FORMAT, and the history stays as it was: the date is not a whole number of steps
 * after the last one, or lies on a day or hour that the training left out; or there is a gap and
 * options->gaps refuses gaps. The sentence does not say where, which the caller knows. What
 * kr_forecaster_predict() says behind the last row is, of the zero-shot model alone and up to 96
 * steps ahead, that of a kr_zeroshot_stream. */
KR_API kr_status kr_history_push(kr_history *history, const double *values, int64_t timestamp,
                                 kr_error *err);
KR_API void kr_history_destroy(kr_history *history);

/* The last row that the model can forecast from: the last one of the history, or an earlier one
 * when the columns that are known ahead do not reach far enough. May be below 0. */
KR_API int64_t kr_history_last_origin(const kr_history *history, const kr_forecaster *forecaster);

/* The row of this date; -1: none. */
KR_API int64_t kr_history_find(const kr_history *history, int64_t timestamp);

/* ---- forecasts -------------------------------------------------------------------------- */

/* size is sizeof(kr_predict_options); all else 0, or NULL for all: pred_len steps, no intervals. */
typedef struct kr_predict_options {
    size_t size;
    int64_t n_steps; /* at most pred_len; 0: pred_len */
    int n_levels;    /* at most KR_LEVELS_MAX */
    const double *levels;
} kr_predict_options;

/* Arrays of forecasts are (n, n_steps, n_outputs), original units. A forecast or bound is the
 * shortest decimal that the model's float may stand for. */
typedef struct kr_prediction {
    size_t size;
    int64_t n, n_steps, n_outputs;
    int64_t *origin;     /* (n): the row of the history before the first step */
    int64_t *timestamps; /* (n, n_steps); NULL: the dates are not known */
    double *forecast;
    double *truth; /* what the history holds there; NaN where it ends, and in gaps */
    int n_levels;
    double levels[KR_LEVELS_MAX];
    double *lower, *upper; /* (n_levels, n, n_steps, n_outputs) */
} kr_prediction;

/* Forecasts from n rows of the history, each at least seq_len - 1; otherwise KR_SHAPE, with how
 * many rows there are and how many are needed. KR_USAGE: n_steps is out of range. Levels can fail
 * as in kr_forecaster_check_level(). */
KR_API kr_status kr_forecaster_predict(kr_forecaster *forecaster, const kr_history *history,
                                       int64_t n, const int64_t *origin,
                                       const kr_predict_options *options, kr_prediction **out,
                                       kr_error *err);
/* The same for n histories, one row of each, (n): statistical models and ZeroShot take all of them
 * at once. out (n): to be destroyed one by one; on failure NULL. */
KR_API kr_status kr_forecaster_predict_each(kr_forecaster *forecaster,
                                            const kr_history *const *histories, int64_t n,
                                            const int64_t *origin,
                                            const kr_predict_options *options, kr_prediction **out,
                                            kr_error *err);
KR_API void kr_prediction_destroy(kr_prediction *prediction);

KR_END_DECLS

#endif
