/* SPDX-License-Identifier: MIT
 * test_moving_average.c - trend and rest of small series, gradients, windows without a middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    kr_tensor x = in[0];
    out[0] = kr__moving_average(plan, x, *(const int64_t *)arg, &out[1]);
    out[2] = kr__moving_average(plan, kr__transpose(x, 1, 2), 3, &out[3]);
    return 4;
}

/* Windows of one step, shorter and longer than the series. */
static void gradients(void **state) {
    (void)state;
    const int64_t windows[] = {1, 3, 5, 25};
    for (int i = 0; i < 4; i++) {
        kr_gradcheck check = {.name = "moving_average",
                              .batch = 2,
                              .n_in = 1,
                              .in = {{3, {2, 7, i == 1 ? 1 : 3}, 0, 0, false}},
                              .build = build,
                              .arg = &windows[i]};
        kr_gradcheck_run(&check);
    }
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor rest, x = kr_op_bench_in(&b, 3, (int64_t[]){1, 4, 2});
    kr_op_bench_out(&b, kr__moving_average(b.plan, x, 3, &rest));
    kr_op_bench_out(&b, rest);
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){3, 0, 6, 0, 0, 9, 12, 0});
    kr__plan_forward(b.plan, &b.run);
    /* (3 + 3 + 6) / 3, (3 + 6 + 0) / 3, (6 + 0 + 12) / 3, (0 + 12 + 12) / 3 */
    assert_memory_equal(b.y[0], ((kr_real[]){4, 0, 3, 3, 6, 3, 8, 3}), 8 * sizeof(kr_real));
    assert_memory_equal(b.y[1], ((kr_real[]){-1, 0, 3, -3, -6, 6, 4, -3}), 8 * sizeof(kr_real));
    kr_op_bench_close(&b);
}

static void refuse(int rank, int64_t window, const char *sentence) {
    kr_op_bench b;
    kr_tensor rest;
    kr_op_bench_open(&b, 1);
    kr__moving_average(b.plan, kr_op_bench_in(&b, rank, (int64_t[]){1, 3, 2}), window, &rest);
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse(2, 5, "moving_average: x must be (batch, seq_len, n_vars), got (1, 3)");
    refuse(3, 4, "moving_average: the window of 4 steps must be odd, so that it has a middle");
    refuse(3, -1, "moving_average: the window of -1 steps must be odd, so that it has a middle");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
