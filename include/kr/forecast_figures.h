/* SPDX-License-Identifier: MIT
 * forecast_figures.h - the pictures of a forecasting run, from plain arrays.
 *
 * path ends in .png, .pdf or .svg. Failures: KR_USAGE for another ending, KR_SHAPE for sizes below
 * 1, KR_IO and KR_MEMORY; a file is written whole or not at all. Values that are not finite are
 * gaps. */
#ifndef KR_FORECAST_FIGURES_H
#define KR_FORECAST_FIGURES_H

#include <kr/plot.h>

KR_BEGIN_DECLS

/* ---- one window --------------------------------------------------------------------------- */

typedef struct kr_forecast_window {
    int64_t seq_len, pred_len, n_channels;
    const float *history;  /* (seq_len, n_channels) */
    const float *truth;    /* (pred_len, n_channels); NULL when the future is not known */
    const float *forecast; /* (pred_len, n_channels) */
    const char *const *channel_names; /* n_channels; NULL: channel 0, 1 .. */
    const char *model;                /* named in the title; NULL: not */
    int64_t window;                   /* number of the test window in the title; < 0: not there */
    const char *start;         /* date of the first forecast step, for the title; NULL: not there */
    const char *units;         /* "scaled", "°C"; NULL: none */
    const int64_t *timestamps; /* (seq_len + pred_len), rising: the axis shows dates; NULL: steps */
    int n_levels;              /* intervals around the forecast; a level is in (0, 1), rising */
    const double *levels;
    const float *lower, *upper; /* (n_levels, pred_len, n_channels) */
} kr_forecast_window;

/* Channel `channel`: input, truth and forecast with its intervals, the forecast's start marked. */
KR_API kr_status kr_figure_forecast(const char *path, const kr_forecast_window *window,
                                    int64_t channel, kr_error *err);

/* All channels as small pictures. Of more than 12 it shows 12, from the first to the last at equal
 * distances, and says so. */
KR_API kr_status kr_figure_forecast_grid(const char *path, const kr_forecast_window *window,
                                         kr_error *err);

/* ---- training ----------------------------------------------------------------------------- */

typedef struct kr_loss_curves {
    const char *title;                 /* NULL: "Training" */
    const char *loss;                  /* name of the loss, "MSE"; NULL: "loss" */
    int64_t first_epoch;               /* number of the first epoch; 0: 1 */
    kr_values train, validation, test; /* one number an epoch; n 0: not drawn */
    int64_t best;                      /* index of the epoch that was kept; < 0: none is marked */
} kr_loss_curves;

KR_API kr_status kr_figure_loss(const char *path, const kr_loss_curves *curves, kr_error *err);

/* ---- errors ------------------------------------------------------------------------------- */

/* Errors of one model: a number a forecast step, or a channel. */
typedef struct kr_error_curve {
    const char *name; /* NULL: not in the legend */
    const double *mse, *mae;
} kr_error_curve;

/* Errors of forecast steps 1 .. pred_len; one line a model; of three at most the mean, too.
 */
KR_API kr_status kr_figure_error_by_horizon(const char *path, const char *title, const char *units,
                                            int64_t pred_len, int64_t n_models,
                                            const kr_error_curve *models, kr_error *err);

/* Errors of channels; one bar a channel and model. channel_names NULL: 0, 1 .. */
KR_API kr_status kr_figure_error_by_channel(const char *path, const char *title, const char *units,
                                            int64_t n_channels, const char *const *channel_names,
                                            int64_t n_models, const kr_error_curve *models,
                                            kr_error *err);

KR_END_DECLS

#endif
