/* SPDX-License-Identifier: MIT
 * krait_bench.c - time of a training step, or of a forecast, on random numbers.
 *
 *     krait_bench --model TimeStarMamba --batch_size 4 [--flag value ..] [--infer] [--steps 40]
 *
 * Flags are those of `krait run`, which bench/peers/forecast_step.py takes, too. Prints one JSON
 * line: smallest and median time in ms, parameters, peak RSS. */
#include <kr/arena.h>
#include <kr/forecast.h>
#include <kr/platform.h>
#include <kr/random.h>
#include <kr/threads.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/forecast_session.h"

enum { N_MARKS = 4, N_STARTS = 64, MAX_STEPS = 100000 };

typedef struct bench {
    kr_forecast_config flags;
    int64_t steps, warmup;
    bool is_inference;
    kr_forecast_objective objective;
    kr_engine *engine;
    kr_optimiser adam;
    kr_real *numbers; /* samples begin at N_STARTS places of it */
    kr_real *pred;
    double *seconds;
} bench;

/* ---- command line ----------------------------------------------------------------------- */

static kr_status parse_count(const char *name, const char *text, int64_t *value, kr_error *err) {
    char *end = NULL;
    *value = strtoll(text, &end, 10);
    if (end == text || *end || *value < 0 || *value > MAX_STEPS) {
        return kr_fail(err, KR_USAGE, "%s %s: needs a whole number, 0 to %d", name, text,
                       MAX_STEPS);
    }
    return KR_OK;
}

static kr_status parse(bench *b, int argc, char **argv, kr_error *err) {
    kr_forecast_config_init(&b->flags);
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--infer") == 0) {
            b->is_inference = true;
            continue;
        }
        if (strncmp(name, "--", 2) != 0 || i + 1 == argc) {
            return kr_fail(err, KR_USAGE, "%s: needs --flag value; see the head of krait_bench.c",
                           name);
        }
        const char *text = argv[++i];
        if (strcmp(name, "--steps") == 0) {
            KR_TRY(parse_count(name, text, &b->steps, err));
        } else if (strcmp(name, "--warmup") == 0) {
            KR_TRY(parse_count(name, text, &b->warmup, err));
        } else {
            KR_TRY(kr_forecast_config_set(&b->flags, name + 2, text, err));
        }
    }
    if (b->steps < 1) return kr_fail(err, KR_USAGE, "--steps 0: nothing to time; use 1 or more");
    return kr_forecast_config_check(&b->flags, err);
}

/* ---- the work --------------------------------------------------------------------------- */

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const bench *b = arg;
    const kr_forecaster_config *m = &b->objective.model;
    const kr_real *from = b->numbers + i % N_STARTS;
    const int64_t sizes[KR_MAX_INPUTS] = {m->seq_len * m->n_channels, m->seq_len * N_MARKS,
                                          m->pred_len * kr_forecaster_outputs(m)};
    for (int k = 0; k < KR_MAX_INPUTS; k++) memcpy(in[k], from, (size_t)sizes[k] * sizeof *from);
}

static kr_status prepare(bench *b, kr_error *err) {
    b->objective = kr__session_objective(&b->flags, b->flags.enc_in, N_MARKS);
    const kr_forecaster_config *m = &b->objective.model;
    const kr_engine_config config = {.objective = kr__forecast_objective(&b->objective),
                                     .grad_slots = b->flags.grad_slots,
                                     .max_batch = b->flags.batch_size};
    KR_TRY(kr_engine_create(&config, &b->engine, err));
    kr_params *params = kr_engine_params(b->engine);
    kr_params_initialise(params, (uint64_t)b->flags.seed);
    KR_TRY(kr_optimiser_init(&b->adam, KR_ADAM, 0, 0, params->size, err));
    int64_t n_longest = (m->seq_len + m->pred_len) * (m->n_channels + N_MARKS) + N_STARTS;
    int64_t n_pred = b->flags.batch_size * m->pred_len * kr_forecaster_outputs(m);
    b->numbers = kr_calloc((size_t)n_longest, sizeof *b->numbers);
    b->pred = kr_calloc((size_t)n_pred, sizeof *b->pred);
    b->seconds = kr_calloc((size_t)b->steps, sizeof *b->seconds);
    if (!b->numbers || !b->pred || !b->seconds) return kr_fail(err, KR_MEMORY, "out of memory");
    kr_rng rng = kr_rng_make((uint64_t)b->flags.seed, KR_STREAM_TEST, 0);
    for (int64_t i = 0; i < n_longest; i++) b->numbers[i] = (kr_real)kr_rng_normal(&rng);
    return KR_OK;
}

static void run_step(bench *b, uint64_t step) {
    kr_samples samples = {fetch, b, b->flags.batch_size};
    if (b->is_inference) {
        kr_engine_predict(b->engine, &samples, b->pred, NULL);
        return;
    }
    kr_params *params = kr_engine_params(b->engine);
    kr_engine_train_batch(b->engine, &samples, (kr_draw_key){(uint64_t)b->flags.seed, step, NULL});
    const kr_real *gradient = kr_engine_gradient(b->engine);
    double norm = kr_gradient_norm(gradient, params->size);
    kr_optimiser_step(&b->adam, 1e-3, norm, gradient, params->values);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_line(const bench *b) {
    qsort(b->seconds, (size_t)b->steps, sizeof *b->seconds, compare);
    printf("{\"program\": \"krait " KR_VERSION
           "\", \"model\": \"%s\", \"seq_len\": %lld, \"batch\": %lld, \"infer\": %s, "
           "\"threads\": %d, \"params\": %lld, \"ms_min\": %.3f, \"ms_median\": %.3f, "
           "\"peak_rss_mib\": %lld}\n",
           b->flags.model, (long long)b->flags.seq_len, (long long)b->flags.batch_size,
           b->is_inference ? "true" : "false", kr_threads_get(),
           (long long)kr_params_count(kr_engine_params(b->engine)), 1e3 * b->seconds[0],
           1e3 * b->seconds[b->steps / 2], (long long)(kr_peak_rss() >> 20));
}

int main(int argc, char **argv) {
    static bench b = {.steps = 40, .warmup = 3};
    kr_error err = {0};
    kr_status status = parse(&b, argc, argv, &err);
    if (status == KR_OK) {
        kr_threads_set((int)b.flags.threads);
        status = prepare(&b, &err);
    }
    if (status == KR_OK) {
        for (int64_t s = -b.warmup; s < b.steps; s++) {
            double start = kr_time_now();
            run_step(&b, (uint64_t)(s + b.warmup));
            if (s >= 0) b.seconds[s] = kr_time_now() - start;
        }
        print_line(&b);
    } else {
        fprintf(stderr, "krait_bench: %s\n", err.text);
    }
    kr_optimiser_deinit(&b.adam);
    kr_engine_destroy(b.engine);
    kr_free(b.numbers);
    kr_free(b.pred);
    kr_free(b.seconds);
    return status == KR_OK ? 0 : 1;
}
