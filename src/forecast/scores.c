/* SPDX-License-Identifier: MIT
 * scores.c - errors that can be compared between series of different size. */
#include <kr/scores.h>

#include <assert.h>
#include <math.h>

#include "core/scale.h"

/* Sums of errors. |e| is multiplied with a power of two first, so that squares stay in the range of
 * double. */
typedef struct error_sums {
    int64_t n;
    double scale, absolute, squared;
} error_sums;

static void add_error(error_sums *s, double e) {
    s->n++;
    s->absolute += fabs(e * s->scale);
    s->squared += (e * s->scale) * (e * s->scale);
}

static double mean_absolute(const error_sums *s) { return s->absolute / (double)s->n / s->scale; }

static double root_mean_square(const error_sums *s) {
    return sqrt(s->squared / (double)s->n) / s->scale;
}

/* The largest |a - b| of n values, stride apart; NaN is ignored. */
static double largest_error(int64_t n, int64_t stride, const double *a, const double *b) {
    double largest = 0;
    for (int64_t i = 0; i < n; i++) largest = fmax(largest, fabs(a[i * stride] - b[i * stride]));
    return largest;
}

kr_naive_scale kr_naive_scale_of(int64_t n, int64_t stride, const double *values, int64_t season) {
    assert(season >= 1 && stride >= 1);
    const double *later = values + season * stride;
    int64_t n_pairs = n > season ? n - season : 0;
    error_sums s = {.scale = kr__scale_for(largest_error(n_pairs, stride, values, later))};
    for (int64_t i = 0; i < n_pairs; i++) {
        double e = later[i * stride] - values[i * stride];
        if (!isnan(e)) add_error(&s, e);
    }
    if (s.n == 0) return (kr_naive_scale){(double)NAN, (double)NAN};
    return (kr_naive_scale){mean_absolute(&s), root_mean_square(&s)};
}

kr_scores kr_scores_of(int64_t n, int64_t stride, const double *forecast, const double *truth,
                       const kr_naive_scale *scale) {
    error_sums sums = {.scale = kr__scale_for(largest_error(n, stride, forecast, truth))};
    double symmetric = 0;
    assert(stride >= 1);
    for (int64_t i = 0; i < n; i++) {
        double y = truth[i * stride], f = forecast[i * stride];
        if (isnan(y)) continue;
        double size = fabs(y) + fabs(f);
        add_error(&sums, y - f);
        symmetric += size == 0 ? 0 : 200 * (fabs(y - f) / size);
    }
    if (sums.n == 0) {
        return (kr_scores){0,           (double)NAN, (double)NAN, (double)NAN,
                           (double)NAN, (double)NAN, (double)NAN};
    }
    kr_scores s = {.n = sums.n,
                   .mae = mean_absolute(&sums),
                   .mse = sums.squared / (double)sums.n / sums.scale / sums.scale,
                   .rmse = root_mean_square(&sums),
                   .smape = symmetric / (double)sums.n,
                   .mase = (double)NAN,
                   .rmsse = (double)NAN};
    /* A series that repeats itself exactly gives no scale. */
    if (scale && scale->absolute > 0) s.mase = s.mae / scale->absolute;
    if (scale && scale->root > 0) s.rmsse = s.rmse / scale->root;
    return s;
}
