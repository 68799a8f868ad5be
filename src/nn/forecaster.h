/* SPDX-License-Identifier: MIT
 * forecaster.h - the forecasting models: a window in, a forecast out. */
#ifndef KR_FORECASTER_H
#define KR_FORECASTER_H

#include "nn/layers.h"

typedef struct kr_forecaster_config {
    const char *model; /* a name in the table: TimeStar, TimeStarMamba, RLinear, .. */
    int64_t seq_len, pred_len;
    int64_t n_channels; /* columns of the input: first n_future, last n_outputs, which may be all */
    int64_t n_outputs;  /* columns that are forecast */
    int64_t n_future;   /* columns whose values over the forecast are known; not forecast */
    int64_t n_marks;
    int64_t patch_len, d_model, e_layers;
    int64_t moving_avg, season; /* steps: of DLinear's trend (odd), of SeasonalNaive's period */
    double dropout;
    bool use_norm;
    int64_t n_quantiles; /* 0: a point forecast; else quantiles rise, 0.5 among them */
    double quantiles[KR_QUANTILES_MAX];
    kr_encoder_config encoder;
} kr_forecaster_config;

typedef struct kr_forecaster_in {
    kr_tensor x;      /* (B, seq_len, n_channels) */
    kr_tensor mark;   /* (B, seq_len, n_marks) or KR_NONE */
    kr_tensor future; /* (B, pred_len, n_future) or KR_NONE: the first columns, in the units of x */
} kr_forecaster_in;

/* Number of the quantile 0.5, which is the point forecast; 0 without quantiles. */
int64_t kr_forecaster_middle(const kr_forecaster_config *config);

/* Does the model of that name exist? And has it parameters? */
bool kr_forecaster_exists(const char *model);
bool kr_forecaster_learns(const char *model);

/* -> (B, pred_len, n_outputs), with quantiles (B, n_quantiles, pred_len, n_outputs), contiguous.
 * Models that learn nothing give no quantiles and look at no future. */
kr_tensor kr_forecaster_build(kr_builder *b, const kr_forecaster_config *config,
                              const kr_forecaster_in *in);

#endif
