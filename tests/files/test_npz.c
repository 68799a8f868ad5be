/* SPDX-License-Identifier: MIT
 * test_npz.c - reading and writing .npz files. */
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

#include "core/arena.h"
#include "core/platform.h"
#include "core/real.h"
#include "support/golden.h"

/* Stored, with zip64 sizes in the local headers. */
static void plain(void **state) {
    (void)state;
    kr_golden *g = kr_golden_open("synth/npy/plain.npz");
    int64_t n;
    const double *a = kr_golden_double(g, "a", &n);
    assert_int_equal(n, 35);
    for (int i = 0; i < 35; i++) assert_true(a[i] == 10 * (i / 5) + i % 5 + 0.5);
    const int64_t *b = kr_golden_int64(g, "b", &n);
    assert_int_equal(n, 6);
    for (int i = 0; i < 6; i++) assert_int_equal(b[i], i);
    const kr_real c[] = {(kr_real)1.5, (kr_real)-2.25};
    assert_close(kr_golden_real(g, "c", &n), c, 2, 0);
    assert_true(kr_golden_has(g, "a"));
    assert_false(kr_golden_has(g, "d"));
    kr_golden_close(g);
}

static void forecast(void **state) {
    (void)state;
    char text[32];
    kr_golden *g = kr_golden_open("timefeatures.npz");
    const kr_array *dates = kr_golden_array(g, "dates");
    assert_int_equal(dates->dtype, KR_DTYPE_BYTES);
    assert_int_equal(dates->n, 200);
    int64_t *ymdhms = kr_golden_int64(g, "ymdhms", NULL);
    for (int64_t i = 0; i < 200; i++) {
        const int64_t *t = ymdhms + 6 * i;
        char want[32];
        snprintf(want, sizeof want, "%04d-%02d-%02d %02d:%02d:%02d", (int)t[0], (int)t[1],
                 (int)t[2], (int)t[3], (int)t[4], (int)t[5]);
        assert_string_equal(kr_golden_text(g, "dates", i, text, sizeof text), want);
    }
    kr_golden_close(g);
}

static void missing(void **state) {
    (void)state;
    kr_npz *npz = NULL;
    kr_array array;
    kr_error err = {0};
    assert_int_equal(kr_npz_open(KR_GOLDEN_DIR "/synth/npy/plain.npz", &npz, &err), KR_OK);
    assert_int_equal(kr_npz_get(npz, "q", &array, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "has no array \"q\"; it has a, b, c"));
    kr_npz_close(npz);
    assert_int_equal(kr_npz_open(KR_GOLDEN_DIR "/synth/npy", &npz, &err), KR_IO);
    assert_int_equal(kr_npz_open(KR_GOLDEN_DIR "/synth/npy/f32.npy", &npz, &err), KR_FORMAT);
    assert_non_null(strstr(err.text, "not a zip file"));
}

/* Stored and deflated files are read back; the same arrays give the same bytes. */
static void write_and_read(void **state) {
    (void)state;
    char path[] = "/tmp/kr_test_npz_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    static double large[5000];
    for (int i = 0; i < 5000; i++) large[i] = i % 7;
    const int32_t one = -5;
    kr_array arrays[3];
    kr_array_view("large", KR_DTYPE_F64, 2, (int64_t[]){50, 100}, large, &arrays[0], NULL);
    kr_array_view("deep/name.x", KR_DTYPE_I32, 0, NULL, &one, &arrays[1], NULL);
    kr_array_view("empty", KR_DTYPE_F32, 2, (int64_t[]){0, 3}, &one, &arrays[2], NULL);
    size_t sizes[2] = {0};
    for (int deflate = 0; deflate < 2; deflate++) {
        kr_error err = {0};
        uint8_t *first = NULL, *second = NULL;
        size_t n_second = 0;
        if (kr_npz_write(path, arrays, 3, deflate == 1, &err) != KR_OK) fail_msg("%s", err.text);
        assert_int_equal(kr__file_read(path, 1 << 20, &first, &sizes[deflate], &err), KR_OK);
        assert_int_equal(kr_npz_write(path, arrays, 3, deflate == 1, &err), KR_OK);
        assert_int_equal(kr__file_read(path, 1 << 20, &second, &n_second, &err), KR_OK);
        assert_int_equal(n_second, sizes[deflate]);
        assert_memory_equal(first, second, n_second);
        kr_npz *npz = NULL;
        kr_array back;
        assert_int_equal(kr_npz_open_memory("copy", first, sizes[deflate], &npz, &err), KR_OK);
        assert_int_equal(kr_npz_count(npz), 3);
        assert_string_equal(kr_npz_name(npz, 1), "deep/name.x");
        assert_int_equal(kr_npz_get(npz, "large", &back, &err), KR_OK);
        assert_memory_equal(back.data, large, sizeof large);
        kr_array_deinit(&back);
        assert_int_equal(kr_npz_get(npz, "empty", &back, &err), KR_OK);
        assert_int_equal(back.shape[1], 3);
        kr_array_deinit(&back);
        kr_npz_close(npz);
        kr_free(first);
        kr_free(second);
    }
    assert_true(sizes[1] < sizes[0] / 4);
    unlink(path);
}

