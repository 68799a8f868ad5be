/* SPDX-License-Identifier: MIT
 * rotation.h - random rotations of a series' features, for augmentation. */
#ifndef KR_ROTATION_H
#define KR_ROTATION_H

#include <kr/base.h>

#include "core/random.h"

/* An orthogonal matrix (n, n), row after row. eps 0: any rotation, all equally likely (Haar);
 * otherwise e^(eps A) for an antisymmetric A of normal numbers, a rotation by about eps. work: 3
 * n^2 numbers. */
void kr__rotation_draw(kr_rng *rng, int64_t n, double eps, double *q, double *work);

#endif
