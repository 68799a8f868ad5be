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

KR_BEGIN_DECLS

typedef enum kr_lb_form {
    KR_LB_MEAN,    /* mean of the estimates at the points; MambaSynth's */
    KR_LB_MLE,     /* inverse of the mean of the inverses (MacKay and Ghahramani) */
    KR_LB_UNBIASED /* mean of the estimates with k - 2 in place of k - 1 (Levina and Bickel) */
} kr_lb_form;

/* A zero distance gives the estimate 0, which counts; T_k < 1e-12 gives NaN, which does not; k
 * above the neighbours there are takes those there are. NaN when no point counts. per_point (n) or
 * NULL: the estimates at the points. */
KR_API double kr_levina_bickel(const kr_knn *knn, int64_t k, kr_lb_form form, double *per_point);

/* NaN when fewer than three points have T_1 > 0. k of knn >= 2. KR_MEMORY. */
KR_API kr_status kr_two_nn(const kr_knn *knn, double *dimension, kr_error *err);

KR_END_DECLS

#endif
