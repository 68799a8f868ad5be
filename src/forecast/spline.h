/* SPDX-License-Identifier: MIT
 * spline.h - a smooth curve through six equally spaced knots. */
#ifndef KR_SPLINE_H
#define KR_SPLINE_H

enum { KR__SPLINE_KNOTS = 6 };

typedef struct kr__spline {
    double value[KR__SPLINE_KNOTS];
    double curvature[KR__SPLINE_KNOTS]; /* second derivative at the knots */
} kr__spline;

/* The cubic spline with value[k] at x = k. "Not-a-knot": the first two pieces are one cubic, and so
 * are the last two. */
void kr__spline_fit(kr__spline *spline, const double value[KR__SPLINE_KNOTS]);
double kr__spline_at(const kr__spline *spline, double x);

#endif
