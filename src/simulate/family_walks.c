/* SPDX-License-Identifier: MIT
 * family_walks.c - random walks, growth, GARCH, Ornstein-Uhlenbeck. */
#include "simulate/elementary.h"
#include "simulate/families.h"

/* ---- walks ------------------------------------------------------------------------------ */

/* Steps of heavy tails. As prices do, it may be the logarithm that walks. */
void kr__family_walk(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double degrees = kr__draw_log_between(d, 2.2, 30), value = 0;
    double drift = kr__draw_chance(d, 0.4) ? kr__draw_normal(d) / sqrt((double)s->n) : 0;
    bool is_heavy = kr__draw_chance(d, 0.6), is_price = kr__draw_chance(d, 0.5);
    double step = is_price ? kr__draw_log_between(d, 1e-3, 0.05) : 1;
    for (int64_t t = 0; t < s->n; t++) {
        y[t] = value;
        double change = is_heavy ? kr__draw_student(d, degrees) : kr__draw_normal(d);
        value += step * (change + drift);
    }
    s->is_aperiodic = true;
    if (!is_price) return;
    for (int64_t t = 0; t < s->n; t++) y[t] = kr__sim_exp(fmin(fmax(y[t], -30), 30));
    s->is_multiplicative = true;
    s->is_level = true;
}

/* ---- growth ----------------------------------------------------------------------------- */

/* Changes about a mean of their own, which breaks at times: change[t] - mean = a (change[t-1] -
 * mean) + e. Sums over a year of what walks by the month have such momentum (Working, 1960). */
static void draw_changes(kr__draws *d, double *change, int64_t n) {
    double a = kr__draw_between(d, -0.3, 0.9), degrees = kr__draw_log_between(d, 2.5, 30);
    double sign = kr__draw_chance(d, 0.85) ? 1 : -1, strength = kr__draw_log_between(d, 0.1, 3);
    double mean = sign * strength;
    double p = kr__draw_chance(d, 0.5) ? kr__draw_log_between(d, 0.3, 5) / (double)n : 0;
    double before = kr__draw_normal(d), innovation = sqrt(1 - a * a);
    bool is_heavy = kr__draw_chance(d, 0.5);
    for (int64_t t = 0; t < n; t++) {
        if (kr__draw_chance(d, p)) mean = sign * strength * kr__draw_between(d, -1, 2);
        double e = is_heavy ? kr__draw_student(d, degrees) : kr__draw_normal(d);
        before = a * before + innovation * e;
        change[t] = mean + before;
    }
}

/* The sum of changes: one a step, or, where a season has many steps, one a season, in equal parts.
 */
static void add_up(kr__simulation *s, double *y, double step) {
    enum { FEW = 13 };
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, span = s->n_seasons > 0 ? s->seasons[0] : 1;
    int64_t parts = span > FEW ? span : 1, n = s->n / parts + 2;
    double *change = kr__room(s, n), value = 0;
    int64_t first = kr__draw_below(d, parts);
    draw_changes(d, change, n);
    for (int64_t t = 0; t < s->n; t++) {
        y[t] = value;
        value += step * change[(first + t) / parts] / (double)parts;
    }
    s->room_used = used;
}

void kr__family_growth(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    bool is_relative = kr__draw_chance(d, 0.65);
    double step = is_relative ? kr__draw_log_between(d, 0.005, 0.15) : 1;
    add_up(s, y, step);
    if (kr__draw_chance(d, 0.4)) kr__add_noise(s, y, step * kr__draw_log_between(d, 0.03, 1));
    if (s->n_seasons > 0) kr__add_seasons(s, y, step * kr__draw_log_between(d, 0.3, 20));
    if (!is_relative) return;
    for (int64_t t = 0; t < s->n; t++) y[t] = kr__sim_exp(fmin(fmax(y[t], -30), 30));
    s->is_multiplicative = true;
    s->is_level = true;
}

/* ---- GARCH ------------------------------------------------------------------------------ */

/* v[t] = omega + alpha e[t-1]^2 + beta v[t-1], of mean 1: returns, or the price that they make. */
void kr__family_garch(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double alpha = kr__draw_between(d, 0.03, 0.25), both = kr__draw_between(d, 0.8, 0.995);
    double beta = both - alpha, omega = 1 - both, variance = 1, value = 0;
    double degrees = kr__draw_log_between(d, 4, 30), step = kr__draw_log_between(d, 2e-3, 0.03);
    bool is_price = kr__draw_chance(d, 0.6);
    for (int64_t t = -100; t < s->n; t++) {
        double e = sqrt(variance) * kr__draw_student(d, degrees);
        variance = fmin(omega + alpha * e * e + beta * variance, 1e4);
        value += t < 0 ? 0 : step * e;
        if (t >= 0) y[t] = is_price ? kr__sim_exp(fmin(fmax(value, -30), 30)) : e;
    }
    s->is_aperiodic = true;
    s->is_level = is_price;
    s->is_multiplicative = is_price;
}

/* ---- back to a mean --------------------------------------------------------------------- */

/* dx = rate (mean(t) - x) dt + deviation dW, at whole steps, exactly; the mean is constant, or
 * seasonal; some jump. */
void kr__family_ou(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    double *mean = kr__room(s, s->n), rate = 1 / kr__draw_log_between(d, 2, fmax((double)s->n, 8));
    double jump = kr__draw_chance(d, 0.3) ? kr__draw_log_between(d, 2, 10) : 0;
    double p = kr__draw_log_between(d, 0.002, 0.05), keep = kr__sim_exp(-rate), before = 0;
    kr__ar_1(d, y, s->n, keep, 1);
    for (int64_t t = 0; t < s->n; t++) mean[t] = 0;
    if (s->n_seasons > 0 && kr__draw_chance(d, 0.7)) {
        kr__add_seasons(s, mean, kr__draw_log_between(d, 0.3, 5));
    } else {
        s->is_aperiodic = true;
    }
    for (int64_t t = 0; t < s->n; t++) { /* what jumped goes back, too */
        before = keep * before;
        if (jump > 0 && kr__draw_chance(d, p)) before += jump * kr__draw_exponential(d);
        y[t] += mean[t] + before;
    }
    s->room_used = used;
}
