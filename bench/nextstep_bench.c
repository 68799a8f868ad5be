/* SPDX-License-Identifier: MIT
 * nextstep_bench.c - time of a training step, or of a pass, of the next-step model on random
 * numbers.
 *
 *     nextstep_bench --batch 4 [--seq_len 1024] [--d_state 32] [..] [--infer] [--amp]
 *                [--profile] [--steps 10]
 *     mpirun -n 2 nextstep_bench --batch 16 .. --ranks build/libkrait-mpi-openmpi.so
 *
 * Flags are those of bench/peers/synth_step.py. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "bench_ranks.h"
#include "core/arena.h"
#include "core/real.h"
#include "nextstep/nextstep_objective.h"
#include "train/step_timer.h"

typedef struct nextstep_bench {
    kr_team *team;
    int64_t batch, seq_len, features, d_model, n_layers, d_state, d_ff, threads, grad_slots;
    kr__nextstep_task objective;
    int64_t steps, warmup;
    bool is_inference, is_profiled, uses_bf16;
    const char *ranks; /* the library of them, NULL: none */
    kr_real *numbers;
} nextstep_bench;

static int64_t *find_count(nextstep_bench *b, const char *name) {
    const struct {
        const char *name;
        int64_t *value;
    } counts[] = {
        {"--batch", &b->batch},     {"--seq_len", &b->seq_len},      {"--features", &b->features},
        {"--d_model", &b->d_model}, {"--n_layers", &b->n_layers},    {"--d_state", &b->d_state},
        {"--d_ff", &b->d_ff},       {"--threads", &b->threads},      {"--steps", &b->steps},
        {"--warmup", &b->warmup},   {"--grad_slots", &b->grad_slots}};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (strcmp(counts[i].name, name) == 0) return counts[i].value;
    }
    return NULL;
}

static kr_status parse(nextstep_bench *b, int argc, char **argv, kr_error *err) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--infer") == 0) {
            b->is_inference = true;
            continue;
        }
        if (strcmp(argv[i], "--amp") == 0) {
            b->uses_bf16 = true;
            continue;
        }
        if (strcmp(argv[i], "--profile") == 0) {
            b->is_profiled = true;
            continue;
        }
        if (strcmp(argv[i], "--ranks") == 0 && i + 1 < argc) {
            b->ranks = argv[++i];
            continue;
        }
        int64_t *value = find_count(b, argv[i]);
        if (!value || i + 1 == argc) {
            return kr_fail(err, KR_USAGE, "%s: needs --flag N; see the head of nextstep_bench.c",
                           argv[i]);
        }
        KR_TRY(bench_count(argv[i], argv[i + 1], value, err));
        i++;
    }
    return KR_OK;
}

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const nextstep_bench *b = arg;
    size_t n = (size_t)(b->seq_len * b->features);
    memcpy(in[KR__NEXTSTEP_INPUT], b->numbers + i, n * sizeof *b->numbers);
    memcpy(in[KR__NEXTSTEP_TARGET], b->numbers + i, n * sizeof *b->numbers);
}

static kr_status open_timer(nextstep_bench *b, kr_step_timer *timer, kr_error *err) {
    b->objective =
        (kr__nextstep_task){.model = {.n_features = b->features,
                                      .d_model = b->d_model,
                                      .n_layers = b->n_layers,
                                      .d_ff = b->d_ff,
                                      .max_horizon = 1,
                                      .mamba = {.d_state = b->d_state, .d_conv = 4, .expand = 2}},
                            .seq_len = b->seq_len};
    b->numbers = kr__timing_numbers(b->seq_len * b->features + b->batch, 1);
    if (!b->numbers) return kr_fail(err, KR_MEMORY, "out of memory");
    KR_TRY(kr_team_create((int)b->threads, NULL, NULL, &b->team, err));
    KR_TRY(bench_ranks_join(b->team, b->ranks, err));
    return kr__step_timer_open(
        b->team,
        &(kr_step_timer_config){.objective = kr__nextstep_objective(&b->objective),
                                .batch = b->batch,
                                .grad_slots = b->grad_slots,
                                .is_profiled = b->is_profiled,
                                .uses_bf16 = b->uses_bf16,
                                .only_infers = b->is_inference,
                                .seed = 1,
                                .optimiser = KR_ADAMW,
                                .weight_decay = 0.01,
                                .clip = 1,
                                .pred_size = b->seq_len * b->features,
                                .fetch = fetch,
                                .arg = b},
        timer, err);
}

static kr_status run(const nextstep_bench *b, kr_step_timer *timer, double *ms, kr_error *err) {
    for (int64_t s = -b->warmup; s < b->steps; s++) {
        double seconds =
            b->is_inference ? kr__step_timer_infer(timer) : kr__step_timer_train(timer);
        if (s >= 0) ms[s] = 1e3 * seconds;
    }
    kr_profile *profile = NULL;
    kr_status status = kr__engine_profile(timer->engine, &profile, err);
    if (status == KR_OK) {
        bench_print(
            &(bench_case){.team = b->team,
                          .model = "next",
                          .seq_len = b->seq_len,
                          .batch = b->batch,
                          .n_parameters = kr__params_count(kr__engine_params(timer->engine)),
                          .is_inference = b->is_inference,
                          .profile = profile,
                          .n_profiled = b->warmup + b->steps},
            ms, b->steps);
    }
    kr_free(profile);
    return status;
}

int main(int argc, char **argv) {
    static nextstep_bench b = {.batch = 1,
                               .seq_len = 1024,
                               .features = 20,
                               .d_model = 128,
                               .n_layers = 7,
                               .d_state = 32,
                               .d_ff = 512,
                               .grad_slots = 16,
                               .steps = 10,
                               .warmup = 1};
    kr_step_timer timer = {.engine = NULL};
    kr_error err = {.text = ""};
    double *ms = NULL;
    kr_status status = parse(&b, argc, argv, &err);
    if (status == KR_OK) status = bench_times(b.steps, &ms, &err);
    if (status == KR_OK) status = open_timer(&b, &timer, &err);
    if (status == KR_OK) status = run(&b, &timer, ms, &err);
    if (status != KR_OK) fprintf(stderr, "nextstep_bench: %s\n", err.text);
    kr__step_timer_close(&timer);
    kr_free(b.numbers);
    kr_free(ms);
    bench_ranks_leave(b.team);
    kr_team_destroy(b.team);
    return status == KR_OK ? 0 : 1;
}
