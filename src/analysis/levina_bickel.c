/* SPDX-License-Identifier: MIT
 * levina_bickel.c - dimension from how fast the neighbours' distances grow. */
#include "analysis/knn_search.h"

#include <math.h>

/* Up to these, a point coincides with its neighbours, or all of them are equally far: it tells
 * nothing.
 */
static const double least_distance = 1e-12, least_mean = 1e-10;

/* Sum over j < k of log(T_k / T_j); NaN when the point must be left out. */
static double sum_logs(const double *distance, int64_t k) {
    double farthest = distance[k - 1], sum = 0;
    if (farthest < least_distance) return (double)NAN;
    for (int64_t j = 0; j < k - 1; j++) sum += log(farthest / distance[j]);
    return sum > least_mean * (double)(k - 1) ? sum : (double)NAN;
}

double kr_levina_bickel(const kr_knn *knn, int64_t k, kr_lb_form form, double *per_point) {
    if (k > knn->k) k = knn->k;
    int64_t n_terms = form == KR_LB_UNBIASED ? k - 2 : k - 1, count = 0;
    double sum = 0, sum_of_inverses = 0;
    for (int64_t i = 0; i < knn->n; i++) {
        double logs = n_terms > 0 ? sum_logs(knn->distance + i * knn->k, k) : (double)NAN;
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
