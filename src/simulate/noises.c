/* SPDX-License-Identifier: MIT
 * noises.c - autoregressive and Matern processes, and the noise of measured series. */
#include "simulate/elementary.h"
#include "simulate/simulation.h"

void kr__ar_1(kr__draws *d, double *x, int64_t n, double a, double deviation) {
    double innovation = deviation * sqrt(1 - a * a), value = deviation * kr__draw_normal(d);
    for (int64_t t = 0; t < n; t++) {
        x[t] = value;
        value = a * value + innovation * kr__draw_normal(d);
    }
}

/* The exact transition of (x, x' / rate) over one step; x' has the deviation of rate. Source:
 * Hartikainen and Särkkä, "Kalman filtering and smoothing solutions to temporal Gaussian process
 * regression models", 2010. */
void kr__matern_3(kr__draws *d, double *x, int64_t n, double rate) {
    double decay = kr__sim_exp(-rate), a = decay * (1 + rate), b = decay * rate,
           c = decay * (1 - rate);
    double q_11 = 1 - a * a - b * b, q_12 = b * (a - c), q_22 = 1 - b * b - c * c;
    q_11 = q_11 > 1e-15 ? q_11 : 1e-15;
    double l_11 = sqrt(q_11), l_21 = q_12 / l_11, rest = q_22 - l_21 * l_21;
    double l_22 = rest > 0 ? sqrt(rest) : 0;
    double value = kr__draw_normal(d), slope = kr__draw_normal(d);
    for (int64_t t = 0; t < n; t++) {
        double u = kr__draw_normal(d), v = kr__draw_normal(d), before = value;
        x[t] = value;
        value = a * value + b * slope + l_11 * u;
        slope = -b * before + c * slope + l_21 * u + l_22 * v;
    }
}

static void add_changing(kr__simulation *s, double *x, double deviation) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    double *spread = kr__room(s, s->n), strength = kr__draw_between(d, 0.3, 1);
    kr__smooth(d, spread, s->n, 1 + (double)s->n * kr__draw_log_between(d, 0.02, 0.5));
    for (int64_t t = 0; t < s->n; t++) {
        double wide = fmin(fmax(strength * spread[t], -3), 3);
        x[t] += deviation * kr__sim_exp(wide) * kr__draw_normal(d);
    }
    s->room_used = used;
}

void kr__add_noise(kr__simulation *s, double *x, double deviation) {
    kr__draws *d = &s->draws;
    static const double weights[] = {5.5, 2.5, 1.2, 0.8};
    double a = 0, degrees;
    switch (kr__draw_pick(d, weights, 4)) {
        case 1:
            a = kr__draw_between(d, 0, 0.95);
            break;
        case 2:
            degrees = kr__draw_log_between(d, 2.5, 15);
            for (int64_t t = 0; t < s->n; t++) x[t] += deviation * kr__draw_student(d, degrees);
            return;
        case 3:
            add_changing(s, x, deviation);
            return;
        default:
            break;
    }
    double innovation = deviation * sqrt(1 - a * a), value = deviation * kr__draw_normal(d);
    for (int64_t t = 0; t < s->n; t++) {
        x[t] += value;
        value = a * value + innovation * kr__draw_normal(d);
    }
}
