/* SPDX-License-Identifier: MIT
 * metric.h - how far apart two rows of numbers are. */
#ifndef KR_METRIC_H
#define KR_METRIC_H

typedef enum kr__metric {
    KR__EUCLIDEAN,
    KR__MANHATTAN, /* sum of |p - q| */
    KR__CHEBYSHEV, /* largest |p - q| */
    KR__HAMMING,   /* share of the columns in which they differ */
    KR__JACCARD /* of the columns in which either is not 0, the share in which one is; 0 if none */
} kr__metric;

#endif
