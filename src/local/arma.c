/* SPDX-License-Identifier: MIT
 * arma.c - residuals, likelihood and forecasts of ARMA models with sparse, long polynomials.
 *
 * A monthly or hourly model has lags of 13 or 49 steps but few coefficients. Conditional residuals
 * take one product a coefficient. The exact likelihood is a Kalman filter whose covariance is never
 * formed: for a stationary start it changes by a matrix of rank one a step, L L' / -s, and L and
 * the gain follow a recursion of their own, so a step costs three sums over the state instead of
 * its square (M. Morf, G. Sidhu, T. Kailath 1974; G. Mélard, AS 197, 1984). The state is the usual
 * one: state[i] is what past values and errors give to w[t + i]. */
#include "local/arma.h"

#include <math.h>
#include <string.h>

/* ---- polynomials ------------------------------------------------------------------------ */

void kr__taps_multiply(kr__taps *taps, const double *a, int n_a, const double *b, int n_b,
                       int64_t season, double sign) {
    taps->n = 0;
    taps->degree = n_a + n_b * season;
    for (int j = n_b; j >= 0; j--) {
        for (int i = n_a; i >= 0; i--) {
            if (i + j == 0) continue;
            taps->lag[taps->n] = i + j * season;
            taps->weight[taps->n++] = sign * (i ? a[i - 1] : 1) * (j ? b[j - 1] : 1);
        }
    }
}

static double apply(const kr__taps *taps, const double *x) {
    double sum = 0;
    for (int k = 0; k < taps->n; k++) sum += taps->weight[k] * x[-taps->lag[k]];
    return sum;
}

bool kr__is_outside(const double *a, int n, double margin) {
    double c[KR__ARMA_ORDER], power = 1, next[KR__ARMA_ORDER];
    for (int i = 0; i < n; i++) c[i] = a[i] * (power *= 1 + margin);
    /* Schur and Cohn: all reflections below one. */
    for (int k = n; k > 0; k--) {
        double r = c[k - 1];
        if (!(fabs(r) < 1)) return false;
        for (int i = 0; i < k - 1; i++) next[i] = (c[i] - r * c[k - 2 - i]) / (1 - r * r);
        memcpy(c, next, sizeof c);
    }
    return true;
}

/* ---- conditional residuals -------------------------------------------------------------- */

enum { FAR = 8 };

static void subtract(double *restrict from, double weight, const double *restrict x, int64_t n) {
    for (int64_t t = 0; t < n; t++) from[t] -= weight * x[t];
}

double kr__arma_condition(const kr__arma *m, const double *restrict w, int64_t n,
                          double *restrict e) {
    double sum = 0;
    int64_t first = m->ar.degree < n ? m->ar.degree : n;
    memset(e, 0, (size_t)first * sizeof *e);
    for (int64_t t = first; t < n; t++) e[t] = w[t];
    for (int k = 0; k < m->ar.n && first < n; k++) {
        subtract(e + first, m->ar.weight[k], w + first - m->ar.lag[k], n - first);
    }
    /* Products of far lags do not wait for each other, so blocks of them go at once; of near ones
     * only the last waits for the residual before. */
    int n_far = 0;
    while (n_far < m->ma.n && m->ma.lag[n_far] >= FAR) n_far++;
    int64_t block = n_far > 0 ? m->ma.lag[n_far - 1] : n;
    for (int64_t from = first; from < n; from += block) {
        int64_t to = from + block < n ? from + block : n;
        for (int k = 0; k < n_far; k++) {
            subtract(e + from, m->ma.weight[k], e + from - m->ma.lag[k], to - from);
        }
        for (int64_t t = from; t < to; t++) {
            double error = e[t];
            for (int k = n_far; k < m->ma.n; k++) error -= m->ma.weight[k] * e[t - m->ma.lag[k]];
            e[t] = error;
            sum += error * error;
        }
    }
    return sum;
}

/* ---- exact likelihood ------------------------------------------------------------------- */

int64_t kr__arma_state(const kr__arma *m) {
    return m->ar.degree > m->ma.degree + 1 ? m->ar.degree : m->ma.degree + 1;
}

typedef struct layout {
    double *phi, *state, *gain, *change;  /* (r + 1) each */
    double *gamma, *cross, *psi, *levels; /* (r + q + 1) each; (p (p + 1) / 2) */
    int64_t r, p, q;
} layout;

