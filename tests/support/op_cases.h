/* SPDX-License-Identifier: MIT
 * op_cases.h - a typical use of every op of ops.inc, for what is done with all of them: the test
 * test_every_op and the timing program ops_bench.
 *
 * A row that ops.inc has and op_cases.c has not is an error of the compiler. */
#ifndef KR_OP_CASES_H
#define KR_OP_CASES_H

#include "ops/ops.h"

enum { KR_OP_CASE_INPUTS = 8 };

/* Samples, steps, series, width of a token, steps of a forecast. */
typedef struct kr_op_sizes {
    int64_t batch, steps, series, width, ahead;
} kr_op_sizes;

typedef struct kr_op_case {
    const char *name; /* the op's */
    const char *why;  /* not NULL: there is no case, and this is the reason */
    int n_in;
    struct {
        int rank;
        int64_t shape[KR_MAX_RANK];
        double low, high;        /* what its numbers may be */
        bool is_data;            /* not differentiated */
        bool is_partly_constant; /* its gradient leaves a part out, so differences say another */
    } in[KR_OP_CASE_INPUTS];
} kr_op_case;

/* The inputs that the op of row i needs, 0 .. kr__op_count()-1, as kr__op_at(). */
kr_op_case kr_op_case_of(int i, const kr_op_sizes *sizes);

/* The op on such inputs, in a plan of sizes->batch samples. */
kr_tensor kr_op_case_build(int i, kr_plan *plan, const kr_tensor *in, const kr_op_sizes *sizes);

#endif
