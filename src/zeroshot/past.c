/* SPDX-License-Identifier: MIT
 * past.c - values, in units of the series' own scale, for the zero-shot model. */
#include "zeroshot/past.h"

#include <math.h>
#include <string.h>

#include "core/scale.h"

#define TURN 6.283185307179586

/* ---- scale -------------------------------------------------------------------------------- */

double kr__past_scale(const kr__guesser *guesser) {
    kr__guesser_view v = kr__guesser_look(guesser);
    double most = fabs(v.most) > fabs(v.least) ? fabs(v.most) : fabs(v.least);
    double scale = v.seasonal > 0 ? v.seasonal : v.step;
    if (scale < .02 * v.step) scale = .02 * v.step;
    if (scale < 1e-9 * most) scale = 1e-9 * most;
    if (v.n < 2) scale = .1 * most;
    return scale > 0 ? scale : 1;
}

/* Large numbers by their logarithm. */
static kr_real squeeze(double x) {
    if (!(fabs(x) < 1e6)) x = x > 0 ? 1e6 : x < 0 ? -1e6 : 0;
    return (kr_real)asinh(x);
}

static kr_real ratio(double a, double b) { return (kr_real)log((a + .01 * b) / b); }

/* ---- forms -------------------------------------------------------------------------------- */

bool kr__past_takes_logs(const kr__past_form *f, int64_t season) {
    const double many = 16;
    return kr__past_may_take_logs(season) && f->least > 0 && f->most > many * f->least;
}

double kr__past_log_unit(double first_known) { return log(first_known) - 8; }

static double first_known(const double *values, int64_t n) {
    for (int64_t t = 0; t < n; t++) {
        if (!isnan(values[t])) return values[t];
    }
    return (double)NAN;
}

/* A value not above 0, which comes after the past, has no logarithm: it is missing. */
static void to_logs(double *values, int64_t n, double log_unit) {
    for (int64_t t = 0; t < n; t++) {
        values[t] = values[t] > 0 ? log(values[t]) - log_unit : (double)NAN;
    }
}

void kr__past_prepare(double *values, int64_t n_past, int64_t n, int64_t season, kr__past_form *f) {
    *f = (kr__past_form){.least = (double)NAN, .most = (double)NAN};
    for (int64_t t = 0; t < n_past; t++) {
        f->least = fmin(f->least, values[t]);
        f->most = fmax(f->most, values[t]);
    }
    f->is_log = kr__past_takes_logs(f, season);
    f->log_unit = f->is_log ? kr__past_log_unit(first_known(values, n_past)) : 0;
    if (f->is_log) to_logs(values, n, f->log_unit);
    double largest = 0;
    for (int64_t t = 0; t < n_past; t++) largest = fmax(largest, fabs(values[t]));
    f->unit = kr__scale_for(largest);
    for (int64_t t = 0; t < n; t++) values[t] *= f->unit;
}

/* What is larger stays larger. */
static double keep_above(double y, double least) {
    const double share = .5;
    if (!(least > 0) || y >= least) return y;
    double rest = (1 - share) * least;
    return share * least + rest * exp((y - least) / rest);
}

double kr__past_leave(const kr__past_form *f, double y) {
    const double highest = 3; /* logarithms above the largest value */
    if (!f->is_log) return keep_above(y, f->least);
    return exp(fmin(y + f->log_unit, log(f->most) + highest));
}

/* ---- tokens ------------------------------------------------------------------------------- */

void kr__patch_begin(kr__patch *patch) { memset(patch, 0, sizeof *patch); }

void kr__patch_take(kr__patch *p, const kr__guesser *guesser, bool is_there) {
    kr__guesser_view v = kr__guesser_look(guesser);
    double value = kr__guesser_before(guesser, 0), old = kr__guesser_before(guesser, v.season[0]);
    p->value[p->n] = value;
    p->seasonal[p->n] = is_there && v.season[0] > 1 && isfinite(old) ? value - old : 0;
    p->surprise[p->n] = is_there ? v.surprise : 0;
    p->is_there[p->n++] = is_there;
}

