/* SPDX-License-Identifier: MIT
 * weight_panels.h - weights in the form in which ops read them.
 *
 * A product x weight^T turns the weight into panels of 16 rows (kernels/gemm_args.h). With a few
 * rows of x that takes as long as the product, so whoever runs plans of a model again and again
 * makes the panels once for all runs until the parameters change: the nodes of its plans are listed
 * here, and kr_run.panels gives them what kr__weight_panels_make() wrote. A step of the scan takes
 * its decays, which are exponentials of a parameter, from the same place. Bits are the same either
 * way. */
#ifndef KR_WEIGHT_PANELS_H
#define KR_WEIGHT_PANELS_H

#include <kr/team.h>

#include "kernels/gemm_args.h"
#include "tensor/plan.h"

typedef enum kr_panel_kind {
    KR_PANEL_PRODUCT, /* of 16 rows, turned: kr__gemm_args.panels */
    KR_PANEL_DECAY    /* the rows as they lie: kr__scan_step.A of A_log */
} kr_panel_kind;

typedef struct kr_weight_panels_entry {
    kr_panel_kind kind;
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

/* In row->prepare: forward reads the weight in[i], a matrix, in this form. */
kr_status kr__weight_panels_add(kr_node *node, int i, kr_panel_kind kind, kr_error *err);
/* What was made of it; NULL: nothing. */
static inline const kr_real *kr__weight_panels_of(const kr_node *node, const kr_run *run) {
    return run->panels && node->panels_at >= 0 ? run->panels + node->panels_at : NULL;
}

/* y = x weight^T, to be completed: m, a, row_a, c, and bias if there is one. */
kr__gemm_args kr__weight_panels_product(const kr_node *node, const kr_run *run, int i);
/* All of it, + bias in every row: x (m, in) and y (m, out), both contiguous. bias may be NULL. */
void kr__weight_panels_multiply(const kr_node *node, const kr_run *run, int i, int64_t m,
                                const kr_real *x, const kr_real *bias, kr_real *y);

#endif
