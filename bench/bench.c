/* SPDX-License-Identifier: MIT
 * bench.c - timed steps of an engine. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include <kr/arena.h>
#include <kr/platform.h>
#include <kr/random.h>
#include <kr/threads.h>

kr_status bench_count(const char *name, const char *text, int64_t *value, kr_error *err) {
    const int64_t most = 1 << 24;
    char *end = NULL;
    *value = strtoll(text, &end, 10);
    if (end == text || *end || *value < 0 || *value > most) {
        return kr_fail(err, KR_USAGE, "%s %s: needs a whole number, 0 to %lld", name, text,
                       (long long)most);
    }
    return KR_OK;
}

kr_real *bench_numbers(int64_t n, uint64_t seed) {
    kr_real *numbers = kr_calloc((size_t)n, sizeof *numbers);
    kr_rng rng = kr_rng_make(seed, KR_STREAM_TEST, 0);
    for (int64_t i = 0; numbers && i < n; i++) numbers[i] = (kr_real)kr_rng_normal(&rng);
    return numbers;
}

/* ---- steps ------------------------------------------------------------------------------ */

typedef struct work {
    kr_engine *engine;
    kr_optimiser optimiser;
    kr_real *pred;
    double *seconds;
} work;

static kr_status prepare(const bench *b, work *w, kr_error *err) {
    kr_engine_config config = b->engine;
    config.max_batch = b->batch;
    config.uses_bf16 = b->uses_bf16;
    config.is_profiled = b->is_profiled;
    KR_TRY(kr_engine_create(&config, &w->engine, err));
    kr_params *params = kr_engine_params(w->engine);
    kr_params_initialise(params, b->seed);
    KR_TRY(kr_optimiser_init(&w->optimiser, b->optimiser, b->weight_decay, b->clip, params->size,
                             err));
    w->pred = kr_calloc((size_t)(b->batch * b->pred_size), sizeof *w->pred);
    w->seconds = kr_calloc((size_t)b->steps, sizeof *w->seconds);
    return w->pred && w->seconds ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory");
}

static void run_step(const bench *b, work *w, uint64_t step) {
    kr_samples samples = {b->fetch, b->arg, b->batch};
    if (b->is_inference) {
        kr_engine_predict(w->engine, &samples, w->pred, NULL);
        return;
    }
    kr_params *params = kr_engine_params(w->engine);
    kr_engine_train_batch(w->engine, &samples, (kr_draw_key){b->seed, step, NULL});
    const kr_real *gradient = kr_engine_gradient(w->engine);
    double norm = kr_gradient_norm(gradient, params->size);
    kr_optimiser_step(&w->optimiser, 1e-3, norm, gradient, params->values);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_line(const bench *b, const work *w) {
    qsort(w->seconds, (size_t)b->steps, sizeof *w->seconds, compare);
    double median = w->seconds[b->steps / 2];
    printf("{\"program\": \"krait " KR_VERSION
           "\", \"model\": \"%s\", \"seq_len\": %lld, \"batch\": %lld, \"infer\": %s, "
           "\"threads\": %d, \"params\": %lld, \"ms_min\": %.3f, \"ms_median\": %.3f, "
           "\"tokens_per_s\": %.1f, \"peak_rss_mib\": %lld}\n",
           b->model, (long long)b->seq_len, (long long)b->batch, b->is_inference ? "true" : "false",
           kr_threads_get(), (long long)kr_params_count(kr_engine_params(w->engine)),
           1e3 * w->seconds[0], 1e3 * median, (double)(b->batch * b->seq_len) / median,
           (long long)(kr_peak_rss() >> 20));
}

/* The warming steps are in it. */
static kr_status print_profile(const work *w, kr_error *err) {
    kr_profile *profile = NULL;
    char text[160];
    KR_TRY(kr_engine_profile(w->engine, &profile, err));
    for (int i = 0; profile && kr_profile_line(profile, i, text, sizeof text); i++) {
        fprintf(stderr, "%s\n", text);
    }
    kr_free(profile);
    return KR_OK;
}

kr_status bench_run(const bench *b, kr_error *err) {
    work w = {0};
    if (b->steps < 1 || b->steps > BENCH_MAX_STEPS) {
        return kr_fail(err, KR_USAGE, "--steps %lld: use 1 to %d", (long long)b->steps,
                       BENCH_MAX_STEPS);
    }
    kr_status status = prepare(b, &w, err);
    for (int64_t s = -b->warmup; status == KR_OK && s < b->steps; s++) {
        double start = kr_time_now();
        run_step(b, &w, (uint64_t)(s + b->warmup));
        if (s >= 0) w.seconds[s] = kr_time_now() - start;
    }
    if (status == KR_OK) print_line(b, &w);
    if (status == KR_OK) status = print_profile(&w, err);
    kr_optimiser_deinit(&w.optimiser);
    kr_engine_destroy(w.engine);
    kr_free(w.pred);
    kr_free(w.seconds);
    return status;
}
