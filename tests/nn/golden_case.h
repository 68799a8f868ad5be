/* SPDX-License-Identifier: MIT
 * golden_case.h - run a layer or model on recorded parameters and inputs, compare everything.
 *
 * Reads param.*, in.*, w or target, mask.*, index.* of a golden file, runs forward and backward,
 * and compares y, loss, grad.* and grad_in.* within the tolerances of tests/golden/README.md. */
#ifndef KR_GOLDEN_CASE_H
#define KR_GOLDEN_CASE_H

#include "core/real.h"
#include "nn/layers.h"
#include "support/golden.h"

enum { KR_CASE_INPUTS = 3, KR_CASE_MASKS = 24 };

typedef struct kr_golden_case {
    const char *file;
    int n_in;
    const char *in[KR_CASE_INPUTS]; /* "x": the array in.x, and grad_in.x when it is there */
    /* Numbers for inputs that the golden file must not hold; NULL: taken from the file. */
    const kr_real *in_data[KR_CASE_INPUTS];
    int in_rank[KR_CASE_INPUTS];
    int64_t in_shape[KR_CASE_INPUTS][KR_MAX_RANK];
    const kr_real *target;  /* mean squared error against it; NULL: loss = sum(y * w) */
    const char *prefix;     /* in front of parameter names in our table: "m." */
    int64_t conv_mask_rows; /* d_ff of masks stored as (rows, d_ff, tokens); 0: none */
    bool is_training;
    double tolerance_factor; /* 0: 1 */
    kr_tensor (*build)(kr_builder *b, const kr_tensor *in, const void *arg);
    const void *arg;
} kr_golden_case;

/* cmocka assertions inside. */
void kr_golden_case_run(const kr_golden_case *c);

#endif
