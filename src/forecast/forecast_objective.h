/* SPDX-License-Identifier: MIT
 * forecast_objective.h - a forecaster and its loss, for the engine. */
#ifndef KR_FORECAST_OBJECTIVE_H
#define KR_FORECAST_OBJECTIVE_H

#include "nn/model.h"
#include "train/engine.h"

/* The quantile loss is for models with quantiles, the others are for those without. */
typedef enum kr_loss_kind {
    KR_LOSS_MSE,
    KR_LOSS_MAE,
    KR_LOSS_HUBER,
    KR_LOSS_QUANTILE
} kr_loss_kind;

typedef struct kr_forecast_objective {
    kr__model_config model;
    kr_loss_kind loss;
    double spectrum_weight; /* of the spectrum_loss beside it; 0: none; not with quantiles */
} kr_forecast_objective;

/* The inputs of a sample: x (seq_len, n_channels), mark (seq_len, n_marks), target (pred_len,
 * n_outputs), and future (pred_len, n_future), the first n_future columns of x over the steps of
 * the forecast; without marks or known columns there is no such input. With a cycle the last mark,
 * after the n_marks, is the row's place in it. y is (pred_len, n_outputs),
 * with quantiles (n_quantiles, pred_len, n_outputs). */
enum { KR_FORECAST_X, KR_FORECAST_MARK, KR_FORECAST_TARGET, KR_FORECAST_FUTURE };

/* Elements of each of them. */
void kr__forecast_sizes(const kr__model_config *model, int64_t sizes[KR_MAX_INPUTS]);

/* Borrows config. */
kr_objective kr__forecast_objective(const kr_forecast_objective *config);

#endif
