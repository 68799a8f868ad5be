/* SPDX-License-Identifier: MIT
 * knn_floats.h - points in float, for matrix products, and the bounds that these give for
 * distances.
 *
 * Points are moved and scaled first: x' = ((x - origin) - centre) * scale, the largest |x'| about
 * 2^40. So no product overflows, what underflows is far below what float resolves, and an offset
 * costs nothing: the origin is a point, and differences of points do not change with an offset.
 * With p' the product of a and b in float, |a|^2 the float next to the true norm of a', and d the
 * distance in the caller's units,
 *
 *     | |a|^2 + |b|^2 - 2 p' - (scale d)^2 |  <=  slack (|a|^2 + |b|^2) + tiny
 *
 * slack, u = 2^-24: 4u rounding of x' to float; dim u / (1 - dim u) the product, in any order of
 * its sum (|a||b| <= (|a|^2 + |b|^2) / 2); 3u the norms and the subtraction. tiny: where x' or a
 * product underflows. */
#ifndef KR_KNN_FLOATS_H
#define KR_KNN_FLOATS_H

#include <kr/points.h>

#include "core/real.h"

/* What points and queries have in common. */
typedef struct kr_knn_frame {
    int64_t dim;
    double *origin; /* (dim) the first point */
    double *centre; /* (dim) from there */
    double scale;   /* a power of two */
    double slack, tiny;
    bool is_blind; /* more dimensions than the bound holds for, so products tell nothing */
} kr_knn_frame;

typedef struct kr_knn_floats {
    int64_t n, dim;
    kr_real *x;     /* (n, dim) */
    kr_real *norm2; /* (n) |x|^2 */
    kr_real *least; /* (n) |x|^2 minus the largest possible error; -infinity when blind */
} kr_knn_floats;

/* others: NULL, or more points in the same frame. Both: KR_MEMORY; deinit in any case. */
kr_status kr__knn_frame_init(kr_knn_frame *frame, const kr_points *points, const kr_points *others,
                             kr_error *err);
void kr__knn_frame_deinit(kr_knn_frame *frame);

kr_status kr__knn_floats_init(kr_team *team, kr_knn_floats *floats, const kr_knn_frame *frame,
                              const kr_points *points, kr_error *err);
void kr__knn_floats_deinit(kr_knn_floats *floats);

#endif
