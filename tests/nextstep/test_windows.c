/* SPDX-License-Identifier: MIT
 * test_windows.c - starts, splits and orders of windows as the original's loader has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "nextstep/windows.h"

#include <cmocka.h>

#include "support/golden.h"

static void counts(void **state) {
    (void)state;
    assert_int_equal(kr_windows_count(1200, 64, 16), 72);
    assert_int_equal(kr_windows_count(1200, 1200, 5), 1);
    assert_int_equal(kr_windows_count(1200, 1201, 5), 0);
    assert_int_equal(kr_windows_count(1200, 100, 100), 12);
    assert_int_equal(kr_windows_count(100000, 1024, 256), 387);
}

static void splits(void **state) {
    (void)state;
    static int64_t order[800];
    static const int sizes[] = {2, 5, 10, 72, 100, 387, 774, 778};
    kr_golden *golden = kr_golden_open("synth/windows.npz");
    for (int i = 0; i < 8; i++) {
        char name[64];
        int64_t n_train, n;
        assert_int_equal(kr_windows_split(sizes[i], 0.1, 42, order, &n_train, NULL), KR_OK);
        snprintf(name, sizeof name, "split/n%d/train", sizes[i]);
        const int64_t *want = kr_golden_int64(golden, name, &n);
        assert_int_equal(n_train, n);
        assert_memory_equal(order, want, (size_t)n * sizeof *order);
        snprintf(name, sizeof name, "split/n%d/val", sizes[i]);
        want = kr_golden_int64(golden, name, &n);
        assert_int_equal(sizes[i] - n_train, n);
        assert_memory_equal(order + n_train, want, (size_t)n * sizeof *order);
    }
    kr_golden_close(golden);
}

static void one_window_cannot_be_split(void **state) {
    (void)state;
    int64_t order[1], n_train;
    kr_error err;
    assert_int_equal(kr_windows_split(1, 0.1, 42, order, &n_train, &err), KR_USAGE);
    assert_string_equal(err.text,
                        "1 window cannot be split into training and validation; use a smaller "
                        "`seq_len`, `stride` or `val_fraction`, or a longer series");
}

static void orders(void **state) {
    (void)state;
    int64_t order[20];
    kr_golden *golden = kr_golden_open("synth/windows.npz");
    const int64_t *want = kr_golden_int64(golden, "dataloader_shuffle/seed42_n20_epochs3", NULL);
    kr_torch_rng rng = kr__torch_rng_make(42);
    for (int epoch = 0; epoch < 3; epoch++, want += 20) {
        kr__windows_shuffle(&rng, order, 20);
        assert_memory_equal(order, want, sizeof order);
    }
    kr_golden_close(golden);
}

/* A window starts up to a stride later, but not so late that the series ends before it. */
static void jitter_stays_inside(void **state) {
    (void)state;
    kr_torch_rng rng = kr__torch_rng_make(7), same = rng;
    bool has_first = false, has_last = false;
    for (int i = 0; i < 200; i++) {
        int64_t start = kr__windows_jitter(&rng, 16, 4, 100, 64);
        assert_int_equal(start, 16 + kr__numpy_randint(&same, 4));
        has_first = has_first || start == 16;
        has_last = has_last || start == 19;
    }
    assert_true(has_first && has_last);
    for (int i = 0; i < 50; i++) {
        int64_t start = kr__windows_jitter(&rng, 34, 4, 100, 64);
        assert_in_range(start, 34, 36); /* the last is 100 - 64 */
    }
    assert_int_equal(kr__windows_jitter(&rng, 36, 4, 100, 64), 36);
    /* Windows a step apart draw nothing. */
    same = rng;
    assert_int_equal(kr__windows_jitter(&rng, 5, 1, 100, 64), 5);
    assert_memory_equal(&rng, &same, sizeof rng);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(counts), cmocka_unit_test(splits),
                                       cmocka_unit_test(one_window_cannot_be_split),
                                       cmocka_unit_test(orders),
                                       cmocka_unit_test(jitter_stays_inside)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
