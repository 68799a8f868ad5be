/* SPDX-License-Identifier: MIT
 * plain_scan.c - channel by channel, state by state; nothing clever. */
#include "support/plain_scan.h"
#include "core/arena.h"

#include <math.h>

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double softplus(double x) { return x > 20 ? x : log1p(exp(x)); }
static double softplus_slope(double x) { return x > 20 ? 1 : sigmoid(x); }
static double silu_slope(double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }

static double raw_step(const kr_plain_scan *s, int64_t t, int64_t d) {
    return s->dt_raw[t * s->d_inner + d] + (s->dt_bias ? s->dt_bias[d] : 0);
}

/* The states of channel d, state n: h[0] before step 0, h[t + 1] after step t. */
static void run_state(const kr_plain_scan *s, int64_t d, int64_t n, double *h) {
    double A = -exp(s->A_log[d * s->d_state + n]);
    h[0] = s->h_first ? s->h_first[d * s->d_state + n] : 0;
    for (int64_t t = 0; t < s->seq_len; t++) {
        double dt = softplus(raw_step(s, t, d));
        h[t + 1] = exp(dt * A) * h[t] + dt * s->B[t * s->d_state + n] * s->x[t * s->d_inner + d];
    }
}

/* y before the gate, for channel d; y and h are work space of seq_len and seq_len + 1. */
static void run_channel(const kr_plain_scan *s, int64_t d, double *y, double *h, double *h_last) {
    for (int64_t t = 0; t < s->seq_len; t++) {
        y[t] = s->D ? s->D[d] * s->x[t * s->d_inner + d] : 0;
    }
    for (int64_t n = 0; n < s->d_state; n++) {
        run_state(s, d, n, h);
        for (int64_t t = 0; t < s->seq_len; t++) y[t] += s->C[t * s->d_state + n] * h[t + 1];
        if (h_last) h_last[d * s->d_state + n] = h[s->seq_len];
    }
}

void kr_plain_scan_forward(const kr_plain_scan *s, double *y, double *h_last) {
    double *column = kr__calloc((size_t)s->seq_len, sizeof *column);
    double *h = kr__calloc((size_t)s->seq_len + 1, sizeof *h);
    for (int64_t d = 0; d < s->d_inner; d++) {
        run_channel(s, d, column, h, h_last);
        for (int64_t t = 0; t < s->seq_len; t++) {
            int64_t i = t * s->d_inner + d;
            y[i] = column[t] * (s->z ? s->z[i] * sigmoid(s->z[i]) : 1);
        }
    }
    kr_free(column);
    kr_free(h);
}

/* g: gradient of y before the gate, for channel d. */
static void backward_state(const kr_plain_scan *s, int64_t d, int64_t n, const double *g,
                           double grad_h, const double *h, const kr_plain_scan_grad *grad) {
    int64_t dn = d * s->d_state + n;
    double A = -exp(s->A_log[dn]);
    for (int64_t t = s->seq_len - 1; t >= 0; t--) {
        int64_t td = t * s->d_inner + d, tn = t * s->d_state + n;
        double raw = raw_step(s, t, d), dt = softplus(raw), A_bar = exp(dt * A);
        grad_h += g[t] * s->C[tn];
        grad->C[tn] += g[t] * h[t + 1];
        grad->B[tn] += grad_h * dt * s->x[td];
        grad->x[td] += grad_h * dt * s->B[tn];
        double grad_dt = grad_h * (A_bar * A * h[t] + s->B[tn] * s->x[td]) * softplus_slope(raw);
        grad->dt_raw[td] += grad_dt;
        if (grad->dt_bias) grad->dt_bias[d] += grad_dt;
        grad->A_log[dn] += grad_h * A_bar * dt * h[t] * A;
        grad_h *= A_bar;
    }
    if (grad->h_first) grad->h_first[dn] += grad_h;
}

void kr_plain_scan_backward(const kr_plain_scan *s, const double *grad_y, const double *grad_h_last,
                            const kr_plain_scan_grad *grad) {
    double *y = kr__calloc((size_t)s->seq_len, sizeof *y);
    double *g = kr__calloc((size_t)s->seq_len, sizeof *g);
    double *h = kr__calloc((size_t)s->seq_len + 1, sizeof *h);
    for (int64_t d = 0; d < s->d_inner; d++) {
        run_channel(s, d, y, h, NULL);
        for (int64_t t = 0; t < s->seq_len; t++) {
            int64_t td = t * s->d_inner + d;
            g[t] = grad_y[td] * (s->z ? s->z[td] * sigmoid(s->z[td]) : 1);
            if (s->z) grad->z[td] += grad_y[td] * y[t] * silu_slope(s->z[td]);
            if (s->D) grad->D[d] += g[t] * s->x[td];
            if (s->D) grad->x[td] += g[t] * s->D[d];
        }
        for (int64_t n = 0; n < s->d_state; n++) {
            run_state(s, d, n, h);
            backward_state(s, d, n, g, grad_h_last ? grad_h_last[d * s->d_state + n] : 0, h, grad);
        }
    }
    kr_free(y);
    kr_free(g);
    kr_free(h);
}

static double convolve(const kr_plain_conv1d *s, int64_t t, int64_t d) {
    double sum = s->bias[d];
    for (int64_t j = 0; j < s->d_conv; j++) {
        int64_t from = t - (s->d_conv - 1) + j;
        if (from >= 0) sum += s->weight[d * s->d_conv + j] * s->x[from * s->d_inner + d];
    }
    return sum;
}

void kr_plain_conv1d_forward(const kr_plain_conv1d *s, double *y) {
    for (int64_t t = 0; t < s->seq_len; t++) {
        for (int64_t d = 0; d < s->d_inner; d++) {
            double sum = convolve(s, t, d);
            y[t * s->d_inner + d] = s->with_silu ? sum * sigmoid(sum) : sum;
        }
    }
}

void kr_plain_conv1d_backward(const kr_plain_conv1d *s, const double *grad_y, double *grad_x,
                              double *grad_weight, double *grad_bias) {
    for (int64_t t = 0; t < s->seq_len; t++) {
        for (int64_t d = 0; d < s->d_inner; d++) {
            double slope = s->with_silu ? silu_slope(convolve(s, t, d)) : 1;
            double g = grad_y[t * s->d_inner + d] * slope;
            grad_bias[d] += g;
            for (int64_t j = 0; j < s->d_conv; j++) {
                int64_t from = t - (s->d_conv - 1) + j;
                if (from < 0) continue;
                grad_weight[d * s->d_conv + j] += g * s->x[from * s->d_inner + d];
                grad_x[from * s->d_inner + d] += g * s->weight[d * s->d_conv + j];
            }
        }
    }
}
