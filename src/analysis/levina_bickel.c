/* SPDX-License-Identifier: MIT
 * levina_bickel.c - dimension from how fast the neighbours' distances grow. */
#include "analysis/knn_search.h"

#include <float.h>
#include <math.h>

/* Up to this, all neighbours are equally far: the point tells nothing. */
static const double least_mean = 1e-10;

/* A point that coincides with its neighbours tells nothing, either: its T_k is below 2^-40, about
 * 1e-12, of the usual one. */
enum { LEAST_EXPONENT = -40, N_EXPONENTS = 2200, ZERO_EXPONENT = 1100 };

/* The least T_k that counts, in the unit of the points. The usual one is the median, up to a power
 * of two: a few points far away, or many that occur twice, do not move it. */
static double find_least(const kr_knn *knn, int64_t k) {
    int64_t count[N_EXPONENTS] = {0}, n = 0, below = 0;
    int exponent = 0;
    for (int64_t i = 0; i < knn->n && k > 0; i++) {
        double farthest = knn->distance[i * knn->k + k - 1];
        if (!(farthest > 0 && farthest <= DBL_MAX)) continue;
        count[ilogb(farthest) + ZERO_EXPONENT]++;
        n++;
    }
    while (n > 0 && below + count[exponent] <= n / 2) below += count[exponent++];
    return ldexp(1, exponent - ZERO_EXPONENT + LEAST_EXPONENT);
}

/* Sum over j < k of log(T_k / T_j); NaN when the point must be left out. */
static double sum_logs(const double *distance, int64_t k, double least) {
    double farthest = distance[k - 1], sum = 0;
    if (!(farthest > 0) || farthest < least) return (double)NAN;
    for (int64_t j = 0; j < k - 1; j++) sum += log(farthest / distance[j]);
    return sum > least_mean * (double)(k - 1) ? sum : (double)NAN;
}

double kr_levina_bickel(const kr_knn *knn, int64_t k, kr_lb_form form, double *per_point) {
    if (k > knn->k) k = knn->k;
    int64_t n_terms = form == KR_LB_UNBIASED ? k - 2 : k - 1, count = 0;
    double sum = 0, sum_of_inverses = 0, least = find_least(knn, k);
    for (int64_t i = 0; i < knn->n; i++) {
        double logs = n_terms > 0 ? sum_logs(knn->distance + i * knn->k, k, least) : (double)NAN;
        double inverse = logs / (double)n_terms, estimate = 1 / inverse;
        if (per_point) per_point[i] = estimate;
        if (isnan(inverse) || (form == KR_LB_MLE && isinf(inverse))) continue;
        sum += estimate;
        sum_of_inverses += inverse;
        count++;
    }
    if (count == 0) return (double)NAN;
    return form == KR_LB_MLE ? (double)count / sum_of_inverses : sum / (double)count;
}
