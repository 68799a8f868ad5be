/* SPDX-License-Identifier: MIT
 * drawn_samples.h - samples of the zero-shot model, of series that are simulated or somebody's own:
 * number i is a function of (seed, i) alone. */
#ifndef KR_ZEROSHOT_DRAWN_SAMPLES_H
#define KR_ZEROSHOT_DRAWN_SAMPLES_H

#include "simulate/simulator.h"
#include "zeroshot/batch.h"
#include "zeroshot/own_series.h"

/* Samples that were drawn, and what each worker needs for it. */
typedef struct kr__zeroshot_drawing {
    kr__zeroshot_batch batch;
    kr__simulator simulator;
    const kr__own_series *own; /* some samples are of these; NULL: none */
    bool is_held;              /* of what they hold back */
    uint64_t seed;
    int64_t longest;                  /* values of the past of a sample */
    struct kr__zeroshot_hand **hands; /* of the workers */
    int64_t first;                    /* number of the sample that is in place 0 */
} kr__zeroshot_drawing;

/* config and team must outlive it; room: samples that it can hold. An all-zero drawing may be
 * deinitialised. */
kr_status kr__zeroshot_drawing_init(kr_team *team, const kr__zeroshot_config *config,
                                    const kr_simulate_options *options, int64_t longest,
                                    int64_t room, kr__zeroshot_drawing *out, kr_error *err);
void kr__zeroshot_drawing_deinit(kr__zeroshot_drawing *drawing);

/* Draw samples first .. first + n - 1 into the batch, n at most its room; does not allocate. */
void kr__zeroshot_draw(kr__zeroshot_drawing *drawing, int64_t first, int64_t n);

#endif
