/* SPDX-License-Identifier: MIT
 * fit_time.c - how long a fit will take, and what must be left out to keep to a deadline. */
#include <math.h>

#include "core/arena.h"
#include "core/platform.h"
#include "forecast/fit_internal.h"

enum { SAMPLE = 4, SAMPLE_AT_ONCE = 64 };

/* ---- what each candidate takes ---------------------------------------------------------- */

/* Seconds of one window of a statistical model, on one worker: a few of them are forecast, and more
 * by a model that takes many at once. values: (2, SAMPLE_AT_ONCE, horizon). */
static kr_status time_window(const kr__study *s, const kr__local_model *model, double *values,
                             double *seconds, kr_error *err) {
    kr__local_series series[SAMPLE_AT_ONCE];
    kr__local_forecast out[SAMPLE_AT_ONCE];
    double started = kr__time_now();
    if (model == &kr__local_tuned) model = &kr__local_zeroshot; /* as long, and always there */
    int64_t h = s->horizon, n = model->forecast_all ? SAMPLE_AT_ONCE : SAMPLE;
    if (n > s->n_windows) n = s->n_windows;
    for (int64_t i = 0; i < n; i++) {
        double *mean = values + 2 * i * h;
        series[i] = kr__study_series(s, i * s->n_windows / n);
        out[i] = (kr__local_forecast){.horizon = h, .mean = mean, .spread = mean + h};
    }
    KR_TRY(kr__local_forecast_all(NULL, model, NULL, series, out, n, err));
    *seconds = n > 0 ? (kr__time_now() - started) / (double)n : 0;
    return KR_OK;
}

/* Of one training: its steps, validation after each epoch, and the past. */
static double time_training(const kr__fitting *f, const kr__fit_candidate *c,
                            const kr_forecast_config *config, double step_seconds) {
    double validation = (double)config->train_epochs * kr__fit_validation_steps(f);
    return step_seconds * ((double)c->n_steps + validation + kr__fit_past_steps(f));
}

static kr_status expect_learned(const kr__fitting *f, int i, kr_error *err) {
    kr__fit_candidate *c = &f->result->candidates[i];
    kr_forecast_config *config = kr__calloc(1, sizeof *config);
    double step_seconds = 0;
    if (!config) return kr_fail(err, KR_MEMORY, "out of memory for the settings");
    kr_status status = kr__fit_settings(f, c, config, err);
    if (status == KR_OK) status = kr__fit_step_of_losses(f, i, config, &step_seconds, err);
    if (status == KR_OK) {
        c->trying_seconds = time_training(f, c, config, step_seconds);
        c->training_seconds = time_training(f, c, config, c->step_seconds);
    }
    kr_free(config);
    return status;
}

kr_status kr__fit_expect(const kr__fitting *f, kr_error *err) {
    const kr__study *s = f->result->study;
    double *values = kr__calloc(2 * (size_t)s->horizon, SAMPLE_AT_ONCE * sizeof *values);
    kr_status status = values ? KR_OK : kr_fail(err, KR_MEMORY, "out of memory for forecasts");
    for (int i = 0; i < f->result->n_candidates && status == KR_OK; i++) {
        kr__fit_candidate *c = &f->result->candidates[i];
        if (!c->local) {
            if (f->plan->learns) status = expect_learned(f, i, err);
            continue;
        }
        if (c->local == &kr__local_tuned) status = kr__fit_expect_tuning(f, c, err);
        if (status != KR_OK) break;
        status = time_window(s, c->local, values, &c->window_seconds, err);
        c->window_seconds /= kr_team_workers(f->team);
    }
    kr_free(values);
    return status;
}

/* ---- all of it -------------------------------------------------------------------------- */

/* So many windows by every statistical model. */
static double time_local(const kr__fitting *f, int64_t n_windows) {
    double sum = 0;
    for (int i = 0; i < f->result->n_candidates; i++) {
        sum += f->result->candidates[i].window_seconds;
    }
    return sum * (double)n_windows;
}

static double time_past(const kr__fitting *f) { return time_local(f, f->result->study->n_windows); }

/* The forecast at the end is at most one window more of each target by every model. */
static double time_forecast(const kr__fitting *f) {
    return time_local(f, f->result->study->n_targets);
}

double kr__fit_expected(const kr__fitting *f) {
    double sum = time_past(f) + time_forecast(f), longest = 0;
    for (int i = 0; i < f->result->n_candidates; i++) {
        sum += f->result->candidates[i].trying_seconds;
        longest = fmax(longest, f->result->candidates[i].training_seconds);
    }
    return sum + (f->config->refit ? longest : 0);
}

double kr__fit_share(const kr__fitting *f) {
    const double beside_learned = 0.5, alone = 0.9;
    double expected = time_past(f), left = f->deadline - kr__time_now() - time_forecast(f);
    if (f->deadline == 0 || expected == 0) return 1;
    return fmin(fmax(left, 0) * (f->plan->learns ? beside_learned : alone) / expected, 1);
}

double kr__fit_seconds_of(const kr__fitting *f, int i) {
    int n = f->config->refit;
    if (f->deadline == 0) return INFINITY;
    for (int k = i; k < f->result->n_candidates; k++) {
        const kr__local_model *local = f->result->candidates[k].local;
        n += !local || local == &kr__local_tuned;
    }
    return fmax(f->deadline - kr__time_now() - time_forecast(f), 0) / (n > 0 ? n : 1);
}

bool kr__fit_has_time(const kr__fitting *f, const kr__fit_candidate *c) {
    return kr__fit_seconds_of(f, f->result->n_candidates) * 3 >= c->seconds;
}

bool kr__fit_is_too_slow(const kr__fitting *f, int i) {
    const double few_steps = 20;
    double n = few_steps + kr__fit_validation_steps(f) + kr__fit_past_steps(f);
    return f->result->candidates[i].step_seconds * n > kr__fit_seconds_of(f, i);
}
