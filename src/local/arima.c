/* SPDX-License-Identifier: MIT
 * arima.c - seasonal ARIMA whose orders are found step by step, from the smallest AICc.
 *
 * R. Hyndman, Y. Khandakar, Automatic time series forecasting: the forecast package for R, JSS 27,
 * 2008: four models to begin with, then neighbours of the best one (each order one up or down, both
 * at once, with and without a mean) until none is better. Where exact likelihoods would take long,
 * models compete by conditional sums of squares, and the best few are fitted again exactly. Of very
 * long series the end is used. Spreads come from the psi weights. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "local/arima.h"
#include "local/local.h"

enum {
    MOST_MODELS = 94,        /* in a search */
    FINALISTS = 3,           /* fitted exactly; .. */
    MANY_VALUES = 400,       /* .. one of so many, where all criteria agree */
    LONGEST_VALUES = 4000,   /* and as many as 20 seasons */
    LONGEST_SEASON = 1500,   /* beyond it there is none */
    LONGEST_EXACT = 60,      /* season of which likelihoods are computed; .. */
    MOST_EXACT_VALUES = 100, /* .. in the search, too, of so many values .. */
    MOST_EXACT_SEASON = 12,  /* .. and such a season */
};
static const double coarse = 1e-4, fine = 1e-6; /* a search loses nothing by the former */

/* ---- the search ------------------------------------------------------------------------- */

typedef struct search {
    kr__arima_work *work;
    bool is_exact; /* models are compared by their likelihoods */
    bool may_have_mean;
    int most_p, most_q, most_P, most_Q, n_models;
    bool is_known[KR__ARMA_ORDER + 1][KR__ARMA_ORDER + 1][KR__ARMA_SEASONAL + 1]
                 [KR__ARMA_SEASONAL + 1][2];
    kr__arima_fit best[FINALISTS]; /* the best first; AICc INFINITY: none yet */
} search;

static void keep(search *s, const kr__arima_fit *f) {
    int at = FINALISTS;
    while (at > 0 && f->aicc < s->best[at - 1].aicc) at--;
    if (at == FINALISTS) return;
    for (int i = FINALISTS - 1; i > at; i--) s->best[i] = s->best[i - 1];
    s->best[at] = *f;
}

/* Parameters of one polynomial: those of the best model so far, and a little more if it grows. */
static double *carry(double *to, int n, const double *from, int n_from) {
    for (int i = 0; i < n; i++) to[i] = i < n_from ? from[i] : from ? 0.1 : 0;
    return to + n;
}

static void start_from(const kr__arima_fit *best, kr__arima_fit *f, double mean) {
    const kr__arima_order *o = &f->order, *b = &best->order;
    double *x = f->x;
    bool is_there = isfinite(best->aicc);
    const double *from = is_there ? best->x : NULL;
    x = carry(x, o->p, from, is_there ? b->p : 0);
    x = carry(x, o->q, from ? from + b->p : NULL, is_there ? b->q : 0);
    x = carry(x, o->P, from ? from + b->p + b->q : NULL, is_there ? b->P : 0);
    x = carry(x, o->Q, from ? from + b->p + b->q + b->P : NULL, is_there ? b->Q : 0);
    if (o->has_mean) *x = is_there && b->has_mean ? best->mean : mean;
}

/* Is the model new, within bounds, and better than the best? */
static bool try_model(search *s, kr__arima_order o, double mean) {
    bool is_within = o.p >= 0 && o.p <= s->most_p && o.q >= 0 && o.q <= s->most_q && o.P >= 0 &&
                     o.P <= s->most_P && o.Q >= 0 && o.Q <= s->most_Q &&
                     (s->may_have_mean || !o.has_mean) && s->n_models < MOST_MODELS;
    if (!is_within || s->is_known[o.p][o.q][o.P][o.Q][o.has_mean]) return false;
    s->is_known[o.p][o.q][o.P][o.Q][o.has_mean] = true;
    s->n_models++;
    kr__arima_fit f = {.order = o};
    double before = s->best[0].aicc;
    start_from(&s->best[0], &f, mean);
    kr__arima_fit_to(s->work, &f, s->is_exact, coarse);
    keep(s, &f);
    return f.aicc < before;
}

