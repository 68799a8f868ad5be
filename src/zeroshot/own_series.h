/* SPDX-License-Identifier: MIT
 * own_series.h - series that somebody has, from which samples of a training are cut. */
#ifndef KR_ZEROSHOT_OWN_SERIES_H
#define KR_ZEROSHOT_OWN_SERIES_H

#include <kr/zeroshot.h>

#include "core/random.h"
#include "zeroshot/samples.h"

typedef struct kr__own_one {
    double *values; /* (n) */
    int64_t n;
    int64_t n_held; /* at the end, which only validation sees */
    int64_t season[2];
} kr__own_one;

typedef struct kr__own_series {
    kr__own_one *list; /* (n) */
    int64_t n;
    double share; /* of all samples */
} kr__own_series;

/* Copies of the series with ten known values and more; held: the share of each that is. KR_USAGE:
 * there is none, or one is none for kr_zeroshot_forecast(); KR_MEMORY. All zero: no series. */
kr_status kr__own_series_init(const kr_zeroshot_series *given, int64_t n, double held, double share,
                              kr__own_series *out, kr_error *err);
void kr__own_series_deinit(kr__own_series *own);

/* A number that other series, or other values, do not have; 0: none. */
uint64_t kr__own_series_check(const kr__own_series *own);

/* The one that the next sample is of; NULL: it is to be simulated. Draws nothing where there are no
 * own series. */
const kr__own_one *kr__own_series_choose(const kr__own_series *own, kr_rng *rng);

/* A window of n_past and n_ahead values, of fewer where the series is short: of what is not held,
 * or, is_held, such that it begins before the values that are held and forecasts those alone. */
void kr__own_window(const kr__own_one *one, kr_rng *rng, bool is_held, int64_t n_past,
                    int64_t n_ahead, kr__zeroshot_series *out);

#endif
