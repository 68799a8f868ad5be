/* SPDX-License-Identifier: MIT
 * test_array.c - conversions and texts of arrays from files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <kr/files.h>
#include <math.h>
#include <string.h>

static kr_array view(kr_dtype dtype, int64_t n, const void *data) {
    kr_array array;
    kr_error err = {0};
    if (kr_array_view("v", dtype, 1, &n, data, &array, &err) != KR_OK) fail_msg("%s", err.text);
    return array;
}

static void numbers(void **state) {
    (void)state;
    double wide[4];
    float narrow[4];
    int64_t whole[4];
    const int8_t i8[] = {-128, 127};
    kr_array array = view(KR_DTYPE_I8, 2, i8);
    assert_int_equal(kr_array_to_double(&array, wide, NULL), KR_OK);
    assert_true(wide[0] == -128 && wide[1] == 127);

    const uint32_t u32[] = {UINT32_MAX};
    array = view(KR_DTYPE_U32, 1, u32);
    kr_array_to_int64(&array, whole, NULL);
    assert_true(whole[0] == UINT32_MAX);

    /* One rounding, not two: by way of double it would be 2^53 exactly. */
    const int64_t i64[] = {(INT64_C(1) << 53) + (INT64_C(1) << 29) + 1};
    array = view(KR_DTYPE_I64, 1, i64);
    kr_array_to_float(&array, narrow, NULL);
    assert_true(narrow[0] == 0x1p53F + 0x1p30F);
    kr_array_to_int64(&array, whole, NULL);
    assert_true(whole[0] == i64[0]);

    /* The ends of float16: smallest, largest, infinity, not a number, -0. */
    const uint16_t f16[] = {0x0001, 0x7bff, 0xfc00, 0x7e00};
    array = view(KR_DTYPE_F16, 4, f16);
    kr_array_to_float(&array, narrow, NULL);
    assert_true(narrow[0] == 0x1p-24F && narrow[1] == 65504 && narrow[2] == -HUGE_VALF);
    assert_true(isnan(narrow[3]));
    const uint16_t bf16[] = {0x3f80, 0xc2f7};
    array = view(KR_DTYPE_BF16, 2, bf16);
    kr_array_to_float(&array, narrow, NULL);
    assert_true(narrow[0] == 1 && narrow[1] == -123.5F);
}

static void not_whole(void **state) {
    (void)state;
    int64_t whole[2];
    kr_error err = {0};
    const double bad[][2] = {{1, 1.5}, {1, 0x1p63}, {1, -0x1.1p63}, {1, HUGE_VAL}, {1, NAN}};
    for (int i = 0; i < 5; i++) {
        kr_array array = view(KR_DTYPE_F64, 2, bad[i]);
        assert_int_equal(kr_array_to_int64(&array, whole, &err), KR_FORMAT);
        assert_non_null(strstr(err.text, "v: element 1"));
    }
    const double good[] = {-0x1p63, 3};
    kr_array array = view(KR_DTYPE_F64, 2, good);
    assert_int_equal(kr_array_to_int64(&array, whole, &err), KR_OK);
    assert_true(whole[0] == INT64_MIN);
    const uint64_t large[] = {UINT64_MAX};
    array = view(KR_DTYPE_U64, 1, large);
    assert_int_equal(kr_array_to_int64(&array, whole, &err), KR_FORMAT);
}

static void views(void **state) {
    (void)state;
    kr_array array;
    kr_error err = {0};
    char text[KR_ARRAY_SHAPE_TEXT];
    const int64_t shape[9] = {2, 0, 3, 1, 1, 1, 1, 1, 1}, large[2] = {INT64_MAX, 3};
    const int64_t longest[8] = {0,         INT64_MAX, INT64_MAX, INT64_MAX,
                                INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 3, shape, NULL, &array, &err), KR_OK);
    assert_int_equal(array.n, 0);
    assert_string_equal(kr_array_shape_text(&array, text), "(2, 0, 3)");
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 1, shape, NULL, &array, &err), KR_OK);
    assert_string_equal(kr_array_shape_text(&array, text), "(2,)");
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 0, NULL, text, &array, &err), KR_OK);
    assert_string_equal(kr_array_shape_text(&array, text), "()");
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 8, longest, NULL, &array, &err), KR_OK);
    assert_int_equal(strlen(kr_array_shape_text(&array, text)), 1 + 7 * 19 + 16);

    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 9, shape, NULL, &array, &err), KR_SHAPE);
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 2, large, NULL, &array, &err), KR_SHAPE);
    assert_int_equal(kr_array_view("v", KR_DTYPE_F32, 1, (int64_t[]){-1}, NULL, &array, &err),
                     KR_SHAPE);
    assert_int_equal(kr_array_view("v", KR_DTYPE_TEXT, 1, shape, NULL, &array, &err),
                     KR_UNSUPPORTED);
}

static void texts(void **state) {
    (void)state;
    char text[16];
    const uint32_t codes[] = {'a', 0xe9, 0x65e5, 0x1f600, 'x', 0, 0, 0, 'b', 0xd800, 0, 0};
    kr_array array = {.dtype = KR_DTYPE_TEXT, .rank = 1, .n = 3, .item_size = 16};
    array.data = (void *)codes;
    assert_true(kr_array_text(&array, 0, text, sizeof text));
    assert_string_equal(text, "a\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80");
    assert_true(kr_array_text(&array, 0, text, 6)); /* no half character */
    assert_string_equal(text, "a\xc3\xa9");
    assert_true(kr_array_text(&array, 1, text, sizeof text));
    assert_string_equal(text, "x");
    assert_false(kr_array_text(&array, 2, text, sizeof text)); /* half of a surrogate pair */
    assert_string_equal(text, "");
    assert_false(kr_array_text(&array, 3, text, sizeof text));
    assert_false(kr_array_text(&array, -1, text, sizeof text));

    kr_array bytes = {.dtype = KR_DTYPE_BYTES, .rank = 1, .n = 2, .item_size = 3};
    bytes.data = (void *)"abcd\0\0";
    assert_true(kr_array_text(&bytes, 0, text, sizeof text));
    assert_string_equal(text, "abc");
    assert_true(kr_array_text(&bytes, 1, text, sizeof text));
    assert_string_equal(text, "d");
    assert_true(kr_array_text(&bytes, 0, text, 3));
    assert_string_equal(text, "ab");
    const float number = 1;
    array = view(KR_DTYPE_F32, 1, &number);
    assert_false(kr_array_text(&array, 0, text, sizeof text));
}

static void types(void **state) {
    (void)state;
    assert_string_equal(kr_dtype_text(KR_DTYPE_BF16), "bfloat16");
    assert_int_equal(kr_dtype_size(KR_DTYPE_I16), 2);
    assert_int_equal(kr_dtype_size(KR_DTYPE_TEXT), 0);
    assert_string_equal(kr_dtype_text((kr_dtype)99), "?");
    assert_int_equal(kr_dtype_size((kr_dtype)99), 0);
    assert_string_equal(kr_dtype_text(KR_DTYPE_COUNT), "?");
    assert_int_equal(kr_dtype_size(KR_DTYPE_COUNT), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers), cmocka_unit_test(not_whole), cmocka_unit_test(views),
        cmocka_unit_test(texts),   cmocka_unit_test(types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