static void begin(search *s, kr__arima_order o, int64_t n, double mean) {
    int few = n < 10, seasonal = n >= 10;
    o.p = o.q = o.P = o.Q = 0;
    o.has_mean = s->may_have_mean;
    kr__arima_order first = o;
    first.p = s->most_p < 2 - few ? s->most_p : 2 - few;
    first.q = s->most_q < 2 - few ? s->most_q : 2 - few;
    first.P = seasonal && s->most_P > 0;
    first.Q = seasonal && s->most_Q > 0;
    for (int i = 0; i < FINALISTS; i++) s->best[i].aicc = (double)INFINITY;
    try_model(s, o, mean);
    kr__arima_order ar = o, ma = o, plain = o;
    ar.p = s->most_p > 0, ar.P = s->most_P > 0;
    ma.q = s->most_q > 0, ma.Q = s->most_Q > 0;
    plain.has_mean = false;
    try_model(s, ar, mean);
    try_model(s, ma, mean);
    /* Of three values the AICc of a mean is infinite, but that is no reason to expect zero. */
    if (isfinite(s->best[0].aicc) || o.d + o.D > 0) try_model(s, plain, mean);
    try_model(s, first, mean);
}

static void walk(search *s, double mean) {
    static const signed char moves[][4] = {
        /* p, q, P, Q */
        {0, 0, -1, 0},  {0, 0, 0, -1}, {0, 0, 1, 0},  {0, 0, 0, 1},  {0, 0, -1, -1}, {0, 0, -1, 1},
        {0, 0, 1, -1},  {0, 0, 1, 1},  {-1, 0, 0, 0}, {0, -1, 0, 0}, {1, 0, 0, 0},   {0, 1, 0, 0},
        {-1, -1, 0, 0}, {-1, 1, 0, 0}, {1, -1, 0, 0}, {1, 1, 0, 0},  {0, 0, 0, 0}};
    enum { N_MOVES = sizeof moves / sizeof *moves };
    for (int m = 0; m < N_MOVES; m++) {
        kr__arima_order o = s->best[0].order;
        if (!isfinite(s->best[0].aicc)) return;
        o.p += moves[m][0], o.q += moves[m][1], o.P += moves[m][2], o.Q += moves[m][3];
        if (m == N_MOVES - 1) o.has_mean = !o.has_mean;
        if (try_model(s, o, mean)) m = -1;
    }
}

/* The best few again, by their likelihoods. */
static void fit_finalists(search *s, int64_t n) {
    kr__arima_fit best[FINALISTS];
    memcpy(best, s->best, sizeof best);
    for (int i = 0; i < FINALISTS; i++) s->best[i].aicc = (double)INFINITY;
    int n_finalists = n > MANY_VALUES ? 1 : FINALISTS;
    for (int i = 0; i < n_finalists && isfinite(best[i].aicc); i++) {
        kr__arima_fit f = best[i];
        kr__arima_fit_to(s->work, &f, true, fine);
        keep(s, &f);
    }
    if (!isfinite(s->best[0].aicc)) s->best[0] = best[0];
}

/* ---- the row ---------------------------------------------------------------------------- */

typedef struct job {
    int64_t n, season;
    kr__arima_order order;
    double unit, scale; /* values by unit; their differences by scale, too */
    double *y;          /* (n) values by unit */
    double *w;          /* (n_w) differences by scale */
    int64_t n_w;
} job;

static kr_status prepare(job *j, const kr__local_series *s, kr_arena *arena, kr_error *err) {
    int64_t season = s->n_seasons > 0 && s->seasons[0] <= LONGEST_SEASON ? s->seasons[0] : 1,
            most = LONGEST_VALUES > 20 * season ? LONGEST_VALUES : 20 * season;
    j->n = s->n < most ? s->n : most;
    j->season = season;
    j->y = kr__arena_alloc(arena, (size_t)j->n, sizeof *j->y);
    j->w = kr__arena_alloc(arena, (size_t)j->n, sizeof *j->w);
    if (!j->y || !j->w) return kr_fail(err, KR_MEMORY, "no memory for the differences");
    const double *values = s->values + s->n - j->n;
    for (int64_t t = 0; t < j->n; t++) j->unit = fmax(j->unit, fabs(values[t]));
    if (!(j->unit > 0)) j->unit = 1;
    for (int64_t t = 0; t < j->n; t++) j->w[t] = j->y[t] = values[t] / j->unit;
    kr__arima_order *o = &j->order;
    o->season = season;
    KR_TRY(kr__arima_differences(j->y, j->n, season, arena, &o->d, &o->D, err));
    j->n_w = j->n;
    if (o->D) j->n_w = kr__difference(j->w, j->n_w, season);
    for (int i = 0; i < o->d; i++) j->n_w = kr__difference(j->w, j->n_w, 1);
    return KR_OK;
}

