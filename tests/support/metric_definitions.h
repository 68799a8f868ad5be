/* SPDX-License-Identifier: MIT
 * metric_definitions.h - distances as the books define them, column after column. */
#ifndef KR_TEST_METRIC_DEFINITIONS_H
#define KR_TEST_METRIC_DEFINITIONS_H

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef struct metric_sums {
    double n, difference, largest, squares, power, share, sum, others;
    double tt, tf, ft, ff; /* columns by what is not 0 */
    double p, q, pp, qq, pq, roots;
} metric_sums;

static inline metric_sums metric_sum_up(int64_t n, const double *p, const double *q, double power) {
    metric_sums s = {.n = (double)n};
    for (int64_t c = 0; c < n; c++) {
        double d = fabs(p[c] - q[c]);
        s.difference += d;
        s.largest = fmax(s.largest, d);
        s.squares += d * d;
        s.power += pow(d, power);
        s.share += d > 0 ? d / (fabs(p[c]) + fabs(q[c])) : 0;
        s.sum += fabs(p[c] + q[c]);
        s.others += p[c] != q[c];
        s.tt += p[c] != 0 && q[c] != 0;
        s.tf += p[c] != 0 && q[c] == 0;
        s.ft += p[c] == 0 && q[c] != 0;
        s.ff += p[c] == 0 && q[c] == 0;
        s.p += p[c];
        s.q += q[c];
        s.pp += p[c] * p[c];
        s.qq += q[c] * q[c];
        s.pq += p[c] * q[c];
        s.roots += sqrt(fabs(p[c] * q[c]));
    }
    return s;
}

static inline double metric_of_counts(const char *name, const metric_sums *s) {
    double d = s->tf + s->ft, r = s->tf * s->ft;
    if (strcmp(name, "matching") == 0) return d / s->n;
    if (strcmp(name, "rogerstanimoto") == 0) return 2 * d / (s->n + d);
    if (strcmp(name, "sokalmichener") == 0) return 2 * d / (s->n + d);
    if (strcmp(name, "yule") == 0) return r > 0 ? 2 * r / (s->tt * s->ff + r) : 0;
    if (!(d > 0)) return 0;
    if (strcmp(name, "jaccard") == 0) return d / (s->tt + d);
    if (strcmp(name, "dice") == 0) return d / (2 * s->tt + d);
    if (strcmp(name, "kulsinski") == 0) return (d - s->tt + s->n) / (d + s->n);
    if (strcmp(name, "russellrao") == 0) return (s->n - s->tt) / s->n;
    if (strcmp(name, "sokalsneath") == 0) return d / (0.5 * s->tt + d);
    return NAN;
}

/* NaN: the name is not known. Haversine is not here. */
static inline double metric_define(const char *name, int64_t n, const double *p, const double *q,
                                   double power) {
    const metric_sums s = metric_sum_up(n, p, q, power);
    if (strcmp(name, "euclidean") == 0) return sqrt(s.squares);
    if (strcmp(name, "manhattan") == 0) return s.difference;
    if (strcmp(name, "chebyshev") == 0) return s.largest;
    if (strcmp(name, "minkowski") == 0) return pow(s.power, 1 / power);
    if (strcmp(name, "canberra") == 0) return s.share;
    if (strcmp(name, "braycurtis") == 0) return s.difference > 0 ? s.difference / s.sum : 0;
    if (strcmp(name, "hamming") == 0) return s.others / s.n;
    if (strcmp(name, "cosine") == 0) return 1 - s.pq / sqrt(s.pp * s.qq);
    if (strcmp(name, "correlation") == 0) {
        double pq = s.pq - s.p * s.q / s.n;
        return 1 - pq / sqrt((s.pp - s.p * s.p / s.n) * (s.qq - s.q * s.q / s.n));
    }
    if (strcmp(name, "hellinger") == 0) {
        if (!(s.p > 0) || !(s.q > 0)) return s.p > 0 || s.q > 0 ? 1 : 0;
        return sqrt(fmax(0, 1 - s.roots / sqrt(s.p * s.q)));
    }
    return metric_of_counts(name, &s);
}

#endif
