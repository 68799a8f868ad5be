/* SPDX-License-Identifier: MIT
 * decimals.c - the shortest decimal that is a scaled float. */
#include "forecast/decimals.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "core/text.h"

/* Those that a double holds exactly. */
static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
enum { MOST_EXACT = 22, DIGITS = 17 };

/* Through its digits. */
static double round_text(double value, int places) {
    char text[64];
    double rounded = value;
    int digits = places + 1 + (int)floor(log10(fabs(value)));
    if (digits >= DIGITS) return value;
    if (digits < 1) return 0;
    kr__text_print(text, sizeof text, "%.*e", digits - 1, value);
    return kr__text_real(text, &rounded) ? rounded : value;
}

/* To so many decimals behind the point; in front of it, where places is below 0. */
static double round_to(double value, int places) {
    const double whole = 9007199254740992.0; /* integers up to here are doubles */
    if (value == 0) return value;
    if (places > MOST_EXACT || places < -MOST_EXACT) return round_text(value, places);
    if (places < 0) return nearbyint(value / powers[-places]) * powers[-places];
    double steps = value * powers[places];
    return fabs(steps) < whole ? nearbyint(steps) / powers[places] : value;
}

kr__unit kr__unit_of(double mean, double deviation) {
    return (kr__unit){mean, deviation, log10(deviation)};
}

double kr__unscale(const kr__unit *unit, float scaled) {
    const double bits = 0.30102999566398120; /* log10(2) */
    const double value = (double)scaled * unit->deviation + unit->mean;
    int exponent = 0;
    if (scaled == 0 || !isfinite(value)) return value;
    frexpf(scaled, &exponent);
    /* Half of the step to the next float; so many places are always enough. */
    double half = ldexp(unit->deviation, exponent - FLT_MANT_DIG - 1);
    int places = (int)ceil(-(unit->digits + (exponent - FLT_MANT_DIG) * bits));
    double best = round_to(value, places);
    while (best != 0) {
        double shorter = round_to(value, places - 1);
        if (fabs(shorter - value) > half) break;
        best = shorter;
        places--;
    }
    return best;
}
