/* SPDX-License-Identifier: MIT
 * test_copy.c - contiguous copies of views of rank 1 to 4. */
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
    out[0] = kr__copy(plan, kr__transpose(in[0], 1, 3));
    out[1] = kr__copy(plan, kr__slice(in[0], 3, 1, 4)); /* adds to the same gradient */
    out[2] = kr__copy(plan, kr__transpose(in[1], 0, 1));
    out[3] = kr__copy(plan, in[2]);
    return 4;
}

static void gradients(void **state) {
    (void)state;
    kr_gradcheck check = {
        .name = "copy",
        .n_in = 3,
        .in = {{4, {2, 3, 1, 5}, 0, 0, false}, {2, {4, 33}, 0, 0, false}, {1, {17}, 0, 0, false}},
        .build = build};
    kr_gradcheck_run(&check);
}

static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 1);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 2, 3});
    kr_op_bench_out(&b, kr__copy(b.plan, kr__slice(kr__transpose(x, 1, 2), 1, 1, 2)));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[]){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    kr__plan_forward(b.plan, &b.run);
    const kr_real expected[8] = {1, 4, 2, 5, 7, 10, 8, 11};
    assert_memory_equal(b.y[0], expected, sizeof expected);
    kr_op_bench_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
