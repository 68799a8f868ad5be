/* SPDX-License-Identifier: MIT
 * step_timer.h - seconds of training steps and of forward passes of an engine. */
#ifndef KR_STEP_TIMER_H
#define KR_STEP_TIMER_H

#include "core/real.h"
#include "train/engine.h"
#include "train/optimiser.h"

typedef struct kr_step_timer_config {
    kr_objective objective;
    int64_t batch, grad_slots;
    bool is_profiled, uses_bf16;
    bool only_infers; /* kr__step_timer_train() will not be called */
    uint64_t seed;
    kr_optimiser_kind optimiser;
    double weight_decay, clip;
    int64_t pred_size; /* of a sample */
    void (*fetch)(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]);
    void *arg; /* must live as long as the timer */
} kr_step_timer_config;

typedef struct kr_step_timer {
    kr_team *team;
    kr_engine *engine;
    kr_optimiser optimiser;
    kr_samples samples;
    kr_real *pred;
    uint64_t seed, step;
} kr_step_timer;

/* Close also after a failure. */
kr_status kr__step_timer_open(kr_team *team, const kr_step_timer_config *config,
                              kr_step_timer *timer, kr_error *err);
void kr__step_timer_close(kr_step_timer *timer);

/* Seconds of one batch: forward, backward, optimiser; or forward alone. */
double kr__step_timer_train(kr_step_timer *timer);
double kr__step_timer_infer(kr_step_timer *timer);

/* n random numbers as inputs; NULL when out of memory. Free with kr_free. */
kr_real *kr__timing_numbers(int64_t n, uint64_t seed);

#endif
