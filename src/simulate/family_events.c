/* SPDX-License-Identifier: MIT
 * family_events.c - steps, spikes, holidays; tanks, thermostats and what else has limits. */
#include "simulate/elementary.h"
#include "simulate/families.h"

/* ---- events ----------------------------------------------------------------------------- */

/* Levels that hold for some time; few different ones, or any. */
static void add_steps(kr__draws *d, double *y, int64_t n) {
    double levels[6], p = 1 / kr__draw_log_between(d, 4, fmax((double)n / 2, 8)), level = 0;
    bool is_few = kr__draw_chance(d, 0.5);
    for (int k = 0; k < 6; k++) levels[k] = kr__draw_normal(d);
    for (int64_t t = 0; t < n; t++) {
        if (t == 0 || kr__draw_chance(d, p)) {
            level = is_few ? levels[kr__draw_below(d, 6)] : kr__draw_normal(d);
        }
        y[t] += level;
    }
}

/* Spikes that die away, at random or at (nearly) equal distances. */
static void add_spikes(kr__draws *d, double *y, int64_t n) {
    double every = kr__draw_log_between(d, 4, fmax((double)n / 3, 8)), value = 0;
    double keep = kr__draw_chance(d, 0.5) ? 0 : kr__draw_between(d, 0.2, 0.95);
    double loose = kr__draw_chance(d, 0.5) ? 1 : kr__draw_between(d, 0, 0.1);
    double uneven = kr__draw_between(d, 0, 1), size = kr__draw_log_between(d, 1, 10);
    double next = every * kr__draw_uniform(d);
    for (int64_t t = 0; t < n; t++) {
        value *= keep;
        if ((double)t >= next) {
            value += size * (1 - uneven + uneven * kr__draw_exponential(d));
            next += every * (1 - loose + loose * kr__draw_exponential(d));
            if (next < (double)t + 1) next = (double)t + 1;
        }
        y[t] += value;
    }
}

/* Some steps before and behind the same place of every year or so: what it was, times a factor. */
static void add_holidays(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t day = s->n_seasons > 0 ? s->seasons[0] : 1, year = s->n / 3 > 24 ? s->n / 3 : 24;
    int64_t kinds = 1 + kr__draw_below(d, 4);
    if (s->n_seasons > 0 && s->seasons[s->n_seasons - 1] >= 24) year = s->seasons[s->n_seasons - 1];
    for (int64_t k = 0; k < kinds; k++) {
        int64_t first = kr__draw_below(d, year), moves = kr__draw_below(d, 1 + year / 12);
        int64_t width = kr__draw_below(d, 4) + (day < 24 ? 1 : day / 2);
        double size = 2 * kr__draw_normal(d);
        for (int64_t at = first - year; at < s->n; at += year) {
            int64_t from = at + kr__draw_below(d, moves + 1);
            for (int64_t t = from < 0 ? 0 : from; t < from + width && t < s->n; t++) y[t] += size;
        }
    }
}

void kr__family_events(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t kind = kr__draw_below(d, 4);
    bool is_seasonal = s->n_seasons > 0 && (kind >= 2 || kr__draw_chance(d, 0.3));
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    if (kind == 0 || kind == 3) add_steps(d, y, s->n);
    if (kind == 1 || kind == 3) add_spikes(d, y, s->n);
    if (kind == 2) add_holidays(s, y);
    kr__standardise(y, s->n);
    if (is_seasonal) kr__add_seasons(s, y, kr__draw_log_between(d, 0.1, 1.5));
    s->is_aperiodic = !is_seasonal;
    if (kr__draw_chance(d, 0.7)) kr__add_noise(s, y, 0.5 * s->noise);
}

/* ---- limits ----------------------------------------------------------------------------- */

/* Towards one of two ends; the end changes when a threshold is reached: thermostats, levels of
 * tanks, batteries. */
static void run_thermostat(kr__draws *d, double *y, int64_t n) {
    double up = 1 / kr__draw_log_between(d, 2, fmax((double)n / 4, 6));
    double down = 1 / kr__draw_log_between(d, 2, fmax((double)n / 4, 6));
    double high = kr__draw_between(d, 0.6, 0.95), low = kr__draw_between(d, 0.05, 0.4);
    double jitter = kr__draw_chance(d, 0.5) ? 0 : kr__draw_log_between(d, 0.01, 0.3);
    double x = kr__draw_between(d, low, high);
    bool is_up = kr__draw_chance(d, 0.5), is_straight = kr__draw_chance(d, 0.5);
    for (int64_t t = 0; t < n; t++) {
        double rate = (is_up ? up : down) * (1 + jitter * kr__draw_normal(d));
        x += is_straight ? (is_up ? rate : -rate) : rate * ((is_up ? 1 : 0) - x);
        if (x >= high) is_up = false;
        if (x <= low) is_up = true;
        x = fmin(fmax(x, -0.2), 1.2);
        y[t] = x;
    }
}

/* Growth towards a capacity, again and again: x' = rate x (1 - x), harvested at times. */
static void run_growth(kr__draws *d, double *y, int64_t n) {
    double rate = kr__draw_log_between(d, 0.01, 0.5), x = kr__draw_between(d, 0.02, 0.9);
    double p = 1 / kr__draw_log_between(d, 20, fmax((double)n, 40));
    for (int64_t t = 0; t < n; t++) {
        x += rate * x * (1 - x) + 0.02 * rate * x * kr__draw_normal(d);
        if (kr__draw_chance(d, p)) x *= kr__draw_between(d, 0.05, 0.7);
        x = fmin(fmax(x, 1e-3), 1.5);
        y[t] = x;
    }
}

/* A signal behind limits that it meets often: amplifiers, valves, occupancy. */
static void run_limited(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double high = kr__draw_between(d, 0.2, 1.5), low = -kr__draw_between(d, 0.2, 3);
    bool is_soft = kr__draw_chance(d, 0.5);
    kr__matern_3(d, y, s->n, 1 / kr__draw_log_between(d, 3, fmax((double)s->n / 4, 6)));
    if (s->n_seasons > 0) kr__add_seasons(s, y, kr__draw_log_between(d, 0.5, 3));
    for (int64_t t = 0; t < s->n; t++) {
        y[t] =
            is_soft ? kr__sim_tanh(fmin(fmax(y[t] / high, -20), 20)) : fmin(fmax(y[t], low), high);
    }
}

void kr__family_saturation(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t kind = kr__draw_below(d, 3);
    if (kind == 0) run_thermostat(d, y, s->n);
    if (kind == 1) run_growth(d, y, s->n);
    if (kind == 2) run_limited(s, y);
    s->is_aperiodic = kind < 2;
    if (!kr__draw_chance(d, 0.6)) return;
    kr__standardise(y, s->n);
    kr__add_noise(s, y, 0.3 * s->noise);
}
