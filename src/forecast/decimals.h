/* SPDX-License-Identifier: MIT
 * decimals.h - the decimals that a forecast has.
 *
 * A model's output is a scaled float. In original units as double it would show the noise of its
 * last bits, 3.9999999914 for a 4. */
#ifndef KR_DECIMALS_H
#define KR_DECIMALS_H

#include <kr/base.h>

/* Rounding to multiples of 10^-places. */
typedef struct kr__decimals {
    int places;   /* behind the point; below 0: in front of it */
    double power; /* 10^|places| where a double holds it exactly; else 0 */
} kr__decimals;

/* For floats times deviation (finite, above 0): the finest power of ten that hides the rounding of
 * floats up to 4, some 2e-7 to 2e-6 of the deviation. No value moves by more than 3e-6 of it. */
kr__decimals kr__decimals_of(double deviation);
/* The double nearest to the rounded value; what is not finite stays as it is. */
double kr__decimals_round(const kr__decimals *decimals, double value);

#endif
