/* SPDX-License-Identifier: MIT
 * schedule.h - learning rates by epoch, and early stopping, as the originals. */
#ifndef KR_SCHEDULE_H
#define KR_SCHEDULE_H

#include <kr/base.h>

/* type1, type2, type3, cosine as the original (whose change after epoch e gives the rate of epoch
 * e + 1), and constant. */
typedef struct kr_schedule {
    const char *kind;
    double base;
    int64_t epochs; /* of the run; for cosine */
    int64_t
        warmup_epochs; /* epoch k of the first W gets base * k / (W + 1); the schedule follows */
} kr_schedule;

bool kr_schedule_exists(const char *kind);
/* Rate of epoch 1, 2, .. */
double kr_schedule_rate(const kr_schedule *schedule, int64_t epoch);

/* MambaSynth's: from 1 % of base in a line up to base at epoch warmup, then a cosine down to floor
 * at epoch `epochs`. */
typedef struct kr_ramp {
    double base, floor;
    int64_t warmup_epochs, epochs;
} kr_ramp;
/* Rate of epoch 0, 1, .. */
double kr_ramp_rate(const kr_ramp *ramp, int64_t epoch);

/* Stop when the validation loss has not been as good as the best for `patience` epochs. A loss
 * equal to the best counts as better. NaN never does (the original takes it for an improvement). */
typedef struct kr_early_stop {
    int64_t patience, counter;
    double best;
    bool has_best, must_stop;
} kr_early_stop;

/* True when loss is the best so far (save the model). */
bool kr_early_stop_update(kr_early_stop *stop, double loss);

#endif
