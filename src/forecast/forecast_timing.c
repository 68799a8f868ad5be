/* SPDX-License-Identifier: MIT
 * forecast_timing.c - timed steps of a forecaster on random numbers. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "forecast/forecast_config.h"
#include "forecast/forecast_parts.h"
#include "forecast/forecast_timing.h"
#include "tables/timefeatures.h"
#include "train/step_timer.h"

enum { N_STARTS = 64, N_CALENDAR = 4, MOST_STEPS = 100000 };

/* ---- several measurements --------------------------------------------------------------- */

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Interpolated between the two values nearest to this share. */
static double quantile(const double *sorted, int64_t n, double share) {
    double place = share * (double)(n - 1);
    int64_t below = (int64_t)place, above = below + 1 < n ? below + 1 : below;
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

kr_spread kr__spread_of(double *values, int64_t n) {
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    return (kr_spread){.least = values[0],
                       .lower_quartile = quantile(values, n, 0.25),
                       .median = quantile(values, n, 0.5),
                       .upper_quartile = quantile(values, n, 0.75),
                       .largest = values[n - 1]};
}

/* ---- random samples --------------------------------------------------------------------- */

/* Samples begin at N_STARTS places of one array of random numbers. */
typedef struct random_samples {
    kr_forecast_objective objective;
    kr_real *numbers;
} random_samples;

static void fetch(void *arg, int64_t i, kr_real *const in[KR_MAX_INPUTS]) {
    const random_samples *s = arg;
    const kr_real *from = s->numbers + i % N_STARTS;
    int64_t sizes[KR_MAX_INPUTS];
    kr__forecast_sizes(&s->objective.model, sizes);
    for (int k = 0; k < KR_MAX_INPUTS; k++) {
        if (in[k]) memcpy(in[k], from, (size_t)sizes[k] * sizeof *from);
    }
}

static kr_status open_samples(const kr_forecast_config *c, random_samples *s, kr_error *err) {
    int64_t n_marks = N_CALENDAR, n_channels = strcmp(c->features, "S") == 0 ? 1 : c->enc_in;
    size_t n = 0;
    if (strcmp(c->embed, "timeF") == 0) KR_TRY(kr__timefeatures_count(c->freq, &n_marks, err));
    const kr__row_shape rows = {.n_channels = n_channels, .n_marks = n_marks};
    kr__forecast_parts parts;
    KR_TRY(kr__forecast_parts_make(c, &parts, err));
    s->objective = kr__forecast_parts_objective(&parts, &rows);
    if (kr__size_mul((size_t)(c->seq_len + c->pred_len), (size_t)(n_channels + n_marks), &n)) {
        s->numbers = kr__timing_numbers((int64_t)n + N_STARTS, (uint64_t)c->seed);
    }
    return s->numbers ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for the inputs");
}

static kr_status open_timer(kr_team *team, const kr_forecast_config *c, bool only_infers,
                            random_samples *s, kr_step_timer *timer, kr_error *err) {
    const kr_objective objective = kr__forecast_objective(&s->objective);
    kr_step_timer_config config = {.objective = objective,
                                   .batch = c->batch_size,
                                   .grad_slots = c->grad_slots,
                                   .is_profiled = c->profile,
                                   .uses_bf16 = c->amp,
                                   .only_infers = only_infers,
                                   .seed = (uint64_t)c->seed,
                                   .optimiser = KR_ADAM,
                                   .pred_size = objective.values_per_loss,
                                   .fetch = fetch,
                                   .arg = s};
    return kr__step_timer_open(team, &config, timer, err);
}

/* ---- steps ------------------------------------------------------------------------------ */

/* Seconds of n steps. */
static double run_steps(const kr_forecast_timing *t, kr_step_timer *timer, int64_t n) {
    double seconds = 0;
    for (int64_t i = 0; i < n && !kr_team_is_stopping(timer->team); i++) {
        seconds += t->is_inference ? kr__step_timer_infer(timer) : kr__step_timer_train(timer);
    }
    return seconds;
}

static int64_t choose_steps(const kr_forecast_timing *t, kr_step_timer *timer) {
    const double fill = 0.5;
    if (t->steps > 0) return t->steps;
    double steps = ceil(fill / fmax(run_steps(t, timer, 1), 1e-9));
    return steps < MOST_STEPS ? (int64_t)steps : MOST_STEPS;
}

static kr_status measure(const kr_forecast_timing *t, const random_samples *samples,
                         kr_step_timer *timer, double *ms, kr_forecast_times *times,
                         kr_error *err) {
    times->n_parameters = kr__params_count(kr__engine_params(timer->engine));
    times->products = (double)times->n_parameters *
                      (double)kr__model_rows(&samples->objective.model) *
                      (double)t->config->batch_size;
    run_steps(t, timer, t->warmup);
    times->steps = choose_steps(t, timer);
    for (int64_t i = 0; i < t->repeats; i++) {
        ms[i] = 1e3 * run_steps(t, timer, times->steps) / (double)times->steps;
        if (kr_team_is_stopping(timer->team))
            return kr_fail(err, KR_INTERRUPTED, "stopped on request");
        if (t->tell) t->tell(t->arg, i + 1);
    }
    return KR_OK;
}

kr_status kr__forecast_time(kr_team *team, const kr_forecast_timing *timing, double *ms,
                            kr_forecast_times *times, kr_error *err) {
    const kr_forecast_config *c = timing->config;
    random_samples samples = {.numbers = NULL};
    kr_step_timer timer = {.engine = NULL};
    KR_TRY(kr__forecast_config_check(c, err));
    kr_status status = open_samples(c, &samples, err);
    if (status == KR_OK) status = open_timer(team, c, timing->is_inference, &samples, &timer, err);
    times->profile = NULL;
    if (status == KR_OK) status = measure(timing, &samples, &timer, ms, times, err);
    if (status == KR_OK) status = kr__engine_profile(timer.engine, &times->profile, err);
    kr__step_timer_close(&timer);
    kr_free(samples.numbers);
    return status;
}
