/* SPDX-License-Identifier: MIT
 * ets.c - the filter of exponential smoothing, compiled once per kind of form.
 *
 * An evaluation of a likelihood is one pass; what a form lacks is left out of its loop by the
 * compiler. Logarithms are taken of products of several forecasts. */
#include "local/ets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* No forecast below this is divided by: values are of about size 1 when a form is fitted. */
static const double smallest = 1e-9;

ALWAYS_INLINE double run(const kr__ets *model, const double *y, int64_t n, double *state,
                         double *fitted, double *sum, double *s, bool is_relative, bool has_trend,
                         char season) {
    const double alpha = model->alpha, beta = model->beta, gamma = model->gamma,
                 phi = model->form.is_damped ? model->phi : 1;
    const int64_t m = season == 'N' ? 1 : model->m;
    double l = state[KR__ETS_LEVEL], b = state[KR__ETS_SLOPE];
    double squares = 0, logs = 0, product = 1, least = (double)INFINITY;
    int64_t j = 0;
    if (season != 'N') memcpy(s, state + KR__ETS_SEASON, (size_t)m * sizeof *s);
    for (int64_t t = 0; t < n; t++) {
        double slope = has_trend ? phi * b : 0, q = has_trend ? l + slope : l;
        double part = season == 'N' ? 0 : s[j];
        double f = season == 'A' ? q + part : season == 'M' ? q * part : q;
        double r = y[t] - f, by = season == 'M' ? r / part : r;
        double error = is_relative ? r / f : r;
        squares += error * error;
        if (is_relative) {
            least = fmin(least, fmin(f, season == 'M' ? part : f));
            product *= f;
            if (t % 8 == 7) {
                logs += log(fabs(product));
                product = 1;
            }
        }
        if (fitted) fitted[t] = f;
        l = q + alpha * by;
        if (has_trend) b = slope + beta * by;
        if (season != 'N') {
            s[j] = part + gamma * (season == 'M' ? r / q : r);
            j = j + 1 == m ? 0 : j + 1;
        }
    }
    state[KR__ETS_LEVEL] = l;
    state[KR__ETS_SLOPE] = b;
    for (int64_t k = 0; season != 'N' && k < m; k++) {
        state[KR__ETS_SEASON + k] = s[j];
        j = j + 1 == m ? 0 : j + 1;
    }
    *sum = squares;
    if (is_relative && !(least > smallest)) return (double)INFINITY;
    double likelihood = (double)n * log(squares);
    return is_relative ? likelihood + 2 * (logs + log(fabs(product))) : likelihood;
}

#define RUN(season)                                                                                \
    (form.is_relative ? form.has_trend                                                             \
                            ? run(model, y, n, state, fitted, sum, memory, true, true, season)     \
                            : run(model, y, n, state, fitted, sum, memory, true, false, season)    \
     : form.has_trend ? run(model, y, n, state, fitted, sum, memory, false, true, season)          \
                      : run(model, y, n, state, fitted, sum, memory, false, false, season))

double kr__ets_filter(const kr__ets *model, const double *y, int64_t n, double *state,
                      double *fitted, double *sum, double *memory) {
    kr__ets_form form = model->form;
    return form.season == 'N' ? RUN('N') : form.season == 'A' ? RUN('A') : RUN('M');
}

/* ---- forecasts -------------------------------------------------------------------------- */

/* phi + phi^2 + .. + phi^h is carried on: the slopes that are added up to step h. */
typedef struct slopes {
    double factor, sum;
} slopes;

static double add_slope(slopes *of, const kr__ets *model) {
    if (!model->form.has_trend) return 0;
    of->factor *= model->form.is_damped ? model->phi : 1;
    return of->sum += of->factor;
}

void kr__ets_forecast(const kr__ets *model, const double *state, int64_t horizon, double *mean) {
    slopes of = {1, 0};
    for (int64_t h = 0; h < horizon; h++) {
        double q = state[KR__ETS_LEVEL] + add_slope(&of, model) * state[KR__ETS_SLOPE];
        double part = model->form.season == 'N' ? 0 : state[KR__ETS_SEASON + h % model->m];
        mean[h] = model->form.season == 'M' ? q * part : q + part;
    }
}

/* How an error of 1 moves what is forecast `lead` steps later; without the season when that is
 * multiplied. */
static double find_effect(const kr__ets *model, double slopes_sum, int64_t lead) {
    bool is_same_phase = model->form.season == 'A' && lead % model->m == 0;
    return model->alpha + model->beta * slopes_sum + (is_same_phase ? model->gamma : 0);
}

/* Class 1: errors add up, error^2 (1 + sum of the effects^2). */
static void spread_errors(const kr__ets *model, double error, int64_t horizon, double *spread) {
    slopes of = {1, 0};
    double sum = 1;
    for (int64_t h = 0; h < horizon; h++) {
        spread[h] = error * sqrt(sum);
        double effect = find_effect(model, add_slope(&of, model), h + 1);
        sum += effect * effect;
    }
}

/*
 * Classes 2 and 3: errors are relative, and grow with what they are relative to,
 *
 *     theta[h] = mu[h]^2 + error^2 (sum over j < h of effect[j]^2 theta[h - j])
 *     variance = (1 + error^2) theta[h] - mu[h]^2
 *
 * with mu the forecast. When the season is multiplied, mu is that of level and slope alone, and the
 * season's own errors are put beside them: the book's approximation for small errors.
 */
static void spread_relative(const kr__ets *model, const double *state, double error,
                            int64_t horizon, double *spread, double *memory) {
    const double v = error * error, more = 1 + model->gamma * model->gamma * v;
    const double *season = model->form.season == 'N' ? NULL : state + KR__ETS_SEASON;
    const bool is_product = model->form.season == 'M';
    double *theta = memory, *effects = memory + horizon, factor = 1 + v;
    slopes of = {1, 0};
    for (int64_t h = 0; h < horizon; h++) {
        double sum_of = add_slope(&of, model), effect = find_effect(model, sum_of, h + 1), sum = 0;
        double mu = state[KR__ETS_LEVEL] + sum_of * state[KR__ETS_SLOPE];
        if (season && !is_product) mu += season[h % model->m];
        for (int64_t j = 0; j < h; j++) sum += effects[j] * theta[h - 1 - j];
        theta[h] = mu * mu + v * sum;
        effects[h] = effect * effect;
        if (is_product && h > 0 && h % model->m == 0) factor *= more;
        double variance = fmax(factor * theta[h] - mu * mu, 0);
        spread[h] = sqrt(variance) * (is_product ? fabs(season[h % model->m]) : 1);
    }
}

void kr__ets_spread(const kr__ets *model, const double *state, double error, int64_t horizon,
                    double *spread, double *memory) {
    if (model->form.is_relative) {
        spread_relative(model, state, error, horizon, spread, memory);
    } else {
        spread_errors(model, error, horizon, spread);
    }
}

void kr__ets_name(const kr__ets *model, char *name, size_t size) {
    const kr__ets_form *form = &model->form;
    const char *trend = !form->has_trend ? "N" : form->is_damped ? "Ad" : "A";
    int length =
        snprintf(name, size, "ETS(%c,%s,%c)", form->is_relative ? 'M' : 'A', trend, form->season);
    bool has_room = length > 0 && (size_t)length < size;
    if (has_room && form->season != 'N') {
        snprintf(name + length, size - (size_t)length, "[%d]", (int)model->m);
    }
}