/* The differences by their root mean square about the mean; false: they are constant, or nearly. */
static bool scale_differences(job *j, double *mean) {
    double sum = 0;
    *mean = 0;
    for (int64_t t = 0; t < j->n_w; t++) *mean += j->w[t] / (double)j->n_w;
    for (int64_t t = 0; t < j->n_w; t++) sum += (j->w[t] - *mean) * (j->w[t] - *mean);
    j->scale = sqrt(sum / (double)j->n_w);
    if (!(j->scale > 1e-12)) {
        j->scale = 1;
        return false;
    }
    for (int64_t t = 0; t < j->n_w; t++) j->w[t] /= j->scale;
    *mean /= j->scale;
    return true;
}

static int at_most(int most, int64_t n) { return n < most ? (int)n : most; }

static void set_bounds(search *s, const job *j, bool varies) {
    int64_t third = varies ? j->n / 3 : 0, by_season = j->season > 1 ? j->season - 1 : third;
    s->most_p = s->most_q = at_most(at_most(KR__ARMA_ORDER, third), by_season);
    s->most_P = s->most_Q = j->season > 1 ? at_most(KR__ARMA_SEASONAL, third / j->season) : 0;
    s->may_have_mean = j->order.d + j->order.D < 2;
}

static void write_form(const kr__arima_order *o, kr__local_forecast *out) {
    int at = snprintf(out->form, sizeof out->form, "ARIMA(%d,%d,%d)", o->p, o->d, o->q);
    if (o->season > 1 && o->P + o->D + o->Q > 0) {
        at += snprintf(out->form + at, sizeof out->form - (size_t)at, "(%d,%d,%d)[%d]", o->P, o->D,
                       o->Q, (int)o->season);
    }
    if (o->has_mean) {
        snprintf(out->form + at, sizeof out->form - (size_t)at,
                 o->d + o->D > 0 ? " drift" : " mean");
    }
}

static kr_status forecast(const kr__local_series *series, kr_arena *arena, kr__local_forecast *out,
                          kr_error *err) {
    job j = {.unit = 0};
    double mean;
    KR_TRY(prepare(&j, series, arena, err));
    bool varies = scale_differences(&j, &mean);
    search *s = kr__arena_alloc(arena, 1, sizeof *s);
    double *state = kr__arena_alloc(arena, (size_t)kr__arima_state_size(j.season), sizeof *state);
    kr__arima_work *work = kr__arima_work_create(arena, j.w, j.n_w, j.season);
    if (!s || !state || !work) return kr_fail(err, KR_MEMORY, "no memory for ARIMA models");
    s->work = work;
    s->is_exact = j.n <= MOST_EXACT_VALUES && j.season <= MOST_EXACT_SEASON;
    set_bounds(s, &j, varies);
    begin(s, j.order, j.n, mean);
    walk(s, mean);
    if (j.season <= LONGEST_EXACT) fit_finalists(s, j.n);
    kr__arima_fit *f = &s->best[0];
    if (!isfinite(f->aicc)) { /* too few values for any order, and to be differenced */
        *f = (kr__arima_fit){.order = j.order, .is_exact = true, .mean = mean};
        f->order.has_mean = true;
    }
    kr__arima_evaluate(work, f, state);
    kr__arima_forecast(f, j.y, j.n, j.scale, state, out->horizon, out->mean, out->spread);
    for (int64_t h = 0; h < out->horizon; h++) {
        out->mean[h] *= j.unit;
        out->spread[h] *= j.unit;
    }
    write_form(&f->order, out);
    out->aicc = isfinite(f->aicc) && f->is_exact ? f->aicc : (double)NAN;
    return KR_OK;
}

const kr__local_model kr__local_arima = {
    .name = "ARIMA", .what = "seasonal ARIMA, orders by AICc", .forecast = forecast};
