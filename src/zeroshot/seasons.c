/* SPDX-License-Identifier: MIT
 * seasons.c - lengths near the usual one are tried on the last values. */
#include "zeroshot/seasons.h"

#include <math.h>

enum { LEAST = 7, LOOKS_BACK = 21 /* seasons */ };

/* Mean distance of values `lag` apart among the last n; infinity: there are too few. */
static double distance(const double *y, int64_t n, int64_t lag) {
    double sum = 0;
    int64_t count = 0;
    for (int64_t t = lag; t < n; t++) {
        double d = fabs(y[t] - y[t - lag]);
        if (isfinite(d)) sum += d, count++;
    }
    return count > 2 * lag ? sum / (double)count : (double)INFINITY;
}

void kr__seasons_refine(const double *values, int64_t n, int64_t season[2]) {
    int64_t m = season[0], reach = m / 12 > 0 ? m / 12 : 1, most = LOOKS_BACK * m, best = m;
    if (m < LEAST) return;
    if (n > most) values += n - most, n = most;
    double usual = distance(values, n, m), least = usual;
    for (int64_t lag = m - reach; lag <= m + reach; lag++) {
        double d = lag == m ? usual : distance(values, n, lag);
        if (d < least) least = d, best = lag;
    }
    /* Neighbours of a season are often about as good as itself, and in a trend what is nearer is.
     */
    double shorter = distance(values, n, best - 1), longer = distance(values, n, best + 1);
    if (best == m || !(least < .6 * usual && least < .8 * shorter && least < .8 * longer)) return;
    season[1] = season[1] % m == 0 ? season[1] / m * best : best;
    season[0] = best;
}
