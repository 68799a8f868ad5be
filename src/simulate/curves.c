/* SPDX-License-Identifier: MIT
 * curves.c - smooth curves and trends. */
#include "simulate/elementary.h"
#include "simulate/simulation.h"

void kr__standardise(double *x, int64_t n) {
    double sum = 0, squares = 0, most = 0;
    for (int64_t t = 0; t < n; t++) sum += x[t];
    double mean = sum / (double)n;
    for (int64_t t = 0; t < n; t++) {
        x[t] -= mean;
        squares += x[t] * x[t];
        most = fmax(most, fabs(x[t]));
    }
    double deviation = sqrt(squares / (double)n);
    double factor =
        deviation > 1e-12 * (fabs(mean) + most) && deviation > 1e-150 ? 1 / deviation : 0;
    for (int64_t t = 0; t < n; t++) x[t] *= factor;
}

/* ---- smooth curves ---------------------------------------------------------------------- */

/* Catmull-Rom: through p[1] at 0 and p[2] at 1. */
static double between_knots(const double p[4], double u) {
    double slope = 0.5 * (p[2] - p[0]), next = 0.5 * (p[3] - p[1]), step = p[2] - p[1];
    return p[1] + u * (slope + u * (3 * step - 2 * slope - next + u * (slope + next - 2 * step)));
}

void kr__smooth(kr__draws *d, double *x, int64_t n, double spacing) {
    double p[4], u = kr__draw_uniform(d), step = 1 / spacing;
    for (int k = 0; k < 4; k++) p[k] = kr__draw_normal(d);
    for (int64_t t = 0; t < n; t++) {
        x[t] = between_knots(p, u);
        u += step;
        while (u >= 1) {
            u -= 1;
            p[0] = p[1];
            p[1] = p[2];
            p[2] = p[3];
            p[3] = kr__draw_normal(d);
        }
    }
}

enum { MOST_KNOTS = 64 };

void kr__smooth_cycle(kr__draws *d, double *x, int64_t n, int64_t knots) {
    double all[MOST_KNOTS];
    if (knots > MOST_KNOTS) knots = MOST_KNOTS;
    for (int64_t k = 0; k < knots; k++) all[k] = kr__draw_normal(d);
    for (int64_t t = 0; t < n; t++) {
        double at = (double)(t * knots) / (double)n, whole = floor(at), p[4];
        for (int64_t k = 0; k < 4; k++) p[k] = all[((int64_t)whole + k + knots - 1) % knots];
        x[t] = between_knots(p, at - whole);
    }
}

/* ---- trends ----------------------------------------------------------------------------- */

static void draw_damped(kr__draws *d, double *x, int64_t n) {
    double phi = 1 - 1 / ((double)n * kr__draw_log_between(d, 0.2, 2)), slope = 1;
    if (phi < 0) phi = 0;
    for (int64_t t = 0; t < n; t++) {
        x[t] = t > 0 ? x[t - 1] + slope : 0;
        slope *= phi;
    }
}

static void draw_logistic(kr__draws *d, double *x, int64_t n) {
    double middle = (double)n * kr__draw_between(d, -0.1, 1.1);
    double width = (double)n * kr__draw_log_between(d, 0.02, 0.3);
    for (int64_t t = 0; t < n; t++) x[t] = kr__sim_logistic(((double)t - middle) / width);
}

static void draw_exponential(kr__draws *d, double *x, int64_t n) {
    double rate = kr__draw_log_between(d, 0.3, 5) / (double)n;
    double factor = kr__sim_exp(kr__draw_chance(d, 0.5) ? rate : -rate);
    for (int64_t t = 0; t < n; t++) x[t] = t > 0 ? x[t - 1] * factor : 1;
}

/* Slopes change at random steps, sometimes the level, too. */
static void draw_broken(kr__draws *d, double *x, int64_t n) {
    double p = (double)(1 + kr__draw_below(d, 6)) / (double)n, slope = kr__draw_normal(d);
    double jump = kr__draw_chance(d, 0.3) ? 0.2 * (double)n : 0;
    for (int64_t t = 0; t < n; t++) {
        x[t] = t > 0 ? x[t - 1] + slope : 0;
        if (!kr__draw_chance(d, p)) continue;
        slope = kr__draw_chance(d, 0.7) ? kr__draw_normal(d) : slope;
        x[t] += jump * kr__draw_normal(d);
    }
}

void kr__trend(kr__simulation *s, double *x) {
    kr__draws *d = &s->draws;
    static const double weights[] = {3, 1.5, 1, 1.5, 2.5, 1.5};
    int64_t kind = kr__draw_pick(d, weights, 6);
    switch (kind) {
        case 0:
            for (int64_t t = 0; t < s->n; t++) x[t] = (double)t;
            break;
        case 1:
            draw_damped(d, x, s->n);
            break;
        case 2:
            draw_logistic(d, x, s->n);
            break;
        case 3:
            draw_exponential(d, x, s->n);
            break;
        case 4:
            draw_broken(d, x, s->n);
            break;
        default:
            kr__smooth(d, x, s->n, 1 + (double)s->n * kr__draw_log_between(d, 0.1, 1));
            break;
    }
    kr__standardise(x, s->n);
    if (kind == 3) return; /* nothing falls faster and faster */
    if (kr__draw_chance(d, 0.6) == (x[0] < x[s->n - 1])) return; /* growth is more frequent */
    for (int64_t t = 0; t < s->n; t++) x[t] = -x[t];
}
