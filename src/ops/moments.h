/* SPDX-License-Identifier: MIT
 * moments.h - what normalize and denormalize share: x (batch, steps, n_vars), a mean and a
 * deviation (batch, n_vars) of each of its series, all with any strides. Without a deviation it is
 * 1. */
#ifndef KR_MOMENTS_H
#define KR_MOMENTS_H

#include "core/real.h"
#include "ops/ops.h"

enum { KR__X, KR__MEAN, KR__DEVIATION };

/* Checks the three; the output has x's shape. */
kr_status kr__moments_plan(kr_node *node, kr_error *err);

/* Element (b, v) of mean or deviation. */
static inline int64_t kr__moment_at(const kr_tensor *moment, int64_t b, int64_t v) {
    return b * moment->stride[0] + v * moment->stride[1];
}

static inline bool kr__has_deviation(const kr_node *node) { return node->n_in > KR__DEVIATION; }

/* Is there a deviation, and does it want a gradient? */
static inline bool kr__learns_deviation(const kr_node *node) {
    return kr__has_deviation(node) && node->in[KR__DEVIATION].grad_offset >= 0;
}

static inline kr_real kr__deviation(const kr_node *node, const kr_run *run, int64_t b, int64_t v) {
    if (!kr__has_deviation(node)) return 1;
    const kr_tensor *deviation = &node->in[KR__DEVIATION];
    return kr__data(run, deviation)[kr__moment_at(deviation, b, v)];
}

/* Sum over the steps of series (b, v) of the output's gradient, times the values of `factor` (x's
 * shape, any strides) unless that is NULL. */
double kr__moments_sum(const kr_node *node, const kr_run *run, int64_t b, int64_t v,
                       const kr_tensor *factor);

#endif
