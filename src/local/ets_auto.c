/* SPDX-License-Identifier: MIT
 * ets_auto.c - exponential smoothing: the forms that AICc is for, and their mean.
 *
 * Forms: error A or M; trend N, A, Ad; season N, A, or with error M also M; errors M and seasons M
 * only where all values are above 0. These are the reference's (R's ets(), statsforecast's
 * AutoETS), which leaves out the others because their variance may be infinite. Every form starts
 * from the best of a few weights and of what its neighbours found, and stops early when it will not
 * count. The forecast is the mean of those that count. */
#include <math.h>
#include <string.h>

#include "local/classical.h"
#include "local/ets_fit.h"
#include "local/local.h"
#include "local/mixture.h"
#include "local/plausible.h"

/* What is known of the series before a form is fitted: level and slope at its start, the season. */
typedef struct start {
    double level, slope, mean;
    double *season;
} start;

typedef struct chooser {
    kr__ets_fitter *fitter;
    double *y, scale; /* y: values / scale */
    int64_t n, m;
    start plain, sum, product; /* without a season; of a season that is added, multiplied */
    kr__ets_fitted best, tried, kept[2][3]; /* [is_relative][trend] of the season at hand */
    double *memory;                         /* (2 n) */
    double *mean, *spread, *theta; /* (horizon), (horizon), (2 horizon): what is tried forecasts */
    kr__mixture mixture;
} chooser;

/* ---- start ------------------------------------------------------------------------------ */

/* A line through the first values, and their mean. */
static void draw_line(const double *y, int64_t n, start *out) {
    double x_mean = (double)(n + 1) / 2, y_mean = 0, xy = 0, xx = 0;
    for (int64_t t = 0; t < n; t++) y_mean += y[t] / (double)n;
    for (int64_t t = 0; t < n; t++) {
        double x = (double)(t + 1) - x_mean;
        xy += x * (y[t] - y_mean);
        xx += x * x;
    }
    out->slope = xx > 0 ? xy / xx : 0;
    out->level = y_mean - out->slope * x_mean;
    out->mean = y_mean;
}

static void find_start(chooser *c, char season, int64_t m, start *out) {
    int64_t n_first = season == 'N' ? 10 : 2 * m > 10 ? 2 * m : 10;
    double *adjusted = c->memory;
    if (n_first > c->n) n_first = c->n;
    if (season == 'N') {
        draw_line(c->y, n_first, out);
        return;
    }
    kr__classical_season(c->y, c->n, m, season == 'M', out->season, c->memory);
    for (int64_t k = 0; season == 'M' && k < m; k++) out->season[k] = fmax(out->season[k], 0.01);
    for (int64_t t = 0; t < n_first; t++) {
        double part = out->season[t % m];
        adjusted[t] = season == 'M' ? c->y[t] / part : c->y[t] - part;
    }
    draw_line(adjusted, n_first, out);
}

static const start *start_of(const chooser *c, char season) {
    return season == 'N' ? &c->plain : season == 'A' ? &c->sum : &c->product;
}

/* ---- a form ------------------------------------------------------------------------------ */

static void copy_form(kr__ets_fitted *to, const kr__ets_fitted *from) {
    double *state = to->state;
    memcpy(state, from->state, (size_t)kr__ets_state_size(&from->model) * sizeof *state);
    *to = *from;
    to->state = state;
}

static void set_start(chooser *c, kr__ets_form form, int64_t m, double alpha, double beta,
                      double gamma) {
    const start *from = start_of(c, form.season);
    kr__ets_fitted *to = &c->tried;
    to->model = (kr__ets){.form = form, .m = form.season == 'N' ? 1 : m, .alpha = alpha};
    to->model.beta = form.has_trend ? alpha * beta : 0;
    to->model.gamma = form.season == 'N' ? 0 : (1 - alpha) * gamma;
    to->model.phi = form.is_damped ? 0.95 : 1;
    to->state[KR__ETS_LEVEL] = form.has_trend ? from->level : from->mean;
    to->state[KR__ETS_SLOPE] = form.has_trend ? from->slope : 0;
    if (form.season == 'N') return;
    memcpy(to->state + KR__ETS_SEASON, from->season, (size_t)m * sizeof *to->state);
}

