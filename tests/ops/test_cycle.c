/* SPDX-License-Identifier: MIT
 * test_cycle.c - which row of a cycle is added where, its gradients, shapes that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/real.h"
#include "support/gradcheck.h"
#include "support/op_bench.h"

/* The cycle is used twice, on a view and on a whole tensor, as models do. */
static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    const kr_cycle_use off = {.period = 7, .is_taken_off = true}, on = {.first = 5, .period = 2};
    out[0] = kr__cycle(plan, kr__transpose(in[0], 1, 2), in[1], in[2], &off);
    out[1] = kr__cycle(plan, kr__transpose(in[0], 1, 2), in[1], in[2], &on);
    return 2;
}

static void gradients(void **state) {
    (void)state;
    const int64_t lengths[] = {1, 3, 9};
    for (int i = 0; i < 3; i++) {
        kr_gradcheck check = {.name = "cycle",
                              .batch = 2,
                              .n_in = 3,
                              .in = {{3, {2, 3, 5}, 0, 0, false},
                                     {2, {lengths[i], 3}, 0, 0, false},
                                     {3, {2, 1, 1}, 1, 4, true}},
                              .build = build};
        kr_gradcheck_run(&check);
    }
}

/* Two samples at places 2 and 0 of a cycle of 3; the steps begin again after 2. */
static void values(void **state) {
    (void)state;
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 3, 2});
    kr_tensor cycle = kr_op_bench_in(&b, 2, (int64_t[]){3, 2});
    kr_tensor phase = kr_op_bench_in(&b, 1, (int64_t[]){2});
    kr_op_bench_out(&b, kr__cycle(b.plan, x, cycle, phase, &(kr_cycle_use){2, 2, false}));
    kr_op_bench_out(&b, kr__cycle(b.plan, x, cycle, phase, &(kr_cycle_use){0, 3, true}));
    kr_op_bench_finish(&b);
    kr_op_bench_set(&b, 0, (kr_real[12]){0});
    kr_op_bench_set(&b, 1, (kr_real[]){1, 10, 2, 20, 3, 30});
    kr_op_bench_set(&b, 2, (kr_real[]){2, 0});
    kr__plan_forward(b.plan, &b.run);
    const kr_real added[12] = {2, 20, 3, 30, 2, 20, 3, 30, 1, 10, 3, 30};
    const kr_real taken[12] = {-3, -30, -1, -10, -2, -20, -1, -10, -2, -20, -3, -30};
    assert_memory_equal(b.y[0], added, sizeof added);
    assert_memory_equal(b.y[1], taken, sizeof taken);
    kr_op_bench_close(&b);
}

static void refuse(int64_t n_vars, int64_t n_phases, int64_t period, const char *sentence) {
    kr_op_bench b;
    kr_op_bench_open(&b, 2);
    kr_tensor x = kr_op_bench_in(&b, 3, (int64_t[]){2, 3, 2});
    kr_tensor cycle = kr_op_bench_in(&b, 2, (int64_t[]){3, n_vars});
    kr_tensor phase = kr_op_bench_in(&b, 1, (int64_t[]){n_phases});
    kr__cycle(b.plan, x, cycle, phase, &(kr_cycle_use){0, period, false});
    kr_op_bench_expect_refusal(&b, sentence);
}

static void refusals(void **state) {
    (void)state;
    refuse(3, 2, 1,
           "cycle: needs x (batch, steps, n_vars), a cycle (length, n_vars) and a phase for each "
           "sample, got (2, 3, 2), (3, 3) and (2)");
    refuse(2, 3, 1,
           "cycle: needs x (batch, steps, n_vars), a cycle (length, n_vars) and a phase for each "
           "sample, got (2, 3, 2), (3, 2) and (3)");
    refuse(2, 2, 0, "cycle: period 0 must be at least 1");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(values),
                                       cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
