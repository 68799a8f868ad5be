/* SPDX-License-Identifier: MIT
 * point_values.h - points as the methods see them: checks, values, distances, rows. */
#ifndef KR_POINT_VALUES_H
#define KR_POINT_VALUES_H

#include <kr/points.h>

/* Every public function that takes points calls this first; kr/points.h says what is refused.
 * `least` points are needed. */
kr_status kr__points_check(const kr_points *points, int64_t least, kr_error *err);

/* The same for queries, which must have as many numbers as points: KR_SHAPE otherwise. */
kr_status kr__points_check_queries(const kr_points *points, const kr_points *queries,
                                   kr_error *err);

/* Pieces of long work end at once where the team is stopping, and what they leave is of no use:
 * KR_INTERRUPTED. */
kr_status kr__points_check_stop(const kr_team *team, kr_error *err);

/* A value; for loops that are not hot. */
static inline double kr__points_at(const kr_points *points, int64_t row, int64_t column) {
    int64_t i = row * points->dim + column;
    return points->f32 ? (double)points->f32[i] : points->f64[i];
}

static inline double kr__sparse_at(const kr_sparse *m, int64_t i) {
    return m->f32 ? (double)m->f32[i] : m->f64[i];
}
/* A sparse matrix that comes in, of `least` rows or more, checked as kr/points.h says. */
kr_status kr__sparse_take(const kr_sparse *given, int64_t least, kr_sparse *taken, kr_error *err);

/* Squared distance of two points: differences, products and their sum in double, in a fixed order
 * that is the same at every CPU level. */
double kr__points_distance2(const kr_points *points, int64_t a, int64_t b);

/* Points, and others that go with them, as they can be squared and added: the largest value of both
 * together is within 2^-100 and 2^480 unless all are 0, and no float is subnormal, which workers
 * take for 0. As a rule a view of the caller's; else a copy in double times a power of two, so that
 * what does not depend on the unit keeps its bits. */
typedef struct kr__sane_points {
    kr_points points, others;
    int exponent;               /* of the power of two; 0: the values are the caller's */
    double *copy, *others_copy; /* NULL when not needed */
} kr__sane_points;

/* others: NULL, points itself, or more of as many numbers; both come out in the same type.
 * KR_MEMORY; deinit in any case. */
kr_status kr__sane_points_init(kr__sane_points *sane, const kr_points *points,
                               const kr_points *others, kr_error *err);
void kr__sane_points_deinit(kr__sane_points *sane);

/* A copy of the named rows as points; free with kr__points_free. */
kr_status kr__points_pick(const kr_points *points, int64_t n_rows, const int64_t *rows,
                          kr_points *out, kr_error *err);
void kr__points_free(kr_points *points);

#endif
