/* SPDX-License-Identifier: MIT
 * forecast_session.h - what the parts of a forecasting run share: data, engine, training state. */
#ifndef KR_FORECAST_SESSION_H
#define KR_FORECAST_SESSION_H

#include <kr/forecast.h>
#include <kr/frequency.h>
#include <kr/intervals.h>
#include <kr/tensor_file.h>

#include "forecast/forecast_levels.h"
#include "forecast/forecast_objective.h"
#include "train/trainer.h"

typedef struct kr_session {
    kr_team *team;
    const kr_forecast_config *config;
    const kr_forecast_observer *observer;
    int64_t repetition;
    uint64_t seed;
    char setting[KR_FORECAST_TEXT];
    char checkpoint[KR_FORECAST_PATH];
    kr_dataset *dataset;
    float *train_x; /* the data set's rows, those of training augmented; NULL: not augmented */
    kr_engine *engine;
    kr__model_config model;
    int64_t n_outputs, first_output; /* forecast columns: count, and the first one in the data */
    kr_trainer *trainer;             /* NULL: nothing is trained */
    bool is_saved;                   /* this run has written its checkpoint, or goes on from it */
    kr_conformal *conformal;         /* once fitted; NULL: no truth to compare with */
    kr_metrics validation;
} kr_session;

/* What the data bring to a model. */
typedef struct kr_data_shape {
    int64_t n_channels, n_marks;
    int64_t n_future; /* of the channels, the first: known over the forecast, not forecast */
} kr_data_shape;

/* The model of a run on such data; it borrows config's text. */
kr_forecast_objective kr__session_objective(const kr_forecast_config *config,
                                            const kr_data_shape *data);

/* The rate of each epoch. */
kr_schedule kr__session_schedule(const kr_forecast_config *config);

/* The settings of the data set, out of this file; texts are borrowed. */
kr_dataset_config kr__session_data(const kr_forecast_config *config, const char *path);

/* Fill event's common fields (epoch where it is 0) and hand it to the observer. */
void kr__session_tell(const kr_session *s, kr_forecast_event event);

/* Windows of a split as samples: order NULL means 0, 1, 2, .. from first on. */
typedef struct kr_window_source {
    const kr_session *session;
    kr_split split;
    const int64_t *order;
    int64_t first;
} kr_window_source;
kr_samples kr__session_samples(kr_window_source *source, int64_t count);

/* Make s->trainer, go on from s->checkpoint when resumes, and train until done, stopped early, or
 * interrupted (KR_INTERRUPTED, saved). Afterwards the parameters are the best ones.
 * forecast_train.c */
kr_status kr__session_train(kr_session *s, bool resumes, kr_error *err);
/* Windows of each part, to the observer. */
void kr__session_tell_windows(const kr_session *s, kr_split split);

/* Forecast n windows of a split (order NULL: the first n). y (n, y of a sample) or NULL; losses:
 * the mean over each window's values, or NULL. KR_INTERRUPTED when asked to stop.
 * forecast_train.c */
kr_status kr__session_forecast(kr_session *s, kr_split split, const int64_t *order, int64_t n,
                               const char *what, float *y, double *losses, kr_error *err);
/* What there was to forecast: (n, pred_len, outputs). forecast_train.c */
void kr__session_truth(const kr_session *s, kr_split split, const int64_t *order, int64_t n,
                       float *truth);
/* The point forecasts (n, pred_len, outputs) out of n windows' y; pred may be y. forecast_train.c
 */
void kr__session_point(const kr_session *s, int64_t n, const float *y, float *pred);
/* All windows of a split: the mean of the batches' mean losses. forecast_train.c */
kr_status kr__session_evaluate(kr_session *s, kr_split split, const char *what, double *loss,
                               kr_error *err);

/* forecast_intervals.c: after training or loading, s->conformal and s->validation. */
kr_status kr__session_fit_intervals(kr_session *s, kr_error *err);
/* What they are worth on the test windows; r has pred and truth in scaled units. */
kr_status kr__session_measure_intervals(kr_session *s, kr_forecast_result *r, kr_error *err);

/* checkpoint.c: parameters, configuration and training state in one .safetensors file. */
kr_status kr__checkpoint_save(kr_session *s, const char *path, kr_error *err);
/* Bring s->trainer to where path left it. KR_USAGE when the settings differ. */
kr_status kr__checkpoint_resume(kr_session *s, const char *path, kr_error *err);
/* Parameters alone, out of .safetensors or .pth. Missing, surplus or misshapen ones are named. */
kr_status kr__checkpoint_load(kr_params *params, const char *path, kr_error *err);
kr_status kr__checkpoint_params(kr_params *params, kr_tensor_file *file, kr_error *err);
/* Metadata "format" and "version" (NULL: missing) of a file: can this program go on from it? */
kr_status kr__checkpoint_check_format(const char *path, const char *format, const char *version,
                                      kr_error *err);

#endif
