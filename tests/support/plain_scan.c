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

/* The widths of the steps of channel d. */
static void run_steps(const kr_plain_scan *s, int64_t d, double *dt) {
    for (int64_t t = 0; t < s->seq_len; t++) dt[t] = softplus(raw_step(s, t, d));
}

/* The states of channel d, state n: h[0] before step 0, h[t + 1] after step t. */
static void run_state(const kr_plain_scan *s, int64_t d, int64_t n, const double *dt, double *h) {
    double A = -exp(s->A_log[d * s->d_state + n]);
    h[0] = s->h_first ? s->h_first[d * s->d_state + n] : 0;
    for (int64_t t = 0; t < s->seq_len; t++) {
        double from_x = dt[t] * s->B[t * s->d_state + n] * s->x[t * s->d_inner + d];
        h[t + 1] = exp(dt[t] * A) * h[t] + from_x;
    }
}

/* y before the gate, for channel d; dt, y and h are work space of seq_len, h of one more. */
static void run_channel(const kr_plain_scan *s, int64_t d, double *dt, double *y, double *h,
                        double *h_last) {
    run_steps(s, d, dt);
    for (int64_t t = 0; t < s->seq_len; t++) {
        y[t] = s->D ? s->D[d] * s->x[t * s->d_inner + d] : 0;
    }
    for (int64_t n = 0; n < s->d_state; n++) {
        run_state(s, d, n, dt, h);
        for (int64_t t = 0; t < s->seq_len; t++) y[t] += s->C[t * s->d_state + n] * h[t + 1];
        if (h_last) h_last[d * s->d_state + n] = h[s->seq_len];
    }
}

void kr_plain_scan_forward(const kr_plain_scan *s, double *y, double *h_last) {
    double *dt = kr__calloc((size_t)s->seq_len, sizeof *dt);
    double *column = kr__calloc((size_t)s->seq_len, sizeof *column);
    double *h = kr__calloc((size_t)s->seq_len + 1, sizeof *h);
    for (int64_t d = 0; d < s->d_inner; d++) {
        run_channel(s, d, dt, column, h, h_last);
        for (int64_t t = 0; t < s->seq_len; t++) {
            int64_t i = t * s->d_inner + d;
            y[i] = column[t] * (s->z ? s->z[i] * sigmoid(s->z[i]) : 1);
        }
    }
    kr_free(dt);
    kr_free(column);
    kr_free(h);
}

/* g: gradient of y before the gate, for channel d. That of dt is added to grad_dt. */
static void backward_state(const kr_plain_scan *s, int64_t d, int64_t n, const double *dt,
                           const double *g, double grad_h, const double *h, double *grad_dt,
                           const kr_plain_scan_grad *grad) {
    int64_t dn = d * s->d_state + n;
    double A = -exp(s->A_log[dn]);
    for (int64_t t = s->seq_len - 1; t >= 0; t--) {
        int64_t td = t * s->d_inner + d, tn = t * s->d_state + n;
        double A_bar = exp(dt[t] * A);
        grad_h += g[t] * s->C[tn];
        grad->C[tn] += g[t] * h[t + 1];
        grad->B[tn] += grad_h * dt[t] * s->x[td];
        grad->x[td] += grad_h * dt[t] * s->B[tn];
        grad_dt[t] += grad_h * (A_bar * A * h[t] + s->B[tn] * s->x[td]);
        grad->A_log[dn] += grad_h * A_bar * dt[t] * h[t] * A;
        grad_h *= A_bar;
    }
    if (grad->h_first) grad->h_first[dn] += grad_h;
}

void kr_plain_scan_backward(const kr_plain_scan *s, const double *grad_y, const double *grad_h_last,
                            const kr_plain_scan_grad *grad) {
    double *dt = kr__calloc((size_t)s->seq_len, sizeof *dt);
    double *grad_dt = kr__calloc((size_t)s->seq_len, sizeof *grad_dt);
    double *y = kr__calloc((size_t)s->seq_len, sizeof *y);
    double *g = kr__calloc((size_t)s->seq_len, sizeof *g);
    double *h = kr__calloc((size_t)s->seq_len + 1, sizeof *h);
    for (int64_t d = 0; d < s->d_inner; d++) {
        run_channel(s, d, dt, y, h, NULL);
        for (int64_t t = 0; t < s->seq_len; t++) {
            int64_t td = t * s->d_inner + d;
            grad_dt[t] = 0;
            g[t] = grad_y[td] * (s->z ? s->z[td] * sigmoid(s->z[td]) : 1);
            if (s->z) grad->z[td] += grad_y[td] * y[t] * silu_slope(s->z[td]);
            if (s->D) grad->D[d] += g[t] * s->x[td];
            if (s->D) grad->x[td] += g[t] * s->D[d];
        }
        for (int64_t n = 0; n < s->d_state; n++) {
            double grad_h = grad_h_last ? grad_h_last[d * s->d_state + n] : 0;
            run_state(s, d, n, dt, h);
            backward_state(s, d, n, dt, g, grad_h, h, grad_dt, grad);
        }
        for (int64_t t = 0; t < s->seq_len; t++) {
            double grad_raw = grad_dt[t] * softplus_slope(raw_step(s, t, d));
            grad->dt_raw[t * s->d_inner + d] += grad_raw;
            if (grad->dt_bias) grad->dt_bias[d] += grad_raw;
        }
    }
    kr_free(dt);
    kr_free(grad_dt);
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
