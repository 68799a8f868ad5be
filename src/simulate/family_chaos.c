/* SPDX-License-Identifier: MIT
 * family_chaos.c - maps and flows that are exact and yet hard to foresee. */
#include "simulate/elementary.h"
#include "simulate/families.h"

static void run_logistic(kr__draws *d, double *y, int64_t n) {
    double r = kr__draw_between(d, 3.5, 4), x = kr__draw_between(d, 0.1, 0.9);
    for (int64_t t = -50; t < n; t++) {
        x = r * x * (1 - x);
        if (!(x > 1e-9 && x < 1)) x = 0.3;
        if (t >= 0) y[t] = x;
    }
}

static void run_henon(kr__draws *d, double *y, int64_t n) {
    double a = kr__draw_between(d, 1, 1.4), x = 0.1 * kr__draw_uniform(d), z = 0;
    for (int64_t t = -50; t < n; t++) {
        double next = 1 - a * x * x + z;
        z = 0.3 * x;
        x = fabs(next) < 3 ? next : 0.1;
        if (t >= 0) y[t] = x;
    }
}

/* ---- flows ------------------------------------------------------------------------------ */

typedef struct point {
    double x, y, z;
} point;

static point lorenz(point p) {
    return (point){10 * (p.y - p.x), p.x * (28 - p.z) - p.y, p.x * p.y - 8.0 / 3 * p.z};
}

static point rossler(point p) {
    return (point){-p.y - p.z, p.x + 0.2 * p.y, 0.2 + p.z * (p.x - 5.7)};
}

static point move(point p, point v, double h) {
    return (point){p.x + h * v.x, p.y + h * v.y, p.z + h * v.z};
}

/* Runge and Kutta's step of order four. */
static point advance(point (*flow)(point), point p, double h) {
    point a = flow(p), b = flow(move(p, a, h / 2)), c = flow(move(p, b, h / 2));
    point e = flow(move(p, c, h));
    return move(move(move(move(p, a, h / 6), b, h / 3), c, h / 3), e, h / 6);
}

static void run_flow(kr__draws *d, double *y, int64_t n, point (*flow)(point), double slow) {
    double x = 1 + kr__draw_uniform(d), z = 1 + kr__draw_uniform(d);
    point p = {x, 1, z};
    double h = slow * kr__draw_log_between(d, 0.01, 0.05);
    int64_t seen = kr__draw_below(d, 3);
    for (int64_t t = -200; t < n; t++) {
        p = advance(flow, p, h);
        if (t >= 0) y[t] = seen == 0 ? p.x : seen == 1 ? p.y : p.z;
    }
}

/* x' = 0.2 x(t - delay) / (1 + x(t - delay)^10) - 0.1 x, Euler's steps. */
static void run_mackey_glass(kr__simulation *s, double *y) {
    enum { DELAY = 17, STEPS = 4 };
    double past[DELAY * STEPS];
    int64_t at = 0, n = s->n;
    double x = kr__draw_between(&s->draws, 0.5, 1.3);
    for (int k = 0; k < DELAY * STEPS; k++) past[k] = x;
    for (int64_t t = -100; t < n; t++) {
        for (int k = 0; k < STEPS; k++) {
            double late = past[at], square = late * late, fourth = square * square;
            past[at] = x;
            at = at + 1 == DELAY * STEPS ? 0 : at + 1;
            x += (0.2 * late / (1 + fourth * fourth * square) - 0.1 * x) / STEPS;
        }
        if (t >= 0) y[t] = x;
    }
}

void kr__family_chaos(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    switch (kr__draw_below(d, 5)) {
        case 0:
            run_logistic(d, y, s->n);
            break;
        case 1:
            run_henon(d, y, s->n);
            break;
        case 2:
            run_flow(d, y, s->n, lorenz, 1);
            break;
        case 3:
            run_flow(d, y, s->n, rossler, 6);
            break;
        default:
            run_mackey_glass(s, y);
            break;
    }
    kr__standardise(y, s->n);
    if (kr__draw_chance(d, 0.5)) kr__add_noise(s, y, 0.3 * s->noise);
    s->is_aperiodic = true;
}
