/* SPDX-License-Identifier: MIT
 * family_weather.c - temperatures, sun, wind, rain, rivers. */
#include "simulate/elementary.h"
#include "simulate/families.h"

/* Fronts that pass: slow weather of deviation 1. */
static void draw_fronts(kr__simulation *s, double *x) {
    double day = s->n_seasons > 0 && s->seasons[0] >= 12 ? (double)s->seasons[0] : 2;
    kr__matern_3(&s->draws, x, s->n, 1 / (day * kr__draw_log_between(&s->draws, 0.7, 8)));
}

/* Waves of the seasons, one harmonic or two: what the sun does. */
static void add_suns(kr__simulation *s, double *y, double scale) {
    kr__draws *d = &s->draws;
    for (int64_t i = 0; i < s->n_seasons; i++) {
        double size = scale * kr__draw_log_between(d, 0.4, 2), phase = kr__draw_uniform(d);
        kr__rotor wave = kr__rotor_make(1 / (double)s->seasons[i], phase);
        kr__rotor second = kr__rotor_make(2 / (double)s->seasons[i], kr__draw_uniform(d));
        double share = kr__draw_between(d, 0, 0.3);
        for (int64_t t = 0; t < s->n; t++) {
            y[t] += size * (kr__rotor_next(&wave) + share * kr__rotor_next(&second));
        }
    }
}

static void run_temperature(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double size = kr__draw_log_between(d, 0.1, 2);
    draw_fronts(s, y);
    for (int64_t t = 0; t < s->n; t++) y[t] *= size;
    add_suns(s, y, 1);
    kr__add_noise(s, y, 0.3 * s->noise);
}

/* Nothing by night; by day the height of the sun times what clouds let through. */
static void run_sun(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    double *clouds = kr__room(s, s->n), night = kr__draw_between(d, -0.4, 0.4);
    double cloudy = kr__draw_log_between(d, 0.1, 3);
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    add_suns(s, y, 1);
    draw_fronts(s, clouds);
    for (int64_t t = 0; t < s->n; t++) {
        double clear = kr__sim_logistic(fmin(fmax(1.5 - cloudy * clouds[t], -20), 20));
        y[t] = fmax(y[t] - night, 0) * clear;
    }
    s->is_level = true;
    s->room_used = used;
}

/* Weibull-like speeds: a power of the length of a vector that wanders. */
static void run_wind(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    double *other = kr__room(s, s->n), power = kr__draw_between(d, 0.7, 2.5);
    draw_fronts(s, y);
    draw_fronts(s, other);
    for (int64_t t = 0; t < s->n; t++) {
        double u = y[t] + 0.2 * kr__draw_normal(d), v = other[t] + 0.2 * kr__draw_normal(d);
        y[t] = kr__sim_pow(0.5 * (u * u + v * v) + 1e-6, 0.5 * power);
    }
    if (s->n_seasons > 0 && kr__draw_chance(d, 0.5)) {
        for (int64_t t = 0; t < s->n; t++) other[t] = 0;
        add_suns(s, other, 0.3);
        for (int64_t t = 0; t < s->n; t++) y[t] *= kr__sim_exp(fmin(other[t], 5));
    } else {
        s->is_aperiodic = true;
    }
    s->is_level = true;
    s->room_used = used;
}

/* Showers of gamma amounts in wet spells; or the river that they feed, which runs off slowly. */
static void run_rain(kr__simulation *s, double *y, bool is_river) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    double *fronts = kr__room(s, s->n), dry = kr__draw_between(d, -0.3, 1.5), flow = 0.2;
    double shape = kr__draw_between(d, 0.4, 2), keep = 1 - 1 / kr__draw_log_between(d, 3, 60);
    draw_fronts(s, fronts);
    if (s->n_seasons > 0) add_suns(s, fronts, 0.4);
    for (int64_t t = 0; t < s->n; t++) {
        bool is_wet = fronts[t] + 0.5 * kr__draw_normal(d) > dry;
        double rain = is_wet ? kr__draw_gamma(d, shape) * (0.3 + fmax(fronts[t] - dry, 0)) : 0;
        flow = keep * flow + rain;
        y[t] = is_river ? flow + 0.05 : rain;
    }
    s->is_level = true;
    s->room_used = used;
}

void kr__family_weather(kr__simulation *s, double *y) {
    static const double weights[] = {5, 2, 2, 1, 1};
    switch (kr__draw_pick(&s->draws, weights, 5)) {
        case 0:
            run_temperature(s, y);
            break;
        case 1:
            run_sun(s, y);
            break;
        case 2:
            run_wind(s, y);
            break;
        case 3:
            run_rain(s, y, false);
            break;
        default:
            run_rain(s, y, true);
            break;
    }
}
