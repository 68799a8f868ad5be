/* SPDX-License-Identifier: MIT
 * test_huber_loss.c - sums of a sample, gradients, shapes that do not match. */
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
    out[0] = kr__huber_loss(plan, in[0], in[1]);
    return 1;
}

/* y is used twice: its second gradient is added. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    build(plan, in, out, arg);
    out[1] = kr__huber_loss(plan, in[0], in[1]);
    return 2;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {1, 7, 16};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {
            .name = "huber_loss",
            .batch = 2,
            .n_in = 2,
            .in = {{3, {2, 3, columns[i]}, -2, 2, false}, {3, {2, 3, columns[i]}, -2, 2, true}},
            .build = i == 1 ? build_shared : build};
        kr_gradcheck_run(&check);
    }
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor y = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr_op_bench_out(&b, kr__huber_loss(b.plan, y, kr_op_bench_in(&b, 2, (int64_t[]){2, 3})));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){2, 0, 3, 2, 5, 10});
    kr_op_bench_set(&b, 1, (kr_real[]){1, 2, 3, 1, 5, 4});
    kr__plan_forward(b.plan, &b.run);
    assert_memory_equal(b.y[0], ((kr_real[]){2, 6}), 2 * sizeof(kr_real));
    b.grad_y[0][0] = b.grad_y[0][1] = 1;
    kr__plan_backward(b.plan, &b.run);
    for (int i = 0; i < 6; i++) {
        assert_true(b.grad_x[0][i] == ((kr_real[]){1, -1, 0, 1, 0, 1})[i]);
        assert_true(b.grad_x[1][i] == 0); /* the target gets none */
    }
    kr_op_bench_close(&b);
}

static void refusal(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor y = kr_op_bench_in(&b, 2, (int64_t[]){2, 3});
    kr__huber_loss(b.plan, y, kr_op_bench_in(&b, 2, (int64_t[]){2, 4}));
    kr_op_bench_expect_refusal(
        &b, "huber_loss: forecast (2, 3) and target (2, 4) must be contiguous and of one shape");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
