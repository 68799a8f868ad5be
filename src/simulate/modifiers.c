/* SPDX-License-Identifier: MIT
 * modifiers.c - series as they are measured: bent, shifted, cut off, rounded, in any unit. */
#include "simulate/modifiers.h"

#include "simulate/elementary.h"

/* ---- time ------------------------------------------------------------------------------- */

/* y(u(t)): time that runs faster and slower. A season would be none any more. */
static void warp(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, n = s->n;
    double *time = kr__room(s, n), *old = kr__room(s, n), at = 0;
    double strength = kr__draw_between(d, 0.2, 1);
    kr__smooth(d, time, n, 1 + (double)n * kr__draw_log_between(d, 0.05, 0.5));
    for (int64_t t = 0; t < n; t++) {
        double speed = kr__sim_exp(fmin(fmax(strength * time[t], -2), 2));
        time[t] = at;
        at += speed;
        old[t] = y[t];
    }
    double unit = n > 1 ? (double)(n - 1) / time[n - 1] : 0;
    for (int64_t t = 0; t < n; t++) {
        double u = fmin(time[t] * unit, (double)(n - 1));
        int64_t before = (int64_t)u, after = before + 1 < n ? before + 1 : before;
        y[t] = old[before] + (u - (double)before) * (old[after] - old[before]);
    }
    s->room_used = used;
}

/* ---- values ----------------------------------------------------------------------------- */

static void transform(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double size = kr__draw_log_between(d, 0.2, 1.2), least = 0;
    int64_t kind = kr__draw_below(d, 4);
    kr__standardise(y, s->n);
    for (int64_t t = 0; t < s->n; t++) least = fmin(least, y[t]);
    for (int64_t t = 0; t < s->n; t++) {
        double x = fmin(fmax(y[t], -30), 30), above = y[t] - least + 0.1;
        if (kind == 0) y[t] = kr__sim_exp(size * x);
        if (kind == 1) y[t] = kr__sim_log(above);
        if (kind == 2) y[t] = kr__sim_pow(above, 2 * size);
        if (kind == 3) y[t] = kr__sim_tanh(size * x);
    }
    s->is_level = kind == 0 || kind == 2;
    if (kind == 0) s->is_multiplicative = true;
}

static double deviation_of(const double *y, int64_t n) {
    double sum = 0, squares = 0;
    for (int64_t t = 0; t < n; t++) sum += y[t];
    for (int64_t t = 0; t < n; t++) {
        double far = y[t] - sum / (double)n;
        squares += far * far;
    }
    return sqrt(squares / (double)n);
}

/* From some step on at another level: times a factor, if a negative value makes no sense. */
static void shift_levels(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t n = 1 + kr__draw_below(d, 3);
    double size = deviation_of(y, s->n) * kr__draw_log_between(d, 0.3, 5);
    for (int64_t k = 0; k < n; k++) {
        int64_t from = kr__draw_below(d, s->n);
        int64_t to = kr__draw_chance(d, 0.7) ? s->n : from + 1 + kr__draw_below(d, s->n);
        double by = size * kr__draw_normal(d), factor = kr__draw_log_between(d, 0.4, 2.5);
        for (int64_t t = from; t < to && t < s->n; t++) {
            y[t] = s->is_level ? y[t] * factor : y[t] + by;
        }
    }
}

static void add_outliers(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double share = kr__draw_log_between(d, 0.002, 0.05), size = kr__draw_log_between(d, 2, 15);
    double deviation = deviation_of(y, s->n);
    bool is_up = kr__draw_chance(d, 0.5), is_zero = s->is_level && kr__draw_chance(d, 0.4);
    for (int64_t t = 0; t < s->n; t++) {
        if (!kr__draw_chance(d, share)) continue;
        double by = deviation * size * (0.3 + kr__draw_exponential(d));
        y[t] += is_up || s->is_level || kr__draw_chance(d, 0.5) ? by : -by;
        if (is_zero) y[t] = 0; /* a sensor that was off */
    }
}

/* ---- the unit --------------------------------------------------------------------------- */