void kr__patch_end(kr__patch *p, const kr__guesser *guesser, kr_real *token) {
    enum { LAST = KR__FILTERS };
    kr__guesser_view v = kr__guesser_look(guesser);
    double scale = kr__past_scale(guesser), from = p->scale > 0 ? p->before : p->value[0],
           there = 0;
    double error[KR__GUESSES];
    int first = KR__PATCH - p->n;
    memset(token, 0, KR__TOKEN_SIZE * sizeof *token);
    for (int i = 0; i < p->n; i++) {
        token[first + i] = squeeze((p->value[i] - from) / scale);
        token[KR__PATCH + first + i] = squeeze(p->seasonal[i] / scale);
        token[2 * KR__PATCH + first + i] = squeeze(p->surprise[i] / scale);
        there += p->is_there[i];
    }
    kr__guesser_errors(guesser, KR__ERROR_LONG, 1, error);
    kr_real *rest = token + 3 * KR__PATCH;
    rest[0] = (kr_real)(1 - there / KR__PATCH);
    rest[1] = p->scale > 0 ? squeeze(log(scale / p->scale)) : 0;
    rest[2] = ratio(v.step, scale);
    rest[3] = ratio(error[LAST], scale);
    rest[4] = ratio(error[LAST + 1], scale);
    rest[5] = ratio(error[KR__FILTER_SEASONAL], scale);
    rest[6] = (kr_real)(log((double)v.n) / 4 - 1);
    rest[7] = (kr_real)(log((double)v.n / (double)v.season[0]) / 3);
    rest[8] = squeeze(v.last / scale) / 4;
    rest[9] = 1;
    p->before = p->value[p->n - 1];
    p->scale = scale;
    p->n = 0;
}

/* ---- steps ahead -------------------------------------------------------------------------- */

static void place_in_season(int64_t lead, int64_t season, kr_real out[4]) {
    double turns = (double)lead / (double)season;
    bool is_one = season > 1;
    out[0] = is_one ? (kr_real)sin(TURN * turns) : 0;
    out[1] = is_one ? (kr_real)cos(TURN * turns) : 0;
    out[2] = is_one ? (kr_real)(turns < 4 ? turns : 4) : 0;
    out[3] = (kr_real)(log((double)season) / 4);
}

void kr__past_step(const kr__guesser *guesser, int64_t lead, double scale, kr_real *step,
                   kr_real *guesses, kr_real *errors) {
    kr__guesser_view v = kr__guesser_look(guesser);
    double guess[KR__GUESSES], error[KR__GUESSES], recent[KR__GUESSES];
    kr__guesser_guess(guesser, lead, guess);
    kr__guesser_errors(guesser, KR__ERROR_LONG, lead, error);
    kr__guesser_errors(guesser, KR__ERROR_RECENT, lead, recent);
    for (int i = 0; i < KR__GUESSES; i++) {
        double away = (guess[i] - v.last) / scale, miss = error[i] / scale;
        guesses[i] = (kr_real)(away > 1e4 ? 1e4 : away < -1e4 ? -1e4 : away);
        errors[i] = (kr_real)((miss > 1e4 ? 1e4 : miss) + .01);
        step[i] = squeeze(away);
        step[KR__GUESSES + i] = ratio(error[i], scale);
        step[2 * KR__GUESSES + i] = ratio(recent[i], scale);
    }
    kr_real *rest = step + 3 * KR__GUESSES;
    place_in_season(lead, v.season[0], rest);
    place_in_season(lead, v.season[1], rest + 4);
    rest[8] = (kr_real)(log((double)lead) / 2 - 1);
    rest[9] = (kr_real)((double)lead / 48);
    rest[10] = (kr_real)(log((double)v.n) / 4 - 1);
    rest[11] = (kr_real)(log((double)v.n / (double)v.season[0]) / 3);
    rest[12] = v.season[1] > v.season[0] ? 1 : 0;
    rest[13] = (kr_real)((double)(v.n > 2 * v.season[1]));
    rest[14] = v.least > 0 ? 1 : 0;
    rest[15] = squeeze(v.last / scale) / 4;
    rest[16] = squeeze(v.least / scale) / 4;
    rest[17] = ratio(v.step, scale);
}
