/* SPDX-License-Identifier: MIT
 * test_safetensors.c - reading and writing safetensors files. */
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
#include "core/text.h"

/* A file with this header and n_data bytes 0, 1, 2, .. behind it. */
static kr_status read_made(const char *header, size_t n_data, kr_safetensors **file,
                           kr_error *err) {
    unsigned char bytes[1024] = {0};
    size_t n = strlen(header);
    assert_true(8 + n + n_data <= sizeof bytes);
    bytes[0] = (unsigned char)(n & 255);
    bytes[1] = (unsigned char)(n >> 8);
    memcpy(bytes + 8, header, n);
    for (size_t i = 0; i < n_data; i++) bytes[8 + n + i] = (unsigned char)i;
    return kr_safetensors_read_memory("made", bytes, 8 + n + n_data, file, err);
}

static void types(void **state) {
    (void)state;
    kr_safetensors *file = NULL;
    kr_error err = {0};
    double values[4];
    /* Bytes 0 .. 15: bfloat16 0x0100, 0x0302; float16 0x0504, 0x0706; then a byte, so that int16
     * begins at an odd place. */
    kr_status status = read_made(
        "{\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[0,4]},"
        "\"h\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[4,8]},"
        "\"u\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[8,9]},"
        "\"i\":{\"shape\":[3],\"data_offsets\":[9,15],\"dtype\":\"I16\"},"
        "\"e\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[15,15]},"
        "\"__metadata__\":{\"format\":\"pt\",\"epoch\":\"3\"}}   ",
        15, &file, &err);
    if (status != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(kr_safetensors_count(file), 5);
    assert_int_equal(kr_array_to_double(kr_safetensors_find(file, "b"), values, NULL), KR_OK);
    assert_true(values[0] == 0x1p-125); /* exponent 2 - 127, mantissa 0 */
    assert_true(values[1] == (1 + 2.0 / 128) * 0x1p-121);
    kr_array_to_double(kr_safetensors_find(file, "h"), values, NULL);
    assert_true(values[0] == (1 + 0x104 / 1024.0) * 0x1p-14);
    kr_array_to_double(kr_safetensors_find(file, "u"), values, NULL);
    assert_true(values[0] == 8);
    kr_array_to_double(kr_safetensors_find(file, "i"), values, NULL);
    assert_true(values[0] == 0x0a09 && values[2] == 0x0e0d);
    assert_int_equal(kr_safetensors_find(file, "e")->n, 0);
    assert_null(kr_safetensors_find(file, "x"));
    assert_null(kr_safetensors_array(file, 5));
    assert_string_equal(kr_safetensors_value(file, "epoch"), "3");
    assert_null(kr_safetensors_value(file, "shape"));
    assert_string_equal(kr_safetensors_metadata(file, 0).key, "format");
    kr_safetensors_destroy(file);
}

#define ONE(name, shape, begin, end)                                                               \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" begin "," end "]}"

static void refusals(void **state) {
    (void)state;
    const struct {
        const char *header;
        size_t n_data;
        const char *says;
    } cases[] = {
        {"{" ONE("w", "2", "0", "8") "}", 7, "cut short"},
        {"{" ONE("w", "2", "0", "8") "}", 9, "belong to no tensor"},
        {"{" ONE("w", "2", "0", "8") "," ONE("w", "1", "8", "12") "}", 12, "twice"},
        {"{" ONE("w", "2", "0", "8") "," ONE("v", "2", "4", "12") "}", 12, "overlaps"},
        {"{" ONE("w", "1", "0", "4") "," ONE("v", "1", "8", "12") "}", 12, "gap"},
        {"{" ONE("w", "3", "0", "8") "}", 8, "does not fit"},
        {"{" ONE("w", "4611686018427387904,4", "0", "8") "}", 8, "whole number"},
        {"{" ONE("w", "4503599627370496,4503599627370496,4096", "0", "8") "}", 8, "does not fit"},
        {"{" ONE("w", "-1", "0", "8") "}", 8, "whole number"},
        {"{" ONE("w", "1.5", "0", "6") "}", 6, "whole number"},
        {"{" ONE("w", "1", "4", "0") "}", 4, "in order"},
        {"{" ONE("w", "1,1,1,1,1,1,1,1,1", "0", "4") "}", 4, "8 axes"},
        {"{" ONE("", "1", "0", "4") "}", 4, "without a name"},
        {"{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "type F8_E4M3"},
        {"{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "not just"},
        {"{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1]}}", 4, "data_offsets"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "not a text"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"},
        {"{\"w\":", 0, "JSON"},
        {"{} x", 0, "JSON"},
        {" {}", 0, "JSON"},
        {"[]", 0, "JSON"},
        {"", 0, "JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kr_error err = {0};
        kr_safetensors *file = NULL;
        if (read_made(cases[i].header, cases[i].n_data, &file, &err) == KR_OK) {
            fail_msg("accepted: %s", cases[i].header);
        }
        assert_null(file);
        if (!strstr(err.text, cases[i].says)) fail_msg("%s: %s", cases[i].header, err.text);
    }
    kr_error err = {0};
    kr_safetensors *file = NULL;
    assert_int_equal(
        kr_safetensors_read_memory("m", "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10, &file, &err),
        KR_FORMAT);
    assert_non_null(strstr(err.text, "claims"));
    assert_int_equal(kr_safetensors_read_memory("m", "{}", 2, &file, &err), KR_FORMAT);
    assert_int_equal(kr_safetensors_read(KR_GOLDEN_DIR, &file, &err), KR_IO);
}

/* A header of brackets inside brackets is refused before it can use up the stack. */
static void deep_header(void **state) {
    (void)state;
    enum { DEPTH = 100000, SIZE = DEPTH + 16 };
    unsigned char *bytes = kr__calloc(SIZE, 1);
    kr_safetensors *file = NULL;
    kr_error err = {0};
    assert_non_null(bytes);
    memset(bytes + 8, '[', SIZE - 8);
    memcpy(bytes + 8, "{\"w\":", 5);
    for (int i = 0; i < 3; i++) bytes[i] = (unsigned char)(((SIZE - 8) >> (8 * i)) & 255);
    assert_int_equal(kr_safetensors_read_memory("deep", bytes, SIZE, &file, &err), KR_FORMAT);
    kr_free(bytes);
}

static void write_and_read(void **state) {
    (void)state;
    char path[] = "/tmp/kr_test_safetensors_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    const uint8_t flags[3] = {1, 0, 1};
    const float weights[6] = {1, -2, 3.5F, 0, 1e-30F, 6};
    const int64_t steps[2] = {-1, INT64_MAX};
    kr_array arrays[4];
    kr_array_view("flags", KR_DTYPE_BOOL, 1, (int64_t[]){3}, flags, &arrays[0], NULL);
    kr_array_view("layer.0.weight", KR_DTYPE_F32, 2, (int64_t[]){2, 3}, weights, &arrays[1], NULL);
    kr_array_view("step", KR_DTYPE_I64, 1, (int64_t[]){2}, steps, &arrays[2], NULL);
    kr_array_view("none", KR_DTYPE_F32, 2, (int64_t[]){0, 4}, weights, &arrays[3], NULL);
    const kr_text_pair metadata[] = {{"format", "pt"}, {"note", "line\n\"quoted\" \xc3\xa9"}};
    kr_error err = {0};
    if (kr_safetensors_write(path, arrays, 4, metadata, 2, &err) != KR_OK) fail_msg("%s", err.text);

    kr_safetensors *file = NULL;
    if (kr_safetensors_read(path, &file, &err) != KR_OK) fail_msg("%s", err.text);
    assert_int_equal(kr_safetensors_count(file), 4);
    for (int i = 0; i < 4; i++) {
        const kr_array *back = kr_safetensors_find(file, arrays[i].name);
        assert_non_null(back);
        assert_int_equal(back->dtype, arrays[i].dtype);
        assert_int_equal(back->rank, arrays[i].rank);
        assert_memory_equal(back->shape, arrays[i].shape, sizeof back->shape);
        assert_memory_equal(back->data, arrays[i].data, (size_t)back->n * back->item_size);
        assert_int_equal((uintptr_t)back->data % back->item_size, 0);
    }
    assert_string_equal(kr_safetensors_value(file, "note"), metadata[1].value);
    kr_safetensors_destroy(file);

    /* What cannot be written leaves the good file. */
    arrays[3].name = arrays[1].name;
    assert_int_equal(kr_safetensors_write(path, arrays, 4, NULL, 0, &err), KR_USAGE);
    assert_non_null(strstr(err.text, "two tensors"));
    assert_int_equal(kr_safetensors_read(path, &file, &err), KR_OK);
    assert_int_equal(kr_safetensors_count(file), 4);
    kr_safetensors_destroy(file);
    assert_int_equal(kr_safetensors_write(path, NULL, 0, NULL, 0, &err), KR_OK);
    assert_int_equal(kr_safetensors_read(path, &file, &err), KR_OK);
    assert_int_equal(kr_safetensors_count(file), 0);
    kr_safetensors_destroy(file);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),
        cmocka_unit_test(refusals),
        cmocka_unit_test(deep_header),
        cmocka_unit_test(write_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
