/* SPDX-License-Identifier: MIT
 * test_table_text.c - bytes as text: encodings, marks, line ends, and what is none. */
#include "tables/table_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"

#define B(text) text, sizeof text - 1

static const struct {
    const char *bytes;
    size_t n;
    const char *text;
    kr__encoding encoding;
    bool has_cr_lines;
} texts[] = {
    {B("a,b\n1,2\n"), "a,b\n1,2\n", KR__UTF8, false},
    {B(""), "", KR__UTF8, false},
    {B("\xef\xbb\xbf"
       "a\r\n1\r\n"),
     "a\r\n1\r\n", KR__UTF8, false},
    {B("K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80"), "K\xc3\xb6ln \xe2\x82\xac \xf0\x9f\x98\x80",
     KR__UTF8, false},
    {B("a\r1\r2"), "a\n1\n2", KR__UTF8, true},
    {B("a\r\n1\r2\n"), "a\r\n1\r2\n", KR__UTF8, false},
    {B("Umsatz (\x80);M\xfc\n"), "Umsatz (\xe2\x82\xac);M\xc3\xbc\n", KR__CP1252, false},
    {B("\x80\x9f\xff\ra"), "\xe2\x82\xac\xc5\xb8\xc3\xbf\na", KR__CP1252, true},
    {B("\xff\xfe"
       "a\0,\0\xac\x20"),
     "a,\xe2\x82\xac", KR__UTF16LE, false},
    {B("\xfe\xff\0a\0\n\xd8\x3d\xde\0"), "a\n\xf0\x9f\x98\x80", KR__UTF16BE, false},
    {B("a\0,\0b\0\n\0"), "a,b\n", KR__UTF16LE, false},
    {B("\0a\0,\0b\0\n"), "a,b\n", KR__UTF16BE, false},
    {B("\xff\xfe"
       "a\0\r\0b\0"),
     "a\nb", KR__UTF16LE, true},
};

static void bytes_as_text(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        kr__table_text t;
        kr_error err = {.text = ""};
        if (kr__table_text_open("t", (const uint8_t *)texts[i].bytes, texts[i].n, 100, &t, &err)) {
            fail_msg("%zu: %s", i, err.text);
        }
        assert_int_equal(t.size, strlen(texts[i].text));
        if (t.size > 0) assert_memory_equal(t.text, texts[i].text, t.size);
        assert_int_equal(t.encoding, texts[i].encoding);
        assert_int_equal(t.has_cr_lines, texts[i].has_cr_lines);
        kr__table_text_close(&t);
    }
}

static void no_text(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *sentence;
    } cases[] = {
        {B("a\n1\0\n"), "t:2: has a zero byte, which no text has; is it a table?"},
        {B("\xff\xfe"
           "a"),
         "t: is UTF-16 text that ends within a character; copy the file again"},
        {B("\xff\xfe\x3d\xd8\x3d\xd8"), "t: is UTF-16 text with half a character at byte 0"},
        {B("\xff\xfe\0\xde"), "t: is UTF-16 text with half a character at byte 0"},
        {B("a\n\x93\x81"), /* Shift JIS */
         "t:2: has the byte 0x81, which is neither UTF-8 nor Windows-1252; save it as UTF-8"},
        {B("K\xc3\xb6\nM\xfc"),
         "t:2: has the byte 0xfc, which is no UTF-8, after letters that are; save it as UTF-8"},
        {B("K\xc3\xb6\xed\xa0\x80"),
         "t:1: has the byte 0xed, which is no UTF-8, after letters that are; save it as UTF-8"},
        {B("\x1f\x8b\x08"), "t: ends in the middle of its compressed data; copy the file again"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kr__table_text t;
        kr_error err = {.text = ""};
        assert_int_equal(
            kr__table_text_open("t", (const uint8_t *)cases[i].bytes, cases[i].n, 100, &t, &err),
            KR_FORMAT);
        assert_string_equal(err.text, cases[i].sentence);
        assert_null(t.text);
        assert_null(t.own);
        if (cases[i].bytes[0] == 0x1f) continue; /* a part of a text is not packed */
        err.text[0] = '\0';
        assert_int_equal(
            kr__table_text_decode("t", 1, (const uint8_t *)cases[i].bytes, cases[i].n, &t, &err),
            KR_FORMAT);
        assert_string_equal(err.text, cases[i].sentence);
        assert_null(t.own);
    }
}

/* Code points of 0x80 .. 0x9f as the Unicode consortium's table CP1252.TXT has them; 0: none. */
static void letters_of_windows_1252(void **state) {
    (void)state;
    static const uint32_t points[32] = {
        0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
    for (unsigned i = 0; i < 32; i++) {
        const uint8_t bytes[] = {'a', '\n', (uint8_t)(0x80 + i)};
        const uint32_t c = points[i];
        kr__table_text t;
        kr_error err = {.text = ""};
        kr_status status = kr__table_text_open("t", bytes, sizeof bytes, 100, &t, &err);
        assert_int_equal(status, c ? KR_OK : KR_FORMAT);
        if (c == 0) {
            char sentence[120];
            snprintf(sentence, sizeof sentence,
                     "t:2: has the byte 0x%02x, which is neither UTF-8 nor Windows-1252; save it "
                     "as UTF-8",
                     0x80 + i);
            assert_string_equal(err.text, sentence);
            continue;
        }
        const uint8_t *got = (const uint8_t *)t.text + 2;
        assert_int_equal(t.size, c < 0x800 ? 4 : 5);
        if (c < 0x800) {
            assert_int_equal((got[0] & 0x1f) << 6 | (got[1] & 0x3f), c);
        } else {
            assert_int_equal((got[0] & 0xf) << 12 | (got[1] & 0x3f) << 6 | (got[2] & 0x3f), c);
        }
        kr__table_text_close(&t);
    }
}

static void memory_may_be_short(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {{B("M\xfc\ra")},
                 {B("\xff\xfe"
                    "a\0\r\0b\0")}};
    for (size_t i = 0; i < 2; i++) {
        for (uint64_t at = 1; at <= 2; at++) {
            kr__table_text t;
            kr__alloc_fail_at(at);
            kr_status status = kr__table_text_open("t", (const uint8_t *)cases[i].bytes, cases[i].n,
                                                   100, &t, NULL);
            kr__alloc_fail_at(0);
            assert_int_equal(status, KR_MEMORY);
            assert_null(t.own);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_as_text), cmocka_unit_test(no_text),
                                       cmocka_unit_test(letters_of_windows_1252),
                                       cmocka_unit_test(memory_may_be_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
