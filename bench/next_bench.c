/* SPDX-License-Identifier: MIT
 * next_bench.c - time of a training step, or of a pass, of the next-step model on random numbers.
 *
 *     next_bench --batch 4 [--seq_len 1024] [--d_state 32] [..] [--infer] [--amp]
 *                [--profile] [--steps 10]
 *
 * Flags are those of bench/peers/synth_step.py. */
#include <stdio.h>
#include <string.h>

#include <kr/arena.h>
#include <kr/threads.h>

#include "bench.h"
#include "train/next_objective.h"

typedef struct next_bench {
    int64_t batch, seq_len, features, d_model, n_layers, d_state, d_ff, threads, grad_slots;
    kr_next_objective objective;
    kr_real *numbers;
    bench bench;
} next_bench;

static int64_t *find_count(next_bench *b, const char *name) {
    const struct {
        const char *name;
        int64_t *value;
    } counts[] = {{"--batch", &b->batch},
                  {"--seq_len", &b->seq_len},
                  {"--features", &b->features},
                  {"--d_model", &b->d_model},
                  {"--n_layers", &b->n_layers},
                  {"--d_state", &b->d_state},
                  {"--d_ff", &b->d_ff},
                  {"--threads", &b->threads},
                  {"--steps", &b->bench.steps},
                  {"--warmup", &b->bench.warmup},
                  {"--grad_slots", &b->grad_slots}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(counts[i].name, name) == 0) return counts[i].value;
    }
    return NULL;
}

static kr_status parse(next_bench *b, int argc, char **argv, kr_error *err) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--infer") == 0) {
            b->bench.is_inference = true;
            continue;
        }
        if (strcmp(argv[i], "--amp") == 0) {
            b->bench.uses_bf16 = true;
            continue;
        }
        if (strcmp(argv[i], "--profile") == 0) {
            b->bench.is_profiled = true;
            continue;
        }
        int64_t *value = find_count(b, argv[i]);
        if (!value || i + 1 == argc) {
            return kr_fail(err, KR_USAGE, "%s: needs --flag N; see the head of next_bench.c",
                           argv[i]);
        }
        KR_TRY(bench_count(argv[i], argv[i + 1], value, err));
        i++;
    }
    return KR_OK;
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const next_bench *b = arg;
    size_t n = (size_t)(b->seq_len * b->features);
    memcpy(in[KR_NEXT_INPUT], b->numbers + i, n * sizeof *b->numbers);
    memcpy(in[KR_NEXT_TARGET], b->numbers + i, n * sizeof *b->numbers);
}

static kr_status run(next_bench *b, kr_error *err) {
    b->objective = (kr_next_objective){.model = {.n_features = b->features,
                                                 .d_model = b->d_model,
                                                 .n_layers = b->n_layers,
                                                 .d_ff = b->d_ff,
                                                 .max_horizon = 1,
                                                 .mamba = {b->d_state, 4, 2}},
                                       .seq_len = b->seq_len};
    b->numbers = bench_numbers(b->seq_len * b->features + b->batch, 1);
    if (!b->numbers) return kr_fail(err, KR_MEMORY, "out of memory");
    b->bench.model = "next";
    b->bench.seq_len = b->seq_len;
    b->bench.batch = b->batch;
    b->bench.seed = 1;
    b->bench.engine = (kr_engine_config){.objective = kr__next_objective(&b->objective),
                                         .grad_slots = b->grad_slots};
    b->bench.optimiser = KR_ADAMW;
    b->bench.weight_decay = 0.01;
    b->bench.clip = 1;
    b->bench.pred_size = b->seq_len * b->features;
    b->bench.fetch = fetch;
    b->bench.arg = b;
    kr_threads_set((int)b->threads);
    return bench_run(&b->bench, err);
}

int main(int argc, char **argv) {
    static next_bench b = {.batch = 1,
                           .seq_len = 1024,
                           .features = 20,
                           .d_model = 128,
                           .n_layers = 7,
                           .d_state = 32,
                           .d_ff = 512,
                           .grad_slots = 16,
                           .bench = {.steps = 10, .warmup = 1}};
    kr_error err = {0};
    kr_status status = parse(&b, argc, argv, &err);
    if (status == KR_OK) status = run(&b, &err);
    if (status != KR_OK) fprintf(stderr, "next_bench: %s\n", err.text);
    kr_free(b.numbers);
    return status == KR_OK ? 0 : 1;
}
