/* SPDX-License-Identifier: MIT
 * test_clamp.c - values and gradients inside, outside and on the bounds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__clamp(plan, in[0], -0.4, 0.7);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {1, 16, 35};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {
            .name = "clamp", .n_in = 1, .in = {{2, {3, columns[i]}, 0, 0, false}}, .build = build};
        kr_gradcheck_run(&check);
    }
}

static void bounds(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_op_bench_out(&b, kr__clamp(b.plan, kr_op_bench_in(&b, 1, (int64_t[]){7}), -10, 10));
    kr_op_bench_finish(&b);
    const kr_real inf = (kr_real)INFINITY;
    const kr_real ones[7] = {1, 1, 1, 1, 1, 1, 1};
    kr_op_bench_set(&b, 0, (kr_real[]){-inf, -11, -10, 0.5, 10, 11, inf});
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(b.y[0], ((kr_real[]){-10, -10, -10, 0.5, 10, 10, 10}), sizeof ones);
    memcpy(b.grad_y[0], ones, sizeof ones);
    kr__plan_backward(b.plan, &b.run);
    assert_memory_equal(b.grad_x[0], ((kr_real[]){0, 0, 1, 1, 1, 0, 0}), sizeof ones);
    b.x[0][3] = (kr_real)NAN;
    kr__plan_forward(b.plan, &b.run);
    assert_true(isnan(b.y[0][3]));
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr__clamp(b.plan, kr_op_bench_in(&b, 1, (int64_t[]){2}), 1, 0.5);
    kr_op_bench_expect_refusal(&b, "clamp: low 1 must not be above high 0.5");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(bounds),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
