/* SPDX-License-Identifier: MIT
 * synth_figures.h - the pictures of MambaSynth's programs: the circles, windows of a series,
 * forecasts one step ahead, generated series.
 *
 * path ends in .png, .pdf or .svg. Failures: KR_USAGE for another ending, KR_SHAPE for sizes below
 * 1, KR_IO and KR_MEMORY; a file is written whole or not at all. */
#ifndef KR_SYNTH_FIGURES_H
#define KR_SYNTH_FIGURES_H

#include <kr/plot.h>

KR_BEGIN_DECLS

/* A part of a series. */
typedef struct kr_series_part {
    int64_t n_steps, n_features;
    kr_values values;      /* (n_steps, n_features) */
    const int64_t *states; /* (n_steps), drawn as a strip of colours; NULL: not there */
    int64_t first_step;    /* its number in the series, for the axis */
    kr_palette palette;    /* of the states */
} kr_series_part;

typedef struct kr_circles {
    int64_t n_steps, n_circles;
    const int64_t *states;           /* (n_steps) */
    const double *transition_matrix; /* (n_circles, n_circles) */
    const int64_t *periods;          /* (n_circles) */
    kr_palette palette;
    int64_t n_mapped;         /* steps on the map; 0: none is drawn */
    const int64_t *map_steps; /* (n_mapped): which they are */
    const float *map_places;  /* (n_mapped, 2) */
} kr_circles;

/* Circles over time, how they follow each other, their periods; where there is a map, that by
 * circle and by time: markov_circles_timeseries. */
KR_API kr_status kr_figure_circles(const char *path, const kr_circles *circles, kr_error *err);
/* The map by circle and by time: umap_subspace_S. */
KR_API kr_status kr_figure_circles_map(const char *path, const char *title,
                                       const kr_circles *circles, kr_error *err);

/* States above all features as a heatmap: sample_window_i. */
KR_API kr_status kr_figure_series(const char *path, const char *title, const kr_series_part *part,
                                  kr_error *err);

/* What came and what was forecast one step before: next_prediction_i. pred: (n_steps, n_features),
 * step t is the forecast of step t + 1 of part. */
KR_API kr_status kr_figure_nextstep_prediction(const char *path, int64_t sample,
                                               const kr_series_part *part, const float *pred,
                                               kr_error *err);

/* Context and what was generated after it: generation_i. generated: (n_generated, n_features). */
KR_API kr_status kr_figure_generation(const char *path, const kr_series_part *context,
                                      int64_t n_generated, const float *generated, kr_error *err);

/* Generated steps beside those that came: generation_vs_gt_i. */
KR_API kr_status kr_figure_generation_and_truth(const char *path, const kr_series_part *truth,
                                                const float *generated, kr_error *err);

/* A number an epoch. */
typedef struct kr_nextstep_curves {
    int64_t first_epoch;
    kr_values train, train_eval, validation, rate; /* train_eval: without dropout; n 0: not drawn */
} kr_nextstep_curves;

/* Losses and rate by epoch: training_loss. */
KR_API kr_status kr_figure_nextstep_training(const char *path, const kr_nextstep_curves *curves,
                                             kr_error *err);

KR_END_DECLS

#endif
