/* SPDX-License-Identifier: MIT
 * intermittent.c - Croston's forecast of intermittent demand, and its two heirs.
 *
 * All three smooth the sizes of demands apart from the time between them. Croston divides one by
 * the other, which is too much on average; SBA takes that off; TSB smooths the share of steps with
 * a demand instead, so that it falls when demand dies. A forecast is a rate: the same for every
 * step. The weights are those with the smallest squared errors one step ahead, within the bounds
 * that the literature advises (J. Croston 1972; A. Syntetos, J. Boylan, IJF 2005; R. Teunter,
 * A. Syntetos, M. Babai, EJOR 2011). */
#include "local/intermittent.h"

#include <math.h>
#include <stdio.h>

#include "local/local.h"

static const double mean_interval_least = 1.32;

bool kr__is_intermittent(const double *y, int64_t n) {
    int64_t first = -1, n_demands = 0;
    for (int64_t t = 0; t < n; t++) {
        if (y[t] < 0) return false;
        if (y[t] > 0 && first < 0) first = t;
        n_demands += y[t] > 0;
    }
    return n_demands > 1 && (double)(n - first) >= mean_interval_least * (double)n_demands;
}

/* ---- rates ------------------------------------------------------------------------------ */

/* In one pass: the sums of squared errors of sizes and intervals come out with the rate. */
typedef struct pass {
    double rate, size_errors, interval_errors;
} pass;

static pass run_croston(const double *y, int64_t n, double alpha_size, double alpha_interval,
                        double *fitted) {
    double size = 0, interval = 0, since = 0;
    bool has_demand = false;
    pass p = {0};
    for (int64_t t = 0; t < n; t++) {
        if (fitted) fitted[t] = has_demand ? p.rate : (double)NAN;
        since++;
        if (!(y[t] > 0)) continue;
        double size_error = has_demand ? y[t] - size : 0,
               interval_error = has_demand ? since - interval : 0;
        size = has_demand ? size + alpha_size * size_error : y[t];
        interval = has_demand ? interval + alpha_interval * interval_error : since;
        p.size_errors += size_error * size_error;
        p.interval_errors += interval_error * interval_error;
        p.rate = size / interval;
        has_demand = true;
        since = 0;
    }
    return p;
}

double kr__croston(const double *y, int64_t n, double alpha_size, double alpha_interval,
                   double *fitted) {
    return run_croston(y, n, alpha_size, alpha_interval, fitted).rate;
}

static pass run_tsb(const double *y, int64_t n, double alpha_size, double alpha_share,
                    double *fitted) {
    double size = 0, share = n > 0 && y[0] > 0;
    pass p = {0};
    bool has_demand = false;
    for (int64_t t = 0; t < n; t++) {
        double is_demand = y[t] > 0;
        if (fitted) fitted[t] = has_demand ? p.rate : (double)NAN;
        double share_error = is_demand - share;
        if (t > 0) {
            share += alpha_share * share_error;
            p.interval_errors += share_error * share_error;
        }
        if (is_demand > 0) size += (has_demand ? alpha_size : 1) * (y[t] - size);
        has_demand |= is_demand > 0;
        p.rate = size * share;
    }
    return p;
}

double kr__tsb(const double *y, int64_t n, double alpha_size, double alpha_share, double *fitted) {
    return run_tsb(y, n, alpha_size, alpha_share, fitted).rate;
}

/* ---- weights ---------------------------------------------------------------------------- */

typedef double error_of(const double *y, int64_t n, double alpha);

static double size_errors_of(const double *y, int64_t n, double alpha) {
    return run_croston(y, n, alpha, 0.1, NULL).size_errors;
}

static double interval_errors_of(const double *y, int64_t n, double alpha) {
    return run_croston(y, n, 0.1, alpha, NULL).interval_errors;
}

static double share_errors_of(const double *y, int64_t n, double alpha) {
    return run_tsb(y, n, 0.1, alpha, NULL).interval_errors;
}

