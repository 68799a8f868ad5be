/* SPDX-License-Identifier: MIT
 * study_errors.c - how far truths lay from forecasts, in units of the spread that the forecasts
 * told: the intervals of what comes.
 *
 * The spread says how errors grow with the step and differ from series to series; the past says
 * how much too narrow or too wide it is. By how much a whole window lay above its forecasts says
 * how far the next one may be off, but not to which side: all values of a time share what moved
 * them, so that many of them are one case. Each window counts as it was and mirrored at its
 * forecasts, with the shape of its errors kept. Where errors drift, intervals follow: each round of
 * windows that they held too little of makes the next ones wider, and the other way round (as
 * adaptive conformal inference does: I. Gibbs, E. Candes, NeurIPS 2021; here in the logarithm of
 * the width, so that all levels follow together, and the less the fewer truths a round has). */
#include <math.h>
#include <stdlib.h>

#include "forecast/study.h"

/* Steps have quantiles of their own from so many windows on; below, neighbours lend theirs; and
 * below FEW windows a distribution of known shape is fitted, in which the spread that the models
 * tell counts for as much as the errors of TOLD windows. */
enum { OWN = 200, FEW = 10, TOLD = 4 };
/* What a round held is chance for the most part where it has so few truths. */
enum { BY_CHANCE = 12 };

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The standard normal quantile, to 1.2e-9. P. Acklam's rational approximation. */
static double normal_quantile(double p) {
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00};
    const double low = 0.02425;
    if (p > 0.5) return -normal_quantile(1 - p);
    if (p < low) {
        double q = sqrt(-2 * log(p));
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    }
    double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

/* Of n errors and their n images: (n + 1) p, for a new error lies below with probability p. */
static double quantile_of(const double *sorted, int64_t n, double p) {
    double at = 2 * p * (double)(n + 1) - 1.5;
    if (at <= 0) return sorted[0];
    if (at >= (double)(2 * n - 1)) return sorted[2 * n - 1];
    int64_t k = (int64_t)at;
    return sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]);
}

/* Student's t: how far its quantile lies out when that of the normal distribution is z, by the
 * expansion for many degrees of freedom (Abramowitz, Stegun 26.7.5); of four, 1 % too near for
 * a level of 99 %. */
static double student(double z, double freedom) {
    double z2 = z * z, at1 = (z2 + 1) / 4, at2 = ((5 * z2 + 16) * z2 + 3) / 96,
           at3 = (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
    return z * (1 + (at1 + (at2 + at3 / freedom) / freedom) / freedom);
}

/* How wide n errors of so many windows are: between what they say and 1, which the models say. */
static double width_of(const double *errors, int64_t n, double n_apart) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += errors[i] * errors[i];
    double squares = n > 0 ? sum / (double)n : 1;
    return sqrt((TOLD + n_apart * squares) / (TOLD + n_apart));
}

/* ---- rounds ----------------------------------------------------------------------------- */

/* The windows of one rank, counted back from the last of each target. A round knows the windows
 * that had ended before it; what its intervals missed makes those of later rounds wider or
 * narrower, once its own windows have ended. */
typedef struct rounds {
    const kr__study *study;
    const kr__study_forecasts *forecasts;
    const kr__study_levels *levels; /* how often intervals held is counted here */
    int64_t n;
    bool *is_taken; /* (n_windows) */
    double *errors; /* (2, n_windows, horizon) */
    double *missed; /* (n) the share of truths outside beyond the promise, nearer to 0 of few
                       truths; NaN: taken in, or none */
    double scale;   /* of the intervals */
    kr__relative_errors *out;
} rounds;

static int64_t window_of_round(const kr__target *t, int64_t round) {
    return t->n_windows > round ? t->first_window + t->n_windows - 1 - round : -1;
}

/* ---- quantiles of what is taken --------------------------------------------------------- */

/* Errors of the steps first .. end of the windows of a round, sorted. */
static int64_t collect_round(const rounds *r, int64_t round, int64_t first, int64_t end,
                             double *errors) {
    const kr__study *s = r->study;
    const kr__study_forecasts *f = r->forecasts;
    int64_t n = 0;
    for (int64_t target = 0; target < s->n_targets; target++) {
        int64_t w = window_of_round(&s->targets[target], round);
        if (w < 0 || !r->is_taken[w]) continue;
        for (int64_t i = w * s->horizon + first; i < w * s->horizon + end; i++) {
            double error = (s->truth[i] - f->mean[i]) / f->spread[i];
            if (isfinite(error)) errors[n++] = error;
        }
    }
    qsort(errors, (size_t)n, sizeof *errors, compare);
    return n;
}

/* Behind n sorted errors of a round the same, were its median of the other sign. */
static void mirror(double *errors, int64_t n) {
    if (n == 0) return;
    double median = (errors[n / 2] + errors[(n - 1) / 2]) / 2;
    for (int64_t i = 0; i < n; i++) errors[n + i] = errors[i] - 2 * median;
}

