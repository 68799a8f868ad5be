/* SPDX-License-Identifier: MIT
 * linear.h - what the affine map in float32 and that in bf16 share. */
#ifndef KR_LINEAR_H
#define KR_LINEAR_H

#include "ops/ops.h"

enum { KR_LINEAR_X, KR_LINEAR_WEIGHT, KR_LINEAR_BIAS };

/* Rows or columns of a product that stay together when a run is cut. */
enum { KR_LINEAR_GROUP = 16 };

/* x and weight as matrices; kr__weight_view() takes the latter. False when their shapes or
 * strides do not allow it. */
bool kr__linear_view(const kr_node *node, kr_matrix *x, kr_matrix *weight);

/* This piece of a product of m rows and n columns: some of the longer side, so that less of the
 * operands is packed again for each piece. */
typedef struct kr_linear_piece {
    kr_range rows, columns;
} kr_linear_piece;
kr_linear_piece kr__linear_piece(const kr_run *run, int64_t m, int64_t n);

/* The column sums of grad_y, where they are wanted. The first piece of a cut run makes them all, as
 * they take a fraction of the products' time. */
void kr__linear_bias_gradient(const kr_node *node, const kr_run *run);

/* The map of linear.c; kr__linear() chooses between it and kr__linear_bf16(). */
kr_tensor kr__linear_f32(kr_plan *plan, kr_tensor x, kr_tensor weight, kr_tensor bias);

#endif
