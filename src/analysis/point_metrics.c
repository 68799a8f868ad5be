/* SPDX-License-Identifier: MIT
 * point_metrics.c - the metrics by which neighbours are found: one row each, and the maps that make
 * some of them Euclid's.
 *
 * Definitions are umap-learn's, and where it has the metric scipy's; kernels/metrics.inc has those
 * that a kernel measures. */
#include "analysis/point_metrics.h"

#include <math.h>
#include <string.h>

/* ---- rows of length 1 ------------------------------------------------------------------- */

/* The squared Euclidean distance of rows of length 1 is twice the cosine distance. */
static double half_of_square(double d) { return d * d / 2; }

static int64_t as_many(int64_t dim) { return dim; }

/* The largest number is brought near 1, so that no square is beyond double or vanishes; false when
 * all are 0. */
static bool scale_row(int64_t dim, double *row) {
    double largest = 0;
    for (int64_t c = 0; c < dim; c++) largest = fmax(largest, fabs(row[c]));
    if (largest == 0) return false;
    for (int64_t c = 0; c < dim; c++) row[c] = ldexp(row[c], -ilogb(largest));
    return true;
}

/* Less its mean, seen from the first number: what is the same in all leaves nothing behind. */
static void centre_row(int64_t dim, double *row) {
    double first = row[0], mean = 0;
    for (int64_t c = 0; c < dim; c++) {
        row[c] -= first;
        mean += row[c] / (double)dim;
    }
    for (int64_t c = 0; c < dim; c++) row[c] -= mean;
}

static void divide_by_length(int64_t dim, double *row) {
    double sum = 0;
    for (int64_t c = 0; c < dim; c++) sum += row[c] * row[c];
    for (int64_t c = 0; c < dim; c++) row[c] /= sqrt(sum);
}

static bool make_direction(int64_t n, double *row) {
    if (!scale_row(n, row)) return false;
    divide_by_length(n, row);
    return true;
}

static bool map_to_direction(int64_t dim, const double *from, double *to) {
    memcpy(to, from, (size_t)dim * sizeof *to);
    return make_direction(dim, to);
}

static bool map_to_centred(int64_t dim, const double *from, double *to) {
    memcpy(to, from, (size_t)dim * sizeof *to);
    if (!scale_row(dim, to)) return false;
    centre_row(dim, to);
    return make_direction(dim, to);
}

static const kr__metric_map cosine = {as_many, map_to_direction, make_direction,
                                      "is all zeros and has no direction, which the cosine needs; "
                                      "remove that row or use the Euclidean metric",
                                      half_of_square};
static const kr__metric_map correlation = {
    as_many, map_to_centred, NULL,
    "is all equal and has no direction, which the correlation needs; "
    "remove that row or use the Euclidean metric",
    half_of_square};

/* ---- roots of shares -------------------------------------------------------------------- */

/* sqrt(1 - sum of sqrt(p q) / sqrt(sum p sum q)); a row of zeros is 0 from another and 1 from all
 * others, and so has an axis of its own. */
static double over_root_2(double d) { return d * sqrt(0.5); }

static int64_t one_more(int64_t dim) { return dim + 1; }

static bool map_to_roots(int64_t dim, const double *from, double *to) {
    double sum = 0;
    for (int64_t c = 0; c < dim; c++) {
        if (from[c] < 0) return false;
        to[c] = from[c];
    }
    to[dim] = 0;
    if (!scale_row(dim, to)) {
        to[dim] = 1;
        return true;
    }
    for (int64_t c = 0; c < dim; c++) sum += to[c];
    for (int64_t c = 0; c < dim; c++) to[c] = sqrt(to[c] / sum);
    return true;
}

static const kr__metric_map hellinger = {
    one_more, map_to_roots, NULL, "has a number below 0, and the metric hellinger is one of shares",
    over_root_2};

/* ---- the globe -------------------------------------------------------------------------- */

/* The way over the globe of radius 1 from the way through it. */
static double arc_of_chord(double d) { return 2 * asin(fmin(d / 2, 1)); }

static int64_t three(int64_t dim) {
    (void)dim;
    return 3;
}

static bool map_to_globe(int64_t dim, const double *from, double *to) {
    (void)dim;
    to[0] = cos(from[0]) * cos(from[1]);
    to[1] = cos(from[0]) * sin(from[1]);
    to[2] = sin(from[0]);
    return true;
}

static const kr__metric_map haversine = {three, map_to_globe, NULL, "", arc_of_chord};

