/* SPDX-License-Identifier: MIT
 * bench.h - what the timing programs share: counts on the command line, timed steps, a JSON line.
 */
#ifndef KR_BENCH_H
#define KR_BENCH_H

#include "train/engine.h"
#include "train/optimiser.h"

enum { BENCH_MAX_STEPS = 100000 };

typedef struct bench {
    const char *model;
    int64_t seq_len, batch, steps, warmup;
    bool is_inference;
    bool uses_bf16;   /* --amp */
    bool is_profiled; /* --profile: a table of the ops on stderr */
    uint64_t seed;
    kr_engine_config engine; /* max_batch is set from batch */
    kr_optimiser_kind optimiser;
    double weight_decay, clip;
    int64_t pred_size; /* of a sample */
    void (*fetch)(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]);
    void *arg;
} bench;

/* Times steps - warmup first - and prints smallest and median time in ms, tokens (steps of series)
 * a second, parameters, peak RSS as one line of JSON. */
kr_status bench_run(const bench *b, kr_error *err);

/* The whole number of --name text. */
kr_status bench_count(const char *name, const char *text, int64_t *value, kr_error *err);

/* n random numbers; NULL when out of memory. */
kr_real *bench_numbers(int64_t n, uint64_t seed);

#endif
