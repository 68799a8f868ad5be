/* SPDX-License-Identifier: MIT
 * decimals.h - a forecast in original units, without the noise of float.
 *
 * A model's output is a scaled float. In original units as double it would show what lies behind
 * its last bit, 3.9999999914 for a 4. */
#ifndef KR_DECIMALS_H
#define KR_DECIMALS_H

#include <kr/base.h>

/* The decimal number with the fewest digits that is scaled * deviation + mean to the precision of
 * scaled, so that a number of few digits that was scaled comes back as it was. deviation > 0. */
double kr__unscale(float scaled, double mean, double deviation);

#endif
