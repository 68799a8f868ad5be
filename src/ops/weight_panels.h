/* SPDX-License-Identifier: MIT
 * weight_panels.h - weights in the layout in which products read them.
 *
 * A product x weight^T turns the weight into panels of 16 rows (kernels/gemm_args.h). With a few
 * rows of x that takes as long as the product, so whoever runs plans of a model again and again
 * makes the panels once for all runs until the parameters change: the nodes of its plans are listed
 * here, and kr_run.panels gives them what kr__weight_panels_make() wrote. Bits are the same either
 * way. */
#ifndef KR_WEIGHT_PANELS_H
#define KR_WEIGHT_PANELS_H

#include <kr/team.h>

#include "kernels/gemm_args.h"
#include "tensor/plan.h"

typedef struct kr_weight_panels_entry {
    int64_t offset; /* of the weight among the parameters */
    kr_matrix weight;
    int64_t at;     /* where its panels begin */
    int64_t before; /* panels of the entries before it */
} kr_weight_panels_entry;

/* One list serves all plans of a model. All zero: empty. */
typedef struct kr_weight_panels {
    kr_weight_panels_entry *entries;
    int64_t n, most;
    int64_t size;     /* elements of all panels */
    int64_t n_panels; /* of all weights */
    kr_real *values;  /* for kr_run.panels; NULL until they are allocated */
} kr_weight_panels;

/* Once all plans are finished. */
kr_status kr__weight_panels_allocate(kr_weight_panels *panels, kr_error *err);
void kr__weight_panels_deinit(kr_weight_panels *panels);

/* From the values of all parameters, by all workers. */
void kr__weight_panels_make(kr_team *team, const kr_weight_panels *panels,
                            const kr_real *parameters);

/* ---- in an op ------------------------------------------------------------------------------ */

/* A weight (out, in), or a 1 x 1 convolution's (out, in, 1), as a matrix. False when its shape or
 * strides do not allow it. */
bool kr__weight_view(const kr_tensor *weight, kr_matrix *matrix);

/* In row->prepare: forward multiplies by the weight in[i]. */
kr_status kr__weight_panels_add(kr_node *node, int i, kr_error *err);

/* y = x weight^T, to be completed: m, a, row_a, c, and bias if there is one. */
kr__gemm_args kr__weight_panels_product(const kr_node *node, const kr_run *run, int i);
/* All of it, + bias in every row: x (m, in) and y (m, out), both contiguous. bias may be NULL. */
void kr__weight_panels_multiply(const kr_node *node, const kr_run *run, int i, int64_t m,
                                const kr_real *x, const kr_real *bias, kr_real *y);

#endif