/* Of all rounds, sorted; is_mirrored: twice as many as are returned. */
static int64_t collect(const rounds *r, int64_t first, int64_t end, bool is_mirrored) {
    int64_t n = 0, times = is_mirrored ? 2 : 1;
    for (int64_t round = 0; round < r->n; round++) {
        double *errors = r->errors + times * n;
        int64_t n_round = collect_round(r, round, first, end, errors);
        if (is_mirrored) mirror(errors, n_round);
        n += n_round;
    }
    qsort(r->errors, (size_t)(times * n), sizeof *r->errors, compare);
    return n;
}

static double probability(int64_t k) { return ((double)k + 0.5) / KR__ERROR_QUANTILES; }

/* How many windows are taken, those that overlap for the share of a horizon that lies between
 * them: their rows are not seen twice. */
static double count_apart(const rounds *r) {
    const kr__study *s = r->study;
    double all = 0;
    for (int64_t i = 0; i < s->n_targets; i++) {
        const kr__target *t = &s->targets[i];
        int64_t last = -1;
        for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
            if (!r->is_taken[w]) continue;
            int64_t origin = s->windows[w].origin;
            all += last < 0 ? 1 : fmin((double)(origin - last) / (double)s->horizon, 1);
            last = origin;
        }
    }
    return all;
}

/* What is told of the next errors by errors whose width is not known but from a few of them: with a
 * normal distribution of these, Student's. It is its own image. */
static void fill_step_by_few(const rounds *r, int64_t step, int64_t n) {
    double n_apart = n > 0 ? count_apart(r) : 0, width = width_of(r->errors, n, n_apart);
    for (int64_t k = 0; k < KR__ERROR_QUANTILES; k++) {
        r->out->quantiles[k * r->study->horizon + step] =
            width * student(normal_quantile(probability(k)), TOLD + n_apart);
    }
}

static void fill_step(const rounds *r, int64_t step, int64_t reach) {
    int64_t h = r->study->horizon, first = step > reach ? step - reach : 0,
            end = step + reach + 1 < h ? step + reach + 1 : h;
    bool is_few = r->out->n_windows < FEW;
    int64_t n = collect(r, first, end, !is_few);
    if (is_few || n == 0) {
        fill_step_by_few(r, step, n);
        return;
    }
    for (int64_t k = 0; k < KR__ERROR_QUANTILES; k++) {
        r->out->quantiles[k * h + step] = quantile_of(r->errors, n, probability(k));
    }
}

static void fill(const rounds *r) {
    const kr__study *s = r->study;
    int64_t h = s->horizon, reach = 0;
    r->out->n_windows = 0;
    for (int64_t w = 0; w < s->n_windows; w++) {
        bool has_errors = isfinite(r->forecasts->mean[w * h]) && !isnan(s->truth[w * h]);
        r->out->n_windows += r->is_taken[w] && has_errors;
    }
    while (reach < h && (2 * reach + 1) * r->out->n_windows < OWN) reach++;
    for (int64_t step = 0; step < h; step++) fill_step(r, step, reach);
}

/* ---- one round after the other ---------------------------------------------------------- */

static bool has_ended(const kr__study *s, int64_t window, int64_t before) {
    return s->windows[window].origin + s->horizon <= s->windows[before].origin;
}

/* Does every window of `round` end before any of a later round begins? */
static bool is_over(const kr__study *s, int64_t round, int64_t later) {
    for (int64_t i = 0; i < s->n_targets; i++) {
        int64_t w = window_of_round(&s->targets[i], round),
                next = window_of_round(&s->targets[i], later);
        if (w >= 0 && next >= 0 && !has_ended(s, w, next)) return false;
    }
    return true;
}

/* What a round may know: the windows before it, and how well earlier intervals held. */
static void learn(rounds *r, int64_t round) {
    const double rate = 0.5;
    const kr__study *s = r->study;
    for (int64_t i = 0; i < s->n_targets; i++) {
        const kr__target *t = &s->targets[i];
        int64_t now = window_of_round(t, round);
        for (int64_t w = t->first_window; w < t->first_window + t->n_windows; w++) {
            r->is_taken[w] = round < 0 || (now >= 0 && has_ended(s, w, now));
        }
    }
    for (int64_t k = r->n - 1; k > round; k--) {
        if (isnan(r->missed[k]) || (round >= 0 && !is_over(s, k, round))) continue;
        r->scale *= exp(rate * r->missed[k]);
        r->missed[k] = (double)NAN;
    }
}

static double bound_at(const rounds *r, int64_t i, double p) {
    const kr__study_forecasts *f = r->forecasts;
    double error = r->scale * kr__relative_errors_at(r->out, i % r->study->horizon, p);
    return f->mean[i] + f->spread[i] * error;
}

