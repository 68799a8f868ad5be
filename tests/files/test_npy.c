/* SPDX-License-Identifier: MIT
 * test_npy.c - reading and writing .npy files. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kr/files.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/golden.h"

static void read_golden(const char *file, kr_array *array) {
    char path[512];
    kr_error err = {0};
    snprintf(path, sizeof path, "%s/synth/npy/%s", KR_GOLDEN_DIR, file);
    if (kr_npy_read(path, array, &err) != KR_OK) fail_msg("%s", err.text);
}

/* F[i, j] = 10 i + j + 0.5 in many forms. */
static void floats(void **state) {
    (void)state;
    const char *files[] = {"f64_c.npy", "f64_fortran.npy", "f64_big_endian.npy", "version2.npy",
                           "f32.npy"};
    for (int f = 0; f < 5; f++) {
        kr_array array;
        double values[35];
        read_golden(files[f], &array);
        assert_int_equal(array.rank, 2);
        assert_int_equal(array.shape[0], 7);
        assert_int_equal(array.shape[1], 5);
        assert_int_equal(array.n, 35);
        assert_int_equal(array.dtype, f == 4 ? KR_DTYPE_F32 : KR_DTYPE_F64);
        assert_int_equal(kr_array_to_double(&array, values, NULL), KR_OK);
        for (int i = 0; i < 35; i++) {
            double want = 10 * (i / 5) + i % 5 + 0.5;
            if (values[i] != want) fail_msg("%s: %d: %g, not %g", files[f], i, values[i], want);
        }
        kr_array_deinit(&array);
    }
}

/* I[i, j] = 10 i + j - 20, and I * 2^33. */
static void integers(void **state) {
    (void)state;
    const char *files[] = {"i32.npy", "i32_big_endian.npy", "i64.npy"};
    for (int f = 0; f < 3; f++) {
        kr_array array;
        int64_t values[35];
        read_golden(files[f], &array);
        assert_int_equal(kr_array_to_int64(&array, values, NULL), KR_OK);
        for (int i = 0; i < 35; i++) {
            int64_t want = (10 * (i / 5) + i % 5 - 20) * (f == 2 ? INT64_C(1) << 33 : 1);
            assert_int_equal(values[i], want);
        }
        kr_array_deinit(&array);
    }
}

static void small_shapes(void **state) {
    (void)state;
    kr_array array;
    double value = 0;
    int64_t values[35];
    read_golden("scalar_0d_f64.npy", &array);
    assert_int_equal(array.rank, 0);
    assert_int_equal(array.n, 1);
    kr_array_to_double(&array, &value, NULL);
    assert_true(value == 3.25);
    kr_array_deinit(&array);

    read_golden("empty_0x5_f64.npy", &array);
    assert_int_equal(array.n, 0);
    assert_int_equal(array.shape[1], 5);
    assert_int_equal(kr_array_to_double(&array, NULL, NULL), KR_OK);
    kr_array_deinit(&array);

    read_golden("onedim_i16.npy", &array);
    kr_array_to_int64(&array, values, NULL);
    for (int i = 0; i < 7; i++) assert_int_equal(values[i], i - 3);
    kr_array_deinit(&array);

    read_golden("bool.npy", &array);
    assert_int_equal(array.dtype, KR_DTYPE_BOOL);
    kr_array_to_int64(&array, values, NULL);
    for (int i = 0; i < 35; i++) assert_int_equal(values[i], (i / 5 + i % 5) % 2 == 0);
    kr_array_deinit(&array);
}

/* A version 1 file with this dictionary and n_data bytes 1, 2, 3, .. behind it. */
static kr_status read_made(const char *dictionary, int n_data, kr_array *array, kr_error *err) {
    unsigned char bytes[1024] = "\x93NUMPY\x01";
    size_t n = strlen(dictionary);
    assert_true(10 + n + (size_t)n_data <= sizeof bytes);
    bytes[8] = (unsigned char)(n & 255);
    bytes[9] = (unsigned char)(n >> 8);
    memcpy(bytes + 10, dictionary, n);
    for (int i = 0; i < n_data; i++) bytes[10 + n + (size_t)i] = (unsigned char)(i + 1);
    return kr_npy_read_memory("made", bytes, 10 + n + (size_t)n_data, array, err);
}

