/* SPDX-License-Identifier: MIT
 * simulate.c - what the families are, and many series at once. */
#include <kr/simulate.h>

#include "core/arena.h"
#include "simulate/simulation.h"
#include "simulate/simulator.h"

static const kr__family *family_at(int64_t family) {
    return family >= 0 && family < kr__n_families ? &kr__families[family] : NULL;
}

int64_t kr_simulate_families(void) { return kr__n_families; }

const char *kr_simulate_family_name(int64_t family) {
    const kr__family *f = family_at(family);
    return f ? f->name : NULL;
}

const char *kr_simulate_family_text(int64_t family) {
    const kr__family *f = family_at(family);
    return f ? f->text : NULL;
}

const char *kr_simulate_family_source(int64_t family) {
    const kr__family *f = family_at(family);
    return f ? f->source : NULL;
}

double kr_simulate_family_weight(int64_t family) {
    const kr__family *f = family_at(family);
    return f ? f->weight : 0;
}

/* ---- many series ------------------------------------------------------------------------ */

/* Short series share a piece. */
enum { PIECE_STEPS = 4096 };

typedef struct panel {
    kr_team *team;
    kr__simulator simulator;
    int64_t first, count, length, in_piece;
    double *values; /* one of the two */
    float *floats;
    kr_simulated *what;
    kr_per_worker scratch; /* that of a series, then its values, if they become floats */
} panel;

static void draw_piece(void *arg, int64_t piece, int worker) {
    panel *p = arg;
    char *scratch = kr_per_worker_at(&p->scratch, worker);
    double *own = (double *)(void *)(scratch + kr__simulator_scratch(p->length));
    int64_t from = piece * p->in_piece, to = from + p->in_piece;
    for (int64_t i = from; i < to && i < p->count; i++) {
        if (kr_team_is_stopping(p->team)) return;
        double *values = p->values ? p->values + i * p->length : own;
        kr__simulator_draw(&p->simulator, (uint64_t)(p->first + i), p->length, scratch, values,
                           p->what ? &p->what[i] : NULL);
        for (int64_t t = 0; t < p->length && p->floats; t++) {
            p->floats[i * p->length + t] = (float)values[t];
        }
    }
}

static kr_status draw_all(panel *p, const kr_simulate_options *options, kr_error *err) {
    if (p->count < 0 || p->first < 0) {
        return kr_fail(err, KR_SHAPE, "the first series and their number must be 0 or more");
    }
    if (p->length < 1 || p->length > KR_SIMULATED_STEPS) {
        return kr_fail(err, KR_SHAPE, "a series has 1 to %d steps, not %jd", KR_SIMULATED_STEPS,
                       (intmax_t)p->length);
    }
    KR_TRY(kr__simulator_init(options, &p->simulator, err));
    size_t own = p->floats ? (size_t)p->length * sizeof(double) : 0;
    kr_status status =
        kr_per_worker_init(&p->scratch, p->team, kr__simulator_scratch(p->length) + own, err);
    p->in_piece = p->length < PIECE_STEPS ? PIECE_STEPS / p->length : 1;
    if (status == KR_OK) {
        kr_team_for(p->team, (p->count + p->in_piece - 1) / p->in_piece, draw_piece, p);
        if (kr_team_is_stopping(p->team)) {
            status = kr_fail(err, KR_INTERRUPTED, "stopped on request");
        }
    }
    kr_per_worker_deinit(&p->scratch);
    return status;
}

kr_status kr_simulate(kr_team *team, const kr_simulate_options *options, int64_t first_index,
                      int64_t count, int64_t length, double *values, kr_simulated *what,
                      kr_error *err) {
    panel p = {.team = team,
               .first = first_index,
               .count = count,
               .length = length,
               .values = values,
               .what = what};
    return draw_all(&p, options, err);
}

kr_status kr_simulate_f32(kr_team *team, const kr_simulate_options *options, int64_t first_index,
                          int64_t count, int64_t length, float *values, kr_simulated *what,
                          kr_error *err) {
    panel p = {.team = team,
               .first = first_index,
               .count = count,
               .length = length,
               .floats = values,
               .what = what};
    return draw_all(&p, options, err);
}