/* A standardised series stands on a level, mostly a positive one; then any unit. */
static void choose_unit(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    static const double weights[] = {6, 2.5, 1.5};
    double sum = 0, offset = 0, unit = kr__sim_exp(2.302585 * (1.5 + 1.5 * kr__draw_normal(d)));
    if (s->is_level) {
        for (int64_t t = 0; t < s->n; t++) sum += fabs(y[t]);
        unit = sum > 0 ? unit / (sum / (double)s->n) : 1;
    } else {
        kr__standardise(y, s->n);
        switch (kr__draw_pick(d, weights, 3)) {
            case 0:
                offset = kr__draw_log_between(d, 1.5, 60);
                break;
            case 1:
                break;
            default:
                offset = 10 * kr__draw_normal(d);
                break;
        }
    }
    for (int64_t t = 0; t < s->n; t++) y[t] = unit * (offset + y[t]);
}

/* Cut off at 0, at a cap, at a floor. */
static void censor(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double low = y[0], high = y[0], at = kr__draw_between(d, 0.55, 0.98);
    for (int64_t t = 0; t < s->n; t++) {
        low = fmin(low, y[t]);
        high = fmax(high, y[t]);
    }
    double cap = low + at * (high - low), least = high - at * (high - low);
    int64_t kind = low < 0 && high > 0 ? 0 : 1 + kr__draw_below(d, 2);
    if (s->is_count) cap = ceil(cap);
    if (s->is_count) least = floor(least);
    for (int64_t t = 0; t < s->n; t++) {
        if (kind == 0) y[t] = fmax(y[t], 0);
        if (kind == 1) y[t] = fmin(y[t], cap);
        if (kind == 2) y[t] = fmax(y[t], least);
    }
}

/* 1, 2 or 5 times a power of ten, near x. */
static double round_step(double x) {
    int power = (int)floor(kr__sim_log(x) / 2.30258509299404568);
    double step = 1;
    for (; power > 0; power--) step *= 10;
    for (; power < 0; power++) step /= 10;
    return x < 2 * step ? step : x < 5 * step ? 2 * step : 5 * step;
}

static void quantise(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double deviation = deviation_of(y, s->n) * kr__draw_log_between(d, 0.003, 0.5);
    if (!(deviation > 1e-12)) return;
    double step = round_step(deviation);
    if (deviation > 0.3 && deviation < 1e4 && kr__draw_chance(d, 0.5)) step = 1;
    for (int64_t t = 0; t < s->n; t++) y[t] = floor(y[t] / step + 0.5) * step;
}

/* ---- all -------------------------------------------------------------------------------- */

static bool happens(kr__simulation *s, double chance, double often) {
    return kr__draw_chance(&s->draws, chance * often);
}

void kr__modify(kr__simulation *s, double *y, double often) {
    bool is_free = !s->is_count;
    if (happens(s, 0.06, often) && s->n_seasons == 0 && is_free) warp(s, y);
    if (happens(s, 0.07, often) && is_free) transform(s, y);
    if (happens(s, 0.05, often) && is_free) shift_levels(s, y);
    if (is_free) choose_unit(s, y);
    if (happens(s, 0.07, often) && is_free) add_outliers(s, y);
    if (happens(s, 0.05, often)) censor(s, y);
    if (happens(s, 0.12, often) && is_free) quantise(s, y);
}

void kr__leave_gaps(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double share = kr__draw_log_between(d, 0.005, 0.4);
    double length = kr__draw_chance(d, 0.5) ? 1 : kr__draw_log_between(d, 1, 48);
    int64_t kept = kr__draw_below(d, s->n);
    bool is_missing = false;
    for (int64_t t = 0; t < s->n; t++) { /* blocks of this mean length, this share of the steps */
        double p = is_missing ? 1 - 1 / length : share / length / (1 - share);
        is_missing = length > 1 ? kr__draw_chance(d, p) : kr__draw_chance(d, share);
        if (is_missing && t != kept) y[t] = (double)NAN;
    }
}
