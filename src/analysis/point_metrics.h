/* SPDX-License-Identifier: MIT
 * point_metrics.h - the metrics by which neighbours are found, a row each. */
#ifndef KR_POINT_METRICS_H
#define KR_POINT_METRICS_H

#include "analysis/point_values.h"
#include "kernels/metric.h"

/* Some metrics are Euclid's after each point has been mapped to another: the order of neighbours is
 * the same, and their distance is a function of Euclid's. */
typedef struct kr__metric_map {
    int64_t (*dim)(int64_t dim); /* of the mapped points */
    bool (*map)(int64_t dim, const double *from, double *to);
    /* The same of the n numbers of a row that are not 0, in place; NULL: zeros matter, too. */
    bool (*map_sparse)(int64_t n, double *row);
    const char *demands; /* what is said where map() returns false, behind "row %lld " */
    double (*distance)(double euclidean);
} kr__metric_map;

typedef struct kr__metric_row {
    kr_metric metric;
    const char *name;
    kr__metric_kind kind;      /* the kernel that measures */
    const kr__metric_map *map; /* NULL: points are measured as they are */
    bool has_unit;             /* that of the points; else points times a number are as far apart */
    double apart; /* as far as points that have nothing in common; 0: no such distance */
} kr__metric_row;

/* KR_USAGE: there is no such metric, or it needs another number of columns. */
kr_status kr__metric_row_of(kr_metric metric, int64_t dim, const kr__metric_row **row,
                            kr_error *err);
/* The kernel and what it needs to know. KR_USAGE: a power out of range. */
kr_status kr__knn_metric(const kr_knn_options *options, const kr__metric_row *row,
                         kr__metric *metric, kr_error *err);
/* Its `apart`; INFINITY: it has none. */
double kr__metric_apart(kr_metric metric);

#endif
