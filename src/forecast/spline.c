/* SPDX-License-Identifier: MIT
 * spline.c - cubic spline through six knots.
 *
 * With knots one apart and curvature m: m[k-1] + 4 m[k] + m[k+1] = d[k] = 6 (v[k-1] - 2 v[k] +
 * v[k+1]). Not-a-knot makes m linear across knot 1, m[0] = 2 m[1] - m[2], so that row 1 becomes 6
 * m[1] = d[1]; knot 4 likewise. Two equations for m[2] and m[3] are left. */
#include "forecast/spline.h"

#include <string.h>

void kr__spline_fit(kr__spline *spline, const double value[KR__SPLINE_KNOTS]) {
    double d[KR__SPLINE_KNOTS] = {0}, *m = spline->curvature;
    memcpy(spline->value, value, sizeof spline->value);
    for (int k = 1; k < KR__SPLINE_KNOTS - 1; k++) {
        d[k] = 6 * (value[k - 1] - 2 * value[k] + value[k + 1]);
    }
    m[1] = d[1] / 6;
    m[4] = d[4] / 6;
    double left = d[2] - m[1], right = d[3] - m[4];
    m[2] = (4 * left - right) / 15;
    m[3] = (4 * right - left) / 15;
    m[0] = 2 * m[1] - m[2];
    m[5] = 2 * m[4] - m[3];
}

double kr__spline_at(const kr__spline *spline, double x) {
    int k = x < 0 ? 0 : x >= KR__SPLINE_KNOTS - 1 ? KR__SPLINE_KNOTS - 2 : (int)x;
    double t = x - k, s = 1 - t;
    const double *v = spline->value + k, *m = spline->curvature + k;
    return s * v[0] + t * v[1] + ((s * s * s - s) * m[0] + (t * t * t - t) * m[1]) / 6;
}
