/* SPDX-License-Identifier: MIT
 * arima_forecast.c - forecasts of differences, summed up to forecasts of values. */
#include <math.h>

#include "local/arima.h"

/* Undoes differences over `lag`: before holds the `lag` values before the first, or NULL: zeros. */
static void integrate(double *x, int64_t n, const double *before, int64_t lag) {
    for (int64_t t = 0; t < n; t++) {
        x[t] += t >= lag ? x[t - lag] : before ? before[t] : 0;
    }
}

/* Needs the last values of each stage of differencing: of y over the season, of that by steps. */
static void integrate_all(const kr__arima_order *o, const double *end, double *mean,
                          int64_t horizon) {
    double last[3] = {0};
    for (int k = 1; k <= o->d; k++) last[k] = end[-k] - (o->D ? end[-k - o->season] : 0);
    if (o->d == 2) {
        double difference = last[1] - last[2];
        integrate(mean, horizon, &difference, 1);
    }
    if (o->d > 0) integrate(mean, horizon, &last[1], 1);
    if (o->D) integrate(mean, horizon, end - o->season, o->season);
}

void kr__arima_forecast(const kr__arima_fit *f, const double *y, int64_t n, double scale,
                        double *state, int64_t horizon, double *mean, double *spread) {
    const kr__arima_order *o = &f->order;
    double k = o->p + o->q + o->P + o->Q + o->has_mean, sum = 0,
           left = (double)(n - o->d - o->D * o->season) - k,
           variance = f->sum / (left > 1 ? left : 1) * scale * scale;
    kr__arma_forecast(&f->model, state, horizon, mean);
    for (int64_t h = 0; h < horizon; h++) mean[h] = (mean[h] + f->mean) * scale;
    integrate_all(o, y + n, mean, horizon);
    /* Differences of errors are summed up, too. */
    kr__arma_psi(&f->model, horizon, spread);
    for (int i = 0; i < o->d; i++) integrate(spread, horizon, NULL, 1);
    if (o->D) integrate(spread, horizon, NULL, o->season);
    for (int64_t h = 0; h < horizon; h++) {
        sum += spread[h] * spread[h];
        spread[h] = sqrt(variance * sum);
    }
}
