/* SPDX-License-Identifier: MIT
 * figures.h - the pictures of a run, each a file from plain arrays: forecasts and their errors,
 * series and what a model makes of them, gates, maps, dimension.
 *
 *     const kr_map map = {.size = sizeof map, .n = n, .places = places, .classes = classes};
 *     const kr_maps maps = {.size = sizeof maps, .n_maps = 1, .maps = &map, .axis = "UMAP"};
 *     kr_status status = kr_figure_maps("map.png", &maps, err);
 *
 * path ends in .png, .pdf or .svg. Failures: KR_USAGE for another ending or a struct without its
 * size, KR_SHAPE for sizes below 1, KR_IO and KR_MEMORY; a file is written whole or not at all.
 * Values that are not finite are gaps. Every struct begins with its size, so that a later version
 * may have more fields; in an array each element has it. Fields left zero take the default that the
 * comment names. For other charts there is kr/plot.h. */
#ifndef KR_FIGURES_H
#define KR_FIGURES_H

#include <kr/plot.h>

KR_BEGIN_DECLS

/* ---- forecasts ------------------------------------------------------------------------------- */

typedef struct kr_forecast_window {
    size_t size; /* sizeof(kr_forecast_window) */
    int64_t seq_len, pred_len, n_channels;
    const double *history;  /* (seq_len, n_channels) */
    const double *truth;    /* (pred_len, n_channels); NULL when the future is not known */
    const double *forecast; /* (pred_len, n_channels) */
    const char *const *channel_names; /* n_channels; NULL: channel 0, 1 .. */
    const char *model;                /* named in the title; NULL: not */
    int64_t window;                   /* number of the test window in the title; < 0: not there */
    const char *start;         /* date of the first forecast step, for the title; NULL: not there */
    const char *units;         /* "scaled", "°C"; NULL: none */
    const int64_t *timestamps; /* (seq_len + pred_len) microseconds since 1970, rising: the axis
                                  shows dates; NULL: steps */
    int n_levels;              /* intervals around the forecast; a level is in (0, 1), rising */
    const double *levels;
    const double *lower, *upper; /* (n_levels, pred_len, n_channels) */
    /* A forecast of held_len steps of the history, made before them, which shows how good it was;
     * 0: none. The first is step held_from of the history. */
    int64_t held_from, held_len;
    const double *held;                    /* (held_len, n_channels) */
    const double *held_lower, *held_upper; /* (n_levels, held_len, n_channels); NULL: none */
} kr_forecast_window;

/* Channel `channel`: input, truth and forecast with its intervals, the forecast's start marked. */
KR_API kr_status kr_figure_forecast(const char *path, const kr_forecast_window *window,
                                    int64_t channel, kr_error *err);

/* All channels as small pictures. Of more than 12 it shows 12, from the first to the last at equal
 * distances, and says so. */
KR_API kr_status kr_figure_forecast_grid(const char *path, const kr_forecast_window *window,
                                         kr_error *err);

/* Forecasts of several series, a panel each: the first channel of each window, whose name is the
 * panel's title. */
typedef struct kr_forecast_sheet {
    size_t size;       /* sizeof(kr_forecast_sheet) */
    const char *title; /* NULL: none */
    const char *note;  /* below; NULL: none */
    int64_t n;         /* at most 32 */
    const kr_forecast_window *windows;
    int64_t columns; /* of the sheet; 0: 3 */
} kr_forecast_sheet;

KR_API kr_status kr_figure_forecast_sheet(const char *path, const kr_forecast_sheet *sheet,
                                          kr_error *err);

/* ---- training of a forecaster ---------------------------------------------------------------- */

typedef struct kr_loss_curves {
    size_t size;                       /* sizeof(kr_loss_curves) */
    const char *title;                 /* NULL: "Training" */
    const char *loss;                  /* name of the loss, "MSE"; NULL: "loss" */
    int64_t first_epoch;               /* number of the first epoch; 0: 1 */
    kr_values train, validation, test; /* one number an epoch; n 0: not drawn */
    int64_t best;                      /* index of the epoch that was kept; < 0: none is marked */
} kr_loss_curves;

