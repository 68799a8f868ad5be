/* SPDX-License-Identifier: MIT
 * forecast_step.c - time of one training step, or of one forecast, on random numbers.
 *
 *     forecast_step MODEL BATCH SEQ_LEN D_STATE STEPS train|infer [D_MODEL [D_FF]]
 *
 * The settings of bench/peers/forecast_step.py: 7 variates, pred_len 96, d_core 64, 2 layers,
 * patches of 16. Prints one JSON line: smallest and median time in ms, parameters, peak RSS. */
#include <kr/arena.h>
#include <kr/platform.h>
#include <kr/random.h>
#include <kr/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/engine.h"
#include "train/optimiser.h"

enum { CHANNELS = 7, MARKS = 4, PRED_LEN = 96, WARM_UP = 3 };

typedef struct data {
    int64_t seq_len;
    const kr_real *numbers; /* enough for any sample */
} data;

static void fetch(void *arg, int64_t i, kr_real *x, kr_real *mark, kr_real *target) {
    const data *d = arg;
    const kr_real *from = d->numbers + 13 * (i % 64);
    memcpy(x, from, (size_t)(d->seq_len * CHANNELS) * sizeof *x);
    memcpy(mark, from + 7, (size_t)(d->seq_len * MARKS) * sizeof *mark);
    memcpy(target, from + 3, (size_t)(PRED_LEN * CHANNELS) * sizeof *target);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_steps(kr_engine *engine, kr_optimiser *adam, const kr_samples *samples,
                       bool is_training, int64_t steps, double *seconds, kr_real *pred) {
    kr_params *params = kr_engine_params(engine);
    for (int64_t s = -WARM_UP; s < steps; s++) {
        double started = kr_time_now();
        if (is_training) {
            kr_engine_train_batch(engine, samples, (kr_draw_key){1, (uint64_t)(s + WARM_UP), NULL});
            double norm = kr_gradient_norm(kr_engine_gradient(engine), params->size);
            kr_optimiser_step(adam, 1e-3, norm, kr_engine_gradient(engine), params->values);
        } else {
            kr_engine_predict(engine, samples, pred, NULL);
        }
        if (s >= 0) seconds[s] = kr_time_now() - started;
    }
}

static kr_engine_config settings(int argc, char **argv) {
    return (kr_engine_config){
        .model = {.model = argv[1],
                  .seq_len = atoll(argv[3]),
                  .pred_len = PRED_LEN,
                  .n_channels = CHANNELS,
                  .n_marks = MARKS,
                  .patch_len = 16,
                  .d_model = argc > 7 ? atoll(argv[7]) : 128,
                  .e_layers = 2,
                  .use_norm = true,
                  .dropout = 0.1,
                  .encoder = {.n_heads = 8,
                              .d_ff = argc > 8 ? atoll(argv[8]) : 128,
                              .dropout = 0.1,
                              .mamba = {atoll(argv[4]), 4, 2},
                              .star = {.d_core = 64, .dropout = 0.1, .is_stochastic = true}}},
        .grad_slots = 16,
        .max_batch = atoll(argv[2])};
}

static void print_line(const kr_engine_config *c, kr_engine *engine, bool is_training,
                       int64_t steps, double *seconds) {
    qsort(seconds, (size_t)steps, sizeof *seconds, compare);
    printf(
        "{\"model\": \"%s\", \"seq_len\": %lld, \"batch\": %lld, \"d_state\": %lld, "
        "\"threads\": %d, \"params\": %lld, \"infer\": %s, \"ms_min\": %.3f, "
        "\"ms_median\": %.3f, \"peak_rss_mib\": %lld}\n",
        c->model.model, (long long)c->model.seq_len, (long long)c->max_batch,
        (long long)c->model.encoder.mamba.d_state, kr_threads_get(),
        (long long)kr_params_count(kr_engine_params(engine)), is_training ? "false" : "true",
        1e3 * seconds[0], 1e3 * seconds[steps / 2], (long long)(kr_peak_rss() >> 20));
}

int main(int argc, char **argv) {
    if (argc < 7) {
        fprintf(stderr,
                "usage: forecast_step MODEL BATCH SEQ_LEN D_STATE STEPS train|infer "
                "[D_MODEL [D_FF]]\n");
        return 2;
    }
    const kr_engine_config config = settings(argc, argv);
    int64_t steps = atoll(argv[5]), batch = config.max_batch;
    bool is_training = strcmp(argv[6], "train") == 0;
    kr_engine *engine = NULL;
    kr_optimiser adam;
    kr_error err = {0};
    if (kr_engine_create(&config, &engine, &err) != KR_OK) {
        fprintf(stderr, "forecast_step: %s\n", err.text);
        return 1;
    }
    kr_params_initialise(kr_engine_params(engine), 1);
    size_t n = (size_t)(config.model.seq_len * CHANNELS + PRED_LEN * CHANNELS + 1000);
    kr_real *numbers = kr_calloc(n, sizeof *numbers);
    kr_real *pred = kr_calloc((size_t)(batch * PRED_LEN * CHANNELS), sizeof *pred);
    double *seconds = kr_calloc((size_t)steps, sizeof *seconds);
    if (kr_optimiser_init(&adam, KR_ADAM, 0, 0, kr_engine_params(engine)->size, &err) != KR_OK ||
        !numbers || !pred || !seconds) {
        fprintf(stderr, "forecast_step: out of memory\n");
        return 1;
    }
    kr_rng rng = kr_rng_make(1, KR_STREAM_TEST, 0);
    for (size_t i = 0; i < n; i++) numbers[i] = (kr_real)kr_rng_normal(&rng);
    data d = {config.model.seq_len, numbers};
    kr_samples samples = {fetch, &d, batch};
    time_steps(engine, &adam, &samples, is_training, steps, seconds, pred);
    print_line(&config, engine, is_training, steps, seconds);
    kr_optimiser_deinit(&adam);
    kr_engine_destroy(engine);
    kr_free(numbers);
    kr_free(pred);
    kr_free(seconds);
    return 0;
}
