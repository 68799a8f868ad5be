/* SPDX-License-Identifier: MIT
 * forecaster_parts.h - what the learned forecasters share: the window in, the forecast out. */
#ifndef KR_FORECASTER_PARTS_H
#define KR_FORECASTER_PARTS_H

#include "nn/forecaster.h"

/* A window as a model sees it, in units of its own when is_normalised. */
typedef struct kr__window {
    kr_tensor x;      /* (B, seq_len, n_channels) */
    kr_tensor mark;   /* (B, seq_len, n_marks) or KR_NONE */
    kr_tensor future; /* (B, pred_len, n_future), by the moments of its columns in x, or KR_NONE */
    bool is_normalised;
    kr_tensor mean, deviation; /* (B, n_channels), when is_normalised */
} kr__window;

kr__window kr__window_make(kr_plan *plan, const kr_forecaster_in *in, bool is_normalised);

/* x's columns that are forecast: the last n_outputs. KR_NONE when the plan has failed. */
kr_tensor kr__window_own(const kr_forecaster_config *c, const kr__window *window);

/* Numbers that a head gives a variate: the steps of every quantile. */
int64_t kr__head_rows(const kr_forecaster_config *c);

/* raw (B, n_outputs, kr__head_rows()) -> the model's forecast: the direct path from known futures
 * is added (parameter future.weight), quantiles are spread, the normalisation is undone. */
kr_tensor kr__forecast_finish(kr_builder *b, const kr_forecaster_config *c, kr_tensor raw,
                              const kr__window *window);

/* timestar.c */
kr_tensor kr__build_timestar(kr_builder *b, const kr_forecaster_config *c,
                             const kr_forecaster_in *in);
kr_tensor kr__build_timestar_mamba(kr_builder *b, const kr_forecaster_config *c,
                                   const kr_forecaster_in *in);

#endif
