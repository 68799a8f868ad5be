/* SPDX-License-Identifier: MIT
 * loss.h - what the losses share: a sum of f(y - target) for each sample. */
#ifndef KR_LOSS_H
#define KR_LOSS_H

#include "core/real.h"
#include "kernels/kernels.h"
#include "ops/ops.h"

/* y and target contiguous, of one shape (batch, ..); the output is (batch). */
kr_status kr__loss_plan(kr_node *node, kr_error *err);
/* Backward reads y and target again. */
void kr__loss_needs(kr_node *node);

/* *sum += sum of f */
typedef void kr__loss_sum_fn(int64_t n, const kr_real *y, const kr_real *target, double *sum);
void kr__loss_forward(const kr_node *node, const kr_run *run, kr__loss_sum_fn *f);

/* grad_y = grad * f', or += when is_adding */
typedef void kr__loss_backward_fn(int64_t n, kr_real grad, const kr_real *y, const kr_real *target,
                                  kr_real *grad_y, bool is_adding);
void kr__loss_backward(const kr_node *node, const kr_run *run, kr__loss_backward_fn *f);

#endif
