/* SPDX-License-Identifier: MIT
 * family_regimes.c - processes that a Markov chain switches: autoregressions, and circles. */
#include "simulate/elementary.h"
#include "simulate/families.h"

enum { MOST_REGIMES = 5 };

typedef struct regime {
    double mean, a, deviation, slope;
} regime;

/* Another one of n. */
static int64_t switch_from(kr__draws *d, int64_t at, int64_t n) {
    int64_t next = kr__draw_below(d, n - 1);
    return next + (next >= at);
}

void kr__family_regimes(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    regime all[MOST_REGIMES] = {{0}};
    int64_t n = 2 + kr__draw_below(d, MOST_REGIMES - 1), at = 0;
    double stay = kr__draw_log_between(d, 5, fmax((double)s->n / 2, 8)), value = 0, x = 0;
    double apart = kr__draw_log_between(d, 0.3, 10);
    bool has_slopes = kr__draw_chance(d, 0.25), is_seasonal = kr__draw_chance(d, 0.4);
    for (int64_t k = 0; k < n; k++) {
        all[k].mean = apart * kr__draw_normal(d);
        all[k].a = kr__draw_between(d, -0.3, 0.98);
        all[k].deviation = kr__draw_log_between(d, 0.1, 2);
        all[k].slope = has_slopes ? 0.1 * kr__draw_normal(d) : 0;
    }
    for (int64_t t = 0; t < s->n; t++) {
        if (kr__draw_chance(d, 1 / stay)) at = switch_from(d, at, n);
        const regime *r = &all[at];
        x = r->a * x + r->deviation * sqrt(1 - r->a * r->a) * kr__draw_normal(d);
        value += r->slope;
        y[t] = r->mean + value + x;
    }
    if (is_seasonal && s->n_seasons > 0) {
        kr__standardise(y, s->n);
        kr__add_seasons(s, y, kr__draw_log_between(d, 0.2, 2));
    } else {
        s->is_aperiodic = true;
    }
}

/* ---- circles ---------------------------------------------------------------------------- */

typedef struct circle {
    double middle, radius, entry; /* as seen from one direction; entry in turns */
    int64_t period;
} circle;

/* Whole turns on a circle, then the next: MambaSynth's series, projected to one dimension. */
void kr__family_circles(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    circle all[MOST_REGIMES] = {{0}};
    int64_t n = 2 + kr__draw_below(d, MOST_REGIMES - 1), at = 0;
    double longest = fmax((double)s->n / 4, 12), apart = kr__draw_log_between(d, 0.05, 3);
    double turns = kr__draw_log_between(d, 1, 10);
    for (int64_t k = 0; k < n; k++) {
        all[k].middle = apart * kr__draw_normal(d);
        all[k].radius = kr__draw_between(d, 0.3, 1.2);
        all[k].entry = kr__draw_uniform(d);
        all[k].period = (int64_t)kr__draw_log_between(d, 5, longest);
    }
    for (int64_t t = 0; t < s->n; at = switch_from(d, at, n)) {
        const circle *c = &all[at];
        int64_t dwell = c->period * (1 + (int64_t)(turns * kr__draw_exponential(d)));
        int64_t skipped = t == 0 ? kr__draw_below(d, dwell) : 0; /* the series starts anywhere */
        kr__rotor wave =
            kr__rotor_make(1 / (double)c->period, c->entry + (double)skipped / (double)c->period);
        for (int64_t k = skipped; k < dwell && t < s->n; k++, t++) {
            y[t] = c->middle + c->radius * kr__rotor_next(&wave);
        }
    }
    kr__standardise(y, s->n);
    kr__add_noise(s, y, s->noise);
    s->is_aperiodic = true;
}