KR_API kr_status kr_figure_loss(const char *path, const kr_loss_curves *curves, kr_error *err);

/* ---- errors of forecasters ------------------------------------------------------------------- */

/* Errors of one model: a number a forecast step, or a channel. */
typedef struct kr_error_curve {
    size_t size;      /* sizeof(kr_error_curve) */
    const char *name; /* NULL: not in the legend */
    const double *mse, *mae;
} kr_error_curve;

/* Errors of forecast steps 1 .. pred_len; one line per model; with up to three models also their
 * means.
 */
KR_API kr_status kr_figure_error_by_horizon(const char *path, const char *title, const char *units,
                                            int64_t pred_len, int64_t n_models,
                                            const kr_error_curve *models, kr_error *err);

/* Errors of channels; one bar a channel and model. channel_names NULL: 0, 1 .. */
KR_API kr_status kr_figure_error_by_channel(const char *path, const char *title, const char *units,
                                            int64_t n_channels, const char *const *channel_names,
                                            int64_t n_models, const kr_error_curve *models,
                                            kr_error *err);

/* Errors of a forecaster as parts of those of another one, the reference: 1 is as good. */
typedef struct kr_error_ratio {
    size_t size; /* sizeof(kr_error_ratio) */
    const char *name;
    double ratio;          /* NaN: not known */
    double earlier;        /* on other, earlier data; NaN: not there */
    const double *by_step; /* (pred_len); NULL: not drawn */
    bool is_chosen;        /* set off */
    bool is_part;          /* of the chosen one */
} kr_error_ratio;

typedef struct kr_error_ratios {
    size_t size;           /* sizeof(kr_error_ratios) */
    const char *title;     /* NULL: none */
    const char *reference; /* its name; NULL: errors are no ratios but in `units` */
    const char *units;     /* "MASE"; NULL: none */
    const char *note;      /* below; NULL: none */
    int64_t pred_len;
    int64_t n_models;
    const kr_error_ratio *models; /* from top to bottom */
} kr_error_ratios;

/* A dot for each model on an axis that is cut where others would be out of sight: what lies beyond
 * is drawn at its end, with its number; and lines by forecast step, with their names beside them.
 */
KR_API kr_status kr_figure_error_ratios(const char *path, const kr_error_ratios *ratios,
                                        kr_error *err);

/* ---- series ---------------------------------------------------------------------------------- */

/* A part of a series. */
typedef struct kr_series_part {
    size_t size; /* sizeof(kr_series_part) */
    int64_t n_steps, n_features;
    kr_values values;      /* (n_steps, n_features) */
    const int64_t *states; /* (n_steps), drawn as a strip of colours; NULL: not there */
    int64_t first_step;    /* its number in the series, for the axis */
    kr_palette palette;    /* of the states */
} kr_series_part;

typedef struct kr_circles {
    size_t size; /* sizeof(kr_circles) */
    int64_t n_steps, n_circles;
    const int64_t *states;           /* (n_steps) */
    const double *transition_matrix; /* (n_circles, n_circles) */
    const int64_t *periods;          /* (n_circles) */
    kr_palette palette;
    int64_t n_mapped;         /* steps on the map; 0: none is drawn */
    const int64_t *map_steps; /* (n_mapped): which they are */
    const float *map_places;  /* (n_mapped, 2) */
} kr_circles;

/* Circles over time, how they follow each other, their periods and, if there is one, the map by
 * circle and by time: markov_circles_timeseries. */
KR_API kr_status kr_figure_circles(const char *path, const kr_circles *circles, kr_error *err);
/* The map by circle and by time: umap_subspace_S. */
KR_API kr_status kr_figure_circles_map(const char *path, const char *title,
                                       const kr_circles *circles, kr_error *err);

/* States above all features as a heatmap: sample_window_i. */
KR_API kr_status kr_figure_series(const char *path, const char *title, const kr_series_part *part,
                                  kr_error *err);

/* What was observed and what was forecast one step before: next_prediction_i. pred: (n_steps,
 * n_features), step t is the forecast of step t + 1 of part. */
KR_API kr_status kr_figure_nextstep_prediction(const char *path, int64_t sample,
                                               const kr_series_part *part, const float *pred,
                                               kr_error *err);

