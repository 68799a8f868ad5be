/* SPDX-License-Identifier: MIT
 * test_number.c - decimal text to the nearest double, and what is no number. */
#include "core/random.h"
#include "tables/number.h"

#include "support/comma_locale.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *text) {
    double got = 0, want = strtod(text, NULL);
    assert_int_equal(kr__number_parse(text, strlen(text), &got), KR__NUMBER);
    if (memcmp(&got, &want, sizeof got) != 0) fail_msg("%s: %.17g is not %.17g", text, got, want);
}

static void known_numbers(void **state) {
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "0.0",
                                        "1",
                                        "-1",
                                        "+1",
                                        "1.",
                                        ".5",
                                        "-.5",
                                        "1e3",
                                        "1E3",
                                        "1e+3",
                                        "1e-3",
                                        "007",
                                        "5.827000141143799",
                                        "1.5989999771118164",
                                        "0.9721850000000001",
                                        "123456789012345678",
                                        "9007199254740992",
                                        "9007199254740993",
                                        "9007199254740994",
                                        "9007199254740993e10",
                                        "18446744073709551615",
                                        "18446744073709551616",
                                        "99999999999999999999",
                                        "1e22",
                                        "1e23",
                                        "8.5e-23",
                                        "4.9e-324",
                                        "2.4e-324",
                                        "1e-400",
                                        "2.2250738585072014e-308",
                                        "1.7976931348623157e308",
                                        "0e999999999999",
                                        "0.000000000000000000000000000001234567",
                                        "1.00000000000000011102230246251565404236316680908203125",
                                        "1.00000000000000011102230246251565404236316680908203124",
                                        "1.00000000000000011102230246251565404236316680908203126"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) check(texts[i]);
}

/* Digits, power and layout at random, so that all three ways are taken. */
static void random_numbers_round_as_strtod(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(5, KR_STREAM_TEST, 0);
    for (int i = 0; i < 200000; i++) {
        char text[96];
        uint64_t a = (uint64_t)kr__rng_u32(&rng) << 32 | kr__rng_u32(&rng);
        uint64_t b = (uint64_t)kr__rng_u32(&rng) << 32 | kr__rng_u32(&rng);
        a >>= kr__rng_below(&rng, 64);
        b >>= kr__rng_below(&rng, 64);
        int exponent = (int)kr__rng_below(&rng, 60) - 30;
        const char *sign = kr__rng_below(&rng, 2) ? "-" : "";
        switch (kr__rng_below(&rng, 3)) {
            case 0:
                snprintf(text, sizeof text, "%s%llu.%llu", sign, (unsigned long long)a,
                         (unsigned long long)b);
                break;
            case 1:
                snprintf(text, sizeof text, "%s%llue%d", sign, (unsigned long long)a, exponent);
                break;
            default:
                snprintf(text, sizeof text, "%s%llu.%llue%d", sign, (unsigned long long)a,
                         (unsigned long long)b, exponent * 9);
        }
        check(text);
    }
}

/* 17 to 19 digits, as a float printed in full has: what the division leaves over decides ties. */
static void long_fractions_round_as_strtod(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, 0);
    for (int i = 0; i < 200000; i++) {
        char text[48];
        uint64_t a = (uint64_t)kr__rng_u32(&rng) << 32 | kr__rng_u32(&rng);
        uint64_t digits = (uint64_t)10000000000000000u + a % 9980000000000000000u;
        snprintf(text, sizeof text, "%llue-%d", (unsigned long long)digits,
                 1 + (int)kr__rng_below(&rng, 19));
        check(text);
    }
}

static void other_kinds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        kr__number_kind kind;
    } rows[] = {
        {"", KR__NUMBER_GAP},
        {"NaN", KR__NUMBER_GAP},
        {"nan", KR__NUMBER_GAP},
        {"NA", KR__NUMBER_GAP},
        {"n/a", KR__NUMBER_GAP},
        {"#N/A", KR__NUMBER_GAP},
        {"null", KR__NUMBER_GAP},
        {"None", KR__NUMBER_GAP},
        {"inf", KR__NUMBER_INFINITE},
        {"-Inf", KR__NUMBER_INFINITE},
        {"Infinity", KR__NUMBER_INFINITE},
        {"1e309", KR__NUMBER_INFINITE},
        {"-1e999999", KR__NUMBER_INFINITE},
        {"-", KR__NUMBER_NONE},
        {".", KR__NUMBER_NONE},
        {"+", KR__NUMBER_NONE},
        {"e5", KR__NUMBER_NONE},
        {"1e", KR__NUMBER_NONE},
        {"1e+", KR__NUMBER_NONE},
        {"1 2", KR__NUMBER_NONE},
        {"0x10", KR__NUMBER_NONE},
        {"1,5", KR__NUMBER_NONE},
        {"1.2.3", KR__NUMBER_NONE},
        {"--1", KR__NUMBER_NONE},
        {"1f", KR__NUMBER_NONE},
        {" 1", KR__NUMBER_NONE},
        {"nanx", KR__NUMBER_NONE},
        {"NULL?", KR__NUMBER_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double value = 42;
        if (kr__number_parse(rows[i].text, strlen(rows[i].text), &value) != rows[i].kind) {
            fail_msg("\"%s\" is taken for another kind", rows[i].text);
        }
        assert_true(value == 42);
    }
}

