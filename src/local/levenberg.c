/* SPDX-License-Identifier: MIT
 * levenberg.c - damped steps of least squares, and those that bounds allow.
 *
 *     memory: H (n, n) | factor (n, n) | g (n) | step (n) | tried (n) | is_held (n)
 *
 * Statistical models have few parameters and a cheap pass over the series that gives all
 * derivatives. */
#include "local/levenberg.h"

#include <math.h>
#include <string.h>

typedef struct solver {
    const kr__levenberg *options;
    int64_t n;
    double *H, *factor, *g, *step, *tried, *is_held;
} solver;

size_t kr__levenberg_size(int64_t n) { return (size_t)(2 * n * n + 4 * n); }

static double between(const solver *s, int64_t i, double x) {
    return fmin(fmax(x, s->options->lower[i]), s->options->upper[i]);
}

/* Cholesky's factor of H + damping * its diagonal, with rows and columns of held variables as in
 * the identity. false: it is not positive. */
static bool factorise(solver *s, double damping) {
    int64_t n = s->n;
    double *L = s->factor;
    for (int64_t i = 0; i < n; i++) {
        bool is_held = s->is_held[i] > 0;
        for (int64_t k = 0; k <= i; k++) {
            bool is_zero = is_held || s->is_held[k] > 0;
            double sum = i == k    ? is_held ? 1 : s->H[i * n + i] * (1 + damping)
                            : is_zero ? 0
                                   : s->H[i * n + k];
            for (int64_t j = 0; j < k; j++) sum -= L[i * n + j] * L[k * n + j];
            if (i != k) {
                L[i * n + k] = sum / L[k * n + k];
                continue;
            }
            if (!(sum > 1e-14 * s->H[i * n + i]) || !isfinite(sum)) return false;
            L[i * n + i] = sqrt(sum);
        }
    }
    return true;
}

/* The step of the variables that are not held, given the steps of the others. */
static void solve(solver *s) {
    int64_t n = s->n;
    const double *L = s->factor;
    for (int64_t i = 0; i < n; i++) {
        double sum = -s->g[i];
        for (int64_t k = 0; k < n; k++) {
            if (s->is_held[k] > 0) sum -= s->H[i > k ? i * n + k : k * n + i] * s->step[k];
        }
        s->tried[i] = s->is_held[i] > 0 ? 0 : sum;
    }
    for (int64_t i = 0; i < n; i++) {
        double sum = s->tried[i];
        for (int64_t k = 0; k < i; k++) sum -= L[i * n + k] * s->tried[k];
        s->tried[i] = sum / L[i * n + i];
    }
    for (int64_t i = n - 1; i >= 0; i--) {
        double sum = s->tried[i];
        for (int64_t k = i + 1; k < n; k++) sum -= L[k * n + i] * s->tried[k];
        s->tried[i] = sum / L[i * n + i];
        if (s->is_held[i] == 0) s->step[i] = s->tried[i];
    }
}

/* A step from x that stays between the bounds: variables that it would take beyond one are held
 * there, and the rest is solved again: *is_cut. It may be a bad one then. */
static bool find_step(solver *s, const double *x, double damping, bool *is_cut) {
    bool is_inside = false;
    enum { ROUNDS = 4 };
    const kr__levenberg *o = s->options;
    for (int64_t i = 0; i < s->n; i++) {
        bool is_stuck =
            (x[i] <= o->lower[i] && s->g[i] >= 0) || (x[i] >= o->upper[i] && s->g[i] <= 0);
        s->is_held[i] = is_stuck || !(s->H[i * s->n + i] > 0);
        s->step[i] = 0;
    }
    *is_cut = false;
    for (int round = 0; round < ROUNDS && !is_inside; round++) {
        is_inside = true;
        if (!factorise(s, damping)) return false;
        solve(s);
        for (int64_t i = 0; i < s->n; i++) {
            double to = x[i] + s->step[i], at = between(s, i, to);
            if (at == to || s->is_held[i] > 0) continue;
            s->is_held[i] = 1;
            s->step[i] = at - x[i];
            is_inside = false;
            *is_cut = true;
        }
    }
    for (int64_t i = 0; i < s->n; i++) s->tried[i] = between(s, i, x[i] + s->step[i]);
    return true;
}

/* By how much F falls if it is as the normal equations say. */
static double find_gain(const solver *s, const double *x) {
    double gain = 0;
    for (int64_t i = 0; i < s->n; i++) {
        double along = 0, by = s->tried[i] - x[i];
        for (int64_t k = 0; k < i; k++) along += s->H[i * s->n + k] * (s->tried[k] - x[k]);
        gain -= by * (2 * s->g[i] + 2 * along + s->H[i * s->n + i] * by);
    }
    return gain;
}

double kr__levenberg_minimise(const kr__levenberg *options, kr__squares_fn fn, void *arg, double *x,
                              double *memory) {
    enum { PATIENCE = 2 };
    int64_t n = options->n;
    double damping = 1e-3;
    solver s = {.options = options, .n = n, .H = memory};
    s.factor = s.H + n * n;
    s.g = s.factor + n * n;
    s.step = s.g + n;
    s.tried = s.step + n;
    s.is_held = s.tried + n;
    for (int64_t i = 0; i < n; i++) x[i] = between(&s, i, x[i]);
    double F = fn(arg, x, s.H, s.g);
    for (int64_t steps = 0; steps < options->most && F > 0 && F < (double)INFINITY; steps++) {
        if (damping > 1e8) break;
        bool is_cut, is_step = find_step(&s, x, damping, &is_cut);
        double gain = is_step ? find_gain(&s, x) : 0;
        bool is_gain = gain > options->tolerance * F;
        if (is_step && !is_gain && !is_cut) break;
        if (!is_gain) {
            damping *= 10;
            continue;
        }
        if (steps >= PATIENCE && F - 4 * gain > options->hopeless && options->hopeless > 0) break;
        double tried = fn(arg, s.tried, NULL, NULL);
        if (!(tried < F)) {
            damping *= 10;
            continue;
        }
        bool is_done = F - tried <= options->tolerance * F;
        memcpy(x, s.tried, (size_t)n * sizeof *x);
        F = tried;
        if (is_done) break;
        damping = F - tried > 0.75 * gain ? damping / 10 : damping / 3;
        F = fn(arg, x, s.H, s.g);
    }
    return F;
}
