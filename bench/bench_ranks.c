/* SPDX-License-Identifier: MIT
 * bench_ranks.c - the ranks of a launcher, each call of theirs measured. */
#include "bench_ranks.h"

#include <dlfcn.h>
#include <stdio.h>

#include <kr/mpi.h>

#include "bench.h"
#include "core/platform.h"
#include "forecast/forecast_timing.h"

/* Each step exchanges once, and gathers after that. */
static struct {
    const kr_mpi *mpi;
    const kr_ranks *inner;
    kr_ranks measured;
    int64_t n_steps, n_bytes;
    double wait_ms[BENCH_MAX_STEPS], ms[BENCH_MAX_STEPS];
} state;

static double ms_since(double start) { return 1e3 * (kr__time_now() - start); }

static void gather_inner(void *data, const size_t *n_bytes) {
    state.inner->gather(state.inner->arg, data, n_bytes);
}

static void wait_for_all(void) {
    char here[KR_MAX_RANKS] = {0};
    size_t ones[KR_MAX_RANKS];
    for (int r = 0; r < KR_MAX_RANKS; r++) ones[r] = 1;
    gather_inner(here, ones);
}

static bool has_room(void) { return state.n_steps > 0 && state.n_steps <= BENCH_MAX_STEPS; }

static void exchange(void *arg, const kr_message *sent, int n_sent, const kr_message *received,
                     int n_received) {
    (void)arg;
    state.n_steps++;
    double start = kr__time_now();
    wait_for_all();
    if (has_room()) state.wait_ms[state.n_steps - 1] = ms_since(start);
    start = kr__time_now();
    state.inner->exchange(state.inner->arg, sent, n_sent, received, n_received);
    if (has_room()) state.ms[state.n_steps - 1] = ms_since(start);
    for (int i = 0; i < n_sent; i++) state.n_bytes += (int64_t)sent[i].n_bytes;
}

/* Those before the first step are not counted. */
static void gather(void *arg, void *data, const size_t *n_bytes) {
    (void)arg;
    double start = kr__time_now();
    gather_inner(data, n_bytes);
    if (!has_room()) return;
    state.ms[state.n_steps - 1] += ms_since(start);
    state.n_bytes += (int64_t)n_bytes[state.inner->rank] * (state.inner->count - 1);
}

kr_status bench_ranks_join(kr_team *team, const char *library, kr_error *err) {
    if (!library) return KR_OK;
    void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
    const kr_mpi *(*get)(void) = NULL;
    if (handle) *(void **)&get = dlsym(handle, "kr_mpi_get");
    if (!get) return kr_fail(err, KR_IO, "--ranks: %s", dlerror());
    state.mpi = get();
    KR_TRY(state.mpi->begin(&state.inner, err));
    state.measured = *state.inner;
    state.measured.exchange = exchange;
    state.measured.gather = gather;
    return kr_team_join(team, &state.measured, err);
}

void bench_ranks_leave(kr_team *team) {
    if (!state.mpi) return;
    kr_team_join(team, NULL, NULL);
    state.mpi->end();
}

bool bench_ranks_prints(void) { return !state.inner || state.inner->rank == 0; }

void bench_ranks_print(void) {
    if (!has_room()) return;
    kr_spread waited = kr__spread_of(state.wait_ms, state.n_steps);
    kr_spread took = kr__spread_of(state.ms, state.n_steps);
    printf(
        ", \"ranks\": %d, \"wait_ms\": %.3f, \"exchange_ms\": %.3f, "
        "\"exchange_ms_quartiles\": [%.3f, %.3f], \"sent_bytes\": %lld",
        state.inner->count, waited.median, took.median, took.lower_quartile, took.upper_quartile,
        (long long)(state.n_bytes / state.n_steps));
}
