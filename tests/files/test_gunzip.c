/* SPDX-License-Identifier: MIT
 * test_gunzip.c - gzip in memory: the size at its end is believed where it is right, and no file
 * takes memory for what is refused. */
#include "files/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include <kr/files.h>

#include "core/arena.h"
#include "core/platform.h"
#include "files/unpack_limit.h"

enum { MIB = 1 << 20 };

/* A member of a gzip file at to; returns its size. */
static size_t pack(const void *from, size_t n, uint8_t *to, size_t room) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)from;
    z.avail_in = (uInt)n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t size = z.total_out;
    deflateEnd(&z);
    return size;
}

static void expect(const uint8_t *packed, size_t n_packed, const void *text, size_t n) {
    uint8_t *out = NULL;
    size_t n_out = 0;
    kr_error err = {.text = ""};
    if (kr__gunzip("t.gz", packed, n_packed, SIZE_MAX, &out, &n_out, &err) != KR_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(n_out, n);
    if (n > 0) assert_memory_equal(out, text, n);
    kr_free(out);
}

static void refuse(const uint8_t *packed, size_t n_packed, size_t max_bytes, const char *part) {
    uint8_t *out = NULL;
    size_t n_out = 0;
    kr_error err = {.text = ""};
    assert_int_equal(kr__gunzip("t.gz", packed, n_packed, max_bytes, &out, &n_out, &err),
                     KR_FORMAT);
    assert_null(out);
    if (!strstr(err.text, part)) fail_msg("%s", err.text);
}

/* Text that shrinks to about a half, as tables do. */
static uint8_t *make_text(size_t n) {
    uint8_t *text = malloc(n);
    uint32_t state = 1;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525 + 1013904223;
        text[i] = (uint8_t)('0' + (state >> 24) % 10);
    }
    return text;
}

static void whole_files_come_back(void **state) {
    (void)state;
    size_t sizes[] = {0, 1, 100, 65536, 3 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i];
        uint8_t *text = make_text(n + 1), *packed = malloc(n + 100);
        expect(packed, pack(text, n, packed, n + 100), text, n);
        free(text);
        free(packed);
    }
}

/* Several members: the size at the end is the last one's. A size that is a lie; common zeros at the
 * end, which are taken for a size. */
static void other_sizes_at_the_end(void **state) {
    (void)state;
    enum { N = 300000 };
    uint8_t *text = make_text(N), *packed = calloc(N, 2);
    size_t half = pack(text, 200000, packed, N);
    size_t n = half + pack(text + 200000, N - 200000, packed + half, N);
    expect(packed, n, text, N);
    expect(packed, n + 8, text, N);
    half = pack(text, 200000, packed, N);
    n = half + pack("", 0, packed + half, N);
    expect(packed, n, text, 200000);
    n = pack(text, N, packed, 2 * N);
    memset(packed + n - 4, 0xff, 4);
    refuse(packed, n, SIZE_MAX, "incorrect length check");
    free(text);
    free(packed);
}

/* So many MiB of zeros, a member each. */
static size_t pack_zeros(int n, uint8_t *packed) {
    uint8_t *zeros = calloc(MIB, 1);
    size_t size = pack(zeros, MIB, packed, MIB);
    for (int i = 1; i < n; i++) memcpy(packed + (size_t)i * size, packed, size);
    free(zeros);
    return (size_t)n * size;
}

static void bombs_take_no_memory(void **state) {
    (void)state;
    uint8_t *packed = malloc(MIB);
    size_t n = pack_zeros(200, packed);
    int64_t before = kr__peak_rss();
    refuse(packed, n, SIZE_MAX, "unpacks to more than 67108864 bytes");
    /* The size at the end says that it is small, or as large as may be. */
    static const uint8_t lies[2][4] = {{1, 0, 0, 0}, {0, 0, 0, 4}};
    for (int i = 0; i < 2; i++) {
        memcpy(packed + n - 4, lies[i], 4);
        refuse(packed, n, SIZE_MAX, "`max_unpacked`");
    }
    assert_true(kr__peak_rss() - before < 16 * MIB);
    free(packed);
}

static void the_limit_can_be_raised_and_lowered(void **state) {
    (void)state;
    uint8_t *zeros = calloc(65, MIB), *packed = malloc(MIB);
    size_t n = pack_zeros(65, packed);
    refuse(packed, n, SIZE_MAX, "67108864");
    kr_unpack_limit_set((size_t)65 * MIB);
    expect(packed, n, zeros, (size_t)65 * MIB);
    refuse(packed, n, (size_t)MIB, "1048576"); /* the caller's own limit holds */
    kr_unpack_limit_set((size_t)65 * MIB - 1);
    refuse(packed, n, SIZE_MAX, "unpacks to more than 68157439 bytes");
    kr_unpack_limit_set(0);
    refuse(packed, n, SIZE_MAX, "67108864");
    free(zeros);
    free(packed);
}

static void large_files_may_grow_by_their_size(void **state) {
    (void)state;
    assert_int_equal(kr__unpack_limit(0), 64 * MIB);
    assert_int_equal(kr__unpack_limit(MIB), 64 * MIB);
    assert_int_equal(kr__unpack_limit(2 * MIB), 128 * MIB);
    assert_true(kr__unpack_limit(SIZE_MAX / 2) == SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_files_come_back),
        cmocka_unit_test(other_sizes_at_the_end),
        cmocka_unit_test(bombs_take_no_memory),
        cmocka_unit_test(the_limit_can_be_raised_and_lowered),
        cmocka_unit_test(large_files_may_grow_by_their_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