/* Rates what is tried; better becomes the start of the form. */
static void offer(chooser *c, kr__ets_fitted *form) {
    kr__ets_rate(c->fitter, &c->tried);
    bool is_better = c->tried.likelihood < form->likelihood;
    if (is_better || form->likelihood == (double)INFINITY) copy_form(form, &c->tried);
}

static void offer_neighbour(chooser *c, const kr__ets_fitted *from, kr__ets_fitted *form,
                            kr__ets_form as) {
    if (from->likelihood == (double)INFINITY) return;
    copy_form(&c->tried, from);
    kr__ets *model = &c->tried.model;
    if (as.has_trend && !model->form.has_trend) model->beta = 0.02 * model->alpha;
    if (as.is_damped && !model->form.is_damped) model->phi = 0.95;
    model->form = as;
    if (as.season != 'N') {
        memcpy(c->tried.state + KR__ETS_SEASON, start_of(c, as.season)->season,
               (size_t)model->m * sizeof *c->tried.state);
    }
    offer(c, form);
}

/* From a copy of the form's first state: its forecasts, if they are such as may be. */
static bool make_forecast(chooser *c, const kr__ets_fitted *form) {
    double n = (double)c->n, sum, rest = fmax(n - (double)(form->n_params - 1), 1);
    int64_t horizon = c->mixture.out->horizon;
    copy_form(&c->tried, form);
    kr__ets_filter(&form->model, c->y, c->n, c->tried.state, NULL, &sum, c->memory);
    kr__ets_forecast(&form->model, c->tried.state, horizon, c->mean);
    double error = c->n > 1 ? sqrt(sum / rest) : (double)NAN;
    kr__ets_spread(&form->model, c->tried.state, error, horizon, c->spread, c->theta);
    return kr__is_plausible(c->y, c->n, c->mean, c->spread, horizon);
}

/* Into the mean, and kept when it is the best. */
static void consider(chooser *c, const kr__ets_fitted *form) {
    if (!kr__mixture_wants(&c->mixture, form->aicc) || !make_forecast(c, form)) return;
    kr__mixture_add(&c->mixture, form->aicc, c->mean, c->spread);
    if (form->aicc < c->best.aicc) copy_form(&c->best, form);
}

static void fit_form(chooser *c, kr__ets_form as, int trend, int64_t m) {
    static const double alphas[] = {0.05, 0.3, 0.7, 0.95}, betas[] = {0.02, 0.2},
                        gammas[] = {0.02, 0.3};
    kr__ets_fitted *form = &c->kept[as.is_relative][trend];
    form->likelihood = (double)INFINITY;
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 1 + as.has_trend; k++) {
            for (int j = 0; j < 1 + (as.season != 'N'); j++) {
                set_start(c, as, m, alphas[i], betas[k], gammas[j]);
                offer(c, form);
            }
        }
    }
    if (trend > 0) offer_neighbour(c, &c->kept[as.is_relative][trend - 1], form, as);
    if (as.is_relative && as.season != 'M') offer_neighbour(c, &c->kept[0][trend], form, as);
    if (isfinite(form->aicc)) kr__ets_improve(c->fitter, form, kr__mixture_limit(&c->mixture));
    consider(c, form);
}

static void fit_season(chooser *c, char season, int64_t m, bool is_positive) {
    for (int is_relative = season == 'M'; is_relative < 1 + is_positive; is_relative++) {
        for (int trend = 0; trend < 3; trend++) {
            kr__ets_form as = {is_relative, trend > 0, trend > 1, season};
            fit_form(c, as, trend, m);
        }
    }
}

/* ---- a series ---------------------------------------------------------------------------- */

