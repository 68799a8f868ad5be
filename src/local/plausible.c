/* SPDX-License-Identifier: MIT
 * plausible.c - how far forecasts may leave the range of the values. */
#include "local/plausible.h"

#include <math.h>

bool kr__is_plausible(const double *y, int64_t n, const double *mean, const double *spread,
                      int64_t horizon) {
    const double times = 3;
    double least = y[0], most = y[0];
    for (int64_t t = 1; t < n; t++) {
        least = fmin(least, y[t]);
        most = fmax(most, y[t]);
    }
    double range = most - least;
    for (int64_t h = 0; h < horizon; h++) {
        double off = times * range * (1 + (double)(h + 1) / (double)n);
        if (!(mean[h] >= least - off && mean[h] <= most + off) || spread[h] > off) return false;
    }
    return true;
}
