/* SPDX-License-Identifier: MIT
 * filters.c - a row a filter; loops run over all of them side by side. */
#include "zeroshot/filters.h"

#include <math.h>
#include <string.h>

/* FILTER(alpha, beta, phi, gamma, omega) */
#define PLAIN_FILTERS                                                                              \
    FILTER(.1, 0, 1, 0, 0)                                                                         \
    FILTER(.3, 0, 1, 0, 0)                                                                         \
    FILTER(.6, 0, 1, 0, 0)                                                                         \
    FILTER(.3, .03, .97, 0, 0)                                                                     \
    FILTER(.7, .2, .9, 0, 0)                                                                       \
    FILTER(.9, .05, 1, 0, 0)                                                                       \
    FILTER(.2, .02, 1, 0, 0)                                                                       \
    FILTER(.05, 0, 1, .1, 0)                                                                       \
    FILTER(.2, 0, 1, .1, 0)                                                                        \
    FILTER(.5, 0, 1, .15, 0)                                                                       \
    FILTER(.8, 0, 1, .1, 0)                                                                        \
    FILTER(.3, .03, .97, .1, 0)                                                                    \
    FILTER(.05, .005, 1, .05, 0)                                                                   \
    FILTER(.02, 0, 1, .4, 0)                                                                       \
    FILTER(.05, 0, 1, .1, .1)                                                                      \
    FILTER(.2, 0, 1, .1, .1)                                                                       \
    FILTER(.5, 0, 1, .05, .2)                                                                      \
    FILTER(.9, .1, .9, 0, 0)                                                                       \
    FILTER(.6, .1, .85, 0, 0)
#define ALL_FILTERS                                                                                \
    PLAIN_FILTERS                                                                                  \
    FILTER(.2, 0, 1, .1, 0)                                                                        \
    FILTER(.5, 0, 1, .1, 0)                                                                        \
    FILTER(.3, .03, .97, .1, 0)                                                                    \
    FILTER(.05, .005, 1, .05, 0)                                                                   \
    FILTER(.2, 0, 1, .1, .1)                                                                       \
    FILTER(.9, .05, 1, 0, 0)                                                                       \
    FILTER(.7, .2, .95, 0, 0)
enum { PLAIN = KR__FILTERS - KR__LOG_FILTERS };
static const int plain_of[KR__LOG_FILTERS] = {8, 9, 11, 12, 15, 5, 4};

#define FILTER(alpha, beta, phi, gamma, omega) alpha,
static const double alpha[KR__FILTERS] = {ALL_FILTERS};
#undef FILTER
#define FILTER(alpha, beta, phi, gamma, omega) beta,
static const double beta[KR__FILTERS] = {ALL_FILTERS};
#undef FILTER
#define FILTER(alpha, beta, phi, gamma, omega) phi,
static const double phi[KR__FILTERS] = {ALL_FILTERS};
#undef FILTER
#define FILTER(alpha, beta, phi, gamma, omega) gamma,
static const double gammas[KR__FILTERS] = {ALL_FILTERS};
#undef FILTER
#define FILTER(alpha, beta, phi, gamma, omega) omega,
static const double omega[KR__FILTERS] = {ALL_FILTERS};
#undef FILTER

int kr__filters_plain(int i) { return i < PLAIN ? i : plain_of[i - PLAIN]; }

void kr__filters_init(kr__filters *f) {
    for (int i = 0; i < KR__FILTERS; i++) {
        double sum = 0, power = phi[i];
        for (int k = 1; k <= KR__FILTER_STEPS; k++, power *= phi[i]) {
            sum += power;
            f->damped[k][i] = sum;
        }
    }
}

void kr__filters_begin(kr__filters *f, const int64_t season[2]) {
    memset(f->s, 0, (size_t)season[0] * sizeof f->s[0]);
    memset(f->w, 0, (size_t)season[1] * sizeof f->w[0]);
    memset(f->level, 0, sizeof f->level);
    memset(f->slope, 0, sizeof f->slope);
    for (int k = 0; k < 2; k++) f->season[k] = season[k], f->has_season[k] = false;
    f->n = 0;
}

/* ---- a value ------------------------------------------------------------------------------- */

/* The rates of all filters for value t; of those that lack one, 0. */
typedef struct rates {
    double level[KR__FILTERS], slope[KR__FILTERS], season[KR__FILTERS], long_season[KR__FILTERS];
} rates;

static double larger(double a, double b) { return a > b ? a : b; }

static void find_rates(const kr__filters *f, int64_t t, rates *out) {
    bool has_season = f->season[0] > 1 && f->has_season[0];
    bool has_long = f->season[1] > f->season[0] && f->has_season[1];
    double mean = has_season ? 0 : 1 / ((double)t + 1), trend = t < 4 ? .3 : 0;
    double visit = 1 / ((double)(t / f->season[0]) + 1);
    double long_visit = 1 / ((double)(t / f->season[1]) + 1);
    for (int i = 0; i < KR__FILTERS; i++) {
        out->level[i] = larger(alpha[i], mean);
        out->slope[i] = beta[i] > 0 && t > 0 ? larger(beta[i], trend) : 0;
        out->season[i] =
            gammas[i] > 0 && has_season ? larger(gammas[i], visit) * (1 - alpha[i]) : 0;
        out->long_season[i] =
            omega[i] > 0 && has_long ? larger(omega[i], long_visit) * (1 - alpha[i]) : 0;
    }
}

