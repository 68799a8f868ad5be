/* SPDX-License-Identifier: MIT
 * scores.c - errors that can be compared between series of different size. Inputs are float, all
 * arithmetic is double. */
#include <kr/scores.h>

#include <assert.h>
#include <math.h>

kr_naive_scale kr_naive_scale_of(int64_t n, int64_t stride, const float *values, int64_t season) {
    assert(season >= 1 && stride >= 1);
    double absolute = 0, squared = 0;
    int64_t n_pairs = 0;
    for (int64_t t = season; t < n; t++) {
        double e = (double)values[t * stride] - (double)values[(t - season) * stride];
        if (isnan(e)) continue;
        absolute += fabs(e);
        squared += e * e;
        n_pairs++;
    }
    if (n_pairs == 0) return (kr_naive_scale){(double)NAN, (double)NAN};
    return (kr_naive_scale){absolute / (double)n_pairs, squared / (double)n_pairs};
}

kr_scores kr_scores_of(int64_t n, int64_t stride, const float *forecast, const float *truth,
                       const kr_naive_scale *scale) {
    double absolute = 0, squared = 0, symmetric = 0;
    int64_t n_counted = 0;
    assert(stride >= 1);
    for (int64_t i = 0; i < n; i++) {
        double y = (double)truth[i * stride], f = (double)forecast[i * stride];
        if (isnan(y)) continue;
        double e = fabs(y - f), size = fabs(y) + fabs(f);
        absolute += e;
        squared += e * e;
        symmetric += size == 0 ? 0 : 200 * e / size;
        n_counted++;
    }
    if (n_counted == 0) {
        return (kr_scores){0, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    }
    double count = (double)n_counted;
    kr_scores s = {.n = n_counted,
                   .mae = absolute / count,
                   .mse = squared / count,
                   .smape = symmetric / count,
                   .mase = (double)NAN,
                   .rmsse = (double)NAN};
    /* A series that repeats itself exactly gives no scale. */
    if (scale && scale->absolute > 0) s.mase = s.mae / scale->absolute;
    if (scale && scale->squared > 0) s.rmsse = sqrt(s.mse / scale->squared);
    return s;
}
