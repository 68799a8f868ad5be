/* SPDX-License-Identifier: MIT
 * profiles.c - one turn of a season, and seasons that drift along a series. */
#include "simulate/elementary.h"
#include "simulate/simulation.h"

/* ---- one turn --------------------------------------------------------------------------- */

static void draw_harmonics(kr__draws *d, double *table, int64_t period) {
    int64_t most = period / 2 < 1 ? 1 : period / 2, n = 1 + kr__draw_below(d, most < 6 ? most : 6);
    double decay = kr__draw_between(d, 0, 2);
    for (int64_t t = 0; t < period; t++) table[t] = 0;
    for (int64_t k = 1; k <= n; k++) {
        double size = kr__draw_normal(d) * kr__sim_pow((double)k, -decay);
        kr__rotor wave = kr__rotor_make((double)k / (double)period, kr__draw_uniform(d));
        for (int64_t t = 0; t < period; t++) table[t] += size * kr__rotor_next(&wave);
    }
}

/* Bumps on a flat ground: hours of rush, months of sale. */
static void draw_peaks(kr__draws *d, double *table, int64_t period) {
    int64_t n = 1 + kr__draw_below(d, 4);
    for (int64_t t = 0; t < period; t++) table[t] = 0;
    for (int64_t k = 0; k < n; k++) {
        double width = (double)period * kr__draw_log_between(d, 0.01, 0.15);
        double at = (double)period * kr__draw_uniform(d), size = kr__draw_exponential(d);
        if (kr__draw_chance(d, 0.15)) size = -size;
        for (int64_t t = 0; t < period; t++) {
            double far = fabs((double)t - at);
            far = fmin(far, (double)period - far) / (0.3 + width);
            table[t] += size * kr__sim_exp(-0.5 * far * far);
        }
    }
}

/* Blocks of equal height: open and closed, machines that run in shifts. */
static void draw_blocks(kr__draws *d, double *table, int64_t period) {
    double p = (double)(2 + kr__draw_below(d, 4)) / (double)period, level = kr__draw_normal(d);
    bool is_two = kr__draw_chance(d, 0.5);
    for (int64_t t = 0; t < period; t++) {
        if (kr__draw_chance(d, p)) level = is_two ? (double)(level <= 0) : kr__draw_normal(d);
        table[t] = level;
    }
}

/* Nothing but a few steps: pay days, spikes. */
static void draw_sparse(kr__draws *d, double *table, int64_t period) {
    int64_t n = 1 + kr__draw_below(d, 1 + period / 12);
    for (int64_t t = 0; t < period; t++) table[t] = 0;
    for (int64_t k = 0; k < n && k < 16; k++) {
        int64_t at = kr__draw_below(d, period);
        table[at] += 0.3 + kr__draw_exponential(d);
    }
}

static void draw_ramp(kr__draws *d, double *table, int64_t period) {
    double top = (double)period * kr__draw_between(d, 0.02, 0.98);
    int64_t phase = kr__draw_below(d, period);
    for (int64_t t = 0; t < period; t++) {
        double at = (double)((t + phase) % period);
        table[t] = at < top ? at / top : ((double)period - at) / ((double)period - top);
    }
}

static void draw_any(kr__draws *d, double *table, int64_t period) {
    for (int64_t t = 0; t < period; t++) table[t] = kr__draw_normal(d);
}

void kr__profile(kr__simulation *s, double *table, int64_t period) {
    kr__draws *d = &s->draws;
    /*                              harmonics smooth peaks blocks any sparse ramp */
    static const double brief[] = {3, 2, 1, 0.4, 4, 0.5, 0.4}, usual[] = {3, 3, 2, 1, 1, 0.5, 0.4},
                        tall[] = {4, 3, 1.5, 0.4, 0.05, 0.5, 0.3};
    switch (kr__draw_pick(d, period < 15 ? brief : period < 60 ? usual : tall, 7)) {
        case 0:
            draw_harmonics(d, table, period);
            break;
        case 1:
            kr__smooth_cycle(d, table, period, 3 + kr__draw_below(d, 10));
            break;
        case 2:
            draw_peaks(d, table, period);
            break;
        case 3:
            draw_blocks(d, table, period);
            break;
        case 4:
            draw_any(d, table, period);
            break;
        case 5:
            draw_sparse(d, table, period);
            break;
        default:
            draw_ramp(d, table, period);
            break;
    }
    kr__standardise(table, period);
}