/* How many truths of a window lie in the interval of a level; *n: that are known. */
static int64_t count_held(const rounds *r, int64_t window, double level, int64_t *n) {
    int64_t h = r->study->horizon, n_held = 0;
    for (int64_t i = window * h; i < (window + 1) * h; i++) {
        double truth = r->study->truth[i];
        if (!isfinite(truth - r->forecasts->mean[i])) continue;
        n_held +=
            truth >= bound_at(r, i, (1 - level) / 2) && truth <= bound_at(r, i, (1 + level) / 2);
        *n += 1;
    }
    return n_held;
}

/* The intervals of a round by what it may know. Before two windows are known there are none. */
static void play(rounds *r, int64_t round, int64_t held[], int64_t n_of[]) {
    const double steered = 0.8;
    const kr__study *s = r->study;
    int64_t n_held = 0, n = 0;
    learn(r, round);
    fill(r);
    if (r->out->n_windows < 2) return;
    for (int64_t i = 0; i < s->n_targets; i++) {
        int64_t w = window_of_round(&s->targets[i], round);
        if (w < 0) continue;
        n_held += count_held(r, w, steered, &n);
        for (int k = 0; k < r->levels->n && s->windows[w].is_verdict; k++) {
            held[k] += count_held(r, w, r->levels->level[k], &n_of[k]);
        }
    }
    if (n > 0) r->missed[round] = (steered * (double)n - (double)n_held) / (double)(n + BY_CHANCE);
}

/* From the oldest round to `last`, and then what the one after it may know; -1: all. */
static void play_until(rounds *r, int64_t last, double *coverage) {
    int64_t held[KR_LEVELS_MAX] = {0}, n[KR_LEVELS_MAX] = {0};
    for (int64_t k = r->n - 1; k >= last; k--) play(r, k, held, n);
    for (int k = 0; k < r->levels->n; k++) {
        coverage[k] = n[k] > 0 ? (double)held[k] / (double)n[k] : (double)NAN;
    }
    learn(r, last - 1);
    fill(r);
    for (int64_t i = 0; i < KR__ERROR_QUANTILES * r->study->horizon; i++) {
        r->out->quantiles[i] *= r->scale;
    }
}

/* ---- all of it -------------------------------------------------------------------------- */

static kr_status make(const kr__study *s, const kr__study_forecasts *f, kr__study_levels *levels,
                      int64_t last, kr__relative_errors *out, kr_error *err) {
    rounds r = {.study = s, .forecasts = f, .levels = levels, .scale = 1, .out = out};
    for (int64_t i = 0; i < s->n_targets; i++) {
        if (s->targets[i].n_windows > r.n) r.n = s->targets[i].n_windows;
    }
    r.is_taken = kr__calloc((size_t)s->n_windows + 1, sizeof *r.is_taken);
    r.errors = kr__calloc(2 * (size_t)(s->n_windows + 1) * (size_t)s->horizon, sizeof *r.errors);
    r.missed = kr__calloc((size_t)r.n + 1, sizeof *r.missed);
    *out = (kr__relative_errors){
        .horizon = s->horizon,
        .quantiles = kr__calloc((size_t)KR__ERROR_QUANTILES * (size_t)s->horizon, sizeof(double))};
    bool is_good = r.is_taken && r.errors && r.missed && out->quantiles;
    for (int64_t k = 0; is_good && k < r.n; k++) r.missed[k] = (double)NAN;
    if (is_good) play_until(&r, last, levels->held);
    kr_free(r.is_taken);
    kr_free(r.errors);
    kr_free(r.missed);
    if (is_good) return KR_OK;
    kr__relative_errors_deinit(out);
    return kr_fail(err, KR_MEMORY, "out of memory for the errors of the past");
}

kr_status kr__relative_errors_make(const kr__study *s, const kr__study_forecasts *f,
                                   kr__study_levels *levels, kr__relative_errors *out,
                                   kr_error *err) {
    kr__study_levels none = {.n = 0};
    return make(s, f, levels ? levels : &none, 0, out, err);
}

kr_status kr__relative_errors_known(const kr__study *s, const kr__study_forecasts *f,
                                    kr__relative_errors *out, kr_error *err) {
    kr__study_levels none = {.n = 0};
    return make(s, f, &none, 1, out, err);
}

void kr__relative_errors_deinit(kr__relative_errors *e) {
    kr_free(e->quantiles);
    e->quantiles = NULL;
}

double kr__relative_errors_at(const kr__relative_errors *e, int64_t step, double p) {
    double at = p * KR__ERROR_QUANTILES - 0.5;
    int64_t last = KR__ERROR_QUANTILES - 1;
    if (at <= 0) return e->quantiles[step];
    if (at >= (double)last) return e->quantiles[last * e->horizon + step];
    int64_t k = (int64_t)at;
    double below = e->quantiles[k * e->horizon + step];
    return below + (at - (double)k) * (e->quantiles[(k + 1) * e->horizon + step] - below);
}
