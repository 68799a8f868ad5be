/* SPDX-License-Identifier: MIT
 * mstl.c - seasons taken off, what is left forecast, the seasons put back.
 *
 * Seasons of which the series has two are taken off (stl.h), shrunk by what is noise in them, and
 * repeat as they were last. Of several seasons the shortest stays: a seasonal ARIMA follows it
 * better than any that repeats (M4 Hourly, 24 and 168: sMAPE 9.0, MASE .79; with both taken
 * off 10.0 and 1.01). What is left without a season is forecast by exponential smoothing. Seasons
 * are factors, that is: all this happens on logarithms, where all values are positive and seasons
 * grow with the level. Forecasts of logarithms stay as near to the series as its own range is wide.
 * K. Bandara, R. Hyndman, C. Bergmeir, MSTL, arXiv:2107.13462; the shrinking: W. James, C. Stein,
 * as D. Miller and D. Williams, Shrinkage estimators of time series seasonal factors, IJF 2003. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "local/local.h"
#include "local/stl.h"

enum { MOST_SEASONS = 8, LONGEST_SEASON = 1500 /* beyond it loess takes long */ };

static const double farthest = 2.302585092994046; /* ten times the largest value */

/* ---- without a season -------------------------------------------------------------------- */

/* A level and a trend that fades: Gardner and McKenzie's, without a trend where beta is 0. */
typedef struct smoothing {
    double alpha, beta, phi;
} smoothing;

typedef struct state {
    double level, trend, errors; /* squared, one step ahead */
} state;

static state run_smoothing(const double *y, int64_t n, const smoothing *p) {
    state s = {.level = y[0], .trend = 0};
    if (p->beta > 0) s.trend = (y[n < 10 ? n - 1 : 9] - y[0]) / (n < 10 ? (double)(n - 1) : 9);
    for (int64_t t = 1; t < n; t++) {
        double error = y[t] - s.level - p->phi * s.trend;
        s.level += p->phi * s.trend + p->alpha * error;
        s.trend = p->phi * s.trend + p->beta * error;
        s.errors += error * error;
    }
    return s;
}

/* Each parameter up and down from the best point, in ever smaller steps. */
static smoothing fit_smoothing(const double *y, int64_t n, bool has_trend) {
    smoothing best = {.alpha = 0.5, .beta = has_trend ? 0.05 : 0, .phi = has_trend ? 0.9 : 0};
    double least = run_smoothing(y, n, &best).errors;
    double step = 0.25;
    for (int halving = 0; halving < 8; halving++, step /= 2) {
        for (bool is_better = true; is_better;) {
            is_better = false;
            for (int k = 0; k < (has_trend ? 6 : 2); k++) {
                smoothing tried = best;
                double move = k % 2 ? -step : step;
                if (k / 2 == 0) tried.alpha += move;
                if (k / 2 == 1) tried.beta *= 1 + move;
                if (k / 2 == 2) tried.phi += move / 4;
                tried.alpha = fmin(fmax(tried.alpha, 1e-3), 0.999);
                tried.beta = fmin(tried.beta, tried.alpha);
                if (has_trend) tried.phi = fmin(fmax(tried.phi, 0.8), 0.98);
                double errors = run_smoothing(y, n, &tried).errors;
                if (!(errors < least)) continue;
                best = tried, least = errors, is_better = true;
            }
        }
    }
    return best;
}

static double find_aicc(double errors, int64_t n, int n_parameters) {
    double k = n_parameters, left = (double)n - k - 1;
    return left > 0 ? (double)n * log(errors / (double)n + 1e-300) + 2 * k * (double)n / left
                    : (double)INFINITY;
}

