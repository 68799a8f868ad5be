/* SPDX-License-Identifier: MIT
 * interval_scores.c - how good intervals and quantiles are. */
#include <math.h>

#include "forecast/window_values.h"

enum { CHUNK = 256 };

typedef struct interval_sums {
    double count, inside, width, outside;
} interval_sums;

static void add_intervals(interval_sums *s, int64_t n, const double *lower, const double *upper,
                          const double *truth) {
    for (int64_t i = 0; i < n; i++) {
        double t = truth[i], low = lower[i], high = upper[i];
        if (isnan(t) || isnan(high - low)) continue;
        s->count++;
        s->inside += t >= low && t <= high;
        s->width += high - low;
        s->outside += t < low ? low - t : t > high ? t - high : 0;
    }
}

kr_interval_score kr__interval_measure(double level, const kr__windows *lower,
                                       const kr__windows *upper, const kr__windows *truth) {
    double low[CHUNK], high[CHUNK], t[CHUNK];
    interval_sums s = {0};
    int64_t n_cells = truth->pred_len * truth->n_channels;
    for (int64_t w = 0; w < truth->n_windows; w++) {
        for (int64_t first = 0; first < n_cells; first += CHUNK) {
            int64_t n = n_cells - first < CHUNK ? n_cells - first : CHUNK;
            kr__windows_read(lower, w, first, n, low);
            kr__windows_read(upper, w, first, n, high);
            kr__windows_read(truth, w, first, n, t);
            add_intervals(&s, n, low, high, t);
        }
    }
    double size = s.count > 0 ? s.count : (double)NAN;
    return (kr_interval_score){level, s.inside / size, s.width / size,
                               (s.width + 2 / (1 - level) * s.outside) / size};
}

/* n values as one window of one channel. */
static kr__windows view(int64_t n, const double *values) {
    return kr__windows_of(1, n, 1, NULL, values);
}

kr_interval_score kr_interval_measure(double level, int64_t n, const double *lower,
                                      const double *upper, const double *truth) {
    const kr__windows l = view(n, lower), u = view(n, upper), t = view(n, truth);
    return kr__interval_measure(level, &l, &u, &t);
}

/* Of quantile i: half the way to its neighbours, all the way to 0 and 1 at the ends. */
static double trapezoid(int64_t n, const double *p, int64_t i) {
    double from = i > 0 ? (p[i - 1] + p[i]) / 2 : 0;
    double to = i + 1 < n ? (p[i] + p[i + 1]) / 2 : 1;
    return to - from;
}

double kr_quantiles_crps(int64_t n_quantiles, const double *p, const double *pinball) {
    double sum = 0;
    for (int64_t i = 0; i < n_quantiles; i++) sum += 2 * trapezoid(n_quantiles, p, i) * pinball[i];
    return sum;
}

double kr__quantile_pinball(double p, const kr__windows *q, const kr__windows *truth) {
    double guess[CHUNK], t[CHUNK], sum = 0;
    int64_t count = 0, n_cells = truth->pred_len * truth->n_channels;
    for (int64_t w = 0; w < truth->n_windows; w++) {
        for (int64_t first = 0; first < n_cells; first += CHUNK) {
            int64_t n = n_cells - first < CHUNK ? n_cells - first : CHUNK;
            kr__windows_read(q, w, first, n, guess);
            kr__windows_read(truth, w, first, n, t);
            for (int64_t i = 0; i < n; i++) {
                double e = t[i] - guess[i];
                if (isnan(e)) continue;
                sum += e > 0 ? p * e : (p - 1) * e;
                count++;
            }
        }
    }
    return count > 0 ? sum / (double)count : (double)NAN;
}

double kr_quantile_pinball(double p, int64_t n, const double *q, const double *truth) {
    const kr__windows guess = view(n, q), t = view(n, truth);
    return kr__quantile_pinball(p, &guess, &t);
}
