/* SPDX-License-Identifier: MIT
 * ces.c - complex exponential smoothing: parameters by least squares, forms weighted by AICc.
 *
 * Every number of the recurrence carries its derivatives by the parameters with it, so that
 * Levenberg and Marquardt's steps find them in few passes; a plain pass has no derivatives, and is
 * the same code. */
#include "local/ces.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "local/classical.h"
#include "local/levenberg.h"
#include "local/local.h"
#include "local/mixture.h"
#include "local/plausible.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
enum { MOST = 4, FORMS = 4 };

/* ---- one pass ---------------------------------------------------------------------------- */

/* A number and its derivatives by a0, a1, b0, b1: as many as an inlined call says. */
typedef struct number {
    double at, by[MOST];
} number;

/* One phase of a season, or the level. */
typedef struct pair {
    number first, second;
} pair;

typedef struct pass {
    const kr__ces *model;
    const double *y;
    int64_t n;
    pair *level, *season; /* (1, or m for 'S'), (m): phase t % m */
    double squares, by_error[MOST], products[MOST][MOST];
    double *fitted;
} pass;

/* from - (1 - p1) of + (p0 - p1) e, and from + (1 - p0) of + (p0 + p1) e; p0 is parameter k. */
ALWAYS_INLINE void move_pair(pair *p, const number *e, double p0, double p1, int k, int n_by) {
    pair was = *p;
    const number *from = &was.first, *of = &was.second;
    p->first.at = from->at - (1 - p1) * of->at + (p0 - p1) * e->at;
    p->second.at = from->at + (1 - p0) * of->at + (p0 + p1) * e->at;
    for (int i = 0; i < n_by; i++) {
        p->first.by[i] = from->by[i] - (1 - p1) * of->by[i] + (p0 - p1) * e->by[i];
        p->second.by[i] = from->by[i] + (1 - p0) * of->by[i] + (p0 + p1) * e->by[i];
    }
    if (n_by == 0) return;
    p->first.by[k] += e->at;
    p->first.by[k + 1] += of->at - e->at;
    p->second.by[k] += e->at - of->at;
    p->second.by[k + 1] += e->at;
}

ALWAYS_INLINE number forecast_of(const pass *p, int64_t phase, char form, int n_by) {
    number f = p->level[form == 'S' ? phase : 0].first;
    if (form == 'P' || form == 'F') {
        const number *s = &p->season[phase].first;
        f.at += s->at;
        for (int i = 0; i < n_by; i++) f.by[i] += s->by[i];
    }
    return f;
}

ALWAYS_INLINE void move_state(pass *p, int64_t phase, const number *e, char form, int n_by) {
    const kr__ces *model = p->model;
    pair *level = &p->level[form == 'S' ? phase : 0];
    move_pair(level, e, model->a0, model->a1, 0, n_by);
    if (form == 'F') move_pair(&p->season[phase], e, model->b0, model->b1, 2, n_by);
    if (form != 'P') return;
    number *s = &p->season[phase].first;
    s->at += model->b0 * e->at;
    for (int i = 0; i < n_by; i++) s->by[i] += model->b0 * e->by[i];
    if (n_by > 0) s->by[2] += e->at;
}

ALWAYS_INLINE void add_error(pass *p, const number *e, int n_by) {
    p->squares += e->at * e->at;
    for (int i = 0; i < n_by; i++) {
        p->by_error[i] += e->at * e->by[i];
        for (int k = 0; k <= i; k++) p->products[i][k] += e->by[i] * e->by[k];
    }
}

/* Along the values, and m steps more without errors, of which the level behind the first is the
 * start of the way back; the season of every phase is as it is found. */
