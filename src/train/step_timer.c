/* SPDX-License-Identifier: MIT
 * step_timer.c - an engine with everything that a step needs, and a clock. */
#include "train/step_timer.h"

#include "core/arena.h"
#include "core/platform.h"
#include "core/random.h"
#include "core/real.h"

kr_real *kr__timing_numbers(int64_t n, uint64_t seed) {
    kr_real *numbers = kr__calloc((size_t)n, sizeof *numbers);
    kr_rng rng = kr__rng_make(seed, KR_STREAM_TEST, 0);
    for (int64_t i = 0; numbers && i < n; i++) numbers[i] = (kr_real)kr__rng_normal(&rng);
    return numbers;
}

kr_status kr__step_timer_open(kr_team *team, const kr_step_timer_config *config,
                              kr_step_timer *timer, kr_error *err) {
    const kr_step_timer_config *c = config;
    kr_engine_config engine = {.objective = c->objective,
                               .grad_slots = c->grad_slots,
                               .max_batch = c->batch,
                               .is_profiled = c->is_profiled,
                               .uses_bf16 = c->uses_bf16,
                               .only_predicts = c->only_infers};
    *timer =
        (kr_step_timer){.team = team, .samples = {c->fetch, c->arg, c->batch}, .seed = c->seed};
    KR_TRY(kr__engine_create(team, &engine, &timer->engine, err));
    kr_params *params = kr__engine_params(timer->engine);
    kr__params_initialise(params, c->seed);
    KR_TRY(kr__optimiser_init(team, &timer->optimiser, c->optimiser, c->weight_decay, c->clip,
                              params->size, err));
    size_t n = 0;
    if (kr__size_mul((size_t)c->batch, (size_t)c->pred_size, &n)) {
        timer->pred = kr__calloc(n, sizeof *timer->pred);
    }
    return timer->pred ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the forecasts");
}

void kr__step_timer_close(kr_step_timer *timer) {
    kr__optimiser_deinit(&timer->optimiser);
    kr__engine_destroy(timer->engine);
    kr_free(timer->pred);
}

double kr__step_timer_train(kr_step_timer *timer) {
    const double rate = 1e-3;
    kr_params *params = kr__engine_params(timer->engine);
    double start = kr__time_now();
    kr__engine_train_batch(timer->engine, &timer->samples,
                           (kr_draw_key){timer->seed, timer->step++, NULL});
    const kr_real *gradient = kr__engine_gradient(timer->engine);
    double norm = kr__gradient_norm(timer->team, gradient, params->size);
    kr__optimiser_step(&timer->optimiser, rate, norm, gradient, params->values);
    return kr__time_now() - start;
}

double kr__step_timer_infer(kr_step_timer *timer) {
    double start = kr__time_now();
    kr__engine_predict(timer->engine, &timer->samples, timer->pred, NULL);
    return kr__time_now() - start;
}
