/* SPDX-License-Identifier: MIT
 * engine.h - a model, its plans and its gradient: batches in, loss and gradient out.
 *
 * A batch is cut into gradient slots (contiguous, as equal as possible), a slot into micro-batches;
 * slots are handed to threads. Samples of a slot add to the slot's own gradient in order, slots are
 * added in a fixed binary tree. Micro-batches and slots depend on the model and the batch alone, so
 * the result has the same bits for any number of threads.
 *
 *     batch   | slot 0          | slot 1          | ..
 *             | micro 0 | micro1| micro 0 | micro1| */
#ifndef KR_ENGINE_H
#define KR_ENGINE_H

#include "nn/forecaster.h"

typedef enum kr_loss_kind { KR_LOSS_MSE, KR_LOSS_MAE, KR_LOSS_HUBER } kr_loss_kind;

typedef struct kr_engine kr_engine;

typedef struct kr_engine_config {
    kr_forecaster_config model;
    kr_loss_kind loss;
    int64_t grad_slots;
    int64_t max_batch; /* the largest batch that will come */
} kr_engine_config;

/* Where samples come from: write sample i of the batch into x (seq_len, n_channels), mark
 * (seq_len, n_marks) and target (pred_len, outputs). Called from several threads at once. */
typedef struct kr_samples {
    void (*fetch)(void *arg, int64_t i, kr_real *x, kr_real *mark, kr_real *target);
    void *arg;
    int64_t count;
} kr_samples;

kr_status kr_engine_create(const kr_engine_config *config, kr_engine **out, kr_error *err);
void kr_engine_destroy(kr_engine *engine);

kr_params *kr_engine_params(kr_engine *engine);
/* Gradient of the last training batch; layout of the parameter vector. */
kr_real *kr_engine_gradient(kr_engine *engine);
/* Samples in a full micro-batch. */
int64_t kr_engine_micro_batch(const kr_engine *engine);

/* Random numbers of a step are a function of seed and step. given: tests only, else NULL. */
typedef struct kr_draw_key {
    uint64_t seed, step;
    const kr_given *given;
} kr_draw_key;

/* Mean loss over the batch's elements, and its gradient. Does not allocate. */
double kr_engine_train_batch(kr_engine *engine, const kr_samples *samples, kr_draw_key key);

/* Forecasts without dropout: pred (count, pred_len, outputs) or NULL; losses: per sample the mean
 * over its elements, or NULL. Any count. Does not allocate. */
void kr_engine_predict(kr_engine *engine, const kr_samples *samples, kr_real *pred, double *losses);

/* After a loss or gradient that is not finite: a sentence part on where it began ("op layer_norm in
 * encoder.layers.0", or "the gradient of head.linear.weight"). Runs the batch again. */
void kr_engine_explain_nonfinite(kr_engine *engine, const kr_samples *samples, kr_draw_key key,
                                 char *text, size_t size);

/* Bytes of work memory, gradients and parameters together. */
int64_t kr_engine_bytes(const kr_engine *engine);

#endif
