/* SPDX-License-Identifier: MIT
 * silhouette.h - how well labels and places agree, and how well a map keeps neighbourhoods. */
#ifndef KR_SILHOUETTE_H
#define KR_SILHOUETTE_H

#include <kr/knn.h>
#include <kr/team.h>

KR_BEGIN_DECLS

/* Mean over the points of (b - a) / max(a, b): a, the mean distance to the others of the point's
 * class, b, the least mean distance to another class. Points that are alone in their class count 0;
 * labels below 0 are left out. KR_USAGE when fewer than two classes are there. per_point (n) or
 * NULL (left out: NaN). Memory grows with n times classes. Source: Rousseeuw 1987. */
KR_API kr_status kr_silhouette(kr_team *team, const kr_points *points, const int64_t *labels,
                               double *mean, double *per_point, kr_error *err);

/* In [0, 1]: are the k nearest of each point on the map near in space, too? By ranks, as in Venna
 * and Kaski 2001. k < n / 2. Time n^2. */
KR_API kr_status kr_trustworthiness(kr_team *team, const kr_points *points, const kr_points *map,
                                    int64_t k, double *out, kr_error *err);

/* Share of the k nearest in space that are among the k nearest on the map. */
KR_API kr_status kr_knn_recall(kr_team *team, const kr_points *points, const kr_points *map,
                               int64_t k, double *out, kr_error *err);

KR_END_DECLS

#endif
