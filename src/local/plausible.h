/* SPDX-License-Identifier: MIT
 * plausible.h - forecasts that no series of such values would lead to. */
#ifndef KR_PLAUSIBLE_H
#define KR_PLAUSIBLE_H

#include <kr/base.h>

/* Are the forecasts (horizon) finite, and do they leave the range of the values (n) no faster than
 * by a few times that range, and as much again for every n steps ahead? Is the spread of their
 * errors no larger than that? A growth that was read off a few values, a season divided by almost
 * nothing, or errors as large as what they are relative to do worse. */
bool kr__is_plausible(const double *y, int64_t n, const double *mean, const double *spread,
                      int64_t horizon);

#endif
