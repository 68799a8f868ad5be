/* SPDX-License-Identifier: MIT
 * decimals.c - rounding to a number of decimals. */
#include "forecast/decimals.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "core/text.h"

kr__decimals kr__decimals_of(double deviation) {
    const double noise = 4 * (double)FLT_EPSILON; /* twice the half of float's step at 4 */
    enum { EXACT = 22 /* the largest power of ten that a double holds */ };
    kr__decimals d = {.places = (int)-ceil(log10(deviation) + log10(noise))};
    int size = d.places < 0 ? -d.places : d.places;
    if (size <= EXACT) {
        d.power = 1;
        for (int i = 0; i < size; i++) d.power *= 10;
    }
    return d;
}

/* Through the digits, where powers of ten are not exact. */
static double round_text(int places, double value) {
    enum { MOST = 17 };
    char text[64];
    double rounded = value;
    int digits = places + 1 + (int)floor(log10(fabs(value)));
    if (digits >= MOST) return value;
    if (digits < 1) return 0;
    snprintf(text, sizeof text, "%.*e", digits - 1, value);
    return kr__text_real(text, &rounded) ? rounded : value;
}

double kr__decimals_round(const kr__decimals *d, double value) {
    const double exact = 9007199254740992.0; /* integers up to here are doubles */
    if (!isfinite(value) || value == 0) return value;
    if (d->power == 0) return round_text(d->places, value);
    double steps = d->places > 0 ? value * d->power : value / d->power;
    if (fabs(steps) >= exact) return value;
    steps = nearbyint(steps);
    return d->places > 0 ? steps / d->power : steps * d->power;
}
