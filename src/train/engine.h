/* SPDX-License-Identifier: MIT
 * engine.h - a model, its plans and its gradient: batches in, loss and gradient out.
 *
 * A batch is cut into gradient slots (contiguous, as equal as possible), a slot into micro-batches;
 * slots are handed to workers. Samples of a slot add to the slot's own gradient in order, slots are
 * added in a fixed binary tree. Micro-batches and slots depend on the model and the batch alone, so
 * the result has the same bits for any number of workers.
 *
 *     batch   | slot 0          | slot 1          | ..
 *             | micro 0 | micro1| micro 0 | micro1|
 *
 * A batch of one sample is computed by all workers together: nodes are cut into pieces (plan.h).
 * The same holds for batches of any size if the objective needs the whole batch: such a batch is
 * one slot and one micro-batch, and all its activations are in memory. */
#ifndef KR_ENGINE_H
#define KR_ENGINE_H

#include <kr/training.h>

#include "core/real.h"
#include "nn/layers.h"

/* The inputs and outputs of a micro-batch in its plan: tensors (batch, ..), samples contiguous. */
enum { KR_MAX_INPUTS = 4 };
typedef struct kr_ends {
    kr_tensor in[KR_MAX_INPUTS]; /* filled by kr_samples; KR_NONE: none */
    kr_tensor y;                 /* the model's output; KR_NONE in training */
    kr_tensor loss;              /* (batch) */
} kr_ends;

/* A model with its loss: what an engine trains. */
typedef struct kr_objective {
    /* Append a micro-batch to the builder's plan. is_training: include the terms of the loss that
     * are for training only. */
    void (*build)(const void *config, kr_builder *b, int64_t batch, bool is_training,
                  kr_ends *ends);
    const void *config;      /* must live until kr__engine_create() returns */
    int64_t rows_per_sample; /* of the matrix products */
    int64_t values_per_loss; /* number of values that a sample's loss sums over */
    bool needs_whole_batch;  /* in training, a sample's loss depends on the others of its batch */
} kr_objective;

typedef struct kr_engine kr_engine;

typedef struct kr_engine_config {
    kr_objective objective;
    int64_t grad_slots; /* at most; beyond eight only as many as have 192 rows each */
    int64_t max_batch;  /* the largest training batch there will be */
    int64_t last_batch; /* the only other size there will be; 0: none. Only read if the objective
                           needs whole batches */
    bool uses_bf16;     /* in training, products with parameters are computed in bf16 */
    bool is_profiled;   /* time every op, for kr__engine_profile() */
    bool only_predicts; /* makes no training plans and no room for gradients */
} kr_engine_config;

/* Where samples come from: write sample i of the batch into its place in every input; in[k] is NULL
 * where the model has none. Called by several workers at once. */
typedef struct kr_samples {
    void (*fetch)(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]);
    void *arg;
    int64_t count;
} kr_samples;

/* The engine computes with the team, which must outlive it. */
kr_status kr__engine_create(kr_team *team, const kr_engine_config *config, kr_engine **out,
                            kr_error *err);
void kr__engine_destroy(kr_engine *engine);

/* Of an engine that only predicts they may be changed until its next prediction; for a later change
 * ask again. */
kr_params *kr__engine_params(kr_engine *engine);
/* Gradient of the last training batch; layout of the parameter vector. */
kr_real *kr__engine_gradient(kr_engine *engine);
/* Elements of the model's output for a sample. */
int64_t kr__engine_y_size(const kr_engine *engine);

/* Random numbers of a step are a function of seed and step. given: tests only, else NULL. */
typedef struct kr_draw_key {
    uint64_t seed, step;
    const kr_given *given;
} kr_draw_key;

/* Mean loss over the batch's values, and its gradient. Does not allocate. */
double kr__engine_train_batch(kr_engine *engine, const kr_samples *samples, kr_draw_key key);

/* The model without dropout: pred (count, y of a sample) or NULL; losses: per sample the mean over
 * its values, or NULL. Any count. Does not allocate. */
void kr__engine_predict(kr_engine *engine, const kr_samples *samples, kr_real *pred,
                        double *losses);

/* The originals' loss of an evaluation: the mean of the batches' means; a short last batch weighs
 * as much as the others. n >= 1. */
double kr__mean_of_batches(const double *losses, int64_t n, int64_t batch);

/* After a loss or gradient that is not finite: where it began, as words for a sentence ("op
 * layer_norm in encoder.layers.0", or "the gradient of head.linear.weight"). Runs the batch again.
 */
void kr__engine_explain_nonfinite(kr_engine *engine, const kr_samples *samples, kr_draw_key key,
                                  char *text, size_t size);

/* Where the time went so far, to be freed with kr_free; NULL when the engine was not made with
 * is_profiled. */
kr_status kr__engine_profile(const kr_engine *engine, kr_profile **out, kr_error *err);

/* Bytes of work memory, gradients and parameters together. */
int64_t kr__engine_bytes(const kr_engine *engine);

#endif
