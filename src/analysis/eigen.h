/* SPDX-License-Identifier: MIT
 * eigen.h - the largest eigenvalues of a symmetric matrix, and their vectors. */
#ifndef KR_EIGEN_H
#define KR_EIGEN_H

#include <kr/base.h>
#include <kr/team.h>

/* The k largest, falling: values (k) and their vectors (k, n), orthonormal rows. matrix (n, n),
 * finite, all of it filled; it is destroyed. k in 1 .. n. Equal and zero eigenvalues are handled
 * like any others; the same bits in every call and for any number of workers. Time n^3, memory n^2
 * besides the matrix. KR_MEMORY, KR_INTERRUPTED. */
kr_status kr__eigen_largest(kr_team *team, int64_t n, double *matrix, int64_t k, double *values,
                            double *vectors, kr_error *err);

#endif
