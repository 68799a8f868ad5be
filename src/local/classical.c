/* SPDX-License-Identifier: MIT
 * classical.c - a centred moving mean, and the mean of what is left of each phase. */
#include "local/classical.h"

/* Of the m + 1 values around t, the outer ones half, when m is even; of m, when it is odd. The sum
 * is carried on, and taken afresh once a season, so that rounding errors stay those of a sum. */
static void find_trend(const double *y, int64_t n, int64_t m, double *trend) {
    int64_t half = m / 2, is_even = m % 2 == 0;
    double sum = 0;
    for (int64_t t = half; t < n - half; t++) {
        if ((t - half) % m == 0) {
            sum = 0;
            for (int64_t k = t - half + is_even; k <= t + half; k++) sum += y[k];
        } else {
            sum += y[t + half] - y[t - half - 1 + is_even];
        }
        trend[t] = (is_even ? sum + (y[t - half] - y[t + half]) / 2 : sum) / (double)m;
    }
}

void kr__classical_season(const double *y, int64_t n, int64_t m, bool is_product, double *season,
                          double *memory) {
    int64_t half = m / 2;
    double mean = 0;
    find_trend(y, n, m, memory);
    for (int64_t phase = 0; phase < m; phase++) {
        int64_t first = phase < half ? phase + m : phase, count = 0;
        double sum = 0;
        for (int64_t t = first; t < n - half; t += m, count++) {
            sum += is_product ? y[t] / memory[t] : y[t] - memory[t];
        }
        season[phase] = count > 0 ? sum / (double)count : is_product;
        mean += season[phase] / (double)m;
    }
    for (int64_t phase = 0; phase < m; phase++) {
        if (is_product) season[phase] /= mean;
        if (!is_product) season[phase] -= mean;
    }
}
