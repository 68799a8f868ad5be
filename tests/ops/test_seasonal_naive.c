/* SPDX-License-Identifier: MIT
 * test_seasonal_naive.c - the last period repeated, its gradient, periods that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__seasonal_naive(plan, in[0], 8, 3);
    out[1] = kr__seasonal_naive(plan, kr__transpose(in[0], 1, 2), 1, 2);
    return 2;
}

static void gradients(void **state) {
    (void)state;
    kr_gradcheck check = {.name = "seasonal_naive",
                          .batch = 2,
                          .n_in = 1,
                          .in = {{3, {2, 5, 3}, 0, 0, false}},
                          .build = build};
    kr_gradcheck_run(&check);
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){1, 3, 2});
    kr_op_bench_out(&b, kr__seasonal_naive(b.plan, x, 5, 2));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){0, 10, 1, 11, 2, 12});
    kr__plan_forward(b.plan, &b.run);
    const kr_real expected[10] = {1, 11, 2, 12, 1, 11, 2, 12, 1, 11};
    assert_memory_equal(b.y[0], expected, sizeof expected);
    kr_op_bench_close(&b);
}

static void refuse(int rank, int64_t pred_len, int64_t period, const char *sentence) {
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr__seasonal_naive(b.plan, kr_op_bench_in(&b, rank, (int64_t[]){1, 3, 2}), pred_len, period);
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse(2, 5, 1, "seasonal_naive: x must be (batch, seq_len, n_vars), got (1, 3)");
    refuse(3, 5, 4, "seasonal_naive: period 4 must lie in 1 .. 3, the length of the input");
    refuse(3, 5, 0, "seasonal_naive: period 0 must lie in 1 .. 3, the length of the input");
    refuse(3, 0, 1, "seasonal_naive: pred_len 0 must be at least 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
