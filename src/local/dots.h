/* SPDX-License-Identifier: MIT
 * dots.h - sums of products, several at once: a single sum waits for each of its additions. */
#ifndef KR_DOTS_H
#define KR_DOTS_H

#include <stdint.h>

enum { KR__DOT_LANES = 8 };

/* sum of a[t] b[t]; the order of additions depends on n alone. */
static inline double kr__dot(const double *a, const double *b, int64_t n) {
    double sum[KR__DOT_LANES] = {0}, rest = 0;
    int64_t t = 0;
    for (; t + KR__DOT_LANES <= n; t += KR__DOT_LANES) {
        for (int k = 0; k < KR__DOT_LANES; k++) sum[k] += a[t + k] * b[t + k];
    }
    for (; t < n; t++) rest += a[t] * b[t];
    for (int k = KR__DOT_LANES / 2; k > 0; k /= 2) {
        for (int i = 0; i < k; i++) sum[i] += sum[i + k];
    }
    return sum[0] + rest;
}

#endif