static void refuse(const uint8_t *bytes, size_t n, const char *sentence) {
    kr_npz *npz = NULL;
    kr_array array;
    kr_error err = {0};
    assert_int_equal(kr_npz_open_memory("a.npz", bytes, n, &npz, &err), KR_OK);
    assert_true(kr_npz_get(npz, "X", &array, &err) != KR_OK);
    assert_string_equal(err.text, sentence);
    kr_npz_close(npz);
}

/* The sentence names file and array. */
static void damaged(void **state) {
    (void)state;
    const char *path = "damaged.npz";
    const double x[] = {1, 2, 3};
    enum { LOCAL_HEADER = 30 + sizeof "X.npy" - 1, NPY_HEADER = 128 };
    kr_array X;
    uint8_t *bytes = NULL;
    size_t n = 0;
    kr_array_view("X", KR_DTYPE_F64, 1, (int64_t[]){3}, x, &X, NULL);
    assert_int_equal(kr_npz_write(path, &X, 1, false, NULL), KR_OK);
    assert_int_equal(kr__file_read(path, 1 << 20, &bytes, &n, NULL), KR_OK);
    bytes[LOCAL_HEADER + NPY_HEADER] ^= 1;
    refuse(bytes, n, "a.npz, array \"X\": is damaged: CRC error");
    char *type = strstr((char *)bytes + LOCAL_HEADER + 10, "<f8");
    assert_non_null(type);
    memcpy(type, "<f9", 3);
    refuse(bytes, n,
           "a.npz, array \"X\": has elements of numpy type \"<f9\"; integers, float16 to float64, "
           "bool and texts are read");
    kr_free(bytes);
    remove(path);
}

/* A small file with a large array in it: refused before there is memory for it, read when asked. */
static void bombs(void **state) {
    (void)state;
    enum { N = 9000000 };
    const char *path = "bomb.npz";
    double *zeros = calloc(N, sizeof *zeros);
    kr_array X, back;
    kr_npz *npz = NULL;
    kr_error err = {0};
    uint8_t *bytes = NULL;
    size_t n = 0;
    assert_non_null(zeros);
    kr_array_view("X", KR_DTYPE_F64, 1, (int64_t[]){N}, zeros, &X, NULL);
    assert_int_equal(kr_npz_write(path, &X, 1, true, NULL), KR_OK);
    assert_int_equal(kr__file_read(path, 1 << 20, &bytes, &n, NULL), KR_OK);
    free(zeros);
    uint64_t allocations = kr__alloc_count();
    refuse(
        bytes, n,
        "a.npz: member \"X.npy\": unpacks to more than 67108864 bytes, the limit of what is packed "
        "more than 64-fold; if you trust it, raise the limit with `max_unpacked` 8G");
    assert_true(kr__alloc_count() - allocations < 8); /* an archive, its name, its directory */
    kr_unpack_limit_set((size_t)100 << 20);
    assert_int_equal(kr_npz_open_memory("a.npz", bytes, n, &npz, &err), KR_OK);
    assert_int_equal(kr_npz_get(npz, "X", &back, &err), KR_OK);
    assert_int_equal(back.n, N);
    kr_array_deinit(&back);
    kr_npz_close(npz);
    kr_unpack_limit_set(0);
    kr_free(bytes);
    remove(path);
}

/* Two members that share their bytes: the directory's second row says what its first one does. */
static void shared_bytes(void **state) {
    (void)state;
    static const double x[4000] = {1};
    const char *path = "shared.npz";
    kr_array arrays[2];
    kr_npz *npz = NULL;
    kr_error err = {0};
    uint8_t *bytes = NULL, *row[2] = {NULL, NULL};
    size_t n = 0;
    kr_array_view("a", KR_DTYPE_F64, 1, (int64_t[]){4000}, x, &arrays[0], NULL);
    kr_array_view("b", KR_DTYPE_F64, 1, (int64_t[]){1}, x, &arrays[1], NULL);
    assert_int_equal(kr_npz_write(path, arrays, 2, false, NULL), KR_OK);
    assert_int_equal(kr__file_read(path, 1 << 20, &bytes, &n, NULL), KR_OK);
    for (size_t i = 0, k = 0; i + 46 < n && k < 2; i++) {
        if (memcmp(bytes + i, "PK\1\2", 4) == 0) row[k++] = bytes + i;
    }
    assert_non_null(row[1]);
    memcpy(row[1] + 16, row[0] + 16, 12); /* checksum, packed size, size */
    memcpy(row[1] + 42, row[0] + 42, 4);  /* where it begins */
    assert_int_equal(kr_npz_open_memory("a.npz", bytes, n, &npz, &err), KR_FORMAT);
    assert_string_equal(err.text,
                        "a.npz: its members need more bytes than it has; it was cut short, "
                        "or is damaged");
    kr_free(bytes);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain),          cmocka_unit_test(forecast), cmocka_unit_test(missing),
        cmocka_unit_test(write_and_read), cmocka_unit_test(damaged),  cmocka_unit_test(bombs),
        cmocka_unit_test(shared_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
