/* SPDX-License-Identifier: MIT
 * family_gaussian.c - Gaussian processes: by states, and by random Fourier features. */
#include "simulate/elementary.h"
#include "simulate/families.h"

/* ---- by states -------------------------------------------------------------------------- */

/* Rates of change a step: from a few steps to the whole series. */
static double draw_rate(kr__draws *d, int64_t n) {
    double longest = fmax((double)n, 8);
    return 1 / kr__draw_log_between(d, 2, longest);
}

static void draw_matern(kr__draws *d, double *x, int64_t n) {
    double rate = draw_rate(d, n);
    if (kr__draw_chance(d, 0.7)) {
        kr__matern_3(d, x, n, rate);
    } else {
        kr__ar_1(d, x, n, kr__sim_exp(-rate), 1);
    }
}

/* A wave whose amplitude and phase wander: a(t) sin(w t) + b(t) cos(w t), a and b Matern. */
static void add_wandering_wave(kr__simulation *s, double *y, double period, double scale) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, n = s->n;
    double *a = kr__room(s, n), *b = kr__room(s, n);
    double rate = 1 / fmax(period * kr__draw_log_between(d, 2, 60), 2);
    kr__rotor wave = kr__rotor_make(1 / period, kr__draw_uniform(d));
    kr__matern_3(d, a, n, rate);
    kr__matern_3(d, b, n, rate);
    for (int64_t t = 0; t < n; t++) {
        double cosine = wave.cosine, sine = kr__rotor_next(&wave);
        y[t] += scale * (a[t] * sine + b[t] * cosine);
    }
    s->room_used = used;
}

/* Sums and products of independent draws: of their kernels, too. */
void kr__family_gaussian(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, n = s->n, parts = 1 + kr__draw_below(d, 3);
    double *x = kr__room(s, n);
    for (int64_t t = 0; t < n; t++) y[t] = 0;
    for (int64_t k = 0; k < parts; k++) {
        double scale = k == 0 ? 1 : kr__draw_log_between(d, 0.1, 1.5);
        bool is_product = k > 0 && kr__draw_chance(d, 0.3);
        draw_matern(d, x, n);
        for (int64_t t = 0; t < n; t++) y[t] = is_product ? y[t] * x[t] : y[t] + scale * x[t];
    }
    for (int64_t i = 0; i < s->n_seasons; i++) {
        double period = (double)s->seasons[i], scale = kr__draw_log_between(d, 0.2, 3);
        add_wandering_wave(s, y, period, scale);
        if (kr__draw_chance(d, 0.4)) add_wandering_wave(s, y, period / 2, scale * 0.4);
    }
    kr__standardise(y, n);
    kr__add_noise(s, y, s->noise);
    s->room_used = used;
}

/* ---- by features ------------------------------------------------------------------------ */

enum { FEATURES = 24 };

/* Rotors side by side (elementary.h), which are computed together. */
typedef struct waves {
    double sine[FEATURES], cosine[FEATURES], step_sine[FEATURES], step_cosine[FEATURES];
} waves;

/* Frequencies of the kernel exp(-r^2 / 2 l^2), or, mixed over l, of the rational quadratic one. */
static void draw_waves(kr__draws *d, waves *w, double length, double alpha) {
    const double size = sqrt(2.0 / FEATURES);
    for (int k = 0; k < FEATURES; k++) {
        double spread = alpha > 0 ? sqrt(kr__draw_gamma(d, alpha) / alpha) : 1;
        double frequency = kr__draw_normal(d) * spread / (KR__TWO_PI * length);
        kr__sim_turn(kr__draw_uniform(d), &w->sine[k], &w->cosine[k]);
        kr__sim_turn(fmin(fmax(frequency, -0.5), 0.5), &w->step_sine[k], &w->step_cosine[k]);
        w->sine[k] *= size;
        w->cosine[k] *= size;
    }
}

static void add_features(kr__simulation *s, double *y, double scale) {
    kr__draws *d = &s->draws;
    waves w;
    double alpha = kr__draw_chance(d, 0.4) ? kr__draw_log_between(d, 0.3, 5) : 0;
    draw_waves(d, &w, kr__draw_log_between(d, 2, fmax((double)s->n, 8)), alpha);
    for (int64_t t = 0; t < s->n; t++) {
        double sum = 0;
        for (int k = 0; k < FEATURES; k++) {
            double sine = w.sine[k];
            w.sine[k] = sine * w.step_cosine[k] + w.cosine[k] * w.step_sine[k];
            w.cosine[k] = w.cosine[k] * w.step_cosine[k] - sine * w.step_sine[k];
        }
        for (int k = 0; k < FEATURES; k++) sum += w.sine[k];
        y[t] += scale * sum;
    }
}

/* The periodic kernel exp(-2 sin^2(pi r / p) / l^2) is a closed smooth curve. */
void kr__family_features(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used, n = s->n;
    for (int64_t t = 0; t < n; t++) y[t] = 0;
    add_features(s, y, 1);
    if (kr__draw_chance(d, 0.3)) add_features(s, y, kr__draw_log_between(d, 0.1, 1));
    for (int64_t i = 0; i < s->n_seasons; i++) {
        int64_t period = s->seasons[i], phase = kr__draw_below(d, period);
        double *table = kr__room(s, period), scale = kr__draw_log_between(d, 0.3, 4);
        bool is_product = kr__draw_chance(d, 0.2);
        kr__smooth_cycle(d, table, period, 3 + kr__draw_below(d, 12));
        for (int64_t t = 0; t < n; t++) {
            y[t] = is_product ? y[t] * (1 + table[phase]) : y[t] + scale * table[phase];
            phase = phase + 1 == period ? 0 : phase + 1;
        }
    }
    kr__standardise(y, n);
    kr__add_noise(s, y, s->noise);
    s->room_used = used;
}
