/* SPDX-License-Identifier: MIT
 * forecaster.h - a model that forecasts series: create it, train it on rows, see what it is worth,
 * keep it in a file.
 *
 *     kr_forecast_config settings;
 *     kr_forecaster *model = NULL;
 *     kr_forecast_result *result = NULL;
 *     kr_forecast_config_init(&settings);
 *     KR_TRY(kr_forecast_config_set(&settings, "pred_len", "24", err));
 *     KR_TRY(kr_forecaster_create(team, &settings, &model, err));
 *     KR_TRY(kr_forecaster_train(model, rows, NULL, err));
 *     KR_TRY(kr_forecaster_score(model, NULL, &result, err));
 *     KR_TRY(kr_forecaster_save(model, "model.safetensors", err));
 *
 * Nothing here reads or writes a file that the caller has not named. One call at a time for a
 * forecaster; several forecasters may be at work at once, also with one team. */
#ifndef KR_FORECASTER_H
#define KR_FORECASTER_H

#include <kr/forecast.h>
#include <kr/frequency.h>
#include <kr/rows.h>

KR_BEGIN_DECLS

typedef struct kr_forecaster kr_forecaster;

/* A model of these settings, which are copied. KR_USAGE when they do not fit together. The
 * forecaster keeps the team, and computes with it. */
KR_API kr_status kr_forecaster_create(kr_team *team, const kr_forecast_config *settings,
                                      kr_forecaster **out, kr_error *err);
/* NULL is fine. */
KR_API void kr_forecaster_destroy(kr_forecaster *forecaster);

/* What is to be known of it; fields are added at the end. Of a forecaster that has seen no rows the
 * settings and lengths alone. Lives as long as the forecaster. */
typedef struct kr_forecaster_info {
    size_t size;
    const kr_forecast_config *settings;
    int64_t seq_len, pred_len, n_channels, n_outputs;
    /* n_channels, as the model takes them: the last n_outputs are forecast; behind them stand the
     * n_static columns that have one value a series. */
    char **columns;
    int64_t n_static;
    int64_t n_future;       /* the first ones, which are known ahead */
    int64_t n_series;       /* of the panel that it was trained on; 0: a single series */
    char **series;          /* their names */
    bool has_dates;         /* the model is told the dates of its rows */
    bool has_frequency;     /* false: an older checkpoint, or dates on no grid */
    kr_frequency frequency; /* of the training rows */
} kr_forecaster_info;
KR_API const kr_forecaster_info *kr_forecaster_info_of(const kr_forecaster *forecaster);

/* Out of a checkpoint of `krait run`, or what kr_forecaster_save() wrote: ready to be asked.
 * KR_FORMAT for other files, with a sentence on what is missing. */
KR_API kr_status kr_forecaster_open(kr_team *team, const char *path, kr_forecaster **out,
                                    kr_error *err);
/* The same bytes in memory; name stands for them in sentences. */
KR_API kr_status kr_forecaster_open_memory(kr_team *team, const char *name, const void *bytes,
                                           size_t n_bytes, kr_forecaster **out, kr_error *err);

/* Columns, scale and parts from these rows, which are not needed afterwards; the parameters get
 * their first values. Forgets what it knew. KR_FORMAT, KR_SHAPE: columns are missing, rows are too
 * few; the sentence says which. */
KR_API kr_status kr_forecaster_prepare(kr_forecaster *forecaster, const kr_rows *rows,
                                       kr_error *err);

/* Parameters out of a .safetensors or .pth file, once it is prepared. Missing, surplus or misshapen
 * ones are named. */
KR_API kr_status kr_forecaster_load(kr_forecaster *forecaster, const char *path, kr_error *err);

/* size is sizeof(kr_train_options); all else 0, or NULL for all: the defaults. */
typedef struct kr_train_options {
    size_t size;
    const kr_forecast_observer *observer; /* hears what happens */
    /* A file for the best model so far and the state of the training, after every epoch and when
     * asked to stop; NULL: nothing is written. */
    const char *checkpoint;
    bool resumes; /* goes on from checkpoint to the bits of a training that was never stopped */
} kr_train_options;

/* Prepare with rows (NULL: it is prepared), train on their training part, keep the parameters that
 * are best on the validation part, and how far they are off there. KR_INTERRUPTED: asked to stop;
 * KR_NUMERIC: numbers ran out of range. */
KR_API kr_status kr_forecaster_train(kr_forecaster *forecaster, const kr_rows *rows,
                                     const kr_train_options *options, kr_error *err);

/* Forecasts of the test part of the rows that it was prepared with, and what they are worth.
 * observer may be NULL. */
KR_API kr_status kr_forecaster_score(kr_forecaster *forecaster,
                                     const kr_forecast_observer *observer, kr_forecast_result **out,
                                     kr_error *err);

/* The model, its settings, scale and residuals, and, after a training, the state to go on from.
 * The file is replaced at once or not at all. */
KR_API kr_status kr_forecaster_save(kr_forecaster *forecaster, const char *path, kr_error *err);
/* The same bytes in memory, to be freed with kr_free. */
KR_API kr_status kr_forecaster_save_memory(kr_forecaster *forecaster, void **bytes, size_t *n_bytes,
                                           kr_error *err);

/* Are there intervals of this level? KR_UNSUPPORTED when there is nothing to make them of, KR_USAGE
 * when the level is outside (0, 1) or more than its validation windows allow. */
KR_API kr_status kr_forecaster_check_level(const kr_forecaster *forecaster, double level,
                                           kr_error *err);

/* For a process that makes one forecast and ends: matrix products start at once and take longer, so
 * that a small model is done 20 ms sooner. To be called before the first forecast; does nothing for
 * a large model. The last bits of a forecast may differ. */
KR_API void kr_forecaster_start_fast(const kr_forecaster *forecaster);

KR_END_DECLS

#endif
