/* SPDX-License-Identifier: MIT
 * op_bench.h - a plan with memory of its own, for tests that look at an op's numbers.
 *
 *     kr_op_bench b;
 *     kr_op_bench_open(&b, batch);
 *     x = kr_op_bench_in(&b, rank, shape);           inputs 0, 1, .. with gradient
 *     kr_op_bench_out(&b, kr__linear(b.plan, x, ..)); outputs 0, 1, ..
 *     kr_op_bench_finish(&b);                        assert that planning worked
 *     kr_op_bench_set(&b, 0, numbers); kr__plan_forward(b.plan, &b.run); look at b.y[0]
 *     set b.grad_y[0]; kr__plan_backward(b.plan, &b.run); look at b.grad_x[0]
 *     kr_op_bench_close(&b);
 *
 * With reference values: inputs by kr_op_bench_in_golden() fill themselves in kr_op_bench_finish(),
 * and kr_op_bench_compare() runs both directions and compares output 0 and all their gradients. */
#ifndef KR_OP_BENCH_H
#define KR_OP_BENCH_H

#include "core/real.h"
#include "ops/ops.h"
#include "support/golden.h"

enum { KR_OP_BENCH_MAX = 20 };

typedef struct kr_op_bench {
    kr_plan *plan;
    kr_run run;
    int n_in, n_out;
    kr_tensor in[KR_OP_BENCH_MAX], out[KR_OP_BENCH_MAX]; /* resolved once finished */
    kr_real *x[KR_OP_BENCH_MAX], *grad_x[KR_OP_BENCH_MAX], *y[KR_OP_BENCH_MAX],
        *grad_y[KR_OP_BENCH_MAX];
    kr_golden *golden[KR_OP_BENCH_MAX]; /* where input i comes from, or NULL */
    const char *golden_name[KR_OP_BENCH_MAX];
    double tolerance[KR_OP_BENCH_MAX]; /* of gradient i; 0: relative, as the README has it;
                                          above 0: absolute */
} kr_op_bench;

/* cmocka assertions inside all of them. */
void kr_op_bench_open(kr_op_bench *b, int64_t batch);
kr_tensor kr_op_bench_in(kr_op_bench *b, int rank, const int64_t *shape);
/* name "in.x" or "param.weight": numbers and shape; its gradient is "grad_in.x" or "grad.weight".
 * name must live as long as the bench. */
kr_tensor kr_op_bench_in_golden(kr_op_bench *b, kr_golden *golden, const char *name);
void kr_op_bench_out(kr_op_bench *b, kr_tensor y);
void kr_op_bench_finish(kr_op_bench *b);
/* Finish, expecting this error sentence; close. */
void kr_op_bench_expect_refusal(kr_op_bench *b, const char *sentence);
void kr_op_bench_set(kr_op_bench *b, int i, const kr_real *numbers);
/* Forward, then both below. In double the "f64." arrays are taken. Tolerances relative to the
 * largest value of an array: README of the values. */
void kr_op_bench_compare(kr_op_bench *b, kr_golden *golden);
/* Output 0 with "y", as it is now. */
void kr_op_bench_compare_y(kr_op_bench *b, kr_golden *golden);
/* Backward from "w", then the gradients. */
void kr_op_bench_compare_gradients(kr_op_bench *b, kr_golden *golden);
void kr_op_bench_close(kr_op_bench *b);

#endif