/* The better of both: another voice than Theta's where nothing is taken off. */
static kr_status forecast_smoothing(const kr__local_series *s, kr_arena *arena,
                                    kr__local_forecast *out, kr_error *err) {
    smoothing plain = fit_smoothing(s->values, s->n, false), damped = plain;
    state at_end = run_smoothing(s->values, s->n, &plain);
    double aicc = find_aicc(at_end.errors, s->n, 3);
    (void)arena;
    (void)err;
    if (s->n > 9) {
        smoothing trended = fit_smoothing(s->values, s->n, true);
        state other = run_smoothing(s->values, s->n, &trended);
        double its = find_aicc(other.errors, s->n, 6);
        if (its < aicc) damped = trended, at_end = other, aicc = its;
    }
    double mean = at_end.level, step = at_end.trend, gain = 0, variance = 1,
           unit = at_end.errors / (double)(s->n > 2 ? s->n - 1 : 1), fade = 0, power = 1;
    for (int64_t k = 0; k < out->horizon; k++) {
        step *= damped.phi;
        mean += step;
        out->mean[k] = mean;
        out->spread[k] = sqrt(unit * variance);
        power *= damped.phi;
        fade += power;
        gain = damped.alpha + damped.beta * fade;
        variance += gain * gain;
    }
    out->aicc = aicc;
    snprintf(out->form, sizeof out->form, damped.beta > 0 ? "damped trend" : "level");
    return KR_OK;
}

/* ---- seasons that grow ------------------------------------------------------------------ */

/* Blocks of one season: do their spreads vary less by their level than as they are? */
static bool is_growing(const double *y, int64_t n, int64_t season) {
    double sum[2] = {0}, square[2] = {0};
    int64_t n_blocks = n / season;
    for (int64_t b = 0; b < n_blocks; b++) {
        const double *block = y + n - (b + 1) * season;
        double mean = 0, spread = 0;
        for (int64_t t = 0; t < season; t++) {
            if (block[t] <= 0) return false;
            mean += block[t] / (double)season;
        }
        for (int64_t t = 0; t < season; t++) spread += (block[t] - mean) * (block[t] - mean);
        double as_is = sqrt(spread / (double)season), by_level = as_is / mean;
        sum[0] += as_is, square[0] += as_is * as_is;
        sum[1] += by_level, square[1] += by_level * by_level;
    }
    /* Coefficients of variation: square / sum^2 orders them. */
    return n_blocks > 2 && sum[0] > 0 && square[1] / sum[1] / sum[1] < square[0] / sum[0] / sum[0];
}

/* ---- the row ---------------------------------------------------------------------------- */

typedef struct split {
    int64_t n, n_seasons, periods[MOST_SEASONS];
    int64_t n_left; /* so many of the first seasons are left to the model of the rest */
    bool is_log;
    double low, high; /* of what is split */
    double *y, *rest, *trend, *seasons;
} split;

static kr_status start(split *p, const kr__local_series *s, kr_arena *arena, kr_error *err) {
    for (int64_t i = 0; i < s->n_seasons && p->n_seasons < MOST_SEASONS; i++) {
        bool is_there = s->n >= 2 * s->seasons[i] && s->seasons[i] <= LONGEST_SEASON;
        if (is_there) p->periods[p->n_seasons++] = s->seasons[i];
    }
    p->n_left = p->n_seasons > 1;
    size_t n = (size_t)s->n;
    p->y = kr__arena_alloc(arena, n, sizeof *p->y);
    p->rest = kr__arena_alloc(arena, n, sizeof *p->rest);
    p->trend = kr__arena_alloc(arena, n, sizeof *p->trend);
    p->seasons = kr__arena_alloc(arena, n * (size_t)(p->n_seasons + 1), sizeof *p->seasons);
    if (p->y && p->rest && p->trend && p->seasons) return KR_OK;
    return kr_fail(err, KR_MEMORY, "no memory for the seasons");
}

/* Into units of the largest value, or logarithms of that. */
static double scale_values(split *p, const kr__local_series *s) {
    double most = 0;
    for (int64_t t = 0; t < s->n; t++) most = fmax(most, fabs(s->values[t]));
    double unit = most > 0 ? most : 1;
    p->is_log = p->n_seasons > 0 && is_growing(s->values, s->n, p->periods[0]);
    for (int64_t t = 0; t < s->n; t++) {
        p->y[t] = p->is_log ? log(s->values[t] / unit) : s->values[t] / unit;
        p->low = t == 0 ? p->y[t] : fmin(p->low, p->y[t]);
        p->high = t == 0 ? p->y[t] : fmax(p->high, p->y[t]);
    }
    return unit;
}

