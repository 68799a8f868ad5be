/* SPDX-License-Identifier: MIT
 * test_strided.c - copying and adding through strides against index arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/real.h"
#include "tensor/strided.h"

enum { N = 2 * 3 * 4 * 5 };
static kr_real from[N], to[N];

static void fill(void) {
    for (int i = 0; i < N; i++) {
        from[i] = (kr_real)(i + 1);
        to[i] = (kr_real)(1000 * i);
    }
}

static void transposed(void **state) {
    (void)state;
    kr_tensor t = kr__tensor_make(4, (int64_t[]){2, 3, 4, 5});
    kr_tensor f = kr__transpose(kr__tensor_make(4, (int64_t[]){5, 3, 4, 2}), 0, 3);
    fill();
    kr__strided_add(&f, from, &t, to);
    for (int a = 0; a < 2; a++) {
        for (int b = 0; b < 3; b++) {
            for (int c = 0; c < 4; c++) {
                for (int d = 0; d < 5; d++) {
                    int i = ((a * 3 + b) * 4 + c) * 5 + d, k = ((d * 3 + b) * 4 + c) * 2 + a;
                    assert_true(to[i] == (kr_real)(1000 * i + k + 1));
                }
            }
        }
    }
    kr__strided_copy(&f, from, &t, to);
    kr__strided_copy(&t, to, &f, from);
    for (int i = 0; i < N; i++) assert_true(from[i] == (kr_real)(i + 1));
}

static void repeated(void **state) {
    (void)state;
    kr_tensor row = kr__tensor_make(2, (int64_t[]){3, 4}), rows = row;
    row.stride[0] = 0;
    fill();
    kr__strided_copy(&row, from, &rows, to);
    for (int i = 0; i < 12; i++) assert_true(to[i] == (kr_real)(i % 4 + 1));
    kr__strided_add(&rows, to, &row, from);
    for (int i = 0; i < 4; i++) assert_true(from[i] == (kr_real)(4 * (i + 1)));
    assert_true(to[12] == 12000 && from[4] == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(transposed), cmocka_unit_test(repeated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
