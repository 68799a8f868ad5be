/* SPDX-License-Identifier: MIT
 * family_smoothing.c - the state-space models of exponential smoothing. */
#include "simulate/elementary.h"
#include "simulate/families.h"

typedef struct smoothing {
    bool has_trend, is_error_relative, is_season_relative;
    double alpha, beta, gamma, phi, sigma; /* of the equations in docs/simulate.md */
    double level, slope;
    double *season; /* (period) */
    int64_t period;
} smoothing;

/* Inside the usual region: 0 < alpha < 1, 0 < beta < alpha, 0 < gamma < 1 - alpha. */
static void draw_rates(kr__draws *d, smoothing *m) {
    double u = kr__draw_uniform(d), v = kr__draw_uniform(d);
    bool is_calm = kr__draw_chance(d, 0.4);
    m->alpha = is_calm ? kr__draw_log_between(d, 1e-3, 0.1) : kr__draw_between(d, 0.02, 0.98);
    m->beta = m->alpha * u * u * kr__draw_log_between(d, 1e-3, 1);
    m->gamma = (1 - m->alpha) * v * v * kr__draw_log_between(d, 1e-2, 1);
    m->phi = kr__draw_chance(d, 0.6) ? kr__draw_between(d, 0.8, 0.995) : 1;
}

static void draw_start(kr__simulation *s, smoothing *m) {
    kr__draws *d = &s->draws;
    double size = kr__draw_log_between(d, 0.02, 0.6), growth = kr__draw_log_between(d, 0.03, 2);
    double reach = fmax(1 / (1.001 - m->phi), (double)s->n / (m->phi < 1 ? 3 : 1));
    m->level = 1;
    m->slope = m->has_trend ? growth / reach * (kr__draw_chance(d, 0.3) ? -1 : 1) : 0;
    m->sigma = fmin(s->noise * fmax(size, 0.1), 0.3);
    kr__profile(s, m->season, m->period);
    for (int64_t t = 0; t < m->period; t++) {
        m->season[t] *= m->period > 1 ? size : 0;
        if (m->is_season_relative) m->season[t] = fmax(1 + m->season[t], 0.02);
    }
}

/* Without negative levels, where something is relative to them. */
static void run(kr__draws *d, smoothing *m, double *y, int64_t n) {
    int64_t at = kr__draw_below(d, m->period);
    double least = m->is_error_relative || m->is_season_relative ? 0.02 : -1e9;
    double has_season = m->period > 1;
    for (int64_t t = 0; t < n; t++) {
        double base = fmax(m->level + m->phi * m->slope, least), season = m->season[at];
        double mean = m->is_season_relative ? base * season : base + season;
        double e = m->sigma * kr__draw_normal(d);
        if (m->is_error_relative) e = fmax(e, -0.9) * mean;
        y[t] = mean + e;
        double part = m->is_season_relative ? e / season : e;
        m->level = base + m->alpha * part;
        m->slope = m->phi * m->slope + (m->has_trend ? m->beta * part : 0);
        season += has_season * m->gamma * (m->is_season_relative ? e / base : e);
        m->season[at] = m->is_season_relative ? fmax(season, 0.01) : season;
        at = at + 1 == m->period ? 0 : at + 1;
    }
}

void kr__family_smoothing(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    smoothing m = {.period = s->n_seasons > 0 ? s->seasons[0] : 1};
    m.season = kr__room(s, m.period);
    m.has_trend = kr__draw_chance(d, 0.7);
    m.is_error_relative = kr__draw_chance(d, 0.4);
    m.is_season_relative = m.period > 1 && kr__draw_chance(d, 0.5);
    draw_rates(d, &m);
    draw_start(s, &m);
    run(d, &m, y, s->n);
    s->is_multiplicative = m.is_error_relative || m.is_season_relative;
    s->is_level = s->is_multiplicative;
    if (s->n_seasons > 1) s->n_seasons = 1;
    s->room_used = used;
}
