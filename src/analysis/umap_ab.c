/* SPDX-License-Identifier: MIT
 * umap_ab.c - the curve that turns distances on the map into memberships. */
#include "analysis/umap_internal.h"

#include <math.h>

enum { N = 300, ROUNDS = 500 };

typedef struct curve_fit {
    double x[N], y[N];
} curve_fit;

/* Half the gradient and Hessian (Gauss-Newton) of the sum of squares at p = (a, b); returns the
 * sum.
 */
static double evaluate(const curve_fit *fit, const double p[2], double gradient[2],
                       double hessian[3]) {
    double sum = 0;
    for (int i = 0; i < 2; i++) gradient[i] = 0;
    for (int i = 0; i < 3; i++) hessian[i] = 0;
    for (int i = 0; i < N; i++) {
        double x = fit->x[i], power = x > 0 ? pow(x, 2 * p[1]) : 0;
        double f = 1 / (1 + p[0] * power), r = f - fit->y[i];
        double by_a = -f * f * power, by_b = x > 0 ? 2 * p[0] * log(x) * by_a : 0;
        sum += r * r;
        gradient[0] += r * by_a;
        gradient[1] += r * by_b;
        hessian[0] += by_a * by_a;
        hessian[1] += by_a * by_b;
        hessian[2] += by_b * by_b;
    }
    return sum;
}

/* Levenberg and Marquardt's way. */
static void minimise(const curve_fit *fit, double p[2]) {
    double gradient[2], hessian[3], lambda = 1e-3;
    double sum = evaluate(fit, p, gradient, hessian);
    for (int round = 0; round < ROUNDS; round++) {
        double h0 = hessian[0] * (1 + lambda), h1 = hessian[1], h2 = hessian[2] * (1 + lambda);
        double det = h0 * h2 - h1 * h1, trial_gradient[2] = {0}, trial_hessian[3] = {0};
        double step_a = (h2 * gradient[0] - h1 * gradient[1]) / det;
        double step_b = (h0 * gradient[1] - h1 * gradient[0]) / det;
        double trial[2] = {p[0] - step_a, p[1] - step_b};
        double trial_sum = trial[0] > 0 && trial[1] > 0
                               ? evaluate(fit, trial, trial_gradient, trial_hessian)
                               : (double)INFINITY;
        if (!(trial_sum <= sum)) {
            lambda *= 10;
            if (lambda > 1e12) return;
            continue;
        }
        sum = trial_sum;
        lambda *= 0.1;
        for (int i = 0; i < 2; i++) p[i] = trial[i];
        for (int i = 0; i < 2; i++) gradient[i] = trial_gradient[i];
        for (int i = 0; i < 3; i++) hessian[i] = trial_hessian[i];
        if (fabs(step_a) < 1e-12 * p[0] && fabs(step_b) < 1e-12 * p[1]) return;
    }
}

/* Works in units of spread, where the start is never far off, then converts a back. */
void kr__umap_fit_curve(double spread, double min_dist, double *a, double *b) {
    curve_fit fit;
    double p[2] = {1, 1}, flat = min_dist / spread;
    for (int i = 0; i < N; i++) {
        double x = 3.0 * i / (N - 1);
        fit.x[i] = x;
        fit.y[i] = x < flat ? 1 : exp(flat - x);
    }
    minimise(&fit, p);
    *a = p[0] / pow(spread, 2 * p[1]);
    *b = p[1];
}

void kr__umap_curve(const kr_umap_options *options, double *a, double *b) {
    if (options->a > 0) {
        *a = options->a;
        *b = options->b;
    } else {
        kr__umap_fit_curve(options->spread, options->min_dist, a, b);
    }
}