/* Filters first .. end - 1 take y as value t. */
static void step(kr__filters *f, const rates *rate, int first, int end, int64_t t, double y) {
    double *s = f->s[t % f->season[0]], *w = f->w[t % f->season[1]];
    for (int i = first; i < end; i++) {
        double before = f->level[i] + phi[i] * f->slope[i];
        double r = y - (before + s[i] + w[i]);
        f->level[i] = before + rate->level[i] * r;
        f->slope[i] = phi[i] * f->slope[i] + rate->slope[i] * r;
        s[i] += rate->season[i] * r;
        w[i] += rate->long_season[i] * r;
    }
}

void kr__filters_take(kr__filters *f, double value, double logarithm, bool is_there) {
    rates rate;
    int64_t t = f->n++;
    if (!is_there) {
        for (int i = 0; i < KR__FILTERS; i++) {
            f->level[i] += phi[i] * f->slope[i];
            f->slope[i] *= phi[i];
        }
        return;
    }
    if (t == 0) {
        for (int i = 0; i < KR__FILTERS; i++) f->level[i] = i < PLAIN ? value : logarithm;
    }
    find_rates(f, t, &rate);
    step(f, &rate, 0, PLAIN, t, value);
    step(f, &rate, PLAIN, KR__FILTERS, t, logarithm);
}

/* ---- a season ------------------------------------------------------------------------------ */

static double y_of(int i, const double *values, int64_t t) {
    return i < PLAIN ? values[t] : log(values[t]);
}

/* The means of one or two cycles; the slope between them. */
static double find_start(const double *values, int i, int64_t longest, int64_t cycles,
                         double *slope) {
    double mean[2] = {0, 0};
    for (int64_t t = 0; t < cycles * longest; t++) {
        mean[t / longest] += y_of(i, values, t) / (double)longest;
    }
    *slope = cycles > 1 ? (mean[1] - mean[0]) / (double)longest : 0;
    return mean[0] - *slope * ((double)longest - 1) / 2;
}

/* Level, slope and seasons of filter i from the first n values. */
static void decompose(kr__filters *f, int i, int which, const double *values) {
    int64_t m = f->season[0], longest = f->season[which], cycles = f->n / longest;
    int64_t n = cycles * longest;
    double slope, start = find_start(values, i, longest, cycles, &slope);
    for (int64_t p = 0; p < m; p++) f->s[p][i] = 0;
    for (int64_t t = 0; t < n; t++) {
        int64_t visits = (n - t % m + m - 1) / m;
        f->s[t % m][i] += (y_of(i, values, t) - start - slope * (double)t) / (double)visits;
    }
    for (int64_t p = 0; which == 1 && p < longest; p++) f->w[p][i] = 0;
    for (int64_t t = 0; which == 1 && t < n; t++) {
        double rest = y_of(i, values, t) - start - slope * (double)t - f->s[t % m][i];
        f->w[t % longest][i] += rest / (double)(cycles + 1);
    }
    f->level[i] = start;
    f->slope[i] = beta[i] > 0 ? slope : 0;
}

void kr__filters_begin_season(kr__filters *f, int which, const double *values, bool has_logs) {
    rates rate;
    f->has_season[which] = f->has_season[0] = true;
    for (int i = 0; i < (has_logs ? KR__FILTERS : PLAIN); i++) {
        if ((which == 0 ? gammas[i] : omega[i]) > 0) decompose(f, i, which, values);
    }
    for (int64_t t = 0; t < f->n; t++) {
        double logarithm = has_logs ? log(values[t]) : 0;
        find_rates(f, t, &rate);
        for (int i = 0; i < (has_logs ? KR__FILTERS : PLAIN); i++) {
            if ((which == 0 ? gammas[i] : omega[i]) > 0)
                step(f, &rate, i, i + 1, t, i < PLAIN ? values[t] : logarithm);
        }
    }
}

/* ---- what is expected ---------------------------------------------------------------------- */

static double damped_beyond(int i, int64_t lead) {
    double k = (double)lead;
    return phi[i] == 1 ? k : phi[i] * (1 - pow(phi[i], k)) / (1 - phi[i]);
}

void kr__filters_expect(const kr__filters *f, int64_t lead, double y[KR__FILTERS]) {
    int64_t t = f->n - 1 + lead;
    const double *s = f->s[t % f->season[0]], *w = f->w[t % f->season[1]];
    double beyond[KR__FILTERS];
    const double *steps = lead <= KR__FILTER_STEPS ? f->damped[lead] : beyond;
    for (int i = 0; steps == beyond && i < KR__FILTERS; i++) beyond[i] = damped_beyond(i, lead);
    for (int i = 0; i < KR__FILTERS; i++) {
        y[i] = f->level[i] + f->slope[i] * steps[i] + s[i] + w[i];
    }
}

double kr__filters_expect_one(const kr__filters *f, int i, int64_t lead) {
    int64_t t = f->n - 1 + lead;
    double steps = lead <= KR__FILTER_STEPS ? f->damped[lead][i] : damped_beyond(i, lead);
    return f->level[i] + f->slope[i] * steps + f->s[t % f->season[0]][i] +
           f->w[t % f->season[1]][i];
}

double kr__filters_rest(const kr__filters *f, int i, int64_t t, double y) {
    return y - (f->level[i] + f->s[t % f->season[0]][i] + f->w[t % f->season[1]][i]);
}