ALWAYS_INLINE void go(pass *p, bool is_back, bool is_last, char form, int n_by) {
    const number none = {0};
    int64_t m = p->model->m, phase = is_back ? (p->n - 1) % m : 0;
    for (int64_t k = 0; k < p->n; k++) {
        int64_t t = is_back ? p->n - 1 - k : k;
        number e = forecast_of(p, phase, form, n_by);
        if (is_last && p->fitted) p->fitted[t] = e.at;
        e.at = p->y[t] - e.at;
        for (int i = 0; i < n_by; i++) e.by[i] = -e.by[i];
        if (is_last) add_error(p, &e, n_by);
        move_state(p, phase, &e, form, n_by);
        phase = is_back ? (phase == 0 ? m - 1 : phase - 1) : (phase + 1 == m ? 0 : phase + 1);
    }
    pair first = {none, none};
    for (int64_t k = 0; k < m && !is_last; k++) {
        move_state(p, phase, &none, form, n_by);
        if (k == 0) first = p->level[0];
        phase = is_back ? (phase == 0 ? m - 1 : phase - 1) : (phase + 1 == m ? 0 : phase + 1);
    }
    if (!is_last && form != 'S') p->level[0] = first;
}

ALWAYS_INLINE void go_three_ways(pass *p, char form, int n_by) {
    go(p, false, false, form, n_by);
    go(p, true, false, form, n_by);
    go(p, false, true, form, n_by);
}

static void run(pass *p, bool has_derivatives) {
    switch (p->model->form) {
        case 'N':
            if (has_derivatives) go_three_ways(p, 'N', 2);
            if (!has_derivatives) go_three_ways(p, 'N', 0);
            break;
        case 'S':
            if (has_derivatives) go_three_ways(p, 'S', 2);
            if (!has_derivatives) go_three_ways(p, 'S', 0);
            break;
        case 'P':
            if (has_derivatives) go_three_ways(p, 'P', 3);
            if (!has_derivatives) go_three_ways(p, 'P', 0);
            break;
        default:
            if (has_derivatives) go_three_ways(p, 'F', 4);
            if (!has_derivatives) go_three_ways(p, 'F', 0);
    }
}

/* ---- states ------------------------------------------------------------------------------ */

static int64_t count_levels(const kr__ces *model) { return model->form == 'S' ? model->m : 1; }
static int64_t count_seasons(const kr__ces *model) {
    return model->form == 'P' || model->form == 'F' ? model->m : 0;
}

int64_t kr__ces_state_size(const kr__ces *model) {
    return 2 * (count_levels(model) + count_seasons(model));
}

size_t kr__ces_memory(const kr__ces *model) {
    return (size_t)kr__ces_state_size(model) * (sizeof(number) / sizeof(double));
}

static void load(pass *p, const double *state, double *memory) {
    int64_t n = kr__ces_state_size(p->model);
    number *to = (number *)(void *)memory;
    for (int64_t k = 0; k < n; k++) to[k] = (number){.at = state[k]};
    p->level = (pair *)(void *)memory;
    p->season = p->level + count_levels(p->model);
}

/* Turned so that the phase that comes next is the first. */
static void store(const pass *p, int64_t phase, double *state) {
    int64_t levels = count_levels(p->model), seasons = count_seasons(p->model);
    for (int64_t k = 0; k < levels + seasons; k++) {
        const pair *from = k < levels ? &p->level[levels > 1 ? (phase + k) % levels : 0]
                                      : &p->season[(phase + k - levels) % seasons];
        state[2 * k] = from->first.at;
        state[2 * k + 1] = from->second.at;
    }
}

double kr__ces_filter(const kr__ces *model, const double *y, int64_t n, double *state,
                      double *fitted, double *memory) {
    pass p = {.model = model, .y = y, .n = n, .fitted = fitted};
    load(&p, state, memory);
    run(&p, false);
    store(&p, n % model->m, state);
    return p.squares;
}

/* Forecasts (horizon) from a state; the first error is e, the others are 0. */
static void run_on(const kr__ces *model, const double *state, double e, int64_t horizon,
                   double *mean, double *memory) {
    pass p = {.model = model};
    load(&p, state, memory);
    for (int64_t h = 0; h < horizon; h++) {
        number error = {.at = h == 0 ? e : 0};
        mean[h] = forecast_of(&p, h % model->m, model->form, 0).at;
        move_state(&p, h % model->m, &error, model->form, 0);
    }
}

void kr__ces_forecast(const kr__ces *model, const double *state, int64_t horizon, double *mean,
                      double *memory) {
    run_on(model, state, 0, horizon, mean, memory);
}

static double mean_of(const double *y, int64_t n) {
    double sum = 0;
    for (int64_t t = 0; t < n; t++) sum += y[t];
    return sum / (double)n;
}