/* Every refusal is one sentence that names the trouble. */
static void refusals(void **state) {
    (void)state;
    const struct {
        const char *dictionary;
        int n_data;
        const char *says;
    } cases[] = {
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", 15, "does not fit the 15"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", 17, "does not fit the 17"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}", 16, "not a whole number"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387905, 8)}", 64,
         "does not fit"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}", 8,
         "not a whole number in range"},
        {"{'descr': '|S0', 'fortran_order': False, 'shape': (999999999999,)}", 0, "does not fit"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", 8, "type \"|O\""},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", 8, "type \"<c8\""},
        {"{'descr': '<M8[D]', 'fortran_order': False, 'shape': (1,)}", 8, "type \"<M8[D]\""},
        {"{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,)}", 8, "structured"},
        {"{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", 8, "neither True nor False"},
        {"{'descr': '<f8', 'shape': (1,)}", 8, "missing"},
        {"{'descr': '<f8', 'descr': '<f8', 'shape': (1,)}", 8, "doubled"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}", 8, "unknown"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} 1", 8, "follows"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1 2", 8, "does not end"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': 1}", 8, "not a tuple"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", 8, "8 axes"},
        {"{'descr': '<f8", 8, "damaged"},
        {"", 0, "not a dictionary"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kr_error err = {0};
        kr_array array = {0};
        if (read_made(cases[i].dictionary, cases[i].n_data, &array, &err) == KR_OK) {
            fail_msg("accepted: %s", cases[i].dictionary);
        }
        assert_null(array.data);
        if (!strstr(err.text, cases[i].says)) fail_msg("%s: %s", cases[i].dictionary, err.text);
    }
    const char *files[] = {"structured_reject.npy", "truncated_reject.npy", "absent.npy", ""};
    for (int f = 0; f < 4; f++) {
        char path[512];
        kr_error err = {0};
        kr_array array;
        snprintf(path, sizeof path, "%s/synth/npy/%s", KR_GOLDEN_DIR, files[f]);
        assert_int_not_equal(kr_npy_read(path, &array, &err), KR_OK);
        assert_non_null(strstr(err.text, path));
    }
}

/* Types that the golden files do not have. */
static void other_types(void **state) {
    (void)state;
    kr_array array;
    double values[8];
    char text[16];
    assert_int_equal(read_made("{'descr': '<u2', 'fortran_order': True, 'shape': (2L, 2L), }  \n",
                               8, &array, NULL),
                     KR_OK);
    kr_array_to_double(&array, values, NULL);
    const double want[] = {0x0201, 0x0605, 0x0403, 0x0807}; /* first axis fastest */
    assert_memory_equal(values, want, sizeof want);
    kr_array_deinit(&array);

    assert_int_equal(
        read_made("{\"shape\": (2,), 'descr': '|S3', 'fortran_order': False}", 6, &array, NULL),
        KR_OK);
    assert_int_equal(array.dtype, KR_DTYPE_BYTES);
    assert_true(kr_array_text(&array, 1, text, sizeof text));
    assert_string_equal(text, "\x04\x05\x06");
    assert_int_equal(kr_array_to_double(&array, values, NULL), KR_FORMAT);
    kr_array_deinit(&array);

    /* 0x00020100 and beyond are code points out of range: 1, 2, 3, 4 is 0x04030201 */
    assert_int_equal(
        read_made("{'descr': '<U1', 'fortran_order': False, 'shape': ()}", 4, &array, NULL), KR_OK);
    assert_int_equal(array.dtype, KR_DTYPE_TEXT);
    assert_false(kr_array_text(&array, 0, text, sizeof text));
    kr_array_deinit(&array);
}

/* What is written is read back; replacing keeps the old file when it cannot be done. */
static void write_and_read(void **state) {
    (void)state;
    char path[] = "/tmp/kr_test_npy_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    const float values[6] = {1, -2, 3.5F, 0, 1e-30F, 6};
    const uint8_t flags[3] = {1, 0, 1};
    kr_array array, back;
    kr_error err = {0};
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 2, (int64_t[]){2, 3}, values, &array, &err),
                     KR_OK);
    assert_int_equal(kr_npy_write(path, &array, &err), KR_OK);
    assert_int_equal(kr_npy_read(path, &back, &err), KR_OK);
    assert_int_equal(back.rank, 2);
    assert_int_equal(back.shape[1], 3);
    assert_memory_equal(back.data, values, sizeof values);
    kr_array_deinit(&back);

    kr_array_view("b", KR_DTYPE_BOOL, 1, (int64_t[]){3}, flags, &array, &err);
    assert_int_equal(kr_npy_write(path, &array, &err), KR_OK);
    assert_int_equal(kr_npy_read(path, &back, &err), KR_OK);
    assert_int_equal(back.dtype, KR_DTYPE_BOOL);
    assert_memory_equal(back.data, flags, sizeof flags);
    kr_array_deinit(&back);

    kr_array_view("h", KR_DTYPE_BF16, 1, (int64_t[]){3}, values, &array, &err);
    assert_int_equal(kr_npy_write(path, &array, &err), KR_UNSUPPORTED);
    assert_int_equal(kr_npy_read(path, &back, &err), KR_OK);
    assert_int_equal(back.dtype, KR_DTYPE_BOOL);
    kr_array_deinit(&back);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats),   cmocka_unit_test(integers),    cmocka_unit_test(small_shapes),
        cmocka_unit_test(refusals), cmocka_unit_test(other_types), cmocka_unit_test(write_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
