/* SPDX-License-Identifier: MIT
 * schedule.h - learning rates by epoch, and early stopping, as the originals. */
#ifndef KR_SCHEDULE_H
#define KR_SCHEDULE_H

#include <kr/base.h>

/* type1, type2, type3, cosine as in run.py (where the change after epoch e gives the rate of epoch
 * e + 1), constant; warmup_cosine as in MambaSynth: over the first epochs linearly from 1 % of base
 * up to base, then along a cosine down to floor at the last one. */
#define KR_SCHEDULE_KINDS "type1|type2|type3|cosine|constant|warmup_cosine"

typedef struct kr_schedule {
    const char *kind;
    double base;
    int64_t epochs; /* of the run; for the cosines */
    /* Epoch k of the first W has base * k / (W + 1), then the schedule begins; warmup_cosine has
     * its own rise instead. */
    int64_t warmup_epochs;
    double floor; /* of warmup_cosine */
} kr_schedule;

bool kr__schedule_exists(const char *kind);
/* Rate of epoch 1, 2, .. */
double kr__schedule_rate(const kr_schedule *schedule, int64_t epoch);

/* Stop when the validation loss has not been as good as the best for `patience` epochs (0: never).
 * A loss that is not finite is never better (the original takes NaN for an improvement). */
typedef struct kr_early_stop {
    int64_t patience, counter;
    bool is_strict; /* a loss equal to the best is not better; false: it is, as in run.py */
    double best;
    bool has_best, must_stop;
} kr_early_stop;

/* True when loss is the best so far (save the model). */
bool kr__early_stop_update(kr_early_stop *stop, double loss);

#endif
