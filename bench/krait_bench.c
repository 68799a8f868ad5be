/* SPDX-License-Identifier: MIT
 * krait_bench.c - time of a training step, or of a forecast, of a forecaster on random numbers.
 *
 *     krait_bench --model TimeStarMamba --batch_size 4 [--flag value ..] [--infer] [--amp]
 *                 [--profile] [--steps 40] [--ranks build/libkrait-mpi-openmpi.so]
 *
 * Flags are those of `krait run`, which bench/peers/forecast_step.py takes, too. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "bench_ranks.h"
#include "core/arena.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_timing.h"

static kr_status parse(int argc, char **argv, kr_forecast_config *flags, kr_forecast_timing *timing,
                       const char **ranks, kr_error *err) {
    kr__forecast_config_init(flags);
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strcmp(name, "--infer") == 0) {
            timing->is_inference = true;
            continue;
        }
        if (strcmp(name, "--amp") == 0) {
            flags->amp = true;
            continue;
        }
        if (strcmp(name, "--profile") == 0) {
            flags->profile = true;
            continue;
        }
        if (strncmp(name, "--", 2) != 0 || i + 1 == argc) {
            return kr_fail(err, KR_USAGE, "%s: needs --flag value; see the head of krait_bench.c",
                           name);
        }
        const char *text = argv[++i];
        if (strcmp(name, "--ranks") == 0) {
            *ranks = text;
        } else if (strcmp(name, "--steps") == 0) {
            KR_TRY(bench_count(name, text, &timing->repeats, err));
        } else if (strcmp(name, "--warmup") == 0) {
            KR_TRY(bench_count(name, text, &timing->warmup, err));
        } else {
            KR_TRY(kr__forecast_config_set(flags, name + 2, text, err));
        }
    }
    return KR_OK;
}

int main(int argc, char **argv) {
    kr_forecast_config flags;
    kr_forecast_timing timing = {.config = &flags, .warmup = 3, .repeats = 40, .steps = 1};
    kr_forecast_times times = {0};
    kr_error err = {.text = ""};
    const char *ranks = NULL;
    double *ms = NULL;
    kr_team *team = NULL;
    kr_status status = parse(argc, argv, &flags, &timing, &ranks, &err);
    if (status == KR_OK) status = bench_times(timing.repeats, &ms, &err);
    if (status == KR_OK) status = kr_team_create((int)flags.threads, NULL, NULL, &team, &err);
    if (status == KR_OK) status = bench_ranks_join(team, ranks, &err);
    if (status == KR_OK) status = kr__forecast_time(team, &timing, ms, &times, &err);
    if (status == KR_OK) {
        bench_print(&(bench_case){.team = team,
                                  .model = flags.model,
                                  .seq_len = flags.seq_len,
                                  .batch = flags.batch_size,
                                  .n_parameters = times.n_parameters,
                                  .is_inference = timing.is_inference,
                                  .profile = times.profile,
                                  .n_profiled = timing.warmup + timing.repeats},
                    ms, timing.repeats);
    } else {
        fprintf(stderr, "krait_bench: %s\n", err.text);
    }
    kr_free(times.profile);
    kr_free(ms);
    bench_ranks_leave(team);
    kr_team_destroy(team);
    return status == KR_OK ? 0 : 1;
}
