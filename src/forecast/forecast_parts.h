/* SPDX-License-Identifier: MIT
 * forecast_parts.h - the settings of a forecaster, taken apart at the door: what the rows, the
 * model, the training and the scores need of them. */
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
    int n_levels, n_quantiles; /* no levels: nothing of intervals is measured */
    int64_t season;
    bool is_original; /* forecasts are handed out in original units */
    bool has_dtw;
} kr__score_settings;

typedef struct kr__train_settings {
    uint64_t seed;
    int64_t epochs, batch_size, patience, grad_slots;
    double max_seconds, weight_decay, gradient_clip;
    const char *optimizer, *freeze, *lr_factors, *on_nan;
    kr_schedule schedule;
    kr_augment_options augment;
    bool uses_bf16, is_profiled;
} kr__train_settings;

/* What the rows bring to a model. */
typedef struct kr__row_shape {
    int64_t n_channels, n_marks;
    int64_t n_future; /* of the channels, the first: known over the forecast, not forecast */
} kr__row_shape;

/* Texts are those of the settings, which must live as long and stay where they are. */
typedef struct kr__forecast_parts {
    kr_dataset_config data;
    kr_forecast_objective objective; /* without the sizes that the rows bring */
    kr__train_settings training;
    kr__score_settings scores;
    int64_t enc_in; /* channels that were announced */
} kr__forecast_parts;

/* KR_USAGE: a list among the settings is none. */
kr_status kr__forecast_parts_make(const kr_forecast_config *settings, kr__forecast_parts *parts,
                                  kr_error *err);
/* What the data set needs alone; without the path. */
kr_dataset_config kr__forecast_parts_data(const kr_forecast_config *settings);
/* The objective on such rows. */
kr_forecast_objective kr__forecast_parts_objective(const kr__forecast_parts *parts,
                                                   const kr__row_shape *rows);

#endif
