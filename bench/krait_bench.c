/* SPDX-License-Identifier: MIT
 * krait_bench.c - time of a training step, or of a forecast, of a forecaster on random numbers.
 *
 *     krait_bench --model TimeStarMamba --batch_size 4 [--flag value ..] [--infer] [--amp]
 * [--profile]
 *                 [--steps 40]
 *
 * Flags are those of `krait run`, which bench/peers/forecast_step.py takes, too. */
#include <stdio.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/forecast.h>
#include <kr/threads.h>

#include "bench.h"
#include "train/forecast_session.h"

enum { N_MARKS = 4, N_STARTS = 64 };

typedef struct forecast_bench {
    kr_forecast_config flags;
    kr_forecast_objective objective;
    kr_real *numbers; /* samples begin at N_STARTS places of it */
    bench bench;
} forecast_bench;

static kr_status parse(forecast_bench *b, int argc, char **argv, kr_error *err) {
    kr_forecast_config_init(&b->flags);
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--infer") == 0) {
            b->bench.is_inference = true;
            continue;
        }
        if (strcmp(name, "--amp") == 0) {
            b->bench.uses_bf16 = true;
            continue;
        }
        if (strcmp(name, "--profile") == 0) {
            b->bench.is_profiled = true;
            continue;
        }
        if (strncmp(name, "--", 2) != 0 || i + 1 == argc) {
            return kr_fail(err, KR_USAGE, "%s: needs --flag value; see the head of krait_bench.c",
                           name);
        }
        const char *text = argv[++i];
        if (strcmp(name, "--steps") == 0) {
            KR_TRY(bench_count(name, text, &b->bench.steps, err));
        } else if (strcmp(name, "--warmup") == 0) {
            KR_TRY(bench_count(name, text, &b->bench.warmup, err));
        } else {
            KR_TRY(kr_forecast_config_set(&b->flags, name + 2, text, err));
        }
    }
    return kr_forecast_config_check(&b->flags, err);
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const forecast_bench *b = arg;
    const kr_forecaster_config *m = &b->objective.model;
    const kr_real *from = b->numbers + i % N_STARTS;
    const int64_t sizes[KR_MAX_INPUTS] = {m->seq_len * m->n_channels, m->seq_len * N_MARKS,
                                          m->pred_len * kr_forecaster_outputs(m)};
    for (int k = 0; k < KR_MAX_INPUTS; k++) memcpy(in[k], from, (size_t)sizes[k] * sizeof *from);
}

static kr_status run(forecast_bench *b, kr_error *err) {
    b->objective = kr__session_objective(&b->flags, b->flags.enc_in, N_MARKS);
    const kr_forecaster_config *m = &b->objective.model;
    int64_t n_longest = (m->seq_len + m->pred_len) * (m->n_channels + N_MARKS) + N_STARTS;
    b->numbers = bench_numbers(n_longest, (uint64_t)b->flags.seed);
    if (!b->numbers) return kr_fail(err, KR_MEMORY, "out of memory");
    b->bench.model = b->flags.model;
    b->bench.seq_len = m->seq_len;
    b->bench.batch = b->flags.batch_size;
    b->bench.seed = (uint64_t)b->flags.seed;
    b->bench.engine = (kr_engine_config){.objective = kr__forecast_objective(&b->objective),
                                         .grad_slots = b->flags.grad_slots};
    b->bench.optimiser = KR_ADAM;
    b->bench.pred_size = m->pred_len * kr_forecaster_outputs(m);
    b->bench.fetch = fetch;
    b->bench.arg = b;
    kr_threads_set((int)b->flags.threads);
    return bench_run(&b->bench, err);
}

int main(int argc, char **argv) {
    static forecast_bench b = {.bench = {.steps = 40, .warmup = 3}};
    kr_error err = {0};
    kr_status status = parse(&b, argc, argv, &err);
    if (status == KR_OK) status = run(&b, &err);
    if (status != KR_OK) fprintf(stderr, "krait_bench: %s\n", err.text);
    kr_free(b.numbers);
    return status == KR_OK ? 0 : 1;
}