/* ---- the rows --------------------------------------------------------------------------- */

/* Points at the distance `apart` have nothing in common: umap-learn's DISCONNECTION_DISTANCES. */
static const kr__metric_row rows[] = {
    {KR_METRIC_EUCLIDEAN, "euclidean", KR__EUCLIDEAN, NULL, true, 0},
    {KR_METRIC_COSINE, "cosine", KR__EUCLIDEAN, &cosine, false, 2},
    {KR_METRIC_MANHATTAN, "manhattan", KR__MANHATTAN, NULL, true, 0},
    {KR_METRIC_CHEBYSHEV, "chebyshev", KR__CHEBYSHEV, NULL, true, 0},
    {KR_METRIC_MINKOWSKI, "minkowski", KR__MINKOWSKI, NULL, true, 0},
    {KR_METRIC_CORRELATION, "correlation", KR__EUCLIDEAN, &correlation, false, 2},
    {KR_METRIC_CANBERRA, "canberra", KR__CANBERRA, NULL, false, 0},
    {KR_METRIC_BRAYCURTIS, "braycurtis", KR__BRAYCURTIS, NULL, false, 0},
    {KR_METRIC_HELLINGER, "hellinger", KR__EUCLIDEAN, &hellinger, false, 1},
    {KR_METRIC_HAVERSINE, "haversine", KR__EUCLIDEAN, &haversine, false, 0},
    {KR_METRIC_HAMMING, "hamming", KR__HAMMING, NULL, false, 0},
    {KR_METRIC_JACCARD, "jaccard", KR__JACCARD, NULL, false, 1},
    {KR_METRIC_DICE, "dice", KR__DICE, NULL, false, 1},
    {KR_METRIC_MATCHING, "matching", KR__MATCHING, NULL, false, 0},
    {KR_METRIC_KULSINSKI, "kulsinski", KR__KULSINSKI, NULL, false, 0},
    {KR_METRIC_ROGERSTANIMOTO, "rogerstanimoto", KR__ROGERSTANIMOTO, NULL, false, 0},
    {KR_METRIC_RUSSELLRAO, "russellrao", KR__RUSSELLRAO, NULL, false, 0},
    {KR_METRIC_SOKALMICHENER, "sokalmichener", KR__SOKALMICHENER, NULL, false, 0},
    {KR_METRIC_SOKALSNEATH, "sokalsneath", KR__SOKALSNEATH, NULL, false, 0},
    {KR_METRIC_YULE, "yule", KR__YULE, NULL, false, 0},
    {KR_METRIC_PRECOMPUTED, "precomputed", KR__EUCLIDEAN, NULL, true, 0},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

double kr__metric_apart(kr_metric metric) {
    for (int i = 0; i < N_ROWS; i++) {
        if (rows[i].metric == metric && rows[i].apart > 0) return rows[i].apart;
    }
    return INFINITY;
}

kr_status kr__metric_row_of(kr_metric metric, int64_t dim, const kr__metric_row **row,
                            kr_error *err) {
    for (int i = 0; i < N_ROWS; i++) {
        if (rows[i].metric != metric) continue;
        if (metric == KR_METRIC_HAVERSINE && dim != 2) {
            return kr_fail(err, KR_USAGE,
                           "haversine: points of %lld numbers; it takes latitude and longitude, in "
                           "radians",
                           (long long)dim);
        }
        *row = &rows[i];
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE, "metric: there is none of number %d", (int)metric);
}

kr_status kr_metric_find(const char *name, kr_metric *metric, kr_error *err) {
    for (int i = 0; i < N_ROWS; i++) {
        if (strcmp(name, rows[i].name) != 0) continue;
        *metric = rows[i].metric;
        return KR_OK;
    }
    return kr_fail(err, KR_USAGE, "metric: \"%s\" is not known; it can be one of %s", name,
                   KR_METRIC_NAMES);
}

kr_status kr__knn_metric(const kr_knn_options *options, const kr__metric_row *row,
                         kr__metric *metric, kr_error *err) {
    double power = options->power == 0 ? 2 : options->power;
    *metric = (kr__metric){.kind = row->kind, .power = power, .has_unit = row->has_unit};
    if (options->metric != KR_METRIC_MINKOWSKI || (power >= 0.1 && power <= 1e6)) return KR_OK;
    return kr_fail(err, KR_USAGE, "power: %g is out of range; use 0.1 to 1e6", power);
}
