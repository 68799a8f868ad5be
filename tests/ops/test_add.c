/* SPDX-License-Identifier: MIT
 * test_add.c - gradients of residual addition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/gradcheck.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__add(plan, in[0], in[1]);
    return 1;
}

/* The same tensor twice, and once more: gradients add up. */
static int build_shared(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr__add(plan, kr__add(plan, in[0], in[0]), in[0]);
    return 1;
}

static void gradients(void **state) {
    (void)state;
    const int64_t columns[] = {1, 7, 16, 33};
    for (int i = 0; i < 4; i++) {
        kr_gradcheck check = {
            .name = "add",
            .n_in = 2,
            .in = {{2, {3, columns[i]}, 0, 0, false}, {2, {3, columns[i]}, 0, 0, false}},
            .build = build};
        kr_gradcheck_run(&check);
    }
}

static void shared_input(void **state) {
    (void)state;
    kr_gradcheck check = {
        .name = "add shared", .n_in = 1, .in = {{2, {3, 5}, 0, 0, false}}, .build = build_shared};
    kr_gradcheck_run(&check);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(shared_input)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
