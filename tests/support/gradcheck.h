/* SPDX-License-Identifier: MIT
 * gradcheck.h - backward against central differences, for any op.
 *
 * A case gives the shapes of its tensors and a function that builds the op on them. Tensors are
 * inputs of the plan (parameters are treated alike). The loss is sum(w * y) over all outputs, with
 * random w. Every element of every input (or a random 200 of a large one) is moved both ways.
 * Meant for the double precision copy: tolerance 1e-7 relative to the largest gradient of a
 * tensor. In float it checks with 2e-2, and mainly proves that the program runs. */
#ifndef KR_GRADCHECK_H
#define KR_GRADCHECK_H

#include "ops/ops.h"

enum { KR_GRADCHECK_MAX = 10 };

typedef struct kr_gradcheck {
    const char *name;
    int64_t batch; /* of the plan; 0: 1 */
    int n_in;
    struct {
        int rank;
        int64_t shape[KR_MAX_RANK];
        double low, high; /* values uniform in here; both 0: -1 .. 1 */
        bool no_grad;     /* data, not differentiated */
    } in[KR_GRADCHECK_MAX];
    /* Build the op(s) on in[]; put up to KR_MAX_OUT results into out[] and return how many. */
    int (*build)(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg);
    const void *arg;
    bool is_training;
    const kr_given *given;
    double tolerance; /* 0: the default above */
} kr_gradcheck;

/* cmocka assertions inside. */
void kr_gradcheck_run(const kr_gradcheck *check);

#endif
