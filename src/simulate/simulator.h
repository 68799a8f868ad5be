/* SPDX-License-Identifier: MIT
 * simulator.h - simulated series one by one, without a team and without memory of its own: for who
 * trains on them as they are made.
 *
 *     kr__simulator simulator;
 *     KR_TRY(kr__simulator_init(&options, &simulator, err));
 *     .. scratch of kr__simulator_scratch(longest) bytes for each worker ..
 *     kr__simulator_draw(&simulator, index, length, scratch, values, &what);
 *
 * A simulator does not change: any number of workers may draw from it. */
#ifndef KR_SIMULATOR_H
#define KR_SIMULATOR_H

#include <kr/simulate.h>

enum { KR__SIMULATOR_FAMILIES = 32, KR__SIMULATOR_SEASONS = 64 };

/* One entry of the mix of seasons. */
typedef struct kr__season_choice {
    int64_t n, steps[KR_SIMULATED_SEASONS]; /* rising; n 0: none */
    bool is_any;                            /* one of any length */
} kr__season_choice;

typedef struct kr__simulator {
    uint64_t seed;
    double noise, gaps, mixed, modified; /* with the defaults in place */
    double families[KR__SIMULATOR_FAMILIES];
    int64_t n_choices;
    kr__season_choice choices[KR__SIMULATOR_SEASONS];
    double choice_weights[KR__SIMULATOR_SEASONS];
    bool is_fitted; /* seasons fit into the series, if they can */
} kr__simulator;

/* Reads the options; NULL: the defaults. KR_USAGE, with a sentence, as kr_simulate(). */
kr_status kr__simulator_init(const kr_simulate_options *options, kr__simulator *out, kr_error *err);

/* Bytes of scratch for series of this length and shorter ones; it need not be cleared, nor kept
 * from one series to the next. */
size_t kr__simulator_scratch(int64_t length);

/* Series `index`: values (length), what or NULL. length 1 .. KR_SIMULATED_STEPS. Cannot fail, does
 * not allocate. scratch is aligned for doubles. */
void kr__simulator_draw(const kr__simulator *simulator, uint64_t index, int64_t length,
                        void *scratch, double *values, kr_simulated *what);

#endif