static layout lay_out(const kr__arma *m, double *memory) {
    layout l = {.r = kr__arma_state(m), .p = m->ar.degree, .q = m->ma.degree};
    l.phi = memory;
    l.state = l.phi + l.r + 1;
    l.gain = l.state + l.r + 1;
    l.change = l.gain + l.r + 1;
    l.gamma = l.change + l.r + 1;
    l.cross = l.gamma + l.r + l.q + 1;
    l.psi = l.cross + l.r + l.q + 1;
    l.levels = l.psi + l.r + l.q + 1;
    return l;
}

int64_t kr__arma_memory(int64_t ar_degree, int64_t ma_degree) {
    int64_t r = ar_degree > ma_degree + 1 ? ar_degree : ma_degree + 1;
    return 4 * (r + 1) + 3 * (r + ma_degree + 1) + ar_degree * (ar_degree + 1) / 2;
}

/* Autocovariances 0 .. r + q of the AR part alone, by Levinson's recursion, there and back. */
static bool find_ar_covariances(const kr__arma *m, layout *l) {
    double *gamma = l->gamma, variance = 1;
    int64_t p = l->p;
    double *row = l->levels + p * (p - 1) / 2; /* that of order k has k values */
    if (p > 0) memcpy(row, l->phi, (size_t)p * sizeof *row);
    for (int64_t k = p; k > 0; k--) {
        double r = row[k - 1], *below = row - (k - 1);
        if (!(fabs(r) < 1)) return false;
        variance /= 1 - r * r;
        for (int64_t i = 0; i < k - 1; i++) below[i] = (row[i] + r * row[k - 2 - i]) / (1 - r * r);
        row = below;
    }
    gamma[0] = variance;
    row = l->levels;
    for (int64_t k = 1; k <= p; k++) {
        double sum = row[k - 1] * variance;
        const double *below = row - (k - 1);
        for (int64_t i = 0; i < k - 1; i++) sum += below[i] * gamma[k - 1 - i];
        gamma[k] = sum;
        variance *= 1 - row[k - 1] * row[k - 1];
        row += k;
    }
    for (int64_t k = p + 1; k <= l->r + l->q; k++) gamma[k] = apply(&m->ar, gamma + k);
    return true;
}

/* Those of the whole model, 0 .. r, and the weights psi, 0 .. q. */
static void find_covariances(const kr__arma *m, layout *l) {
    for (int64_t k = 0; k <= l->r + l->q; k++) {
        double sum = l->gamma[k];
        for (int j = 0; j < m->ma.n; j++) {
            int64_t lag = k - m->ma.lag[j];
            sum += m->ma.weight[j] * l->gamma[lag < 0 ? -lag : lag];
        }
        l->cross[k] = sum;
    }
    for (int64_t k = 0; k <= l->r; k++) {
        double sum = l->cross[k];
        for (int j = 0; j < m->ma.n; j++) sum += m->ma.weight[j] * l->cross[k + m->ma.lag[j]];
        l->gamma[k] = sum;
    }
    kr__arma_psi(m, l->q + 1, l->psi);
}

/* The start: the gain (times the variance of the first error) is the covariance of the second
 * state with the first value. Returns that variance; 0: not stationary. */
static double start(const kr__arma *m, layout *l) {
    memset(l->phi, 0, (size_t)(4 * (l->r + 1)) * sizeof *l->phi);
    for (int k = 0; k < m->ar.n; k++) l->phi[m->ar.lag[k] - 1] += m->ar.weight[k];
    if (!find_ar_covariances(m, l)) return 0;
    find_covariances(m, l);
    for (int k = 0; k < m->ar.n; k++) {
        int64_t lag = m->ar.lag[k];
        for (int64_t i = 0; i < lag; i++) l->gain[i] += m->ar.weight[k] * l->gamma[lag - 1 - i];
    }
    for (int k = 0; k < m->ma.n; k++) {
        int64_t lag = m->ma.lag[k];
        for (int64_t i = 0; i < lag; i++) l->gain[i] += m->ma.weight[k] * l->psi[lag - 1 - i];
    }
    memcpy(l->change, l->gain, (size_t)l->r * sizeof *l->gain);
    return l->gamma[0];
}

