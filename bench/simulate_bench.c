/* SPDX-License-Identifier: MIT
 * simulate_bench.c - values of simulated series a second, of each family and of the mix: a JSON
 * line each.
 *
 *     simulate_bench [WORKERS [SERIES [LENGTH]]] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <kr/simulate.h>

#include "core/arena.h"
#include "core/platform.h"

static kr_status time_one(kr_team *team, const char *families, int64_t count, int64_t length,
                          float *values, kr_error *err) {
    const kr_simulate_options options = {.size = sizeof options, .families = families};
    double best = 1e300;
    for (int round = 0; round < 3; round++) {
        double start = kr__time_now();
        KR_TRY(kr_simulate_f32(team, &options, 0, count, length, values, NULL, err));
        double seconds = kr__time_now() - start;
        if (seconds < best) best = seconds;
    }
    printf("{\"family\": \"%s\", \"workers\": %d, \"series\": %" PRId64 ", \"length\": %" PRId64
           ", \"million_values_per_s\": %.1f}\n",
           families ? families : "mix", kr_team_workers(team), count, length,
           1e-6 * (double)(count * length) / best);
    return KR_OK;
}

int main(int argc, char **argv) {
    int64_t count = argc > 2 ? atoll(argv[2]) : 2000, length = argc > 3 ? atoll(argv[3]) : 1024;
    kr_error err = {.text = ""};
    kr_team *team = NULL;
    float *values = kr__calloc((size_t)count, (size_t)length * sizeof *values);
    kr_status status = kr_team_create(argc > 1 ? atoi(argv[1]) : 2, NULL, NULL, &team, &err);
    if (status == KR_OK && values) {
        status = time_one(team, NULL, count, length, values, &err);
        for (int64_t i = 0; i < kr_simulate_families() && status == KR_OK; i++) {
            status = time_one(team, kr_simulate_family_name(i), count / 4, length, values, &err);
        }
    }
    if (status != KR_OK) fprintf(stderr, "simulate_bench: %s\n", err.text);
    kr_free(values);
    kr_team_destroy(team);
    return status != KR_OK || !values;
}
