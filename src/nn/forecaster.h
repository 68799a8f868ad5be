/* SPDX-License-Identifier: MIT
 * forecaster.h - the forecasting models: a window in, a forecast out. */
#ifndef KR_FORECASTER_H
#define KR_FORECASTER_H

#include "nn/layers.h"

typedef struct kr_forecaster_config {
    const char *model; /* a name in the table: TimeStar, TimeStarMamba, RLinear, .. */
    bool is_ms;        /* all columns in, the last one forecast */
    int64_t seq_len, pred_len, n_channels, n_marks;
    int64_t patch_len, d_model, e_layers;
    int64_t moving_avg, season; /* steps: of DLinear's trend (odd), of SeasonalNaive's period */
    double dropout;
    bool use_norm;
    int64_t n_quantiles; /* 0: a point forecast; else quantiles rise, 0.5 among them */
    double quantiles[KR_QUANTILES_MAX];
    kr_encoder_config encoder;
} kr_forecaster_config;

/* Number of forecast columns: 1 for is_ms, else n_channels. */
int64_t kr_forecaster_outputs(const kr_forecaster_config *config);

/* Number of the quantile 0.5, which is the point forecast; 0 without quantiles. */
int64_t kr_forecaster_middle(const kr_forecaster_config *config);

/* Does the model of that name exist? */
bool kr_forecaster_exists(const char *model);

/* x (B, seq_len, n_channels), mark (B, seq_len, n_marks) or KR_NONE
 * -> (B, pred_len, kr_forecaster_outputs()), with quantiles (B, n_quantiles, pred_len, outputs),
 * contiguous. Models that learn nothing give no quantiles. */
kr_tensor kr_forecaster_build(kr_builder *b, const kr_forecaster_config *config, kr_tensor x,
                              kr_tensor mark);

#endif
