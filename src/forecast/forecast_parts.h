/* SPDX-License-Identifier: MIT
 * forecast_parts.h - the settings of a forecaster, taken apart once, when they come in: what the
 * rows, the model, the training and the scores need from them. */
#ifndef KR_FORECAST_PARTS_H
#define KR_FORECAST_PARTS_H

#include "forecast/augment.h"
#include "forecast/dataset.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_objective.h"
#include "train/schedule.h"

/* What is measured on the test windows. */
typedef struct kr__score_settings {
    double levels[KR_LEVELS_MAX], quantiles[KR_QUANTILES_MAX];
    int n_levels, n_quantiles; /* no levels: intervals are not measured */
    int64_t season;
    bool is_original; /* forecasts are returned in original units */
    bool has_dtw;
} kr__score_settings;

typedef struct kr__train_settings {
    uint64_t seed;
    int64_t epochs, batch_size, patience, grad_slots;
    int64_t epoch_windows; /* 0: all */
    double max_seconds, weight_decay, gradient_clip, ema;
    const char *optimizer, *freeze, *lr_factors, *on_nan;
    kr_schedule schedule;
    kr_augment_options augment;
    bool uses_bf16, is_profiled;
} kr__train_settings;

/* What the rows decide about a model. */
typedef struct kr__row_shape {
    int64_t n_channels;
    int64_t n_marks;  /* without the place in a cycle */
    int64_t n_future; /* how many channels, the first ones, are known ahead and not forecast */
} kr__row_shape;

/* Texts point into the settings, which must live as long and must not move. */
typedef struct kr__forecast_parts {
    kr_dataset_config data;
    kr_forecast_objective objective; /* without the sizes that the rows decide */
    kr__train_settings training;
    kr__score_settings scores;
    int64_t enc_in; /* channels that the settings expect */
} kr__forecast_parts;

/* KR_USAGE: a list among the settings cannot be read. */
kr_status kr__forecast_parts_make(const kr_forecast_config *settings, kr__forecast_parts *parts,
                                  kr_error *err);
/* Only what the data set needs; without the path. */
kr_dataset_config kr__forecast_parts_data(const kr_forecast_config *settings);
/* The objective on such rows. */
kr_forecast_objective kr__forecast_parts_objective(const kr__forecast_parts *parts,
                                                   const kr__row_shape *rows);

#endif