/* Golden section: the errors have one valley, or nearly so. Of equal ones the smaller weight. */
static double find_weight(error_of *errors, const double *y, int64_t n, double low, double high) {
    const double golden = 0.6180339887498949;
    double a = high - golden * (high - low), b = low + golden * (high - low);
    double at_a = errors(y, n, a), at_b = errors(y, n, b);
    while (high - low > 1e-4) {
        if (at_a <= at_b) {
            high = b, b = a, at_b = at_a;
            a = high - golden * (high - low), at_a = errors(y, n, a);
        } else {
            low = a, a = b, at_a = at_b;
            b = low + golden * (high - low), at_b = errors(y, n, b);
        }
    }
    return (low + high) / 2;
}

/* ---- rows ------------------------------------------------------------------------------- */

typedef enum kind { CROSTON, SBA, TSB } kind;

/* The values by their largest one, so that sizes do not matter. */
static kr_status scale_values(const kr__local_series *s, kr_arena *arena, double **y, double *most,
                              kr_error *err) {
    *most = 0;
    for (int64_t t = 0; t < s->n; t++) {
        if (s->values[t] < 0) {
            return kr_fail(err, KR_SHAPE, "the value %g is below zero: no demand", s->values[t]);
        }
        *most = fmax(*most, s->values[t]);
    }
    *y = kr__arena_alloc(arena, 2 * (size_t)s->n, sizeof **y);
    if (!*y) return kr_fail(err, KR_MEMORY, "no memory for %g values", (double)s->n);
    for (int64_t t = 0; t<s->n && * most> 0; t++) (*y)[t] = s->values[t] / *most;
    return KR_OK;
}

static double find_rate(kind which, const double *y, int64_t n, double *fitted,
                        kr__local_forecast *out) {
    double size = find_weight(size_errors_of, y, n, 0.1, 0.3);
    if (which == TSB) {
        double share = find_weight(share_errors_of, y, n, 0.02, 0.3);
        snprintf(out->form, sizeof out->form, "TSB(%.2f,%.2f)", size, share);
        return kr__tsb(y, n, size, share, fitted);
    }
    double interval = find_weight(interval_errors_of, y, n, 0.1, 0.3),
           keep = which == SBA ? 1 - interval / 2 : 1;
    double rate = kr__croston(y, n, size, interval, fitted);
    for (int64_t t = 0; t < n; t++) fitted[t] *= keep;
    snprintf(out->form, sizeof out->form, "%s(%.2f,%.2f)", which == SBA ? "SBA" : "Croston", size,
             interval);
    return rate * keep;
}

static kr_status forecast(kind which, const kr__local_series *s, kr_arena *arena,
                          kr__local_forecast *out, kr_error *err) {
    double *y, most, errors = 0;
    int64_t n_errors = 0;
    KR_TRY(scale_values(s, arena, &y, &most, err));
    double *fitted = y + s->n, rate = find_rate(which, y, s->n, fitted, out);
    for (int64_t t = 0; t < s->n; t++) {
        if (isnan(fitted[t])) continue;
        errors += (y[t] - fitted[t]) * (y[t] - fitted[t]);
        n_errors++;
    }
    for (int64_t k = 0; k < out->horizon; k++) {
        out->mean[k] = rate * most;
        out->spread[k] = n_errors > 1 ? sqrt(errors / (double)n_errors) * most
                         : most > 0   ? (double)NAN
                                      : 0;
    }
    out->aicc = (double)NAN;
    return KR_OK;
}

static kr_status forecast_croston(const kr__local_series *s, kr_arena *arena,
                                  kr__local_forecast *out, kr_error *err) {
    return forecast(CROSTON, s, arena, out, err);
}

static kr_status forecast_sba(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                              kr_error *err) {
    return forecast(SBA, s, arena, out, err);
}

static kr_status forecast_tsb(const kr__local_series *s, kr_arena *arena, kr__local_forecast *out,
                              kr_error *err) {
    return forecast(TSB, s, arena, out, err);
}

const kr__local_model kr__local_croston = {.name = "Croston",
                                           .what = "demand's size by its interval",
                                           .use = KR__LOCAL_INTERMITTENT,
                                           .forecast = forecast_croston};
const kr__local_model kr__local_sba = {.name = "SBA",
                                       .what = "Croston less what it is too high",
                                       .use = KR__LOCAL_INTERMITTENT,
                                       .forecast = forecast_sba};
const kr__local_model kr__local_tsb = {.name = "TSB",
                                       .what = "demand's size times its chance",
                                       .use = KR__LOCAL_INTERMITTENT,
                                       .forecast = forecast_tsb};
