/* SPDX-License-Identifier: MIT
 * study_errors.c - how far truths lay from forecasts, in units of the spread that the forecasts
 * told: the intervals of what comes.
 *
 * The spread says how errors grow with the step and differ from series to series; the past says
 * how much too narrow or too wide it is. */
#include <math.h>
#include <stdlib.h>

#include "forecast/study.h"

/* Steps have quantiles of their own from so many windows on; below, neighbours lend theirs; and
 * below FEW errors of different windows a normal distribution is fitted. */
enum { OWN = 200, FEW = 10 };

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool is_taken(const kr__study *s, int64_t window, bool all) {
    return all || !s->windows[window].is_verdict;
}

/* Errors of the steps first .. end, sorted. */
static int64_t collect(const kr__study *s, const kr__study_forecasts *f, bool all, int64_t first,
                       int64_t end, double *errors) {
    int64_t n = 0;
    for (int64_t w = 0; w < s->n_windows; w++) {
        if (!is_taken(s, w, all)) continue;
        for (int64_t i = w * s->horizon + first; i < w * s->horizon + end; i++) {
            double error = (s->truth[i] - f->mean[i]) / f->spread[i];
            if (isfinite(error)) errors[n++] = error;
        }
    }
    qsort(errors, (size_t)n, sizeof *errors, compare);
    return n;
}

/* The standard normal quantile, to 1.2e-9. P. Acklam's rational approximation. */
static double normal_quantile(double p) {
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                               -2.759285104469687e+02, 1.383577518672690e+02,
                               -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                               -1.556989798598866e+02, 6.680131188771972e+01,
                               -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                               -2.400758277161838e+00, -2.549732539343734e+00,
                               4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00};
    const double low = 0.02425;
    if (p > 0.5) return -normal_quantile(1 - p);
    if (p < low) {
        double q = sqrt(-2 * log(p));
        return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    }
    double q = p - 0.5, r = q * q;
    return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
           (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

static double quantile_of(const double *sorted, int64_t n, double p) {
    double at = p * (double)(n + 1) - 1; /* (n + 1) p: a new error lies below with probability p */
    if (at <= 0) return sorted[0];
    if (at >= (double)(n - 1)) return sorted[n - 1];
    int64_t k = (int64_t)at;
    return sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]);
}

/* Too few: normal, never narrower than the forecasts say. */
static double width_of(const double *errors, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += errors[i] * errors[i];
    double width = n > 0 ? sqrt(sum / (double)n) : 1;
    return width > 1 ? width : 1;
}

static double probability(int64_t k) { return ((double)k + 0.5) / KR__ERROR_QUANTILES; }

static void fill(const kr__study *s, const kr__study_forecasts *f, bool all, double *errors,
                 kr__relative_errors *out) {
    int64_t h = s->horizon, reach = 0;
    while (reach < h && (2 * reach + 1) * out->n_windows < OWN) reach++;
    for (int64_t step = 0; step < h; step++) {
        int64_t first = step > reach ? step - reach : 0,
                end = step + reach + 1 < h ? step + reach + 1 : h;
        int64_t n = collect(s, f, all, first, end, errors);
        bool is_normal = out->n_windows < FEW || n == 0;
        double width = is_normal ? width_of(errors, n) : 0;
        for (int64_t k = 0; k < KR__ERROR_QUANTILES; k++) {
            double p = probability(k);
            out->quantiles[k * h + step] =
                is_normal ? width * normal_quantile(p) : quantile_of(errors, n, p);
        }
    }
}

kr_status kr__relative_errors_make(const kr__study *s, const kr__study_forecasts *f, bool all,
                                   kr__relative_errors *out, kr_error *err) {
    size_t n = (size_t)(s->n_windows + 1) * (size_t)s->horizon;
    double *errors = kr__calloc(n, sizeof *errors);
    *out = (kr__relative_errors){
        .horizon = s->horizon,
        .quantiles = kr__calloc((size_t)KR__ERROR_QUANTILES * (size_t)s->horizon, sizeof(double))};
    for (int64_t w = 0; w < s->n_windows; w++) {
        bool has_errors = isfinite(f->mean[w * s->horizon]) && !isnan(s->truth[w * s->horizon]);
        out->n_windows += is_taken(s, w, all) && has_errors;
    }
    bool is_good = errors && out->quantiles;
    if (is_good) fill(s, f, all, errors, out);
    kr_free(errors);
    if (is_good) return KR_OK;
    kr__relative_errors_deinit(out);
    return kr_fail(err, KR_MEMORY, "out of memory for the errors of the past");
}

void kr__relative_errors_deinit(kr__relative_errors *e) {
    kr_free(e->quantiles);
    e->quantiles = NULL;
}

double kr__relative_errors_at(const kr__relative_errors *e, int64_t step, double p) {
    double at = p * KR__ERROR_QUANTILES - 0.5;
    int64_t last = KR__ERROR_QUANTILES - 1;
    if (at <= 0) return e->quantiles[step];
    if (at >= (double)last) return e->quantiles[last * e->horizon + step];
    int64_t k = (int64_t)at;
    double below = e->quantiles[k * e->horizon + step];
    return below + (at - (double)k) * (e->quantiles[(k + 1) * e->horizon + step] - below);
}

double kr__study_coverage(const kr__study *s, const kr__study_forecasts *f,
                          const kr__relative_errors *e, double level, kr__study_part part) {
    int64_t n = 0, n_within = 0;
    for (int64_t w = 0; w < s->n_windows; w++) {
        if (s->windows[w].is_verdict != (part == KR__VERDICT)) continue;
        for (int64_t k = 0; k < s->horizon; k++) {
            int64_t i = w * s->horizon + k;
            if (!isfinite(s->truth[i] - f->mean[i])) continue;
            double low = f->mean[i] + f->spread[i] * kr__relative_errors_at(e, k, (1 - level) / 2);
            double high = f->mean[i] + f->spread[i] * kr__relative_errors_at(e, k, (1 + level) / 2);
            n_within += s->truth[i] >= low && s->truth[i] <= high;
            n++;
        }
    }
    return n > 0 ? (double)n_within / (double)n : (double)NAN;
}
