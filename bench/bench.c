/* SPDX-License-Identifier: MIT
 * bench.c - counts in, times out as JSON. */
#include "bench.h"
#include "bench_ranks.h"
#include "core/arena.h"
#include "core/platform.h"
#include "forecast/forecast_timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

kr_status bench_times(int64_t steps, double **ms, kr_error *err) {
    if (steps < 1 || steps > BENCH_MAX_STEPS) {
        return kr_fail(err, KR_USAGE, "--steps %lld: use 1 to %d", (long long)steps,
                       BENCH_MAX_STEPS);
    }
    *ms = kr__calloc((size_t)steps, sizeof **ms);
    return *ms ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the times");
}

/* Of a batch, in all ops that count in this unit. */
static double work_of(const bench_case *c, const char *unit) {
    double work = 0;
    for (int i = 0; i < c->profile->n_rows; i++) {
        const kr_profile_row *row = &c->profile->rows[i];
        if (strcmp(row->unit, unit) == 0) work += row->work;
    }
    return work / (double)c->n_profiled;
}

static void print_profile(const bench_case *c) {
    char text[160];
    for (int i = 0; kr_profile_line(c->profile, i, text, sizeof text); i++) {
        fprintf(stderr, "%s\n", text);
    }
    printf(", \"flop\": %.0f, \"updates\": %.0f", work_of(c, "FLOP"), work_of(c, "update"));
}

void bench_print(const bench_case *c, double *ms, int64_t n) {
    if (!bench_ranks_prints()) return;
    kr_spread s = kr__spread_of(ms, n);
    printf("{\"program\": \"krait " KR_VERSION_STRING
           "\", \"model\": \"%s\", \"seq_len\": %lld, \"batch\": %lld, \"infer\": %s, "
           "\"threads\": %d, \"params\": %lld, \"ms_min\": %.3f, \"ms_median\": %.3f, "
           "\"ms_quartiles\": [%.3f, %.3f], \"tokens_per_s\": %.1f, \"peak_rss_mib\": %lld",
           c->model, (long long)c->seq_len, (long long)c->batch, c->is_inference ? "true" : "false",
           kr_team_workers(c->team), (long long)c->n_parameters, s.least, s.median,
           s.lower_quartile, s.upper_quartile, 1e3 * (double)(c->batch * c->seq_len) / s.median,
           (long long)(kr__peak_rss() >> 20));
    if (c->profile) print_profile(c);
    bench_ranks_print();
    printf("}\n");
}
