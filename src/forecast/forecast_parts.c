/* SPDX-License-Identifier: MIT
 * forecast_parts.c - what each part of a forecaster needs from its settings. */
#include "forecast/forecast_parts.h"
#include "forecast/forecast_config.h"

#include <string.h>

#include "forecast/forecast_levels.h"

#define KR_READING_OWNER kr_forecast_config
#include "tables/take_reading.inc"

kr_dataset_config kr__forecast_parts_data(const kr_forecast_config *c) {
    return (kr_dataset_config){.loader = c->data,
                               .features = c->features,
                               .target = c->target,
                               .freq = c->freq,
                               .is_timef = strcmp(c->embed, "timeF") == 0,
                               .seq_len = c->seq_len,
                               .pred_len = c->pred_len,
                               .label_len = c->label_len,
                               .gaps = c->gaps,
                               .id_column = c->id_column,
                               .seasonal_patterns = c->seasonal_patterns,
                               .known_future = c->known_future,
                               .static_columns = c->static_columns,
                               .drop_columns = c->drop_columns,
                               .blank_columns = c->blank_columns,
                               .cycle = c->cycle,
                               .n_rows_of = {c->train_rows, c->val_rows, c->test_rows},
                               .reading = take_reading(c)};
}

static kr_encoder_config take_encoder(const kr_forecast_config *c) {
    return (kr_encoder_config){
        .n_heads = c->n_heads,
        .d_ff = c->d_ff,
        .dropout = c->dropout,
        .is_relu = strcmp(c->activation, "relu") == 0,
        .mamba_both_ways = c->both_ways,
        .mamba = {c->d_state > 0 ? c->d_state : c->d_ff, c->d_conv, c->expand, c->dt_init},
        .star = {.d_core = c->d_core,
                 .dropout = c->star_dropout,
                 .is_stochastic = strcmp(c->star_pooling, "stochastic") == 0}};
}

/* n_outputs 1: only the target is forecast; 0: all that the rows have. */
static kr__model_config take_model(const kr_forecast_config *c) {
    return (kr__model_config){.model = c->model,
                              .seq_len = c->seq_len,
                              .pred_len = c->pred_len,
                              .n_outputs = strcmp(c->features, "MS") == 0,
                              .patch_len = c->patch_len,
                              .d_model = c->d_model,
                              .e_layers = c->e_layers,
                              .cycle = c->cycle,
                              .moving_avg = c->moving_avg,
                              .season = c->season,
                              .dropout = c->dropout,
                              .use_norm = c->use_norm,
                              .encoder = take_encoder(c)};
}

static kr_loss_kind loss_of(const char *name) {
    if (strcmp(name, "MAE") == 0) return KR_LOSS_MAE;
    if (strcmp(name, "Quantile") == 0) return KR_LOSS_QUANTILE;
    return strcmp(name, "Huber") == 0 ? KR_LOSS_HUBER : KR_LOSS_MSE;
}

static kr_augment_options take_augment(const kr_forecast_config *c) {
    return (kr_augment_options){.ratio = c->augmentation_ratio,
                                .seed = (uint64_t)c->augmentation_seed,
                                .jitter = c->jitter,
                                .scaling = c->scaling,
                                .rotation = c->rotation,
                                .permutation = c->permutation,
                                .randompermutation = c->randompermutation,
                                .magwarp = c->magwarp,
                                .timewarp = c->timewarp,
                                .windowslice = c->windowslice,
                                .windowwarp = c->windowwarp};
}

static kr__train_settings take_training(const kr_forecast_config *c) {
    return (kr__train_settings){.seed = (uint64_t)c->seed,
                                .epochs = c->train_epochs,
                                .batch_size = c->batch_size,
                                .epoch_windows = c->epoch_windows,
                                .patience = c->patience,
                                .grad_slots = c->grad_slots,
                                .max_seconds = c->max_seconds,
                                .weight_decay = c->weight_decay,
                                .gradient_clip = c->gradient_clip,
                                .ema = c->ema,
                                .optimizer = c->optimizer,
                                .freeze = c->freeze,
                                .lr_factors = c->lr_factors,
                                .on_nan = c->on_nan,
                                .schedule = {.kind = c->lradj,
                                             .base = c->learning_rate,
                                             .epochs = c->train_epochs,
                                             .warmup_epochs = c->warmup_epochs,
                                             .floor = 0.01 * c->learning_rate},
                                .augment = take_augment(c),
                                .uses_bf16 = c->amp,
                                .is_profiled = c->profile};
}

kr_status kr__forecast_parts_make(const kr_forecast_config *settings, kr__forecast_parts *parts,
                                  kr_error *err) {
    *parts = (kr__forecast_parts){.data = kr__forecast_parts_data(settings),
                                  .objective = {.model = take_model(settings),
                                                .loss = loss_of(settings->loss),
                                                .spectrum_weight = settings->spectrum_weight},
                                  .training = take_training(settings),
                                  .scores = {.season = settings->season,
                                             .is_original = settings->inverse,
                                             .has_dtw = settings->use_dtw},
                                  .enc_in = settings->enc_in};
    kr__score_settings *scores = &parts->scores;
    KR_TRY(kr__levels_of(settings, scores->levels, &scores->n_levels, err));
    KR_TRY(kr__quantiles_of(settings, scores->quantiles, &scores->n_quantiles, err));
    if (parts->objective.loss != KR_LOSS_QUANTILE) return KR_OK;
    parts->objective.model.n_quantiles = scores->n_quantiles;
    memcpy(parts->objective.model.quantiles, scores->quantiles, sizeof scores->quantiles);
    return KR_OK;
}

kr_forecast_objective kr__forecast_parts_objective(const kr__forecast_parts *parts,
                                                   const kr__row_shape *rows) {
    kr_forecast_objective objective = parts->objective;
    kr__model_config *m = &objective.model;
    m->n_channels = rows->n_channels;
    m->n_future = rows->n_future;
    m->n_marks = rows->n_marks;
    if (m->n_outputs == 0) m->n_outputs = rows->n_channels - rows->n_future;
    return objective;
}