void kr__ces_start(const kr__ces *model, const double *y, int64_t n, double *state,
                   double *memory) {
    const double less = 1.1;
    int64_t m = model->m, levels = count_levels(model), n_first = m > 1 ? m : n < 10 ? n : 10;
    double mean = mean_of(y, n_first), *season = memory + n;
    for (int64_t k = 0; k < levels; k++) {
        state[2 * k] = levels > 1 ? y[k] : mean;
        state[2 * k + 1] = state[2 * k] / less;
    }
    if (count_seasons(model) == 0) return;
    kr__classical_season(y, n, m, false, season, memory);
    for (int64_t k = 0; k < m; k++) {
        state[2 * (levels + k)] = season[k];
        state[2 * (levels + k) + 1] = model->form == 'F' ? season[k] / less : 0;
    }
}

/* ---- fit --------------------------------------------------------------------------------- */

typedef struct fitter {
    const double *y;
    int64_t n, n_x;
    kr__ces model;
    double *start, *numbers, *solver; /* state before the first value; memory of a pass */
    double aicc;
} fitter;

static void unpack(kr__ces *model, const double *x, int64_t n_x) {
    model->a0 = x[0];
    model->a1 = x[1];
    model->b0 = n_x > 2 ? x[2] : 0;
    model->b1 = n_x > 3 ? x[3] : 0;
}

static double find_squares(void *arg, const double *x, double *H, double *g) {
    fitter *f = arg;
    pass p = {.model = &f->model, .y = f->y, .n = f->n};
    unpack(&f->model, x, f->n_x);
    load(&p, f->start, f->numbers);
    run(&p, H != NULL);
    for (int64_t i = 0; H && i < f->n_x; i++) {
        g[i] = p.by_error[i];
        for (int64_t k = 0; k <= i; k++) H[i * f->n_x + k] = p.products[i][k];
    }
    return isfinite(p.squares) ? p.squares : (double)INFINITY;
}

/* Those, and the errors' variance; a first season counts as nothing, as in the reference. */
static int64_t count_params(const kr__ces *model) {
    return model->form == 'P' ? 4 : model->form == 'F' ? 5 : 3;
}

/*
 * Start and bounds are the reference's, but for a1. Without errors the level grows where a1 > 1,
 * and falls to 0 where a1 < 1, by about 1 - a1 a step: by a tenth a season at most; and what has a
 * season does not fall to 0. Forecasts are far better for it (M4 Hourly: sMAPE 14.7 instead of 24).
 */
static void fit_form(fitter *f, char form, int64_t m, double *memory) {
    const double growth = 0.1 / (double)m;
    const double lower[MOST] = {0.01, m > 1 ? 1 : 1 - growth, 0.01, 0.01},
                 upper[MOST] = {1.8, 1 + growth, 1.5, 1.5};
    double x[MOST] = {1.3, 1, form == 'P' ? 0.1 : 1.3, 1}, n = (double)f->n;
    f->model = (kr__ces){.form = form, .m = form == 'N' ? 1 : m};
    f->n_x = form == 'P' ? 3 : form == 'F' ? 4 : 2;
    kr__ces_start(&f->model, f->y, f->n, f->start, memory);
    const kr__levenberg options = {
        .n = f->n_x, .lower = lower, .upper = upper, .tolerance = 1e-2 / n, .most = 40};
    double squares = kr__levenberg_minimise(&options, find_squares, f, x, f->solver);
    unpack(&f->model, x, f->n_x);
    double k = (double)count_params(&f->model), rest = n - k - 1;
    f->aicc = rest > 0 ? n * log(fmax(squares, n * 1e-20)) + 2 * k + 2 * k * (k + 1) / rest
                       : (double)INFINITY;
}

/* ---- a series ---------------------------------------------------------------------------- */

/* What is tried forecasts (horizon), and the best form of those in the mean. */
typedef struct chooser {
    double *mean, *spread, best;
    kr__mixture mixture;
} chooser;

