/* SPDX-License-Identifier: MIT
 * family_arima.c - seasonal ARIMA. */
#include "simulate/family_arima.h"

#include "simulate/elementary.h"
#include "simulate/families.h"

/* ---- polynomials ------------------------------------------------------------------------ */

/* As often between .9 and .99 as below .9. */
static double draw_radius(kr__draws *d) { return 1 - kr__sim_exp(-kr__draw_between(d, 0.05, 4.6)); }

/* c(B) times (1 - a B - b B^2), c of the order given. */
static void multiply(double *c, int order, double a, double b) {
    double full[KR__ARMA_ORDER + 3] = {1}, out[KR__ARMA_ORDER + 3];
    for (int k = 0; k < order; k++) full[k + 1] = -c[k];
    for (int k = 0; k < KR__ARMA_ORDER + 3; k++) {
        out[k] = full[k] - (k > 0 ? a * full[k - 1] : 0) - (k > 1 ? b * full[k - 2] : 0);
    }
    for (int k = 0; k < KR__ARMA_ORDER; k++) c[k] = -out[k + 1];
}

void kr__arma_polynomial(kr__draws *d, int order, double *c) {
    double all[KR__ARMA_ORDER] = {0};
    int done = 0;
    while (done < order) {
        double r = draw_radius(d);
        if (order - done >= 2 && kr__draw_chance(d, 0.5)) {
            double sine, cosine, u = kr__draw_uniform(d); /* slow waves are more frequent */
            kr__sim_turn(u * kr__draw_uniform(d) / 2, &sine, &cosine);
            multiply(all, done, 2 * r * cosine, -r * r);
            done += 2;
        } else {
            multiply(all, done, kr__draw_chance(d, 0.75) ? r : -r, 0);
            done++;
        }
    }
    for (int k = 0; k < order; k++) c[k] = all[k];
}

/* ---- filters ---------------------------------------------------------------------------- */

void kr__arma_average(double *x, int64_t n, int order, const double *c, int64_t lag) {
    for (int64_t t = n - 1; t >= 0 && order > 0; t--) {
        for (int k = 1; k <= order && t >= k * lag; k++) x[t] -= c[k - 1] * x[t - k * lag];
    }
}

void kr__arma_recur(double *x, int64_t n, int order, const double *c, int64_t lag) {
    for (int64_t t = 0; t < n && order > 0; t++) {
        for (int k = 1; k <= order && t >= k * lag; k++) x[t] += c[k - 1] * x[t - k * lag];
    }
}

/* ---- the series ------------------------------------------------------------------------- */

typedef struct orders {
    int p, q, P, Q, d, D;
    int64_t period; /* 1: no season */
} orders;

static orders draw_orders(kr__simulation *s) {
    kr__draws *d = &s->draws;
    static const double lags[] = {3, 4, 2, 1}, integrations[] = {3.5, 5, 1.5};
    orders o = {.period = 1};
    o.p = (int)kr__draw_pick(d, lags, 4);
    o.q = (int)kr__draw_pick(d, lags, 4);
    o.d = (int)kr__draw_pick(d, integrations, 3);
    if (s->n_seasons == 0) return o;
    o.period = s->seasons[0];
    o.D = kr__draw_chance(d, 0.7);
    o.P = o.D == 0 || kr__draw_chance(d, 0.3);
    o.Q = kr__draw_chance(d, 0.6);
    if (o.D && o.d == 2) o.d = 1;
    return o;
}

/* What an integration makes rough a moving average smooths: without it, forecasts of differenced
 * series as people have them would be all noise. */
static void smooth_roots(kr__draws *d, int times, double *c, int *order) {
    if (times == 0 || !kr__draw_chance(d, 0.75)) return;
    for (int k = 0; k < KR__ARMA_ORDER; k++) c[k] = 0;
    for (int k = 0; k < times; k++) multiply(c, k, kr__draw_between(d, 0.3, 0.99), 0);
    *order = times;
}

static void filter(kr__simulation *s, orders *o, double *x, int64_t n) {
    kr__draws *d = &s->draws;
    double ar[KR__ARMA_ORDER], ma[KR__ARMA_ORDER], seasonal;
    kr__arma_polynomial(d, o->p, ar);
    kr__arma_polynomial(d, o->q, ma);
    smooth_roots(d, o->d, ma, &o->q);
    kr__arma_average(x, n, o->q, ma, 1);
    seasonal = o->D ? kr__draw_between(d, 0.3, 0.99) : kr__draw_between(d, -0.5, 0.9);
    kr__arma_average(x, n, o->D || o->Q, &seasonal, o->period);
    kr__arma_recur(x, n, o->p, ar, 1);
    seasonal = o->D ? kr__draw_between(d, -0.4, 0.5) : kr__draw_between(d, 0.2, 0.97);
    kr__arma_recur(x, n, o->P, &seasonal, o->period);
}

/* Summed d times, with a drift; then each season on the one before, from a first one. */
static void integrate(kr__simulation *s, const orders *o, double *y) {
    kr__draws *d = &s->draws;
    double drift = 0, one = 1;
    if (o->d + o->D == 1 && kr__draw_chance(d, 0.5)) {
        drift = kr__draw_normal(d);
        drift *= kr__draw_log_between(d, 0.01, 0.5);
    }
    for (int64_t t = 0; t < s->n && drift != 0; t++) y[t] += drift;
    for (int k = 0; k < o->d; k++) kr__arma_recur(y, s->n, 1, &one, 1);
    if (o->D == 0) return;
    int64_t used = s->room_used, phase = kr__draw_below(d, o->period);
    double *table = kr__room(s, o->period), size = kr__draw_log_between(d, 1, 60);
    kr__profile(s, table, o->period);
    for (int64_t t = 0; t < o->period && t < s->n; t++) {
        y[t] += size * table[(t + phase) % o->period];
    }
    kr__arma_recur(y, s->n, 1, &one, o->period);
    s->room_used = used;
}

void kr__family_arima(kr__simulation *s, double *y) {
    kr__draws *d = &s->draws;
    orders o = draw_orders(s);
    int64_t burn = 128 + (2 * o.period < 1024 ? 2 * o.period : 1024), used = s->room_used;
    double *x = kr__room(s, burn + s->n), degrees = kr__draw_log_between(d, 3, 12);
    bool is_heavy = kr__draw_chance(d, 0.15);
    for (int64_t t = 0; t < burn + s->n; t++) {
        x[t] = is_heavy ? kr__draw_student(d, degrees) : kr__draw_normal(d);
    }
    filter(s, &o, x, burn + s->n);
    for (int64_t t = 0; t < s->n; t++) y[t] = x[burn + t];
    integrate(s, &o, y);
    if (s->n_seasons > 1) s->n_seasons = 1;
    s->room_used = used;
}
