/* SPDX-License-Identifier: MIT
 * family_counts.c - whole numbers: events in a step, and demand that is 0 most of the time. */
#include "simulate/elementary.h"
#include "simulate/families.h"

/* The logarithm of a rate around 0: seasons, a trend, wandering. */
static void draw_log_rate(kr__simulation *s, double *rate) {
    kr__draws *d = &s->draws;
    int64_t used = s->room_used;
    double *part = kr__room(s, s->n), size;
    for (int64_t t = 0; t < s->n; t++) rate[t] = 0;
    kr__add_seasons(s, rate, kr__draw_log_between(d, 0.05, 1));
    if (kr__draw_chance(d, 0.5)) {
        size = kr__draw_log_between(d, 0.05, 1);
        kr__trend(s, part);
        for (int64_t t = 0; t < s->n; t++) rate[t] += size * part[t];
    }
    if (kr__draw_chance(d, 0.5)) {
        size = kr__draw_log_between(d, 0.03, 0.6);
        kr__matern_3(d, part, s->n, 1 / kr__draw_log_between(d, 3, fmax((double)s->n, 8)));
        for (int64_t t = 0; t < s->n; t++) rate[t] += size * part[t];
    }
    for (int64_t t = 0; t < s->n; t++) rate[t] = fmin(rate[t], 6);
    s->room_used = used;
}

/* Poisson, or negative binomial: a Poisson number whose mean is a gamma number. */
void kr__family_counts(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double level = kr__draw_log_between(d, 0.3, 3e4);
    double shape = kr__draw_chance(d, 0.5) ? kr__draw_log_between(d, 1, 100) : 0;
    draw_log_rate(s, y);
    for (int64_t t = 0; t < s->n; t++) {
        double mean = level * kr__sim_exp(y[t]);
        if (shape > 0) mean *= kr__draw_gamma(d, shape) / shape;
        y[t] = kr__draw_poisson(d, mean);
    }
    s->is_multiplicative = true;
    s->is_level = true;
    s->is_count = true;
}

/* Customers that come at times, with a chance that is seasonal or fades; how much each wants. */
void kr__family_intermittent(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    double often = kr__draw_log_between(d, 0.03, 0.7), size = kr__draw_log_between(d, 0.3, 50);
    double shape = kr__draw_log_between(d, 0.5, 20), unit = 1;
    bool is_plain = s->n_seasons == 0 || kr__draw_chance(d, 0.4);
    if (kr__draw_chance(d, 0.2)) unit = (double)(2 + kr__draw_below(d, 23)); /* boxes */
    if (is_plain) {
        for (int64_t t = 0; t < s->n; t++) y[t] = 0;
        s->is_aperiodic = true;
    } else {
        draw_log_rate(s, y);
    }
    for (int64_t t = 0; t < s->n; t++) {
        double p = fmin(often * kr__sim_exp(y[t]), 0.95);
        y[t] = 0;
        if (!kr__draw_chance(d, p)) continue;
        y[t] = unit * (1 + kr__draw_poisson(d, size * kr__draw_gamma(d, shape) / shape));
    }
    s->is_level = true;
    s->is_count = true;
}
