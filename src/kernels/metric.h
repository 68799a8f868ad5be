/* SPDX-License-Identifier: MIT
 * metric.h - how far apart two rows of numbers are. */
#ifndef KR_METRIC_H
#define KR_METRIC_H

#include <stdbool.h>
#include <stdint.h>

typedef enum kr__metric_kind {
    KR__EUCLIDEAN, /* distances.c has it */
    KR__MINKOWSKI, /* (sum of |p - q|^power)^(1/power) */
#define KR__METRIC(name, step, join, distance) KR__##name,
#include "kernels/metrics.inc"
#undef KR__METRIC
    KR__N_METRIC_KINDS
} kr__metric_kind;

typedef struct kr__metric {
    kr__metric_kind kind;
    double power;      /* of MINKOWSKI, above 0 */
    bool has_unit;     /* points times a number are that times as far apart */
    int64_t n_columns; /* of sparse rows, of which only some are measured; 0: all are */
} kr__metric;

#endif
