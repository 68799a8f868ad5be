/* SPDX-License-Identifier: MIT
 * test_linear.c - the affine map: values, gradients, strided views, shapes that do not fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/gradcheck.h"

static int build(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    out[0] = kr_linear(plan, in[0], in[1], arg ? in[2] : KR_NONE);
    return 1;
}

static void check(const char *name, int64_t rows, int64_t n_in, int64_t n_out, bool has_bias) {
    kr_gradcheck c = {.name = name,
                      .n_in = has_bias ? 3 : 2,
                      .in = {{2, {rows, n_in}, 0, 0, false},
                             {2, {n_out, n_in}, 0, 0, false},
                             {1, {n_out}, 0, 0, false}},
                      .build = build,
                      .arg = has_bias ? "bias" : NULL};
    kr_gradcheck_run(&c);
}

static void gradients(void **state) {
    (void)state;
    check("linear 1", 1, 1, 1, true);
    check("linear odd", 5, 7, 3, true);
    check("linear wide", 3, 16, 37, true);
    check("linear without bias", 4, 9, 17, false);
}

/* Tokens 1 .. of every row, a 1 x 1 convolution's weight, and x used twice. */
static int build_strided(kr_plan *plan, const kr_tensor *in, kr_tensor *out, const void *arg) {
    (void)arg;
    out[0] = kr_linear(plan, kr_slice(in[0], 2, 2, 5), in[1], in[2]);
    out[1] = kr_linear(plan, kr_slice(kr_slice(in[0], 1, 3, 1), 2, 1, 5), in[1], KR_NONE);
    return 2;
}

static void strided(void **state) {
    (void)state;
    kr_gradcheck c = {
        .name = "linear strided",
        .n_in = 3,
        .in = {{3, {3, 4, 8}, 0, 0, false}, {3, {6, 5, 1}, 0, 0, false}, {1, {6}, 0, 0, false}},
        .build = build_strided};
    kr_gradcheck_run(&c);
}

static void values(void **state) {
    (void)state;
    kr_plan *plan;
    kr_error err = {0};
    assert_int_equal(kr_plan_create(1, false, &plan, &err), KR_OK);
    kr_tensor x = kr_plan_input(plan, 2, (int64_t[]){2, 3}, false);
    kr_tensor w = kr_plan_input(plan, 2, (int64_t[]){2, 3}, false);
    kr_tensor b = kr_plan_input(plan, 1, (int64_t[]){2}, false);
    kr_tensor y = kr_linear(plan, x, w, b);
    kr_plan_output(plan, y);
    assert_int_equal(kr_plan_finish(plan, &err), KR_OK);
    kr_real *work = kr_calloc((size_t)kr_plan_work_size(plan), sizeof *work);
    kr_run run = {.data = {work, NULL}};
    x = kr_plan_resolve(plan, x);
    w = kr_plan_resolve(plan, w);
    b = kr_plan_resolve(plan, b);
    y = kr_plan_resolve(plan, y);
    memcpy(kr_data(&run, &x), (kr_real[]){1, 2, 3, 4, 5, 6}, 6 * sizeof *work);
    memcpy(kr_data(&run, &w), (kr_real[]){1, 0, -1, 2, 1, 0}, 6 * sizeof *work);
    memcpy(kr_data(&run, &b), (kr_real[]){10, 20}, 2 * sizeof *work);
    kr_plan_forward(plan, &run);
    const kr_real expected[4] = {8, 24, 8, 33};
    assert_memory_equal(kr_data(&run, &y), expected, sizeof expected);
    kr_free(work);
    kr_plan_destroy(plan);
}

static void expect_failure(kr_tensor *in, const char *sentence) {
    kr_plan *plan;
    kr_error err = {0};
    assert_int_equal(kr_plan_create(1, false, &plan, &err), KR_OK);
    for (int i = 0; i < 3; i++) in[i] = kr_plan_input(plan, in[i].rank, in[i].shape, false);
    kr_linear(plan, in[0], in[1], in[2]);
    assert_int_equal(kr_plan_finish(plan, &err), KR_SHAPE);
    assert_string_equal(err.text, sentence);
    kr_plan_destroy(plan);
}

static void refusals(void **state) {
    (void)state;
    kr_tensor columns[3] = {
        {.rank = 2, .shape = {2, 4}}, {.rank = 2, .shape = {2, 3}}, {.rank = 1, .shape = {2}}};
    expect_failure(columns,
                   "linear: x (2, 4) does not fit weight (2, 3): needs (.., in) and (out, in)");
    kr_tensor bias[3] = {
        {.rank = 2, .shape = {2, 3}}, {.rank = 2, .shape = {2, 3}}, {.rank = 1, .shape = {3}}};
    expect_failure(bias, "linear: bias (3) does not fit weight (2, 3): needs (out)");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients), cmocka_unit_test(strided),
                                       cmocka_unit_test(values), cmocka_unit_test(refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