/* Longer than any buffer inside. */
static void very_long_text(void **state) {
    (void)state;
    static char text[5001];
    double value;
    memset(text, '0', 5000);
    check("1");
    text[0] = '1';
    text[1] = '.';
    assert_int_equal(kr__number_parse(text, 900, &value), KR__NUMBER);
    assert_true(value == 1);
    assert_int_equal(kr__number_parse(text, 5000, &value), KR__NUMBER_NONE);
}

/* The way over strtod must not mind a decimal comma. */
static void foreign_locale(void **state) {
    (void)state;
    double value = 0;
    const char *text = "1.2345678901234567890123";
    comma_locale_begin();
    kr__number_kind kind = kr__number_parse(text, strlen(text), &value);
    comma_locale_end();
    assert_int_equal(kind, KR__NUMBER);
    assert_true(value == 1.2345678901234567890123);
}

/* Found and read at once: the same bits, and the same place as the end; else left to others. */
static void numbers_are_scanned(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t n; /* bytes of the number; -1: left to others */
    } cases[] = {{"1,2", 1},
                 {"-1.5;2", -1},
                 {"-1.5,2", 4},
                 {"1.5\n", 3},
                 {"1.5\r\n", 4},
                 {"1.5\r2", -1},
                 {"1.5", 3},
                 {"1. ,", -1},
                 {" 1,", -1},
                 {"1e5,", -1},
                 {"-,", -1},
                 {",", -1},
                 {".5,", 2},
                 {"5.,", 2},
                 {"\"1\",", -1},
                 {"-0,", 2},
                 {"+1,", -1},
                 {"1.2.3,", -1},
                 {"0.1,", 3},
                 {"9007199254740992,", 16},
                 {"9007199254740993,", 16},
                 {"123456789.123456789,", 19},
                 {"-1234567890.123456789,", 21},
                 {"1.00000000000000011102230246251565,", -1}, /* halfway, and a digit behind it */
                 {"1.00000000000000011102230246251566,", -1},
                 {"1.0000000000000001110223,", -1}, /* too near to tell */
                 {"0.12345678901234567890123456789,", 31},
                 {"12345678901234567890.5,", -1},
                 {"00000000000000000000.25,", 23},
                 {"0.0000000000000000000,", -1},
                 {"0.00000000000000012,", 19},
                 {"0.000000000000000012,", 20}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *text = cases[i].text, *end = text + strlen(text);
        double got = 0, want = strtod(text, NULL);
        const char *p = kr__number_scan(text, end, '.', ',', &got);
        if ((p ? p - text : -1) != cases[i].n) fail_msg("%s", text);
        if (p) assert_memory_equal(&got, &want, sizeof got);
    }
    double got;
    assert_non_null(kr__number_scan("1,5;", &"1,5;"[0] + 4, ',', ';', &got));
}

static void scanned_numbers_have_the_same_bits(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(6, KR_STREAM_TEST, 0);
    for (int k = 0; k < 200000; k++) {
        char text[40];
        double value = kr__rng_normal(&rng) * (k % 5 == 0 ? 1e6 : 10), got, want;
        snprintf(text, sizeof text, "%.*f", k % 26, value);
        const char *p = kr__number_scan(text, text + strlen(text), '.', ',', &got);
        want = strtod(text, NULL);
        if (p) assert_memory_equal(&got, &want, sizeof got);
        assert_int_equal(kr__number_parse(text, strlen(text), &got), KR__NUMBER);
        assert_memory_equal(&got, &want, sizeof got);
    }
}

/* (2^53 + odd) / 2^k lies halfway between two doubles; a digit more or less does not. */
static void halves_round_to_even(void **state) {
    (void)state;
    kr_rng rng = kr__rng_make(7, KR_STREAM_TEST, 0);
    uint64_t fives = 1;
    for (int k = 1; k <= 4; k++) {
        fives *= 5;
        for (int i = 0; i < 20000; i++) {
            uint64_t odd = kr__rng_below(&rng, (uint64_t)1 << 30) * 2 + 1;
            uint64_t digits = (((uint64_t)1 << 53) + odd) * fives;
            for (uint64_t d = digits - 1; d <= digits + 1; d++) {
                char text[40];
                double got, want;
                snprintf(text, sizeof text, "%" PRIu64 "e-%d", d, k);
                want = strtod(text, NULL);
                assert_int_equal(kr__number_parse(text, strlen(text), &got), KR__NUMBER);
                if (got != want) fail_msg("%s", text);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_scanned),
        cmocka_unit_test(scanned_numbers_have_the_same_bits),
        cmocka_unit_test(halves_round_to_even),
        cmocka_unit_test(known_numbers),
        cmocka_unit_test(random_numbers_round_as_strtod),
        cmocka_unit_test(long_fractions_round_as_strtod),
        cmocka_unit_test(other_kinds),
        cmocka_unit_test(very_long_text),
        cmocka_unit_test(foreign_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
