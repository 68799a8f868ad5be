/* SPDX-License-Identifier: MIT
 * draws.c - normal, gamma, Poisson numbers. */
#include "simulate/draws.h"

#include "core/random.h"
#include "core/ziggurat.h"
#include "simulate/elementary.h"

kr__draws kr__draws_make(uint64_t seed, uint64_t index, uint32_t attempt) {
    kr__draws d;
    for (uint32_t half = 0; half < 2; half++) {
        uint32_t words[4];
        kr__philox(seed, attempt << 1 | half, (uint32_t)index, (uint32_t)(index >> 32),
                   (uint32_t)KR_STREAM_SIMULATE << 24, words);
        d.state[2 * half] = (uint64_t)words[0] << 32 | words[1];
        d.state[2 * half + 1] = (uint64_t)words[2] << 32 | words[3];
    }
    d.state[0] |= 1; /* all zero would stay so */
    return d;
}

/* ---- normal ----------------------------------------------------------------------------- */

double kr__draw_exponential(kr__draws *d) { return -kr__sim_log(1 - kr__draw_uniform(d)); }

/* Beyond the last layer: by inversion of an exponential. */
static double draw_tail(kr__draws *d) {
    const double start = KR__ZIGGURAT_END;
    for (;;) {
        double x = kr__draw_exponential(d) / start, y = kr__draw_exponential(d);
        if (y + y > x * x) return start + x;
    }
}

double kr__draw_normal(kr__draws *d) {
    for (;;) {
        uint64_t bits = kr__draw_bits(d), mantissa = bits >> 12;
        int i = (int)(bits & 0xff);
        double sign = bits & 0x100 ? -1 : 1, x = (double)mantissa * kr__ziggurat[i].width;
        if (mantissa < kr__ziggurat[i].inside) return sign * x;
        if (i == 0) return sign * draw_tail(d);
        double low = kr__ziggurat[i].height, high = kr__ziggurat[i - 1].height;
        if ((high - low) * kr__draw_uniform(d) + low < kr__sim_exp(-0.5 * x * x)) return sign * x;
    }
}

/* ---- others ----------------------------------------------------------------------------- */

double kr__draw_log_between(kr__draws *d, double low, double high) {
    double from = kr__sim_log(low), to = kr__sim_log(high);
    return kr__sim_exp(kr__draw_between(d, from, to));
}

/* Marsaglia and Tsang, "A simple method for generating gamma variables", 2000. */
double kr__draw_gamma(kr__draws *d, double shape) {
    if (shape < 1) {
        double u = 1 - kr__draw_uniform(d);
        return kr__draw_gamma(d, shape + 1) * kr__sim_pow(u, 1 / shape);
    }
    double a = shape - 1.0 / 3, c = 1 / sqrt(9 * a);
    for (;;) {
        double x = kr__draw_normal(d), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        double u = 1 - kr__draw_uniform(d), square = x * x;
        if (u < 1 - 0.0331 * square * square) return a * v;
        if (kr__sim_log(u) < 0.5 * square + a * (1 - v + kr__sim_log(v))) return a * v;
    }
}

double kr__draw_student(kr__draws *d, double degrees) {
    double x = kr__draw_normal(d), chi = 2 * kr__draw_gamma(d, degrees / 2);
    return x * sqrt((degrees - 2) / (chi > 1e-12 ? chi : 1e-12));
}

/* log k!, by Stirling's series; k is a whole number. */
static double log_factorial(double k) {
    static const double small[] = {0,
                                   0,
                                   0.69314718055994531,
                                   1.79175946922805500,
                                   3.17805383034794562,
                                   4.78749174278204599,
                                   6.57925121201010100,
                                   8.52516136106541430};
    if (k < 8) return small[(int)k];
    double x = k + 1, inverse = 1 / x, square = inverse * inverse;
    return (x - 0.5) * kr__sim_log(x) - x + 0.91893853320467274178 +
           inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260)));
}

/* Hörmann, "The transformed rejection method for generating Poisson random variables", 1993. */
static double draw_many(kr__draws *d, double mean) {
    double log_mean = kr__sim_log(mean), b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
        double u = kr__draw_uniform(d) - 0.5, v = 1 - kr__draw_uniform(d), us = 0.5 - fabs(u);
        double k = us > 0 ? floor((2 * a / us + b) * u + mean + 0.43) : -1;
        if (us >= 0.07 && v <= v_r) return k;
        if (k < 0 || (us < 0.013 && v > us)) continue;
        if (kr__sim_log(v * inverse_alpha / (a / (us * us) + b)) <=
            -mean + k * log_mean - log_factorial(k)) {
            return k;
        }
    }
}

double kr__draw_poisson(kr__draws *d, double mean) {
    if (!(mean > 0)) return 0;
    if (mean >= 1e8) {
        double x = floor(mean + sqrt(mean) * kr__draw_normal(d) + 0.5);
        return x > 0 ? x : 0;
    }
    if (mean >= 10) return draw_many(d, mean);
    double least = kr__sim_exp(-mean), product = kr__draw_uniform(d), k = 0;
    for (; product > least; k++) product *= kr__draw_uniform(d);
    return k;
}

int64_t kr__draw_pick(kr__draws *d, const double *weights, int64_t n) {
    double sum = 0;
    int64_t last = 0;
    for (int64_t i = 0; i < n; i++) sum += weights[i];
    double at = kr__draw_uniform(d) * sum;
    for (int64_t i = 0; i < n; i++) {
        if (!(weights[i] > 0)) continue;
        last = i;
        if (at < weights[i]) return i;
        at -= weights[i];
    }
    return last;
}
