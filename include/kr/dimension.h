/* SPDX-License-Identifier: MIT
 * dimension.h - intrinsic dimension of points, out of the distances of their neighbours.
 *
 * Levina-Bickel at a point, with T_j the distance of its j-th neighbour:
 *
 *     m(k) = 1 / mean over j < k of log(T_k / T_j)         mean of k - 1 terms
 *
 * and over the points in one of three published ways (kr_lb_form). TwoNN: the slope through the
 * origin of -log(1 - F(mu)) over log(mu), mu = T_2 / T_1, without the upper tenth.
 * Sources: Levina and Bickel, NIPS 2004; MacKay and Ghahramani's comment on it, 2005; Facco et al.,
 * Scientific Reports 7, 2017. */
#ifndef KR_DIMENSION_H
#define KR_DIMENSION_H

#include <kr/knn.h>
#include <kr/team.h>

KR_BEGIN_DECLS

typedef enum kr_lb_form {
    KR_LB_MEAN,    /* mean of the estimates at the points; MambaSynth's */
    KR_LB_MLE,     /* inverse of the mean of the inverses (MacKay and Ghahramani) */
    KR_LB_UNBIASED /* mean of the estimates with k - 2 in place of k - 1 (Levina and Bickel) */
} kr_lb_form;

#define KR_LB_FORM_NAMES "mean|mle|unbiased"
/* KR_USAGE for another name; *form is left as it was. */
KR_API kr_status kr_lb_form_find(const char *name, kr_lb_form *form, kr_error *err);

/* A zero distance (a point that is there twice) makes the sum infinite and the estimate 0, which
 * counts; with KR_LB_MLE it would count for all others, too, and is left out. T_k below 1e-12 and
 * distances that are all the same (a mean of logs up to 1e-10) give NaN, which does not count. k
 * above knn->k takes knn->k. NaN when no point counts, or k is below 2 (KR_LB_UNBIASED: 3).
 * per_point (n) or NULL: the estimates at the points. */
KR_API double kr_levina_bickel(const kr_knn *knn, int64_t k, kr_lb_form form, double *per_point);

/* The same within each class: only points of one class are neighbours. labels (n), those below 0
 * and from n_classes on are left out; k (n_k). count (n_classes) points of each; estimate
 * (n_classes, n_k), NaN where a class has no more than k + 1 points. KR_USAGE for a k below 1;
 * see kr_points_check(); KR_MEMORY. */
KR_API kr_status kr_levina_bickel_by_class(kr_team *team, const kr_points *points,
                                           const int64_t *labels, int64_t n_classes, int64_t n_k,
                                           const int64_t *k, kr_lb_form form, int64_t *count,
                                           double *estimate, kr_error *err);

/* NaN when fewer than three points have T_1 > 0, or when T_1 = T_2 at all of them. knn->k >= 2.
 * KR_USAGE, KR_MEMORY. */
KR_API kr_status kr_two_nn(const kr_knn *knn, double *dimension, kr_error *err);

KR_END_DECLS

#endif
