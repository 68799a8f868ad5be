/* SPDX-License-Identifier: MIT
 * test_say.c - words for people: what printf does, with texts from outside made visible. */
#include "framework/say.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static FILE *now;
static char said_text[8192], printed_text[8192];

static void begin(void) {
    now = tmpfile();
    assert_non_null(now);
}

static const char *end(char text[8192]) {
    rewind(now);
    size_t n = fread(text, 1, 8191, now);
    text[n] = '\0';
    fclose(now);
    return text;
}

/* What say() sends, and what fprintf() does. */
#define SAID(...) (begin(), say(now, __VA_ARGS__), end(said_text))
#define PRINTED(...) (begin(), fprintf(now, __VA_ARGS__), end(printed_text))
#define ASSERT_SAME(...) assert_string_equal(SAID(__VA_ARGS__), PRINTED(__VA_ARGS__))

static void harmless_texts_are_printed_as_printf_does(void **state) {
    (void)state;
    const char *no_end = "abc";
    ASSERT_SAME("%s", "");
    ASSERT_SAME("\t100%% of %s\n\x1b[K", "it");
    ASSERT_SAME("[%10s][%-10s][%.2s][%-6.2s][%*s][%-*s][%*.*s]", "abc", "abc", "abc", "abc", 5,
                "abc", 5, "abc", -6, 2, "abc");
    ASSERT_SAME("%.*s|%.3s", 2, no_end, no_end);
    ASSERT_SAME("%d %i %5d %-5d| %05d %+d % d %.4d", 1, -2, 3, 4, 5, 6, 7, 8);
    ASSERT_SAME("%u %x %X %o %#x %hd %hhu", 1u, 255u, 255u, 8u, 16u, (short)-3, (unsigned char)200);
    ASSERT_SAME("%ld %lu %lld %llu %jd %ju %zu %zx", -1L, 2UL, -3LL, 4ULL, INTMAX_MIN, UINTMAX_MAX,
                SIZE_MAX, (size_t)255);
    ASSERT_SAME("%" PRId64 " %8" PRId64 " %" PRIu64, INT64_MIN, INT64_C(5), UINT64_MAX);
    ASSERT_SAME("%f %.1f %8.3g %-12g| %+.2e %*.*f %.0f", 1.5, -2.25, 1e-9, 3.0, 1234.5, 9, 3, 2.5,
                1e308);
    ASSERT_SAME("%c%c%%%5s", 'a', '/', "Δ");
}

static void long_texts_are_whole(void **state) {
    (void)state;
    char text[6000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ASSERT_SAME("%s|%s", text, "end");
}

static void what_a_terminal_obeys_is_shown(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"\x1b]0;owned\x07", "\\x1b]0;owned\\x07"},
        {"a\nb\tc\rd\be\x7f", "a\\nb\\tc\\rd\\x08e\\x7f"},
        {"\x01\x0b\x0c\x1f", "\\x01\\x0b\\x0c\\x1f"},
        {"\xc2\x9b"
         "31m",
         "\\u009b31m"}, /* CSI in UTF-8 */
        {"\x9b"
         "31m",
         "\\x9b31m"}, /* and in Latin-1 */
        {"\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0"},
        {"user\xe2\x80\xae"
         "fdp.exe",
         "user\\u202efdp.exe"}, /* turns what follows */
        {"\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f\xe2\x80\xa8\xef\xbb\xbf",
         "\\u2066\\u061c\\u200f\\u2028\\ufeff"},
        {"\xf3\xa0\x81\x81", "\\U000e0041"},
        {"\xc0\xaf\xed\xa0\x80\xe2\x82", "\\xc0\\xaf\\xed\\xa0\\x80\\xe2\\x82"}, /* no UTF-8 */
        {"Temp °C, Größe, Δ, 温度, 🙂, \\x1b",
         "Temp °C, Größe, Δ, 温度, 🙂, \\x1b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[128];
        assert_string_equal(SAID("%s", rows[i][0]), rows[i][1]);
        assert_string_equal(printable(rows[i][0], text, sizeof text), rows[i][1]);
    }
    assert_string_equal(SAID("%c%c", '\x1b', '\n'), "\\x1b\\n");
    assert_string_equal(SAID("a %s\n", "b\n"), "a b\\n\n"); /* the format's own are sent */
}

static void widths_count_what_is_shown(void **state) {
    (void)state;
    assert_string_equal(SAID("[%6s][%-6s][%3s]", "\x1b", "\n", "\x1b"),
                        "[  \\x1b][\\n    ][\\x1b]");
    assert_string_equal(SAID("[%.1s]", "\x1b[31m"), "[\\x1b]");
    assert_string_equal(SAID("[%.4s]", "aäöü"), "[aä]"); /* no half of a character */
}

static void a_copy_ends_between_characters(void **state) {
    (void)state;
    char text[8];
    assert_string_equal(printable("abcdef\x1b", text, sizeof text), "abcdef");
    assert_string_equal(printable("abcdefö", text, sizeof text), "abcdef");
    assert_string_equal(printable("abcd\n", text, 7), "abcd\\n");
    assert_string_equal(printable("x", text, 1), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmless_texts_are_printed_as_printf_does),
        cmocka_unit_test(long_texts_are_whole),
        cmocka_unit_test(what_a_terminal_obeys_is_shown),
        cmocka_unit_test(widths_count_what_is_shown),
        cmocka_unit_test(a_copy_ends_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
