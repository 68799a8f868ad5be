/* SPDX-License-Identifier: MIT
 * test_utf8.c - texts from outside become drawable. */
#include "plot/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void bytes_that_are_not_utf8_are_read_as_latin1(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"OT", "OT"},
        {"\xC2\xB0 C", "\xC2\xB0 C"},                 /* is UTF-8 */
        {"\xB0 C", "\xC2\xB0 C"},                     /* Latin-1 */
        {"Stra\xDF en", "Stra\xC3\x9F en"},           /* starts a character that does not come */
        {"\xE2\x82", "\xC3\xA2\xC2\x82"},             /* ends too early */
        {"\xC0\xAF", "\xC3\x80\xC2\xAF"},             /* overlong */
        {"\xED\xA0\x80", "\xC3\xAD\xC2\xA0\xC2\x80"}, /* surrogate */
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},     /* the last character */
        {"\xF4\x90\x80\x80", "\xC3\xB4\xC2\x90\xC2\x80\xC2\x80"}, /* one behind it */
        {"a\tb\nc\x7F", "a b c "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        assert_true(kr__utf8_clean(rows[i][0], out, sizeof out));
        assert_string_equal(out, rows[i][1]);
    }
}

static void a_cut_lies_between_characters(void **state) {
    (void)state;
    char out[4];
    assert_false(kr__utf8_clean("ab\xE2\x82\xAC", out, sizeof out));
    assert_string_equal(out, "ab");
    assert_false(kr__utf8_clean("abcd", out, sizeof out)); /* no room for the end */
    assert_string_equal(out, "abc");
    assert_int_equal(kr__utf8_border("a\xE2\x82\xAC", 3), 1);
    assert_int_equal(kr__utf8_border("a\xE2\x82\xAC", 4), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_that_are_not_utf8_are_read_as_latin1),
        cmocka_unit_test(a_cut_lies_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
