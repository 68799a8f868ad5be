/* SPDX-License-Identifier: MIT
 * decimals.h - a forecast in original units, without the noise of float.
 *
 * A model's output is a scaled float. In original units as double it would show what lies behind
 * its last bit, 3.9999999914 for a 4. */
#ifndef KR_DECIMALS_H
#define KR_DECIMALS_H

#include <kr/base.h>

/* Of a column: original = scaled * deviation + mean; deviation > 0. */
typedef struct kr__unit {
    double mean, deviation, digits; /* digits: log10(deviation) */
} kr__unit;
kr__unit kr__unit_of(double mean, double deviation);

/* The decimal number with the fewest digits that is scaled in original units, to the precision of
 * scaled: a number of few digits that was scaled comes back as it was. */
double kr__unscale(const kr__unit *unit, float scaled);

#endif
