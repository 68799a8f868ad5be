/* SPDX-License-Identifier: MIT
 * fit_residuals.c - how far truths lay from the chosen model's forecasts of the past, by step and
 * altogether: numbers of fit.json, from which krait report draws. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>

#include "core/arena.h"
#include "forecast/fit_results.h"

/* Mean absolute errors by forecast step, in the scale of the targets, over the windows that judge,
 * or that choose where there are no others. */
void kr__fit_measure_steps(const kr__study *s, const kr__study_forecasts *f, double *errors) {
    for (int64_t k = 0; k < s->horizon; k++) {
        double sum = 0;
        int64_t n = 0;
        for (int64_t w = 0; w < s->n_windows; w++) {
            int64_t i = w * s->horizon + k;
            double e = (s->truth[i] - f->mean[i]) / s->targets[s->windows[w].target].scale;
            if (!isfinite(e) || s->windows[w].is_verdict != (s->n_verdict > 0)) continue;
            sum += fabs(e);
            n++;
        }
        errors[k] = n > 0 ? sum / (double)n : (double)NAN;
    }
}

enum { BINS = 40 };

/* Residuals are truth - forecast, in the scale of their target (MASE). */
typedef struct residuals {
    const kr__study *study;
    const kr__study_forecasts *f;
    double *values; /* (n_windows, horizon): room for those of a step or of all */
    double *means, *absolute, *low, *high, *rule; /* (horizon); rule: absolute ones of the rule */
} residuals;

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the steps first .. end on the windows that judge, or that choose where there are no others,
 * sorted. */
static int64_t collect(const residuals *r, int64_t first, int64_t end) {
    const kr__study *s = r->study;
    int64_t n = 0;
    for (int64_t w = 0; w < s->n_windows; w++) {
        if (s->windows[w].is_verdict != (s->n_verdict > 0)) continue;
        for (int64_t i = w * s->horizon + first; i < w * s->horizon + end; i++) {
            double e = (s->truth[i] - r->f->mean[i]) / s->targets[s->windows[w].target].scale;
            if (isfinite(e)) r->values[n++] = e;
        }
    }
    qsort(r->values, (size_t)n, sizeof *r->values, compare);
    return n;
}

static double quantile(const double *sorted, int64_t n, double p) {
    double at = p * (double)(n - 1);
    int64_t k = (int64_t)at;
    if (n == 0) return (double)NAN;
    return k + 1 < n ? sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]) : sorted[n - 1];
}

static void measure_steps(residuals *r) {
    for (int64_t k = 0; k < r->study->horizon; k++) {
        int64_t n = collect(r, k, k + 1);
        double sum = 0;
        for (int64_t i = 0; i < n; i++) sum += r->values[i];
        r->means[k] = n > 0 ? sum / (double)n : (double)NAN;
        r->low[k] = quantile(r->values, n, 0.1);
        r->high[k] = quantile(r->values, n, 0.9);
    }
    kr__fit_measure_steps(r->study, r->f, r->absolute);
}

/* Equal bins that reach as far as 99 of 100; what lies beyond is in the outermost. */
static bool add_histogram(cJSON *object, residuals *r) {
    double counts[BINS] = {0};
    int64_t n = collect(r, 0, r->study->horizon);
    double reach = fmax(-quantile(r->values, n, 0.005), quantile(r->values, n, 0.995));
    if (!(reach > 0)) reach = 1;
    for (int64_t i = 0; i < n; i++) {
        double at = floor((r->values[i] / reach + 1) / 2 * BINS);
        counts[(int)fmin(fmax(at, 0), BINS - 1)]++;
    }
    return kr__json_add_int(object, "n", n) && kr__json_add_number(object, "reach", reach) &&
           kr__json_add_numbers(object, "counts", BINS, counts);
}

static bool make_room(residuals *r) {
    size_t h = (size_t)r->study->horizon;
    r->values = kr__calloc((size_t)r->study->n_windows + 1, h * sizeof(double));
    r->means = kr__calloc(5 * h, sizeof(double));
    if (!r->values || !r->means) return false;
    r->absolute = r->means + h;
    r->low = r->absolute + h;
    r->high = r->low + h;
    r->rule = r->high + h;
    return true;
}

bool kr__fit_add_residuals(cJSON *object, const kr__fit_result *result) {
    residuals r = {.study = result->study, .f = &result->own};
    int64_t h = result->study->horizon;
    cJSON *item = cJSON_AddObjectToObject(object, "residuals");
    bool is_added = item && make_room(&r);
    if (is_added) {
        measure_steps(&r);
        is_added = kr__json_add_numbers(item, "mean", h, r.means) &&
                   kr__json_add_numbers(item, "absolute", h, r.absolute) &&
                   kr__json_add_numbers(item, "low_10", h, r.low) &&
                   kr__json_add_numbers(item, "high_90", h, r.high) && add_histogram(item, &r);
    }
    if (is_added && result->rule >= 0) {
        kr__fit_measure_steps(result->study, &result->candidates[result->rule].forecasts, r.rule);
        is_added = kr__json_add_numbers(item, "rule_absolute", h, r.rule);
    }
    kr_free(r.values);
    kr_free(r.means);
    return is_added;
}