/* Context and what was generated after it: generation_i. generated: (n_generated, n_features). */
KR_API kr_status kr_figure_generation(const char *path, const kr_series_part *context,
                                      int64_t n_generated, const float *generated, kr_error *err);

/* Generated steps beside the true ones: generation_vs_gt_i. */
KR_API kr_status kr_figure_generation_and_truth(const char *path, const kr_series_part *truth,
                                                const float *generated, kr_error *err);

/* A number an epoch. */
typedef struct kr_nextstep_curves {
    size_t size; /* sizeof(kr_nextstep_curves) */
    int64_t first_epoch;
    kr_values train, train_eval, validation, rate; /* train_eval: without dropout; n 0: not drawn */
} kr_nextstep_curves;

/* Losses and rate by epoch: training_loss. */
KR_API kr_status kr_figure_nextstep_training(const char *path, const kr_nextstep_curves *curves,
                                             kr_error *err);

/* ---- gates of a Mamba block ------------------------------------------------------------------ */

/* What steers the block while a series runs through it. */

/* Of one layer, at the steps of a part of a series. */
typedef struct kr_gates {
    size_t size;   /* sizeof(kr_gates) */
    int64_t layer; /* its number in texts */
    int64_t d_inner, d_state;
    const float *delta, *z_gate; /* (n_steps, d_inner) */
    const float *B, *C;          /* (n_steps, d_state) */
} kr_gates;

/* States, input, step sizes and output gate of the first channels, norms of B and C, mean step
 * size: gates_layerL_i. */
KR_API kr_status kr_figure_gates(const char *path, const kr_series_part *part,
                                 const kr_gates *gates, kr_error *err);

/* States, input, the mean step size of every layer, or, when there are many, of every k-th:
 * gates_summary_i. */
KR_API kr_status kr_figure_gates_summary(const char *path, const kr_series_part *part,
                                         int64_t n_layers, const kr_gates *gates, kr_error *err);

/* ---- maps ------------------------------------------------------------------------------------ */

/* What UMAP, PCA and the like make of points in many dimensions. */

/* Points, coloured by class, by a number (viridis), or all alike. */
typedef struct kr_map {
    size_t size; /* sizeof(kr_map) */
    const char *title;
    int64_t n;
    const float *places;    /* (n, 2) */
    const int64_t *classes; /* (n), from 0; those out of range are grey; or NULL */
    kr_values numbers;      /* n of them, with their colour bar; n 0: none */
    const char *number_label;
} kr_map;

typedef struct kr_maps {
    size_t size;       /* sizeof(kr_maps) */
    const char *title; /* NULL: none */
    int64_t n_maps;
    const kr_map *maps;
    int64_t columns;  /* of the grid; more when there are very many maps */
    const char *axis; /* "UMAP": axes are called UMAP 1, UMAP 2 */
    int64_t n_classes;
    const char *class_name; /* "circle": the legend, one for all maps, says circle 0, .. */
    kr_palette palette;
} kr_maps;

KR_API kr_status kr_figure_maps(const char *path, const kr_maps *maps, kr_error *err);

/* ---- intrinsic dimension --------------------------------------------------------------------- */

/* Estimates that are NaN are not drawn. */
typedef struct kr_dimension_picture {
    size_t size; /* sizeof(kr_dimension_picture) */
    int64_t n_k;
    const int64_t *k;       /* (n_k) neighbours, rising */
    const double *estimate; /* (n_k) */
    double two_nn;          /* a line; NaN: none */
    int64_t ambient_dim;    /* columns of the points; drawn where it is near the estimates */
    bool has_circles;       /* classes are circles: their own dimension, 2, is drawn */
    int64_t n_classes;      /* 0: no panel for them */
    const int64_t *class_names;
    int64_t n_class_k;
    const int64_t *class_k;
    const double *class_estimate; /* (n_classes, n_class_k) */
    kr_palette palette;
} kr_dimension_picture;

/* The estimate against k, and bars for every class: dimension_estimates. KR_SHAPE without any k. */
KR_API kr_status kr_figure_dimension(const char *path, const kr_dimension_picture *picture,
                                     kr_error *err);

KR_END_DECLS

#endif