/* ---- weeks ------------------------------------------------------------------------------ */

/* Days of two kinds, each at its own level: five working days and two that are none; the week
 * starts anywhere. */
static void draw_week(kr__simulation *s, double *table, int64_t day, int64_t n_days) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, first = kr__draw_below(d, n_days);
    double *working = kr__room(s, day), *free = kr__room(s, day);
    double low = kr__draw_log_between(d, 0.05, 1.5), size = kr__draw_between(d, 0.2, 1.1);
    double unlike = kr__draw_between(d, 0, 1), uneven = kr__draw_log_between(d, 0.02, 0.4);
    bool has_free = kr__draw_chance(d, 0.8);
    kr__profile(s, working, day);
    kr__profile(s, free, day);
    for (int64_t k = 0; k < n_days; k++) {
        bool is_free = has_free && (k + first) % n_days >= n_days - n_days * 2 / 7;
        double level = uneven * kr__draw_normal(d) - (is_free ? low : 0);
        double factor = is_free ? size : 1 + 0.3 * uneven * kr__draw_normal(d);
        for (int64_t t = 0; t < day; t++) {
            double shape = is_free ? (1 - unlike) * working[t] + unlike * free[t] : working[t];
            table[k * day + t] = level + factor * shape;
        }
    }
    kr__standardise(table, day * n_days);
    s->room_used = used;
}

void kr__season_table(kr__simulation *s, double *table, int64_t i) {
    int64_t period = s->seasons[i], day = i > 0 ? s->seasons[i - 1] : 0;
    if (i > 0 && period % day == 0 && period / day < 100) {
        draw_week(s, table, day, period / day);
    } else {
        kr__profile(s, table, period);
    }
}

/* ---- along a series --------------------------------------------------------------------- */

/* A season that is a part of the next one is drawn by that one. */
static bool is_within_next(const kr__simulation *s, int64_t i) {
    return i + 1 < s->n_seasons && s->seasons[i + 1] % s->seasons[i] == 0 &&
           s->seasons[i + 1] / s->seasons[i] < 100;
}

/* Amplitude exp(curve), mostly 1; the table passes over into another one, mostly not. */
static void add_season(kr__simulation *s, double *x, int64_t i, double scale) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, period = s->seasons[i], phase = kr__draw_below(d, period);
    double *table = kr__room(s, period), *other = table, *curve = kr__room(s, s->n);
    double drift = kr__draw_chance(d, 0.5) ? kr__draw_log_between(d, 0.01, 0.4) : 0;
    bool has_other = kr__draw_chance(d, 0.25);
    kr__season_table(s, table, i);
    if (has_other) {
        other = kr__room(s, period);
        kr__season_table(s, other, i);
        double share = kr__draw_log_between(d, 0.05, 1);
        for (int64_t t = 0; t < period; t++) other[t] = (1 - share) * table[t] + share * other[t];
    }
    if (drift > 0 || has_other) {
        kr__smooth(d, curve, s->n, 1 + (double)s->n * kr__draw_log_between(d, 0.1, 1));
    }
    for (int64_t t = 0; t < s->n; t++) {
        double value = table[phase];
        if (has_other) {
            double part = fmin(fmax(0.5 + 0.5 * curve[t], 0), 1);
            value += part * (other[phase] - value);
        }
        if (drift > 0) value *= kr__sim_exp(drift * curve[t]);
        x[t] += scale * value;
        phase = phase + 1 == period ? 0 : phase + 1;
    }
    s->room_used = used;
}

void kr__add_seasons(kr__simulation *s, double *x, double scale) {
    double sizes[KR_SIMULATED_SEASONS] = {0}, squares = 0;
    for (int64_t i = 0; i < s->n_seasons; i++) {
        sizes[i] = is_within_next(s, i) ? 0 : kr__draw_log_between(&s->draws, 0.2, 1);
        squares += sizes[i] * sizes[i];
    }
    for (int64_t i = 0; i < s->n_seasons; i++) {
        if (sizes[i] > 0) add_season(s, x, i, scale * sizes[i] / sqrt(squares));
    }
}