static bool is_still(const layout *l, double s) {
    double most = 0;
    for (int64_t i = 0; i < l->r; i++) most = fmax(most, fabs(l->change[i]));
    return s * most * most < 1e-12;
}

/* Of P[t + 1] - P[t] = -s change change': P's first row gives variance and gain. */
typedef struct moving {
    double variance, s;
    bool is_still; /* nothing moves any more */
} moving;

static void step(layout *l, moving *now, double error) {
    double *restrict state = l->state, *restrict gain = l->gain, *restrict change = l->change;
    const double *restrict phi = l->phi;
    double first = state[0], by_variance = error / now->variance;
    if (now->is_still) {
        for (int64_t i = 0; i < l->r; i++) {
            state[i] = state[i + 1] + phi[i] * first + gain[i] * by_variance;
        }
        return;
    }
    double c = change[0], back = c / now->variance, add = -now->s * c;
    for (int64_t i = 0; i < l->r; i++) {
        double moved = change[i + 1] + phi[i] * c;
        state[i] = state[i + 1] + phi[i] * first + gain[i] * by_variance;
        change[i] = moved - back * gain[i];
        gain[i] += add * moved;
    }
    double next = now->variance + add * c;
    now->s *= now->variance / next;
    now->variance = next;
}

double kr__arma_filter(const kr__arma *m, const double *w, int64_t n, double *memory, double *e,
                       double *log_det, double *state) {
    layout l = lay_out(m, memory);
    moving now = {.variance = start(m, &l)};
    double sum = 0, product = 1;
    *log_det = 0;
    if (!(now.variance > 0 && isfinite(now.variance))) return (double)INFINITY;
    now.s = 1 / now.variance;
    for (int64_t t = 0; t < n; t++) {
        double error = w[t] - l.state[0];
        if (!(now.variance > 0)) return (double)INFINITY;
        e[t] = error / sqrt(now.variance);
        sum += e[t] * e[t];
        product *= now.variance;
        /* Few logarithms: of products that stay within numbers. */
        if (!(product > 1e-100 && product < 1e100)) *log_det += log(product), product = 1;
        step(&l, &now, error);
        if (!now.is_still && (t + 1) % l.r == 0) now.is_still = is_still(&l, now.s);
    }
    *log_det += log(product);
    if (state) memcpy(state, l.state, (size_t)l.r * sizeof *state);
    return sum;
}

/* ---- forecasts -------------------------------------------------------------------------- */

void kr__arma_state_of(const kr__arma *m, const double *w, const double *e, int64_t n,
                       double *state) {
    int64_t r = kr__arma_state(m);
    memset(state, 0, (size_t)r * sizeof *state);
    for (int64_t i = 0; i < r; i++) {
        for (int k = 0; k < m->ar.n; k++) {
            int64_t at = n + i - m->ar.lag[k];
            if (at >= 0 && at < n) state[i] += m->ar.weight[k] * w[at];
        }
        for (int k = 0; k < m->ma.n; k++) {
            int64_t at = n + i - m->ma.lag[k];
            if (at >= 0 && at < n) state[i] += m->ma.weight[k] * e[at];
        }
    }
}

void kr__arma_forecast(const kr__arma *m, double *state, int64_t horizon, double *mean) {
    int64_t r = kr__arma_state(m);
    for (int64_t h = 0; h < horizon; h++) {
        double first = mean[h] = state[0];
        memmove(state, state + 1, (size_t)(r - 1) * sizeof *state);
        state[r - 1] = 0;
        for (int k = 0; k < m->ar.n; k++) state[m->ar.lag[k] - 1] += m->ar.weight[k] * first;
    }
}

void kr__arma_psi(const kr__arma *m, int64_t n, double *psi) {
    memset(psi, 0, (size_t)n * sizeof *psi);
    if (n > 0) psi[0] = 1;
    for (int k = 0; k < m->ma.n; k++) {
        if (m->ma.lag[k] < n) psi[m->ma.lag[k]] += m->ma.weight[k];
    }
    for (int64_t i = 1; i < n; i++) {
        for (int k = 0; k < m->ar.n; k++) {
            if (m->ar.lag[k] <= i) psi[i] += m->ar.weight[k] * psi[i - m->ar.lag[k]];
        }
    }
}