static bool take_memory(chooser *c, kr_arena *arena) {
    size_t m = (size_t)c->m, n = (size_t)c->n, forms = 2 + 6;
    double *memory = kr__arena_alloc(arena, 3 * n + 2 * m + forms * (2 + m), sizeof *memory);
    if (!memory) return false;
    c->y = memory;
    c->memory = c->y + n;
    c->sum.season = c->memory + 2 * n;
    c->product.season = c->sum.season + m;
    double *states = c->product.season + m;
    c->best.state = states;
    c->tried.state = states + (2 + m);
    for (size_t k = 0; k < 6; k++) c->kept[k / 3][k % 3].state = states + (2 + k) * (2 + m);
    c->fitter = kr__ets_fitter_create(c->y, c->n, c->m, arena);
    return c->fitter != NULL;
}

/* Values too few for any form, or all the same: their last level. */
static void keep_level(chooser *c) {
    c->best.model = (kr__ets){.form = {.season = 'N'}, .m = 1, .alpha = 0.9999, .phi = 1};
    c->best.state[KR__ETS_LEVEL] = c->y[0];
    c->best.state[KR__ETS_SLOPE] = 0;
    kr__ets_rate(c->fitter, &c->best);
}

static void choose(chooser *c, const kr__local_series *s) {
    bool is_positive = true, is_constant = true;
    for (int64_t t = 0; t < c->n; t++) {
        is_positive = is_positive && c->y[t] > 1e-9;
        is_constant = is_constant && c->y[t] == c->y[0];
    }
    keep_level(c);
    c->best.aicc = (double)INFINITY;
    if (is_constant) return;
    find_start(c, 'N', 1, &c->plain);
    fit_season(c, 'N', 1, is_positive);
    for (int64_t k = 0; k < s->n_seasons && k < KR__LOCAL_SEASONS; k++) {
        int64_t m = s->seasons[k];
        if (m < 2 || c->n < 2 * m) continue;
        find_start(c, 'A', m, &c->sum);
        fit_season(c, 'A', m, is_positive);
        if (!is_positive) continue;
        find_start(c, 'M', m, &c->product);
        fit_season(c, 'M', m, true);
    }
}

static void tell(chooser *c) {
    kr__local_forecast *out = c->mixture.out;
    kr__ets_fitted *best = &c->best;
    if (c->mixture.n == 0) {
        make_forecast(c, best);
        kr__mixture_add(&c->mixture, 0, c->mean, c->spread);
    }
    bool is_rated = isfinite(best->aicc) && c->scale > 0;
    out->aicc = is_rated ? best->aicc + 2 * (double)c->n * log(c->scale) : (double)NAN;
    kr__ets_name(&best->model, out->form, sizeof out->form);
    kr__mixture_finish(&c->mixture, c->scale);
}

static kr_status forecast(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err) {
    chooser c = {.n = s->n < KR__LOCAL_MOST ? s->n : KR__LOCAL_MOST, .m = 1};
    const double *values = s->values + s->n - c.n;
    c.mixture.out = out;
    for (int64_t k = 0; k < s->n_seasons && k < KR__LOCAL_SEASONS; k++) {
        if (c.n >= 2 * s->seasons[k] && s->seasons[k] > c.m) c.m = s->seasons[k];
    }
    c.mean = kr__arena_alloc(arena, 4 * (size_t)out->horizon, sizeof *c.mean);
    if (!c.mean || !take_memory(&c, arena)) {
        return kr_fail(err, KR_MEMORY, "no memory for exponential smoothing");
    }
    c.spread = c.mean + out->horizon;
    c.theta = c.spread + out->horizon;
    for (int64_t t = 0; t < c.n; t++) c.scale += fabs(values[t]) / (double)c.n;
    for (int64_t t = 0; t < c.n; t++) c.y[t] = c.scale > 0 ? values[t] / c.scale : 0;
    choose(&c, s);
    tell(&c);
    return KR_OK;
}

const kr__local_model kr__local_ets = {.name = "ETS",
                                       .what = "exponential smoothing, its forms weighted by AICc",
                                       .forecast = forecast};