/* Share of the last season of period i that is no noise, given the remainder's variance. */
static double find_share(const split *p, int64_t i, double noise) {
    int64_t period = p->periods[i];
    const double *season = p->seasons + i * p->n + p->n - period;
    double mean = 0, variance = 0;
    for (int64_t t = 0; t < period; t++) mean += season[t] / (double)period;
    for (int64_t t = 0; t < period; t++) {
        variance += (season[t] - mean) * (season[t] - mean) / (double)period;
    }
    /* So many cycles are in its means, of as many as loess weighs at the end of its window. */
    double cycles = fmin((double)p->n / (double)period, 0.6 * (double)(11 + 4 * i));
    /* Longer seasons take the errors of shorter ones, too. */
    noise *= (i > 0 ? 2 : 1) / (cycles - 1);
    return variance > noise ? 1 - noise / variance : 0;
}

/* What is noise in the seasons, and the seasons that are left, go to the rest. */
static void shrink_seasons(split *p) {
    double noise = 0, share[MOST_SEASONS];
    for (int64_t t = 0; t < p->n; t++) {
        double error = p->rest[t] - p->trend[t];
        noise += error * error / (double)p->n;
    }
    for (int64_t i = 0; i < p->n_seasons; i++) {
        share[i] = i < p->n_left ? 0 : find_share(p, i, noise);
    }
    for (int64_t i = 0; i < p->n_seasons; i++) {
        double *season = p->seasons + i * p->n;
        for (int64_t t = 0; t < p->n; t++) {
            p->rest[t] += (1 - share[i]) * season[t];
            season[t] *= share[i];
        }
    }
}

static void put_back(const split *p, double unit, kr__local_forecast *out) {
    double range = p->high - p->low;
    for (int64_t k = 0; k < out->horizon; k++) {
        double mean = out->mean[k], spread = out->spread[k];
        for (int64_t i = 0; i < p->n_seasons; i++) {
            int64_t period = p->periods[i];
            mean += p->seasons[i * p->n + p->n - period + k % period];
        }
        if (p->is_log) {
            mean = exp(fmin(fmax(mean, p->low - range), p->high + fmin(range, farthest)));
            spread = fmin(spread, range) * mean;
        }
        out->mean[k] = mean * unit;
        out->spread[k] = spread * unit;
    }
}

static void write_form(const split *p, kr__local_forecast *out) {
    char rest[KR__LOCAL_FORM];
    memcpy(rest, out->form, sizeof rest);
    int at = snprintf(out->form, sizeof out->form, "MSTL[");
    for (int64_t i = p->n_left; i < p->n_seasons && at < KR__LOCAL_FORM; i++) {
        at += snprintf(out->form + at, sizeof out->form - (size_t)at, i > p->n_left ? ",%d" : "%d",
                       (int)p->periods[i]);
    }
    if (at >= KR__LOCAL_FORM) return;
    snprintf(out->form + at, sizeof out->form - (size_t)at, "]%s %s", p->is_log ? "log" : "", rest);
}

static kr_status forecast_rest(const split *p, kr_arena *arena, kr__local_forecast *out,
                               kr_error *err) {
    const kr__local_series rest = {
        .values = p->rest, .n = p->n, .seasons = p->periods, .n_seasons = p->n_left};
    const kr__local_model *model = NULL;
    if (p->n_seasons > 0) model = kr__local_find(p->n_left > 0 ? "ARIMA" : "Theta");
    return (model ? model->forecast : forecast_smoothing)(&rest, arena, out, err);
}

static kr_status forecast(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err) {
    split p = {.n = s->n};
    KR_TRY(start(&p, s, arena, err));
    double unit = scale_values(&p, s);
    KR_TRY(
        kr__mstl_split(p.y, s->n, p.periods, p.n_seasons, arena, p.seasons, p.rest, p.trend, err));
    shrink_seasons(&p);
    KR_TRY(forecast_rest(&p, arena, out, err));
    put_back(&p, unit, out);
    write_form(&p, out);
    out->aicc = (double)NAN;
    return KR_OK;
}

const kr__local_model kr__local_mstl = {
    .name = "MSTL", .what = "seasons taken off by loess", .forecast = forecast};