/* How far an error of 1 moves what comes behind it: the recurrence, fed with that alone. */
static void find_spread(fitter *f, double error, int64_t horizon, double *spread) {
    double sum = 1;
    memset(f->start, 0, (size_t)kr__ces_state_size(&f->model) * sizeof *f->start);
    run_on(&f->model, f->start, 1, horizon, spread, f->numbers);
    for (int64_t h = 0; h < horizon; h++) {
        if (h > 0) sum += spread[h] * spread[h];
        spread[h] = error * sqrt(sum);
    }
}

static void set_name(const kr__ces *model, kr__local_forecast *out) {
    const char form = model->form;
    const char *name = form == 'N' ? "none" : form == 'S' ? "simple" : "full";
    snprintf(out->form, sizeof out->form, model->m > 1 ? "CES(%s)[%d]" : "CES(%s)",
             form == 'P' ? "partial" : name, (int)model->m);
}

/* What was fitted goes into the mean, unless its forecasts are such as may not be (is_last: there
 * is nothing else). */
static void consider(fitter *f, chooser *c, bool is_last) {
    kr__local_forecast *out = c->mixture.out;
    double rest = fmax((double)f->n - (double)count_params(&f->model), 1);
    double squares = kr__ces_filter(&f->model, f->y, f->n, f->start, NULL, f->numbers);
    run_on(&f->model, f->start, 0, out->horizon, c->mean, f->numbers);
    find_spread(f, f->n > 1 ? sqrt(squares / rest) : (double)NAN, out->horizon, c->spread);
    if (!is_last && !kr__is_plausible(f->y, f->n, c->mean, c->spread, out->horizon)) return;
    if (f->aicc < c->best || c->mixture.n == 0) {
        set_name(&f->model, out);
        c->best = f->aicc;
    }
    kr__mixture_add(&c->mixture, isfinite(f->aicc) ? f->aicc : 0, c->mean, c->spread);
}

static void choose(fitter *f, int64_t m, chooser *c, double *memory) {
    static const char forms[FORMS] = {'N', 'S', 'P', 'F'};
    c->best = (double)INFINITY;
    for (int k = 0; k < (m > 1 ? FORMS : 1); k++) {
        fit_form(f, forms[k], m, memory);
        if (k == 0 || kr__mixture_wants(&c->mixture, f->aicc)) consider(f, c, false);
    }
    if (c->mixture.n > 0) return;
    /* The last value: each error moves the level all the way. */
    f->model = (kr__ces){.form = 'N', .m = 1, .a0 = 2, .a1 = 1};
    f->aicc = (double)INFINITY;
    kr__ces_start(&f->model, f->y, f->n, f->start, memory);
    consider(f, c, true);
}

static kr_status forecast(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err) {
    int64_t n = s->n < KR__LOCAL_MOST ? s->n : KR__LOCAL_MOST,
            m = s->n_seasons > 0 && n >= 2 * s->seasons[0] ? s->seasons[0] : 1;
    const double *values = s->values + s->n - n;
    const kr__ces largest = {.form = 'F', .m = m};
    size_t state = (size_t)kr__ces_state_size(&largest), numbers = kr__ces_memory(&largest);
    double *y = kr__arena_alloc(
        arena, (size_t)(2 * n + m + 2 * out->horizon) + state + kr__levenberg_size(MOST) + numbers,
        sizeof *y);
    if (!y) return kr_fail(err, KR_MEMORY, "no memory for complex exponential smoothing");
    fitter f = {.y = y, .n = n, .start = y + n};
    f.solver = f.start + state;
    f.numbers = f.solver + kr__levenberg_size(MOST);
    chooser c = {.mixture = {.out = out}, .mean = f.numbers + numbers};
    c.spread = c.mean + out->horizon;
    double scale = 0;
    for (int64_t t = 0; t < n; t++) scale += fabs(values[t]) / (double)n;
    for (int64_t t = 0; t < n; t++) y[t] = scale > 0 ? values[t] / scale : 0;
    choose(&f, m, &c, c.spread + out->horizon);
    bool is_rated = isfinite(c.best) && scale > 0;
    out->aicc = is_rated ? c.best + 2 * (double)n * log(scale) : (double)NAN;
    kr__mixture_finish(&c.mixture, scale);
    return KR_OK;
}

const kr__local_model kr__local_ces = {
    .name = "CES",
    .what = "complex exponential smoothing, its forms weighted by AICc",
    .forecast = forecast};
