/* SPDX-License-Identifier: MIT
 * elementary.h - exp, log, sine and power out of additions and multiplications alone: the same bits
 * on every machine, which no C library promises. Errors are below 1e-14, relative (sine: absolute).
 */
#ifndef KR_ELEMENTARY_H
#define KR_ELEMENTARY_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define KR__LN_2 0.69314718055994530942
#define KR__TWO_PI 6.28318530717958647693

/* 2^k, k in -1022 .. 1023 */
static inline double kr__sim_two_to(int64_t k) {
    uint64_t bits = (uint64_t)(k + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* x is cut to -700 .. 700. */
static inline double kr__sim_exp(double x) {
    x = x < -700 ? -700 : x > 700 ? 700 : x;
    double k = floor(x * (1 / KR__LN_2) + 0.5),
           r = x - k * 0x1.62e42feep-1 - k * 0x1.a39ef35793c76p-33;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    return p * kr__sim_two_to((int64_t)k);
}

/* x is positive and no subnormal number. */
static inline double kr__sim_log(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int64_t e = (int64_t)(bits >> 52) - 1023;
    bits = (bits & 0xfffffffffffffu) | (uint64_t)1023 << 52;
    memcpy(&x, &bits, sizeof x);
    if (x > 1.41421356237309504880) {
        x *= 0.5;
        e++;
    }
    double f = (x - 1) / (x + 1), s = f * f, p = 1.0 / 21;
    for (int k = 19; k >= 1; k -= 2) p = p * s + 1.0 / k;
    return 2 * f * p + (double)e * KR__LN_2;
}

/* x above 0 */
static inline double kr__sim_pow(double x, double power) {
    return kr__sim_exp(power * kr__sim_log(x));
}

static inline double kr__sim_logistic(double x) { return 1 / (1 + kr__sim_exp(-x)); }

static inline double kr__sim_tanh(double x) { return 1 - 2 / (kr__sim_exp(2 * x) + 1); }

/* Sine and cosine of x whole turns. */
static inline void kr__sim_turn(double x, double *sine, double *cosine) {
    x -= floor(x);
    double quarter = floor(4 * x + 0.5), a = (x - 0.25 * quarter) * KR__TWO_PI, q = a * a;
    double s = -1.0 / 1307674368000, c = -1.0 / 87178291200;
    s = s * q + 1.0 / 6227020800;
    s = s * q - 1.0 / 39916800;
    s = s * q + 1.0 / 362880;
    s = s * q - 1.0 / 5040;
    s = s * q + 1.0 / 120;
    s = s * q - 1.0 / 6;
    s = a + a * q * s;
    c = c * q + 1.0 / 479001600;
    c = c * q - 1.0 / 3628800;
    c = c * q + 1.0 / 40320;
    c = c * q - 1.0 / 720;
    c = c * q + 1.0 / 24;
    c = c * q - 0.5;
    c = c * q + 1;
    switch ((int)quarter & 3) {
        case 0:
            *sine = s, *cosine = c;
            break;
        case 1:
            *sine = c, *cosine = -s;
            break;
        case 2:
            *sine = -s, *cosine = -c;
            break;
        default:
            *sine = -c, *cosine = s;
            break;
    }
}

static inline double kr__sim_sine(double turns) {
    double sine, cosine;
    kr__sim_turn(turns, &sine, &cosine);
    return sine;
}

/* A sine by rotation: four multiplications a step. After a million steps it is off by 1e-10. */
typedef struct kr__rotor {
    double sine, cosine, step_sine, step_cosine;
} kr__rotor;

/* frequency: turns a step; phase: turns. */
static inline kr__rotor kr__rotor_make(double frequency, double phase) {
    kr__rotor r;
    kr__sim_turn(phase, &r.sine, &r.cosine);
    kr__sim_turn(frequency, &r.step_sine, &r.step_cosine);
    return r;
}

static inline double kr__rotor_next(kr__rotor *r) {
    double sine = r->sine;
    r->sine = sine * r->step_cosine + r->cosine * r->step_sine;
    r->cosine = r->cosine * r->step_cosine - sine * r->step_sine;
    return sine;
}

#endif
