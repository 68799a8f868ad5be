/* SPDX-License-Identifier: MIT
 * seasons.h - the seasons that a series has, near those that its calendar suggests. */
#ifndef KR_ZEROSHOT_SEASONS_H
#define KR_ZEROSHOT_SEASONS_H

#include <kr/base.h>

/* season[0] moves to a length near by where values so far apart differ much less: days of an hourly
 * series that lacks an hour each night have 23 steps. season[1] moves along if it was a multiple.
 * NaN values are passed over. */
void kr__seasons_refine(const double *values, int64_t n, int64_t season[2]);

#endif
