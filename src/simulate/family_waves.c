/* SPDX-License-Identifier: MIT
 * family_waves.c - oscillators of any period: sines, triangles, squares, chirps; and linear
 * recurrences. */
#include "simulate/elementary.h"
#include "simulate/families.h"

typedef enum shape { SINE, TRIANGLE, SAW, SQUARE, SHAPES } shape;

static double wave_at(shape form, double turns, double duty) {
    double at = turns - floor(turns);
    switch (form) {
        case TRIANGLE:
            return 4 * fabs(at - 0.5) - 1;
        case SAW:
            return 2 * at - 1;
        case SQUARE:
            return at < duty ? 1 : -1;
        default:
            return kr__sim_sine(at);
    }
}

/* Some die away or grow, some change their frequency, steadily or at random. */
static void add_wave(kr__simulation *s, double *y, double scale) {
    kr__draws *d = &s->draws;
    static const double weights[] = {5, 1, 1, 1};
    shape form = (shape)kr__draw_pick(d, weights, SHAPES);
    double period = kr__draw_log_between(d, 4, fmax((double)s->n / 2, 6)), at = kr__draw_uniform(d);
    double keep = 1, bend = 0, wander = 0, duty = kr__draw_between(d, 0.1, 0.9),
           frequency = 1 / period;
    if (kr__draw_chance(d, 0.25)) keep = kr__sim_exp(kr__draw_between(d, -3, 1) / (double)s->n);
    if (kr__draw_chance(d, 0.2)) bend = kr__draw_between(d, -0.5, 1.5) / (double)s->n;
    if (kr__draw_chance(d, 0.2)) wander = kr__draw_log_between(d, 0.001, 0.03);
    for (int64_t t = 0; t < s->n; t++) {
        y[t] += scale * wave_at(form, at, duty);
        scale *= keep;
        at += frequency * (1 + bend * (double)t);
        if (wander > 0) at += wander * kr__draw_normal(d);
    }
}

void kr__family_waves(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    int64_t n = 1 + kr__draw_below(d, 4);
    for (int64_t t = 0; t < s->n; t++) y[t] = 0;
    for (int64_t k = 0; k < n; k++) add_wave(s, y, kr__draw_log_between(d, 0.2, 1));
    kr__standardise(y, s->n);
    kr__add_noise(s, y, 0.5 * s->noise);
    s->is_aperiodic = true;
}

/* ---- linear recurrences ----------------------------------------------------------------- */

enum { MOST_MODES = 6 };

/* Oscillators of complex poles r exp(i w) that one noise drives: a linear system seen from outside,
 * steps now and then as its input. */
void kr__family_recurrence(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double real[MOST_MODES] = {0}, imaginary[MOST_MODES] = {0}, a[MOST_MODES], b[MOST_MODES];
    double seen[MOST_MODES], input = 0, p = 2 / (double)(s->n + 1);
    double noise = kr__draw_chance(d, 0.5) ? s->noise : 0.02 * s->noise;
    int64_t n = 1 + kr__draw_below(d, MOST_MODES);
    for (int64_t k = 0; k < n; k++) {
        double r = 1 - 1 / kr__draw_log_between(d, 1.5, fmax(2 * (double)s->n, 16)), sine, cosine;
        double frequency = kr__draw_chance(d, 0.3) ? 0 : kr__draw_log_between(d, 0.004, 0.45);
        kr__sim_turn(frequency, &sine, &cosine);
        a[k] = r * cosine;
        b[k] = r * sine;
        real[k] = kr__draw_normal(d);
        imaginary[k] = kr__draw_normal(d);
        seen[k] = kr__draw_normal(d) * (k == 0 ? 1 : 0.6);
    }
    for (int64_t t = -100; t < s->n; t++) {
        if (kr__draw_chance(d, p)) input = kr__draw_normal(d);
        double drive = 0.1 * input + noise * 0.3 * kr__draw_normal(d), sum = 0;
        for (int64_t k = 0; k < n; k++) {
            double next = a[k] * real[k] - b[k] * imaginary[k] + drive;
            imaginary[k] = b[k] * real[k] + a[k] * imaginary[k];
            real[k] = next;
            sum += seen[k] * next;
        }
        if (t >= 0) y[t] = sum;
    }
    kr__standardise(y, s->n);
    kr__add_noise(s, y, 0.2 * s->noise);
    s->is_aperiodic = true;
}
