/* SPDX-License-Identifier: MIT
 * arima_differences.c - how often a series must be differenced before it is stationary.
 *
 * As in R. Hyndman, Y. Khandakar, Automatic time series forecasting: the forecast package for R,
 * JSS 27, 2008, with today's defaults: once over the season where STL finds that the season makes
 * up most of what is no trend (strength above 0.64: X. Wang, K. Smith, R. Hyndman 2006), then by
 * one step while the KPSS test says that the level wanders. Twice only where there are 50 values
 * and no season: the test errs on fewer, and a slope that wanders runs away (all of M3: sMAPE of
 * yearly series 16.5 instead of 17.3, quarterly 9.8 for 10.0, monthly 14.6 for 14.8). */
#include <math.h>
#include <string.h>

#include "local/arima.h"
#include "local/stl.h"

enum { TWICE_FROM = 50 };
static const double strength_least = 0.64, kpss_at_5_percent = 0.463;

/* Differences of n values up to `most` are so much off by rounding. */
static const double rounding = 1e-13;

static bool is_constant(const double *y, int64_t n, double most) {
    for (int64_t t = 1; t < n; t++) {
        if (fabs(y[t] - y[0]) > rounding * most) return false;
    }
    return true;
}

bool kr__wanders(const double *y, int64_t n) {
    int64_t n_lags = (int64_t)floor(3 * sqrt((double)n) / 13);
    double mean = 0, partial = 0, partials = 0, variance = 0;
    for (int64_t t = 0; t < n; t++) mean += y[t] / (double)n;
    for (int64_t t = 0; t < n; t++) {
        partial += y[t] - mean;
        partials += partial * partial;
        variance += (y[t] - mean) * (y[t] - mean);
    }
    for (int64_t lag = 1; lag <= n_lags; lag++) {
        double product = 0;
        for (int64_t t = lag; t < n; t++) product += (y[t] - mean) * (y[t - lag] - mean);
        variance += 2 * product * (1 - (double)lag / ((double)n_lags + 1));
    }
    return partials > kpss_at_5_percent * variance * (double)n;
}

int64_t kr__difference(double *y, int64_t n, int64_t lag) {
    for (int64_t t = 0; t + lag < n; t++) y[t] = y[t + lag] - y[t];
    return n > lag ? n - lag : 0;
}

static double find_variance(const double *y, int64_t n) {
    double mean = 0, sum = 0;
    for (int64_t t = 0; t < n; t++) mean += y[t] / (double)n;
    for (int64_t t = 0; t < n; t++) sum += (y[t] - mean) * (y[t] - mean);
    return sum;
}

/* Is the variance of the remainder small beside that of season and remainder? */
static kr_status is_seasonal(const double *y, int64_t n, int64_t season, kr_arena *arena, int *D,
                             kr_error *err) {
    kr_arena_mark mark = kr__arena_mark_get(arena);
    kr__stl *stl = kr__stl_create(arena, n, season, 11);
    double *part = kr__arena_alloc(arena, 2 * (size_t)n, sizeof *part);
    if (stl && part) {
        double *trend = part + n;
        kr__stl_split(stl, y, part, trend);
        for (int64_t t = 0; t < n; t++) trend[t] = y[t] - trend[t];
        double both = find_variance(trend, n);
        for (int64_t t = 0; t < n; t++) trend[t] -= part[t];
        *D = 1 - find_variance(trend, n) / both > strength_least;
    }
    kr_status status = stl && part ? KR_OK : kr_fail(err, KR_MEMORY, "no memory for the season");
    kr__arena_reset(arena, mark);
    return status;
}

kr_status kr__arima_differences(const double *y, int64_t n, int64_t season, kr_arena *arena, int *d,
                                int *D, kr_error *err) {
    double *w = kr__arena_alloc(arena, (size_t)n, sizeof *w);
    if (!w) return kr_fail(err, KR_MEMORY, "no memory for the differences");
    memcpy(w, y, (size_t)n * sizeof *w);
    double most = 0;
    for (int64_t t = 0; t < n; t++) most = fmax(most, fabs(y[t]));
    *d = *D = 0;
    if (season > 1 && n > 2 * season && !is_constant(w, n, most)) {
        KR_TRY(is_seasonal(w, n, season, arena, D, err));
    }
    if (*D) n = kr__difference(w, n, season);
    int most_d = season == 1 && n >= TWICE_FROM ? 2 : 1;
    while (*d < most_d && n > 2 && !is_constant(w, n, most) && kr__wanders(w, n)) {
        n = kr__difference(w, n, 1);
        ++*d;
    }
    return KR_OK;
}
