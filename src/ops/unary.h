/* SPDX-License-Identifier: MIT
 * unary.h - what ops y = f(x) on each element of a contiguous x share. */
#ifndef KR_UNARY_H
#define KR_UNARY_H

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

/* x contiguous, y of its shape. */
kr_status kr__unary_plan(kr_node *node, kr_error *err);
/* Backward reads x again; both directions may be cut, as those below are. */
void kr__unary_needs(kr_node *node);

/* y = f(x) */
typedef void kr__unary_forward_fn(int64_t n, const kr_real *x, kr_real *y);
void kr__unary_forward(const kr_node *node, const kr_run *run, kr__unary_forward_fn *f);

/* The gradient of x, written or added. value: what the kernel derives the slope from, x or y. */
typedef void kr__unary_backward_fn(int64_t n, const kr_real *value, const kr_real *grad_y,
                                   kr_real *grad_x, bool is_adding);
void kr__unary_backward(const kr_node *node, const kr_run *run, const kr_tensor *value,
                        kr__unary_backward_fn *f);

#endif
