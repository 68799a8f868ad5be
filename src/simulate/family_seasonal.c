/* SPDX-License-Identifier: MIT
 * family_seasonal.c - trend, seasons and noise: in general, as in business, as in loads by the
 * hour; and trends alone. */
#include "simulate/elementary.h"
#include "simulate/families.h"

/* A random walk whose last step is about `size` from the first. */
static void add_walk(kr__draws *d, double *y, int64_t n, double size) {
    double step = size / sqrt((double)n), value = 0;
    for (int64_t t = 0; t < n; t++) {
        y[t] += value;
        value += step * kr__draw_normal(d);
    }
}

static void add_trend(kr__simulation *s, double *y, double scale) {
    int64_t used = s->room_used;
    double *trend = kr__room(s, s->n);
    kr__trend(s, trend);
    for (int64_t t = 0; t < s->n; t++) y[t] += scale * trend[t];
    s->room_used = used;
}

/* exp of all values, standardised and times `size`. */
static void raise(kr__simulation *s, double *y, double size) {
    kr__standardise(y, s->n);
    for (int64_t t = 0; t < s->n; t++) y[t] = kr__sim_exp(fmin(size * y[t], 30));
    s->is_multiplicative = true;
    s->is_level = true;
}

void kr__family_seasonal(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    bool has_trend = s->n_seasons == 0 || kr__draw_chance(d, 0.6);
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    kr__add_seasons(s, y, 1);
    if (has_trend) add_trend(s, y, s->n_seasons > 0 ? kr__draw_log_between(d, 0.05, 5) : 1);
    if (kr__draw_chance(d, 0.35)) add_walk(d, y, s->n, kr__draw_log_between(d, 0.05, 3));
    kr__add_noise(s, y, s->noise);
    if (kr__draw_chance(d, 0.3)) raise(s, y, kr__draw_log_between(d, 0.05, 0.8));
}

void kr__family_trend(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    add_trend(s, y, 1);
    if (kr__draw_chance(d, 0.3)) add_trend(s, y, kr__draw_log_between(d, 0.1, 1));
    if (kr__draw_chance(d, 0.4)) add_walk(d, y, s->n, kr__draw_log_between(d, 0.05, 1.5));
    kr__add_noise(s, y, s->noise);
    if (kr__draw_chance(d, 0.25)) raise(s, y, kr__draw_log_between(d, 0.05, 1));
    s->is_aperiodic = true;
}

/* ---- business --------------------------------------------------------------------------- */

/* The logarithm of a level that grows, wanders and breaks; a season and an error relative to it. */
void kr__family_business(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double season = kr__draw_log_between(d, 0.02, 0.5), growth = kr__draw_log_between(d, 0.03, 1.2);
    double error = fmin(s->noise * fmin(season, 0.2), 0.5);
    bool is_relative = kr__draw_chance(d, 0.65);
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    if (kr__draw_chance(d, 0.85)) add_trend(s, y, growth);
    add_walk(d, y, s->n, kr__draw_log_between(d, 0.01, 1));
    if (kr__draw_chance(d, 0.4)) { /* the cycle of trade, of years that differ */
        int64_t used = s->room_used;
        double *cycle = kr__room(s, s->n), size = kr__draw_log_between(d, 0.02, 0.3);
        double length = (s->n_seasons > 0 ? (double)s->seasons[0] : 1) * kr__draw_between(d, 2, 9);
        kr__matern_3(d, cycle, s->n, 3 / length);
        for (int64_t t = 0; t < s->n; t++) y[t] += size * cycle[t];
        s->room_used = used;
    }
    if (!is_relative) {
        for (int64_t t = 0; t < s->n; t++) y[t] = kr__sim_exp(fmin(y[t], 20));
    }
    kr__add_seasons(s, y, season);
    kr__add_noise(s, y, error);
    for (int64_t t = 0; t < s->n && is_relative; t++) y[t] = kr__sim_exp(fmin(y[t], 20));
    s->is_multiplicative = is_relative;
    s->is_level = true;
}

/* ---- loads ------------------------------------------------------------------------------ */

/* Days that are taken out: holidays, strikes. Their values are a share of what they were. */
static void take_out_days(kr__draws *d, double *y, int64_t n, int64_t day) {
    double p = kr__draw_log_between(d, 0.003, 0.05), left = kr__draw_between(d, 0.2, 0.9);
    for (int64_t first = -kr__draw_below(d, day); first < n; first += day) {
        if (!kr__draw_chance(d, p)) continue;
        for (int64_t t = first < 0 ? 0 : first; t < first + day && t < n; t++) y[t] *= left;
    }
}

/* A base and a profile by day and week on it, which weather scales; the error follows the load. */
void kr__family_load(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, day = s->n_seasons > 0 ? s->seasons[0] : 24;
    double *weather = kr__room(s, s->n), size = kr__draw_log_between(d, 0.05, 0.6);
    double reply = kr__draw_log_between(d, 0.02, 0.4);
    double error = fmin(s->noise * size * 0.5, 0.4);
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    kr__add_seasons(s, y, size);
    kr__matern_3(d, weather, s->n, 1 / ((double)day * kr__draw_log_between(d, 0.7, 30)));
    for (int64_t t = 0; t < s->n; t++) y[t] += reply * (1 + 0.3 * y[t]) * weather[t];
    if (kr__draw_chance(d, 0.3)) add_trend(s, y, kr__draw_log_between(d, 0.02, 0.3));
    if (kr__draw_chance(d, 0.7)) {
        kr__ar_1(d, weather, s->n, kr__draw_between(d, 0.3, 0.97), 1);
        for (int64_t t = 0; t < s->n; t++) y[t] += error * weather[t];
        error *= kr__draw_log_between(d, 0.05, 0.5);
    }
    for (int64_t t = 0; t < s->n; t++) y[t] += error * kr__draw_normal(d);
    if (kr__draw_chance(d, 0.7)) {
        for (int64_t t = 0; t < s->n; t++) y[t] = kr__sim_exp(fmin(y[t], 10));
        s->is_multiplicative = true;
    } else {
        for (int64_t t = 0; t < s->n; t++) y[t] = fmax(1 + y[t], 0);
    }
    if (s->n_seasons > 0 && day > 1 && kr__draw_chance(d, 0.2)) take_out_days(d, y, s->n, day);
    s->is_level = true;
    s->room_used = used;
}
